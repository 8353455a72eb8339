"""OpenPose's folders: one file for each frame, 18 points for each person."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.export import open_exporter
from tests.support.recordings import RECORDING, UNSEEN, person_xy, posed_frame, write_frames

OPENPOSE_ORDER = (
    "nose", "neck", "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow",
    "left_wrist", "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip


def test_openpose_has_a_file_a_frame_also_without_people(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "cam01_json", posed_frame(0), posed_frame(12, ids=()))
    assert sorted(file.name for file in folder.iterdir()) == [
        "dance_000000000000_keypoints.json",
        "dance_000000000012_keypoints.json",
    ]
    nobody = json.loads((folder / "dance_000000000012_keypoints.json").read_text())
    assert nobody == {"version": 1.3, "people": []}


def test_openpose_has_18_points_right_before_left(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "openpose", posed_frame(0, ids=(1, 2)))
    people = json.loads(next(folder.iterdir()).read_text())["people"]
    assert [person["person_id"] for person in people] == [[1], [2]]
    assert {name for name, value in people[0].items() if value == []} == {
        f"{part}_keypoints_{dimensions}d"
        for part in ("face", "hand_left", "hand_right", "pose")
        for dimensions in (2, 3)
        if (part, dimensions) != ("pose", 2)
    }
    points = np.array(people[1]["pose_keypoints_2d"]).reshape(18, 3)
    for name, point in zip(OPENPOSE_ORDER, points.tolist(), strict=True):
        if name == "neck":
            assert point == pytest.approx((205.5, 56, 0.9))
        elif name == UNSEEN:
            assert point == [0, 0, 0]
        else:
            place = person_xy(2, 0)[COCO_SKELETON.index(name)].tolist()
            assert point == pytest.approx((*place, 0.9))


def test_openpose_s_neck_is_missing_with_a_shoulder(tmp_path: Path) -> None:
    frame = posed_frame(0)
    score = frame.poses.score.copy()
    score[0, Keypoint.LEFT_SHOULDER] = 0.05
    poses = Poses.from_keypoints(frame.poses.xy, score)
    folder = write_frames(tmp_path / "openpose", replace(frame, poses=poses))
    person = json.loads(next(folder.iterdir()).read_text())["people"][0]
    assert person["pose_keypoints_2d"][3:6] == [0, 0, 0]
    assert person["person_id"] == [-1]


def test_openpose_leaves_a_folder_with_something_in_it_alone(tmp_path: Path) -> None:
    folder = tmp_path / "openpose"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(TargetExists, match=r"exists: --overwrite"):
        open_exporter(folder, RECORDING)


def test_openpose_takes_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "openpose").mkdir()
    assert len(list(write_frames(tmp_path / "openpose", posed_frame(0)).iterdir())) == 1


def test_openpose_overwriting_takes_away_the_longer_run_and_nothing_else(tmp_path: Path) -> None:
    folder = write_frames(tmp_path / "openpose", *(posed_frame(index) for index in range(5)))
    (folder / "other_000000000000_keypoints.json").write_text("{}")
    with open_exporter(folder, RECORDING, overwrite=True) as exporter:
        exporter.write(posed_frame(0))
    assert sorted(file.name for file in folder.iterdir()) == [
        "dance_000000000000_keypoints.json",
        "other_000000000000_keypoints.json",
    ]


def test_a_file_in_the_place_of_openpose_s_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "openpose").write_text("mine")
    with pytest.raises(SinkError, match=r"is a file"):
        open_exporter(tmp_path / "openpose", RECORDING, overwrite=True)
