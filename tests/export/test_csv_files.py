"""Poses as tables, `.csv` and `.parquet`, read by pandas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from livepose.core.frame import PosedFrame
from livepose.core.skeleton import COCO_SKELETON
from livepose.export import open_exporter
from tests.support.recordings import RECORDING, SWAPPED, UNSEEN, person_xy, posed_frame

TWO_FRAMES = (posed_frame(0, ids=(1, 2)), posed_frame(1, ids=(2,)))


def write(path: Path, frames: tuple[PosedFrame, ...] = TWO_FRAMES, min_score: float = 0.1) -> Path:
    with open_exporter(path, RECORDING, min_score=min_score) as exporter:
        for frame in frames:
            exporter.write(frame)
    return path


def table_of(path: Path) -> pandas.DataFrame:
    if path.suffix == ".parquet":
        return pandas.read_parquet(path)
    return pandas.read_csv(path)


@pytest.fixture(params=["dance.csv", "dance.parquet"])
def table(request: pytest.FixtureRequest, tmp_path: Path) -> pandas.DataFrame:
    return table_of(write(tmp_path / request.param))


def test_a_tidy_table_has_a_row_a_keypoint(table: pandas.DataFrame) -> None:
    columns = ["frame", "source_frame", "time_s", "person", "keypoint"]
    columns += ["x", "y", "score", "swapped"]
    assert list(table.columns) == columns
    assert table["frame"].tolist() == [0] * 34 + [1] * 17
    assert table["person"].tolist() == [1] * 17 + [2] * 34
    assert table["keypoint"].tolist() == list(COCO_SKELETON.names) * 3


def test_a_tidy_table_has_places_in_pixels(table: pandas.DataFrame) -> None:
    seen = np.array(COCO_SKELETON.names) != UNSEEN
    places = table[["x", "y"]].to_numpy().reshape(3, 17, 2)
    for place, (frame, person) in zip(places, ((0, 1), (0, 2), (1, 2)), strict=True):
        np.testing.assert_allclose(place[seen], person_xy(person, frame)[seen], atol=0.005)


def test_a_point_that_is_not_seen_has_no_place_and_keeps_its_score(
    table: pandas.DataFrame,
) -> None:
    is_unseen = table["keypoint"] == UNSEEN
    assert table["x"].isna().tolist() == table["y"].isna().tolist() == is_unseen.tolist()
    np.testing.assert_allclose(table["score"][is_unseen], 0.05, atol=1e-6)
    np.testing.assert_allclose(table["score"][~is_unseen], 0.9, atol=1e-6)


def test_a_tidy_table_tells_what_was_swapped(table: pandas.DataFrame) -> None:
    first = table[(table["frame"] == 0) & (table["person"] == 1)]
    assert tuple(first["keypoint"][first["swapped"].astype(bool)]) == SWAPPED


@pytest.mark.parametrize("name", ["dance.csv", "dance.wide.csv", "dance.angles.csv"])
def test_times_of_29_97_frames_a_second_are_exact_to_the_microsecond(
    name: str, tmp_path: Path
) -> None:
    frames = tuple(posed_frame(index) for index in (0, 1, 2, 29_969, 107_892))
    rows = write(tmp_path / name, frames).read_text().splitlines()[1:]
    times = list(dict.fromkeys(row.split(",")[2] for row in rows))
    assert times == ["0.000000", "0.033367", "0.066733", "999.965633", "3599.996400"]


def test_at_a_threshold_of_0_every_point_has_its_place(tmp_path: Path) -> None:
    table = table_of(write(tmp_path / "dance.csv", min_score=0))
    assert not table["x"].isna().any()


def test_a_wide_table_has_a_row_a_person(tmp_path: Path) -> None:
    table = table_of(write(tmp_path / "dance.wide.csv"))
    assert table.columns.tolist()[:8] == [
        "frame", "source_frame", "time_s", "person", "person_score", "nose_x", "nose_y",
        "nose_score",
    ]  # fmt: skip
    assert table.columns.tolist()[-3:] == [
        "right_ankle_score", "left_knee_degrees", "right_knee_degrees",
    ]  # fmt: skip
    assert table[["frame", "person"]].to_numpy().tolist() == [[0, 1], [0, 2], [1, 2]]
    assert table["person_score"].tolist() == [0.75] * 3
    assert table["left_knee_x"].tolist() == [113.0, 213.0, 213.25]
    assert table["left_knee_y"].tolist() == [130.5, 131.0, 131.0]
    assert table[f"{UNSEEN}_x"].isna().all()
    assert table[f"{UNSEEN}_score"].tolist() == [0.05] * 3
    assert table["left_knee_degrees"].tolist() == [91.5, 92.5, 92.5]
    assert table["right_knee_degrees"].isna().all()


def test_angles_have_a_row_each(tmp_path: Path) -> None:
    table = table_of(write(tmp_path / "dance.angles.csv"))
    assert list(table.columns) == ["frame", "source_frame", "time_s", "person", "angle", "degrees"]
    assert table["angle"].tolist() == ["left_knee", "right_knee"] * 3
    assert table["person"].tolist() == [1, 1, 2, 2, 2, 2]
    assert table["degrees"][::2].tolist() == [91.5, 92.5, 92.5]
    assert table["degrees"][1::2].isna().all()


NAMES = ["dance.csv", "dance.wide.csv", "dance.angles.csv", "dance.parquet"]


@pytest.mark.parametrize("name", NAMES)
def test_frames_of_a_part_have_the_numbers_of_the_whole_file(name: str, tmp_path: Path) -> None:
    frames = tuple(
        replace(posed, frame=replace(posed.frame, skipped_frames=480)) for posed in TWO_FRAMES
    )
    table = table_of(write(tmp_path / name, frames))
    assert "utc" not in table.columns
    assert (table["source_frame"] - table["frame"]).unique().tolist() == [480]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_replayed", [False, True])
def test_live_frames_have_the_time_of_the_wall_clock(
    name: str, is_replayed: bool, tmp_path: Path
) -> None:
    info = replace(RECORDING.info, is_live=not is_replayed)
    recording = replace(RECORDING, info=info, was_live=is_replayed)
    start_s = 1_790_000_000.25
    with open_exporter(tmp_path / name, recording) as exporter:
        for posed in TWO_FRAMES:
            utc_s = start_s + posed.frame.time_s
            exporter.write(replace(posed, frame=replace(posed.frame, utc_s=utc_s)))
    table = table_of(tmp_path / name)
    if not name.endswith(".parquet"):
        assert table["utc"][0] == "2026-09-21T14:13:20.250Z"
    moments = pandas.to_datetime(table["utc"])
    elapsed_s = (moments - moments[0]).dt.total_seconds()
    np.testing.assert_allclose(elapsed_s, table["time_s"], atol=0.001)


def test_a_frame_with_other_angles_than_were_announced_is_an_error(tmp_path: Path) -> None:
    other = replace(RECORDING, angle_names=("left_hip",))
    with (
        open_exporter(tmp_path / "dance.wide.csv", other) as exporter,
        pytest.raises(ValueError, match="the recording has the angles"),
    ):
        exporter.write(posed_frame(0))
