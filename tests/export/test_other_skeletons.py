"""Every format with skeletons other than COCO's: 33 keypoints with feet, and 5."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import orjson
import pandas
import pyarrow.parquet
import pytest
from pycocotools.coco import COCO

from livepose.core.errors import OptionError, SourceError
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton
from livepose.export import FORMATS, open_exporter
from livepose.export.jsonl_reader import read_jsonl
from livepose.export.openpose import coco_18
from livepose.export.trc import marker_names
from tests.support.recordings import RECORDING, posed_frame
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person

BOTH = pytest.mark.parametrize(
    "skeleton", [FULL_BODY_SKELETON, UPPER_BODY_SKELETON], ids=["33 keypoints", "5 keypoints"]
)
HIDDEN = "left_shoulder"


def posed_with(skeleton: Skeleton, index: int = 0) -> PosedFrame:
    """One person, whose left shoulder is hidden."""
    poses = standing_person(skeleton)
    score, swapped = poses.score.copy(), np.zeros_like(poses.swapped)
    score[0, skeleton.index(HIDDEN)] = 0.05
    swapped[0, skeleton.index("right_shoulder")] = True
    seen = replace(poses, score=score, swapped=swapped, track_id=np.array([1], np.int32))
    return replace(posed_frame(index), poses=seen, detections=poses)


def write(path: Path, skeleton: Skeleton, height_m: float | None = None) -> Path:
    recording = replace(RECORDING, skeleton=skeleton)
    with open_exporter(path, recording, height_m=height_m) as exporter:
        for index in range(2):
            exporter.write(posed_with(skeleton, index))
        exporter.write(replace(posed_frame(2, ids=()), poses=Poses.empty()))
    return path


@BOTH
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_tidy_table_has_a_row_for_each_keypoint(
    skeleton: Skeleton, name: str, tmp_path: Path
) -> None:
    path = write(tmp_path / name, skeleton)
    read: Callable[[Path], pandas.DataFrame] = (
        pandas.read_csv if name == "a.csv" else pandas.read_parquet
    )
    table = read(path)
    assert table["keypoint"].tolist() == 2 * list(skeleton.names)
    xy = posed_with(skeleton).poses.xy[0]
    row = skeleton.index("right_shoulder")
    assert (table["x"][row], table["y"][row]) == pytest.approx(xy[row].tolist())
    assert table["x"].isna().sum() == 2
    assert table["x"].isna()[skeleton.index(HIDDEN)]
    assert [bool(flag) for flag in table["swapped"]].index(True) == row


@BOTH
def test_a_wide_table_has_three_columns_for_each_keypoint(
    skeleton: Skeleton, tmp_path: Path
) -> None:
    table = pandas.read_csv(write(tmp_path / "a.wide.csv", skeleton))
    assert len(table) == 2
    assert list(table.columns)[5:-2] == [
        f"{name}_{part}" for name in skeleton.names for part in ("x", "y", "score")
    ]
    assert table[f"{HIDDEN}_x"].isna().all()


def test_parquet_numbers_more_keypoints_than_a_byte_can(tmp_path: Path) -> None:
    names = tuple(f"point_{n}" for n in range(200))
    many = Skeleton(names=names, bones=(), oks_sigmas=(0.05,) * 200)
    poses = Poses.from_keypoints(
        np.zeros((1, 200, 2), np.float32), np.ones((1, 200), np.float32), skeleton=many
    )
    recording = replace(RECORDING, skeleton=many)
    with open_exporter(tmp_path / "a.parquet", recording) as exporter:
        exporter.write(replace(posed_frame(0), poses=poses))
    table = pyarrow.parquet.read_table(tmp_path / "a.parquet")
    assert table["keypoint"].to_pylist() == list(names)


@BOTH
def test_json_lines_come_back_with_their_skeleton(skeleton: Skeleton, tmp_path: Path) -> None:
    recording, records = read_jsonl(write(tmp_path / "a.jsonl", skeleton))
    assert recording.skeleton == skeleton
    assert recording.skeleton.groups == skeleton.groups
    first, _, empty = records
    posed = posed_with(skeleton)
    for poses, wanted in ((first.poses, posed.poses), (first.detections, posed.detections)):
        assert poses.skeleton == skeleton
        np.testing.assert_array_equal(poses.xy, wanted.xy)
        np.testing.assert_array_equal(poses.score, wanted.score)
        np.testing.assert_array_equal(poses.swapped, wanted.swapped)
    assert empty.poses.xy.shape == (0, len(skeleton), 2)


def test_json_lines_describe_a_skeleton_by_its_names_and_never_coco_s(tmp_path: Path) -> None:
    lines = write(tmp_path / "a.jsonl", UPPER_BODY_SKELETON).read_bytes().splitlines()
    header = orjson.loads(lines[0])
    assert header["keypoints"] == list(UPPER_BODY_SKELETON.names)
    assert header["skeleton"]["bones"][1] == ["left_shoulder", "left_hand"]
    open_exporter(tmp_path / "coco.jsonl", RECORDING).close()
    assert "skeleton" not in orjson.loads((tmp_path / "coco.jsonl").read_bytes())


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b'"skeleton":', b'"skeletons":'),
        (b'"left_hand"]', b'"left_foot"]'),
        (b'"oks_sigmas":[', b'"oks_sigmas":[1,'),
    ],
)
def test_a_damaged_skeleton_is_named(wrong: bytes, right: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", UPPER_BODY_SKELETON)
    path.write_bytes(path.read_bytes().replace(wrong, right, 1))
    with pytest.raises(SourceError, match=r"damaged in line 1"):
        read_jsonl(path)


@BOTH
def test_coco_has_the_keypoints_and_the_bones_of_the_skeleton(
    skeleton: Skeleton, tmp_path: Path
) -> None:
    coco = COCO(write(tmp_path / "a.coco.json", skeleton))
    (category,) = coco.loadCats(1)
    assert category["keypoints"] == list(skeleton.names)
    assert category["skeleton"] == [[start + 1, end + 1] for start, end in skeleton.bones]
    first = coco.anns[1]
    assert len(first["keypoints"]) == 3 * len(skeleton)
    assert len(first["keypoint_scores"]) == len(skeleton)
    assert first["num_keypoints"] == len(skeleton) - 1


@BOTH
def test_a_trc_has_a_marker_for_each_keypoint(skeleton: Skeleton, tmp_path: Path) -> None:
    lines = write(tmp_path / "a.trc", skeleton).read_text().splitlines()
    middles = ["Neck", *(["Hip"] if "left_hip" in skeleton else [])]
    assert lines[2].split("\t")[2:5] == ["2", str(len(skeleton) + len(middles)), "mm"]
    assert lines[3].split("\t")[2 + 3 * len(skeleton) : -1 : 3] == middles
    assert lines[3].split("\t")[2::3][: len(skeleton)] == marker_names(skeleton)
    values = lines[5].split("\t")[2:]
    assert len(values) == 3 * (len(skeleton) + len(middles))
    row = skeleton.index(HIDDEN)
    assert values[3 * row : 3 * row + 3] == [""] * 3


def test_markers_of_several_words_are_called_as_pose2sim_calls_them() -> None:
    names = dict(zip(FULL_BODY_SKELETON.names, marker_names(FULL_BODY_SKELETON), strict=True))
    assert names["left_foot_index"] == "LFootIndex"
    assert names["right_eye_inner"] == "REyeInner"
    assert names["mouth_left"] == "MouthLeft"


def test_a_trc_in_metres_needs_the_keypoints_from_the_eyes_to_the_ankles(tmp_path: Path) -> None:
    path = tmp_path / "a.trc"
    recording = replace(RECORDING, skeleton=FULL_BODY_SKELETON)
    with open_exporter(path, recording, height_m=1.8) as exporter:
        exporter.write(replace(posed_frame(0), poses=standing_person(FULL_BODY_SKELETON)))
    assert path.read_text().splitlines()[2].split("\t")[4] == "m"
    with pytest.raises(OptionError, match=r"finds no left_eye; leave the height out"):
        write(tmp_path / "b.trc", UPPER_BODY_SKELETON, height_m=1.8)
    assert not (tmp_path / "b.trc").exists()


@BOTH
def test_files_of_angles_do_not_depend_on_the_skeleton(skeleton: Skeleton, tmp_path: Path) -> None:
    table = pandas.read_csv(write(tmp_path / "a.angles.csv", skeleton))
    assert table["degrees"].tolist()[::2] == [91.5] * 2
    motion = pandas.read_csv(write(tmp_path / "a.mot", skeleton), sep="\t", skiprows=9)
    assert motion["left_knee"].tolist() == [91.5] * 2


def test_openpose_takes_its_18_points_by_name(tmp_path: Path) -> None:
    poses = standing_person(FULL_BODY_SKELETON)
    points = coco_18(poses, min_score=0.1)[0]
    names = ("nose", None, "right_shoulder", "right_elbow", "right_wrist", "left_shoulder")
    for point, name in zip(points, names, strict=False):
        if name is not None:
            assert point[:2].tolist() == poses.xy[0, FULL_BODY_SKELETON.index(name)].tolist()
    assert points[1].tolist() == pytest.approx([320, 110, 0.9])  # between the shoulders
    write(tmp_path / "openpose", FULL_BODY_SKELETON)
    first = json.loads((tmp_path / "openpose" / "dance_000000000000_keypoints.json").read_text())
    assert len(first["people"][0]["pose_keypoints_2d"]) == 3 * 18


def test_openpose_s_points_that_the_skeleton_lacks_are_missing() -> None:
    points = coco_18(standing_person(UPPER_BODY_SKELETON), min_score=0.1)[0]
    is_missing = (points == 0).all(axis=1)
    # Neck and both shoulders are all that both know.
    assert [n for n, missing in enumerate(is_missing) if not missing] == [1, 2, 5]


@pytest.mark.parametrize(
    "name", [ending if ending == "openpose" else f"a{ending}" for ending in FORMATS]
)
def test_poses_of_another_skeleton_than_the_recording_s_are_an_error(
    name: str, tmp_path: Path
) -> None:
    with (
        open_exporter(tmp_path / name, RECORDING) as exporter,
        pytest.raises(ValueError, match="the recording has the keypoints nose, left_eye"),
    ):
        exporter.write(posed_with(FULL_BODY_SKELETON))
