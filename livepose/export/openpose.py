"""Poses as OpenPose writes them: a folder with one JSON file for each frame, also without people.

Pose2Sim, Sports2D and many others read such folders. The points are those of OpenPose's COCO model:
18, with the neck in the middle of the shoulders, and right before left. A missing point is 0, 0, 0,
as its readers expect; every other format leaves it empty. A keypoint that the skeleton lacks is
missing, and one that OpenPose does not know is left out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import orjson

from livepose.core.arrays import FloatArray
from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.export.metadata import ExportOptions, RecordingMetadata
from livepose.system.files import exists_error, not_a_folder, write_error

_COCO_18 = (
    "nose", "neck",
    "right_shoulder", "right_elbow", "right_wrist", "left_shoulder", "left_elbow", "left_wrist",
    "right_hip", "right_knee", "right_ankle", "left_hip", "left_knee", "left_ankle",
    "right_eye", "left_eye", "right_ear", "left_ear",
)  # fmt: skip
"""https://github.com/CMU-Perceptual-Computing-Lab/openpose/blob/master/doc/02_output.md"""
_SHOULDERS = ("left_shoulder", "right_shoulder")
_EMPTY_LISTS: dict[str, list[float]] = {
    name: []
    for name in (
        "face_keypoints_2d",
        "hand_left_keypoints_2d",
        "hand_right_keypoints_2d",
        "pose_keypoints_3d",
        "face_keypoints_3d",
        "hand_left_keypoints_3d",
        "hand_right_keypoints_3d",
    )
}
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)


class OpenPoseFolder(PoseSink):
    """`dance_000000000012_keypoints.json` for frame 12 of `dance.mp4`, and so on."""

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the folder; if it may be replaced, delete this clip's frames in it.

        Raises:
            TargetExists: If it contains anything and may not be replaced.
            SinkError: If it cannot be created.
        """
        self._path = path
        self._recording = recording
        self._min_score = options.min_score
        self._start = os.fspath(path / recording.clip)
        if path.exists() and not path.is_dir():
            raise not_a_folder(path)
        try:
            path.mkdir(exist_ok=True)
            if any(path.iterdir()):
                if not options.overwrite:
                    raise exists_error(path)
                self._delete_frames(recording.clip)
        except OSError as error:
            raise error if isinstance(error, SinkError) else write_error(path, error) from error
        if not os.access(path, os.W_OK | os.X_OK):
            raise SinkError(f"{path} cannot be written: permission denied")

    def write(self, posed: PosedFrame) -> None:
        self._recording.check_skeleton(posed.poses)
        text = _text_of(posed.poses, self._min_score)
        try:
            file = os.open(
                f"{self._start}_{posed.frame.index:012d}_keypoints.json", _NEW_FILE, 0o666
            )
            try:
                left = memoryview(text)
                while left:
                    left = left[os.write(file, left) :]
            finally:
                os.close(file)
        except OSError as error:
            raise write_error(self._path, error) from error

    def close(self) -> None:
        """Do nothing: each file is closed as soon as it is written."""

    def _delete_frames(self, clip: str) -> None:
        """Delete the frames of an earlier run, which may have been longer."""
        ours = re.compile(re.escape(clip) + r"_\d{12}_keypoints\.json")
        for file in self._path.iterdir():
            if ours.fullmatch(file.name):
                file.unlink()


def _text_of(poses: Poses, min_score: float) -> bytes:
    points = coco_18(poses, min_score).reshape(len(poses), 3 * len(_COCO_18))
    people = [
        {
            # OpenPose writes -1 for a person who is not tracked.
            "person_id": [track_id or -1],
            "pose_keypoints_2d": points[row],
            **_EMPTY_LISTS,
        }
        for row, track_id in enumerate(poses.track_id.tolist())
    ]
    return orjson.dumps({"version": 1.3, "people": people}, option=orjson.OPT_SERIALIZE_NUMPY)


def coco_18(poses: Poses, min_score: float) -> FloatArray:
    """Return (N, 18, 3): x, y and score of OpenPose's 18 points, all 0 where one is missing.

    The neck scores as little as the worse of the shoulders, and is missing if either is.
    """
    skeleton = poses.skeleton
    points = np.zeros((len(poses), len(_COCO_18), 3), np.float32)
    known = [name for name in _COCO_18 if name in skeleton]
    rows, columns = [skeleton.index(name) for name in known], [_COCO_18.index(n) for n in known]
    points[:, columns, :2] = poses.xy[:, rows]
    points[:, columns, 2] = poses.score[:, rows]
    if skeleton.has(_SHOULDERS) and "neck" not in skeleton:
        shoulders = [skeleton.index(name) for name in _SHOULDERS]
        neck = _COCO_18.index("neck")
        points[:, neck, :2] = poses.xy[:, shoulders].mean(axis=1)
        points[:, neck, 2] = poses.score[:, shoulders].min(axis=1)
    points[points[..., 2] < min_score] = 0
    return points
