"""The 17 COCO keypoints, in MoveNet's order, and how they are joined.

Left is the subject's own left. The order and the meaning are those of the MoveNet model card
(https://www.kaggle.com/models/google/movenet) and of COCO 2017.
"""

from __future__ import annotations

from enum import Enum

KEYPOINT_NAMES = (
    "nose",
    "left_eye",
    "right_eye",
    "left_ear",
    "right_ear",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hip",
    "right_hip",
    "left_knee",
    "right_knee",
    "left_ankle",
    "right_ankle",
)
KEYPOINT_COUNT = len(KEYPOINT_NAMES)


class Side(Enum):
    """Which side of the subject's body a keypoint or a bone belongs to."""

    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


def _bones() -> tuple[tuple[int, int], ...]:
    joined = (
        ("nose", "left_eye"),
        ("nose", "right_eye"),
        ("left_eye", "left_ear"),
        ("right_eye", "right_ear"),
        ("left_shoulder", "right_shoulder"),
        ("left_hip", "right_hip"),
        ("left_shoulder", "left_hip"),
        ("right_shoulder", "right_hip"),
        ("left_shoulder", "left_elbow"),
        ("left_elbow", "left_wrist"),
        ("right_shoulder", "right_elbow"),
        ("right_elbow", "right_wrist"),
        ("left_hip", "left_knee"),
        ("left_knee", "left_ankle"),
        ("right_hip", "right_knee"),
        ("right_knee", "right_ankle"),
    )
    return tuple((KEYPOINT_NAMES.index(a), KEYPOINT_NAMES.index(b)) for a, b in joined)


BONES = _bones()
"""Pairs of keypoint indices that are joined by a line."""

FACE = slice(0, 5)
"""Nose, eyes and ears."""

PAIRS = tuple(
    (left, KEYPOINT_NAMES.index(name.replace("left", "right")))
    for left, name in enumerate(KEYPOINT_NAMES)
    if name.startswith("left")
)
"""Pairs of keypoint indices, left and right of the same."""

OKS_SIGMAS = (
    0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107, 0.107,
    0.087, 0.087, 0.089, 0.089,
)  # fmt: skip
"""How far people who mark keypoints differ, over the root of a body's area (COCO's `sigmas`)."""


def side_of_keypoint(index: int) -> Side:
    """Tell the side of a keypoint: the nose is the only one in the middle."""
    name = KEYPOINT_NAMES[index]
    return Side(name.split("_")[0]) if "_" in name else Side.MIDDLE


def side_of_bone(bone: tuple[int, int]) -> Side:
    """Tell the side of a bone: one that joins left and right lies in the middle."""
    sides = {side_of_keypoint(index) for index in bone} - {Side.MIDDLE}
    return sides.pop() if len(sides) == 1 else Side.MIDDLE
