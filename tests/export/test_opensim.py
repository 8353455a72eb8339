"""OpenSim's files, markers and angles: one for each person."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.export import check_path, open_exporter
from livepose.export.metadata import ExportOptions
from livepose.export.trc import TrcFile, marker_names
from livepose.system.part_names import parts_in
from tests.support.recordings import INFO, NTSC, RECORDING, posed_frame, write_frames


def trc_of(path: Path) -> tuple[dict[str, str], pandas.DataFrame]:
    """Read a TRC: its numbers, and its rows by frame with columns such as `LKneeX`."""
    lines = path.read_text().splitlines()
    assert lines[0].split("\t")[:3] == ["PathFileType", "4", "(X/Y/Z)"]
    unit = lines[2].split("\t")[4]
    described = lines[0].split("\t")[4].strip()
    assert described.startswith(f"unit: {unit}; rate: ")
    assert "model: lightning on LiteRT; smoothing: one-euro; version: livepose" in described
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    markers = lines[3].split("\t")[2:-1:3]
    assert not any(row.endswith("\t") for row in lines[5:])  # OpenSim refuses such a row
    assert lines[4].split("\t")[:5] == ["", "", "X1", "Y1", "Z1"]
    names = [f"{marker}{axis}" for marker in markers for axis in "XYZ"]
    rows = pandas.read_csv(path, sep="\t", skiprows=5, header=None, names=["frame", "s", *names])
    return head, rows.set_index("frame")


@pytest.mark.parametrize(
    ("name", "unit", "knee_y"),
    [("a.trc", "mm", INFO.height_px - 130.5), ("a_px.trc", "px", 130.5)],
)
def test_a_trc_has_markers_for_opensim_or_in_pixels_from_the_top(
    name: str, unit: str, knee_y: float, tmp_path: Path
) -> None:
    head, rows = trc_of(write_frames(tmp_path / name, *(posed_frame(n) for n in range(3))))
    assert (head["NumFrames"], head["NumMarkers"], head["Units"]) == ("3", "19", unit)
    assert float(head["DataRate"]) == pytest.approx(float(NTSC), abs=1e-7)
    assert rows["s"].tolist() == [0, 0.033367, 0.066733]
    assert rows["LKneeX"].tolist() == [113, 113.25, 113.5]
    assert rows["LKneeY"].tolist() == [knee_y] * 3
    assert rows["LKneeZ"].tolist() == [0] * 3
    assert rows[["LEarX", "LEarY", "LEarZ"]].isna().all(axis=None)
    for middle, pair in (("Neck", ("LShoulder", "RShoulder")), ("Hip", ("LHip", "RHip"))):
        for axis in "XYZ":
            halfway = (rows[f"{pair[0]}{axis}"] + rows[f"{pair[1]}{axis}"]) / 2
            assert rows[f"{middle}{axis}"].tolist() == pytest.approx(halfway.tolist(), abs=1e-3)


def test_the_fields_of_a_gap_are_empty_but_for_the_last_of_a_row(tmp_path: Path) -> None:
    frame = posed_frame(0)
    score = frame.poses.score.copy()
    score[0, Keypoint.LEFT_HIP] = 0.05
    hidden = replace(frame, poses=Poses.from_keypoints(frame.poses.xy, score))
    path = write_frames(tmp_path / "a.trc", hidden)
    fields = path.read_text().splitlines()[5].split("\t")
    left_hip, hip = 2 + 3 * Keypoint.LEFT_HIP, 2 + 3 * 18
    assert fields[left_hip : left_hip + 3] == ["", "", ""]
    assert fields[hip:] == ["", "", "0"]


def test_markers_are_called_as_pose2sim_calls_them() -> None:
    assert marker_names(COCO_SKELETON)[:6] == ["Nose", "LEye", "REye", "LEar", "REar", "LShoulder"]
    assert marker_names(COCO_SKELETON)[-1] == "RAnkle"


@pytest.mark.parametrize("suffix", [".trc", ".mot"])
def test_each_person_has_a_file(suffix: str, tmp_path: Path) -> None:
    people = {0: (1,), 1: (1, 2), 2: (2,), 3: (1,), 4: ()}
    path = write_frames(
        tmp_path / f"a{suffix}", *(posed_frame(n, ids) for n, ids in people.items())
    )
    skipped = 5 if suffix == ".trc" else 9
    second = tmp_path / f"a_person2{suffix}"
    assert sorted(tmp_path.iterdir()) == [path, second]
    lines = path.read_text().splitlines()[skipped:]
    rows = lines if suffix == ".trc" else lines[1:]
    # From the first frame of a person to the last; what lies between is unknown.
    assert len(rows) == 4
    unknown = rows[2].split("\t")[2 if suffix == ".trc" else 1 :]
    assert unknown == ([""] * 56 + ["0"] if suffix == ".trc" else ["nan", "nan"])
    assert "91.500" in rows[3] or "113.750" in rows[3]
    assert len(second.read_text().splitlines()) == skipped + 2 + (suffix == ".mot")


def test_people_without_tracks_have_files_by_their_row(tmp_path: Path) -> None:
    frame = posed_frame(0, ids=(1, 2))
    write_frames(
        tmp_path / "a.trc",
        replace(frame, poses=Poses.from_keypoints(frame.poses.xy, frame.poses.score)),
    )
    assert trc_of(tmp_path / "a.trc")[1]["NoseX"].tolist() == [100]
    assert trc_of(tmp_path / "a_person2.trc")[1]["NoseX"].tolist() == [200]


def test_another_person_s_file_is_kept_or_taken_away(tmp_path: Path) -> None:
    (tmp_path / "a_person3.trc").write_text("mine")
    (tmp_path / "a_personal.trc").write_text("mine")
    with pytest.raises(TargetExists, match=r"a_person3\.trc exists"):
        open_exporter(tmp_path / "a.trc", RECORDING)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a_person3.trc", "a_personal.trc"]
    open_exporter(tmp_path / "a.trc", RECORDING, overwrite=True).close()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.trc", "a_personal.trc"]


def test_a_trc_grows_with_its_header(tmp_path: Path) -> None:
    with TrcFile(tmp_path / "a.trc", RECORDING, ExportOptions(flush_s=0)) as exporter:
        for index in range(120):
            exporter.write(posed_frame(index))
            if index % 10 == 9:
                (left,) = parts_in(tmp_path)
                head, rows = trc_of(left.path)
                assert (
                    int(head["NumFrames"]) == int(head["OrigNumFrames"]) == len(rows) == index + 1
                )


def test_rows_are_written_after_half_a_second_of_the_film(
    tmp_path: Path,
) -> None:
    with open_exporter(tmp_path / "a.trc", RECORDING) as exporter:
        for index in range(100):
            exporter.write(posed_frame(index))
        (left,) = parts_in(tmp_path)
        assert len(trc_of(left.path)[1]) >= 100 - 16


def test_the_files_of_people_who_are_gone_stay_until_the_new_ones_are_there(tmp_path: Path) -> None:
    old = [tmp_path / name for name in ("a.trc", "a_person2.trc", "a_person9.trc")]
    for path in old:
        path.write_text("old")
    with open_exporter(tmp_path / "a.trc", RECORDING, overwrite=True) as exporter:
        exporter.write(posed_frame(0, ids=(1, 2)))
        assert [path.read_text() for path in old] == ["old"] * 3
    assert sorted(tmp_path.iterdir()) == old[:2]
    assert all("PathFileType" in path.read_text() for path in old[:2])


def test_hundreds_of_people_do_not_use_up_the_open_files(tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    open_before = len([*handles.iterdir()]) if handles.exists() else 0
    with open_exporter(tmp_path / "a.mot", RECORDING) as exporter:
        exporter.write(posed_frame(0, ids=tuple(range(1, 201))))
        exporter.write(posed_frame(60, ids=tuple(range(1, 201))))
        if open_before:
            assert len([*handles.iterdir()]) < open_before + 100
    assert len(list(tmp_path.iterdir())) == 200


def test_without_a_frame_rate_that_of_the_frames_is_written(tmp_path: Path) -> None:
    recording = replace(RECORDING, info=replace(INFO, frame_rate=None, is_live=True))
    with open_exporter(tmp_path / "a.trc", recording) as exporter:
        for index in range(4):
            exporter.write(posed_frame(index))
    assert float(trc_of(tmp_path / "a.trc")[0]["DataRate"]) == pytest.approx(float(NTSC), rel=1e-6)


def standing(index: int, height_px: float) -> PosedFrame:
    """An upright person whose ankles are 650 px down, seen whole; eyes and ankles by Winter."""
    xy = np.zeros((17, 2), np.float32)
    heights = {
        "eye": 0.936, "ear": 0.936, "nose": 0.92, "shoulder": 0.818, "elbow": 0.63, "wrist": 0.485,
        "hip": 0.53, "knee": 0.285, "ankle": 0.039,
    }  # fmt: skip
    for row, name in enumerate(COCO_SKELETON.names):
        part = name.rpartition("_")[2]
        xy[row] = 400, 650 - (heights[part] - heights["ankle"]) * height_px
    poses = Poses.from_keypoints(xy[None], np.full((1, 17), 0.9, np.float32))
    return replace(posed_frame(index), poses=poses)


def test_a_trc_in_metres_is_as_tall_as_the_person(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.trc", *(standing(n, 500) for n in range(5)), height_m=1.8)
    head, rows = trc_of(path)
    assert (head["Units"], head["NumFrames"]) == ("m", "5")
    assert rows["LAnkleY"].tolist() == pytest.approx([0.0] * 5, abs=1e-4)
    assert rows["REyeY"].tolist() == pytest.approx([0.897 * 1.8] * 5, abs=1e-4)
    assert rows["LKneeY"].tolist() == pytest.approx([0.246 * 1.8] * 5, abs=1e-4)
    assert rows["NoseX"].tolist() == pytest.approx([400 * 1.8 / 500] * 5, abs=1e-4)
    assert rows["NoseZ"].tolist() == [0] * 5


def test_the_height_is_that_of_most_frames(tmp_path: Path) -> None:
    frames = [standing(n, 500) for n in range(5)] + [standing(n, 250) for n in range(5, 8)]
    rows = trc_of(write_frames(tmp_path / "a.trc", *frames, height_m=1.8))[1]
    assert rows["LEyeY"].tolist() == pytest.approx([0.897 * 1.8] * 5 + [0.897 * 0.9] * 3, abs=1e-4)


def test_unknown_points_stay_unknown_in_metres(tmp_path: Path) -> None:
    rows = trc_of(write_frames(tmp_path / "a.trc", posed_frame(0), height_m=1.8))[1]
    assert rows[["LEarX", "LEarY", "LEarZ"]].isna().all(axis=None)


def test_metres_without_a_whole_person_are_refused_and_pixels_kept(tmp_path: Path) -> None:
    frame = posed_frame(0)
    score = frame.poses.score.copy()
    score[0, Keypoint.LEFT_ANKLE] = 0.05
    exporter = open_exporter(tmp_path / "a.trc", RECORDING, height_m=1.8)
    exporter.write(replace(frame, poses=Poses.from_keypoints(frame.poses.xy, score)))
    with pytest.raises(SinkError, match=r"has no scale: nobody was seen from the eyes"):
        exporter.close()
    exporter.close()
    assert trc_of(tmp_path / "a.trc")[0]["Units"] == "mm"


def test_a_mot_has_angles_in_degrees(tmp_path: Path) -> None:
    path = write_frames(tmp_path / "a.mot", *(posed_frame(n) for n in range(3)))
    lines = path.read_text().splitlines()
    assert lines[0] == "Coordinates"
    assert lines[1:5] == ["version=1", "nRows=3", "nColumns=3", "inDegrees=yes"]
    assert lines[8] == "endheader"
    rows = pandas.read_csv(path, sep="\t", skiprows=9)
    assert list(rows.columns) == ["time", "left_knee", "right_knee"]
    assert rows["time"].tolist() == [0, 0.033367, 0.066733]
    assert rows["left_knee"].tolist() == [91.5] * 3
    assert rows["right_knee"].isna().all()


@pytest.mark.skipif(os.name == "nt", reason="names are counted in other units")
@pytest.mark.parametrize("size_bytes", [221, 250, 304])
def test_a_name_leaves_room_for_those_of_other_people(size_bytes: int, tmp_path: Path) -> None:
    longest = tmp_path / ("n" * 216 + ".trc")
    check_path(longest, overwrite=False)
    path = longest.with_name("n" * (size_bytes - 4) + ".trc")
    expected = f"its name has {size_bytes} bytes, and at most 220 leave room"
    with pytest.raises(SinkError, match=expected):
        check_path(path, overwrite=False)
