"""Poses with known numbers, to be written down and read again."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np

from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.export import RecordingMetadata, open_exporter

NTSC = Fraction(30000, 1001)
ANGLES = ("left_knee", "right_knee")
INFO = StreamInfo(
    "dance.mp4", 1280, 720, is_live=False, frame_rate=NTSC, frame_count=4, path=Path("dance.mp4")
)
RECORDING = RecordingMetadata(
    INFO,
    "lightning on LiteRT",
    model_sha256="ab" * 32,
    settings={"smooth": "one-euro", "min_score": 0.3, "people_px": 320, "crop": True},
    angle_names=ANGLES,
)
UNSEEN = "left_ear"
"""The point of each person that scores 0.05; the others score 0.9."""
SWAPPED = ("left_wrist", "right_wrist")
"""Of the person with the lower number."""


def person_xy(track_id: int, index: int) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """(17, 2): keypoint k of person p in frame n stands at (100 p + k + n / 4, 10 k + p / 2)."""
    keypoint = np.arange(len(COCO_SKELETON))
    places = np.stack((100 * track_id + keypoint + index / 4, 10 * keypoint + track_id / 2), axis=1)
    return places.astype(np.float32)


def posed_frame(index: int, ids: Iterable[int] = (1,)) -> PosedFrame:
    """Frame n of 29.97 a second, with the people of these numbers.

    Their left knees are at 90.5 degrees plus their number, their right ones unknown.
    """
    numbers = tuple(ids)
    people = len(numbers)
    xy = np.array([person_xy(number, index) for number in numbers], np.float32)
    xy = xy.reshape(people, 17, 2)
    score = np.full((people, 17), 0.9, np.float32)
    score[:, COCO_SKELETON.index(UNSEEN)] = 0.05
    swapped = np.zeros((people, 17), np.bool_)
    swapped[:1, [COCO_SKELETON.index(name) for name in SWAPPED]] = True
    low = xy.min(axis=1, initial=np.inf) if people else np.zeros((0, 2), np.float32)
    high = xy.max(axis=1, initial=-np.inf) if people else np.zeros((0, 2), np.float32)
    poses = Poses(
        xy=xy,
        raw_xy=xy + np.float32(1.5),
        score=score,
        box=np.concatenate((low, high), axis=1).astype(np.float32),
        person_score=np.full(people, 0.75, np.float32),
        track_id=np.array(numbers, np.int32),
        swapped=swapped,
    )
    degrees = np.array([(90.5 + number, np.nan) for number in numbers], np.float32)
    return PosedFrame(
        frame=Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), index, float(index / NTSC)),
        poses=poses,
        region=Region(-280.0, -12.5, 1280.0, 1280.0, 3),
        inference_s=0.0061,
        detections=Poses.from_keypoints(poses.raw_xy[:1], poses.score[:1])
        if people
        else Poses.empty(),
        subject_state=SubjectState.LOCKED,
        angles=Angles(ANGLES, degrees.reshape(people, 2)),
    )


def write_frames(path: Path, *frames: PosedFrame, height_m: float | None = None) -> Path:
    """Write frames to a file, in the format of its name, and return its path."""
    with open_exporter(path, RECORDING, height_m=height_m) as exporter:
        for frame in frames:
            exporter.write(frame)
    return path


def write_recording(
    path: Path, *frames: PosedFrame, recording: RecordingMetadata = RECORDING
) -> Path:
    """Write frames to a file of JSON lines with this description, and return its path."""
    with open_exporter(path, recording) as exporter:
        for frame in frames:
            exporter.write(frame)
    return path
