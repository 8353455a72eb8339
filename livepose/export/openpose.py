"""Poses as OpenPose writes them: a folder with one JSON file for each frame, also without people.

Pose2Sim, Sports2D and many others read such folders. The points are those of OpenPose's COCO model:
18, with the neck in the middle of the shoulders, and right before left. A missing point is 0, 0, 0,
as its readers expect; every other format leaves it empty. A keypoint that the skeleton lacks is
missing, and one that OpenPose does not know is left out.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import orjson

from livepose.core.arrays import FloatArray
from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.export.metadata import ExportOptions, RecordingMetadata
from livepose.system.files import write_error
from livepose.system.part_names import create_folder_beside, lock_folder
from livepose.system.parts import sync_folder
from livepose.system.targets import check_vacant, part_stem, place_of

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
_FRAME_ENDING = "_000000000000_keypoints.json"
_FRAME_NAME = re.compile(r".*_\d{12}_keypoints\.json", re.DOTALL)


class OpenPoseFolder(PoseSink):
    """`dance_000000000012_keypoints.json` for frame 12 of `dance.mp4`, and so on.

    The files are written into a folder beside the target, and moved when all are there.
    """

    def __init__(self, path: Path, recording: RecordingMetadata, options: ExportOptions) -> None:
        """Create the folder that grows.

        Raises:
            TargetExists: If the target contains anything and may not be replaced.
            SinkError: If it cannot be created.
        """
        check_vacant(path, overwrite=options.overwrite, is_folder=True)
        self._path = path
        self._recording = recording
        self._min_score = options.min_score
        self._overwrite = options.overwrite
        self._part = create_folder_beside(path, part_stem(path))
        self._lock = lock_folder(self._part)
        self._start = os.fspath(self._part / recording.clip)
        self._is_closed = False

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
        """Move the files to the target; this clip's frames of an earlier run are deleted there.

        Raises:
            SinkError: If they cannot be moved; the message says where they are.
        """
        if self._is_closed:
            return
        self._is_closed = True
        self._unlock()
        move_frames(self._part, self._path, overwrite=self._overwrite)

    def keep_parts(self) -> list[Path]:
        if self._is_closed:
            return []
        self._is_closed = True
        self._unlock()
        with suppress(OSError):
            self._part.rmdir()  # if it is empty
            return []
        return [self._part]

    def _unlock(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)


def move_frames(part: Path, target: Path, *, overwrite: bool) -> None:
    """Move a folder of frames to its place, on top of what is there.

    Raises:
        SinkError: If that fails; what was not moved is where it was.
    """
    try:
        check_vacant(target, overwrite=overwrite, is_folder=True)
        if hasattr(os, "sync"):
            os.sync()  # each file by itself takes 5 ms
        place = place_of(target)
        place.mkdir(exist_ok=True)
        names = {file.name for file in part.iterdir()}
        clips = {name[: -len(_FRAME_ENDING)] for name in names}
        for name in sorted(names):
            (part / name).replace(place / name)
        for old in place.iterdir():
            is_ours = _FRAME_NAME.fullmatch(old.name) and old.name[: -len(_FRAME_ENDING)] in clips
            if is_ours and old.name not in names:
                old.unlink()
        part.rmdir()
    except OSError as error:
        made = error if isinstance(error, SinkError) else write_error(target, error)
        raise SinkError(f"{made}; the new files are in {part}") from error
    sync_folder(place)


def repair_folder(part: Path) -> int:
    """Delete a frame's file that was not written to its end, and return how many frames there are.

    Raises:
        OSError: If the folder cannot be read, or the file cannot be deleted.
    """
    count = 0
    for file in sorted(part.iterdir()):
        try:
            orjson.loads(file.read_bytes())
        except orjson.JSONDecodeError:
            file.unlink()
        else:
            count += 1
    return count


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
