"""People in clothes who stand and walk, for the tracker: keypoints, poses and pictures."""

from __future__ import annotations

import numpy as np

from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint

HEIGHT_PX = 200.0
SHOULDER_WIDTH_PX = 0.24 * HEIGHT_PX
RED, GREEN, BLUE, GREY = (40, 40, 200), (60, 170, 60), (190, 80, 40), (128, 128, 128)
SIZE_PX = (720, 480)
TORSO = [Keypoint.LEFT_SHOULDER, Keypoint.RIGHT_SHOULDER, Keypoint.LEFT_HIP, Keypoint.RIGHT_HIP]

# In body heights: across from the middle, and up from the floor. The subject's left is on the right
# of the picture.
_STANDING = np.array(
    [
        (0, 0.92), (0.02, 0.94), (-0.02, 0.94), (0.04, 0.93), (-0.04, 0.93),
        (0.12, 0.81), (-0.12, 0.81), (0.15, 0.64), (-0.15, 0.64), (0.16, 0.49), (-0.16, 0.49),
        (0.08, 0.53), (-0.08, 0.53), (0.08, 0.28), (-0.08, 0.28), (0.08, 0.03), (-0.08, 0.03),
    ]
)  # fmt: skip


def standing(x: float, floor_y: float = 400.0) -> np.ndarray:
    """Return a person who faces the camera: (17, 2)."""
    return _STANDING * (HEIGHT_PX, -HEIGHT_PX) + (x, floor_y)


def walking(x: float, facing: int, phase: float, floor_y: float = 400.0) -> np.ndarray:
    """Return a person seen from the side, who swings arms and legs: (17, 2)."""
    points = np.zeros((17, 2))
    points[: Keypoint.LEFT_SHOULDER] = (
        (0.07, 0.93),
        (0.05, 0.95),
        (0.05, 0.95),
        (-0.01, 0.94),
        (-0.01, 0.94),
    )
    for side, swing in (("LEFT", np.sin(phase)), ("RIGHT", -np.sin(phase))):
        places = {"shoulder": np.array((0.0, 0.82)), "hip": np.array((0.0, 0.52))}
        for joint, start, length, angle in (
            ("elbow", "shoulder", 0.17, -0.45 * swing),
            ("wrist", "elbow", 0.15, 0.3 - 0.45 * swing),
            ("knee", "hip", 0.25, 0.5 * swing),
            ("ankle", "knee", 0.25, 0.5 * swing - 0.25),
        ):
            places[joint] = places[start] + length * np.array((np.sin(angle), -np.cos(angle)))
        for joint, place in places.items():
            points[Keypoint[f"{side}_{joint.upper()}"]] = place
    return points * (facing * HEIGHT_PX, -HEIGHT_PX) + (x, floor_y)


def poses_of(*each: np.ndarray, score: float = 0.8) -> Poses:
    """Return untracked poses of (17, 2) keypoints each."""
    if not each:
        return Poses.empty()
    return Poses.from_keypoints(
        np.array(each, np.float32), np.full((len(each), 17), score, np.float32)
    )


def clothed(*each: tuple[np.ndarray, tuple[int, int, int]]) -> BgrPixels:
    """Paint a rectangle for the torso of each person, the last in front."""
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    for body, color in each:
        left, top = body[TORSO].min(axis=0).astype(int) - 12
        right, bottom = body[TORSO].max(axis=0).astype(int) + 12
        bgr[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = color
    return BgrPixels(bgr)
