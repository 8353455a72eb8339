"""Keypoints by the words that people type: names, and parts of the body."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.core.skeleton import FACE, KEYPOINT_NAMES


def _both(*parts: str) -> frozenset[int]:
    return frozenset(
        KEYPOINT_NAMES.index(f"{side}_{part}") for part in parts for side in ("left", "right")
    )


PARTS = {
    "face": frozenset(range(FACE.start, FACE.stop)),
    "torso": _both("shoulder", "hip"),
    "arms": _both("elbow", "wrist"),
    "hands": _both("wrist"),
    "legs": _both("knee", "ankle"),
    "feet": _both("ankle"),
    "eyes": _both("eye"),
    "ears": _both("ear"),
    "shoulders": _both("shoulder"),
    "elbows": _both("elbow"),
    "wrists": _both("wrist"),
    "hips": _both("hip"),
    "knees": _both("knee"),
    "ankles": _both("ankle"),
}
"""Words for several keypoints at once. An arm begins below the shoulder, a leg below the hip."""


def keypoints_of(option: str, text: str) -> frozenset[int]:
    """Read names of keypoints and of parts of the body, with commas between.

    Args:
        option: what the words were given for, such as `--hide`.
        text: such as `face,left_wrist`.

    Returns:
        Indices, 0..16.

    Raises:
        OptionError: there is no keypoint and no part of that name.
    """
    found: set[int] = set()
    for word in text.lower().split(","):
        name = word.strip()
        if name in PARTS:
            found |= PARTS[name]
        elif name in KEYPOINT_NAMES:
            found.add(KEYPOINT_NAMES.index(name))
        else:
            raise OptionError(
                f"{option} knows no {name!r}: choose from {', '.join(PARTS)}, "
                f"or single points: {', '.join(KEYPOINT_NAMES)}"
            )
    return frozenset(found)
