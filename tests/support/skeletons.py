"""Skeletons other than COCO's, for proving that no code depends on its 17 keypoints."""

from __future__ import annotations

import numpy as np

from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton

_FULL_BODY_NAMES = (
    "nose",
    "left_eye_inner", "left_eye", "left_eye_outer",
    "right_eye_inner", "right_eye", "right_eye_outer",
    "left_ear", "right_ear",
    "mouth_left", "mouth_right",
    "left_shoulder", "right_shoulder",
    "left_elbow", "right_elbow",
    "left_wrist", "right_wrist",
    "left_pinky", "right_pinky",
    "left_index", "right_index",
    "left_thumb", "right_thumb",
    "left_hip", "right_hip",
    "left_knee", "right_knee",
    "left_ankle", "right_ankle",
    "left_heel", "right_heel",
    "left_foot_index", "right_foot_index",
)  # fmt: skip
_FULL_BODY_BONES = (
    ("nose", "left_eye_inner"), ("left_eye_inner", "left_eye"), ("left_eye", "left_eye_outer"),
    ("left_eye_outer", "left_ear"), ("nose", "right_eye_inner"), ("right_eye_inner", "right_eye"),
    ("right_eye", "right_eye_outer"), ("right_eye_outer", "right_ear"),
    ("mouth_left", "mouth_right"), ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"),
    *(
        (f"{side}_{start}", f"{side}_{end}")
        for side in ("left", "right")
        for start, end in (
            ("shoulder", "hip"), ("shoulder", "elbow"), ("elbow", "wrist"), ("wrist", "pinky"),
            ("wrist", "index"), ("wrist", "thumb"), ("hip", "knee"), ("knee", "ankle"),
            ("ankle", "heel"), ("heel", "foot_index"),
        )
    ),
)  # fmt: skip


def _indices(*names: str) -> tuple[int, ...]:
    return tuple(_FULL_BODY_NAMES.index(name) for name in names)


def _both(*joints: str) -> tuple[int, ...]:
    return _indices(*(f"{side}_{joint}" for joint in joints for side in ("left", "right")))


FULL_BODY_SKELETON = Skeleton(
    names=_FULL_BODY_NAMES,
    bones=tuple(
        (_FULL_BODY_NAMES.index(start), _FULL_BODY_NAMES.index(end))
        for start, end in _FULL_BODY_BONES
    ),
    oks_sigmas=(0.025,) * 11 + (0.079,) * 2 + (0.072,) * 2 + (0.062,) * 8 + (0.107,) * 2
    + (0.087,) * 2 + (0.089,) * 6,
    groups={
        "face": tuple(range(11)),
        "torso": _both("shoulder", "hip"),
        "arms": _both("elbow", "wrist", "pinky", "index", "thumb"),
        "hands": _both("wrist", "pinky", "index", "thumb"),
        "legs": _both("knee", "ankle", "heel", "foot_index"),
        "feet": _both("ankle", "heel", "foot_index"),
    },
)  # fmt: skip
"""33 keypoints with hands and feet, in the order of BlazePose."""

UPPER_BODY_SKELETON = Skeleton(
    names=("head", "left_shoulder", "right_shoulder", "left_hand", "right_hand"),
    bones=((1, 2), (1, 3), (2, 4)),
    oks_sigmas=(0.03, 0.08, 0.08, 0.06, 0.06),
)
"""5 keypoints without hips, elbows or a face, and without any group."""

# A person of 160 x 390 px who stands upright and faces the camera, whose nose is at (0, 0). The
# person's left is on the right of the picture.
_STANDING_PX = {
    "nose": (0, 0), "left_eye_inner": (5, -8), "left_eye": (9, -8), "left_eye_outer": (13, -8),
    "left_ear": (20, -4), "mouth_left": (7, 12), "left_shoulder": (50, 50),
    "left_elbow": (70, 120), "left_wrist": (75, 185), "left_pinky": (80, 200),
    "left_index": (76, 204), "left_thumb": (68, 196), "left_hip": (30, 180),
    "left_knee": (33, 280), "left_ankle": (35, 370), "left_heel": (32, 378),
    "left_foot_index": (45, 382), "head": (0, -5), "left_hand": (76, 200),
}  # fmt: skip


def standing_person(
    skeleton: Skeleton, nose_x_px: float = 320.0, nose_y_px: float = 60.0, score: float = 0.9
) -> Poses:
    """Return one person who stands upright and faces the camera, with any of these skeletons.

    >>> standing_person(UPPER_BODY_SKELETON).xy.shape
    (1, 5, 2)
    """
    places = dict(_STANDING_PX)
    for name, (x, y) in _STANDING_PX.items():
        other = name.replace("left", "right")
        if other != name:
            places[other] = (-x, y)
    xy = np.array([places[name] for name in skeleton.names], np.float32)
    xy += np.array((nose_x_px, nose_y_px), np.float32)
    return Poses.from_keypoints(
        xy[None], np.full((1, len(skeleton)), score, np.float32), skeleton=skeleton
    )
