"""MoveNet's skeleton, and how the peers with cv2 draw one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

MIN_SCORE = 0.3
BONES = (
    *((0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (11, 12), (5, 11), (6, 12)),
    *((5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16)),
)


def draw(
    frame_bgr: cv2.typing.MatLike,
    points: Sequence[Sequence[int]],
    seen: npt.NDArray[np.bool_],
    bones: Iterable[tuple[int, int]] = BONES,
) -> None:
    """Draw what is seen, into the frame.

    Args:
        frame_bgr: (H, W, 3), uint8.
        points: X and y of each keypoint, in pixels.
        seen: (K,), which keypoints count.
        bones: Pairs of keypoints.
    """
    for a, b in bones:
        if seen[a] and seen[b]:
            cv2.line(frame_bgr, points[a], points[b], (0, 255, 0), 2)
    for index, point in enumerate(points):
        if seen[index]:
            cv2.circle(frame_bgr, point, 3, (0, 0, 255), -1)
