"""Where labels stand: beside their places, off the skeletons, and never on one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from livepose.core.arrays import Float64Array, FloatArray

# Where a label may stand, seen from its place, the best first: x away from the body, y downwards.
_DIRECTIONS = np.array(
    ((1, 0), (1, -1), (1, 1), (0, -1), (0, 1), (-1, 0), (-1, -1), (-1, 1)), np.float64
)
_MAX_COVERED = 4
"""A label that would cover more points of the skeletons is left out."""
_GAP_PX = 1
"""How far labels are apart at least."""
_Box = Sequence[float]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelRequests:
    """L labels that are to be placed, the most important first."""

    xy: Float64Array
    """(L, 2): the places that they belong to."""
    size_px: Float64Array
    """(L, 2): their widths and heights."""
    outward: Float64Array
    """(L,): 1 where the body is to the left of the place, -1 where it is to the right."""


def place_labels(
    requests: LabelRequests,
    points: FloatArray,
    frame_px: tuple[int, int],
    distance_px: int,
    taken: Sequence[_Box] = (),
) -> dict[int, tuple[int, int]]:
    """Return the left upper corner of each label that there is room for, by its index.

    No two labels overlap, and none reaches beyond the frame. Corners are at even pixels.

    Args:
        requests: The labels.
        points: (P, 2) points on the skeletons, of which labels cover as few as they can.
        frame_px: Width and height of the frame.
        distance_px: How far a label is from its place at least.
        taken: Boxes on which no label stands.

    >>> twice = LabelRequests(np.full((2, 2), 50.0), np.full((2, 2), 20.0), np.ones(2))
    >>> place_labels(twice, np.zeros((0, 2), np.float32), (100, 100), distance_px=5)
    {0: (56, 40), 1: (24, 40)}
    """
    boxes = _candidates(requests, distance_px)
    is_inside = (boxes[..., :2] >= 0).all(axis=2) & (boxes[..., 2:] <= frame_px).all(axis=2)
    covered = _count_points(boxes, points, frame_px, float(requests.size_px[:, 1].min(initial=9)))
    cost = np.where(is_inside & (covered <= _MAX_COVERED), covered, np.inf)
    order = cost.argsort(axis=1, kind="stable")
    counts = np.isfinite(cost).sum(axis=1).tolist()
    # A loop over plain numbers: the first box is free as a rule, and arrays this small are slow.
    boxes = np.take_along_axis(boxes, order[..., None], axis=1)
    placed: dict[int, _Box] = {}
    for index, (candidates, count) in enumerate(zip(boxes.tolist(), counts, strict=True)):
        for box in candidates[:count]:
            if not any(_overlap(box, other) for other in (*taken, *placed.values())):
                placed[index] = box
                break
    return {index: (int(box[0]), int(box[1])) for index, box in placed.items()}


def _candidates(requests: LabelRequests, distance_px: int) -> Float64Array:
    """Return the boxes where each label may stand, the best first: (L, C, 4).

    Their corners are at even pixels, where labels need not be prepared anew for chroma.
    """
    outward = np.stack((requests.outward, np.ones_like(requests.outward)), axis=1)
    directions = _DIRECTIONS * outward[:, None]
    size = requests.size_px[:, None]
    corner = requests.xy[:, None] + directions * (distance_px + size / 2) - size / 2
    # Rounded away from the place, which thus stays free.
    corner = 2 * np.where(directions > 0, np.ceil(corner / 2), np.floor(corner / 2))
    return np.concatenate((corner, corner + size), axis=2)


def _overlap(box: _Box, other: _Box) -> bool:
    return (
        box[0] < other[2] + _GAP_PX
        and other[0] < box[2] + _GAP_PX
        and box[1] < other[3] + _GAP_PX
        and other[1] < box[3] + _GAP_PX
    )


def _count_points(
    boxes: Float64Array, points: FloatArray, frame_px: tuple[int, int], height_px: float
) -> Float64Array:
    """Return how many of the points are in each box, counted in cells of a few pixels: (L, C)."""
    cell_px = max(1, int(height_px) // 3)
    shape = frame_px[1] // cell_px + 1, frame_px[0] // cell_px + 1
    cells = np.floor(points / cell_px).astype(np.intp)
    cells = cells[((cells >= 0) & (cells < shape[::-1])).all(axis=1)]
    counts = np.zeros(shape, np.float32)
    np.add.at(counts, (cells[:, 1], cells[:, 0]), 1)
    sums = cv2.integral(counts)
    low = np.floor(boxes[..., :2] / cell_px).astype(np.intp)
    high = np.ceil(boxes[..., 2:] / cell_px).astype(np.intp)
    left, top = (np.clip(low[..., axis], 0, shape[1 - axis]) for axis in (0, 1))
    right, bottom = (np.clip(high[..., axis], 0, shape[1 - axis]) for axis in (0, 1))
    inside = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return np.asarray(inside, np.float64)
