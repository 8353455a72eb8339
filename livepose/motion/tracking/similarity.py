"""How similar two poses or two boxes are (OKS and IoU), and how far a person moved."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.skeleton import COCO_SKELETON, Skeleton

MIN_COMMON_POINTS = 4
"""Fewer common keypoints are not compared (tfjs-models `minNumberOfKeypoints`)."""


@lru_cache(maxsize=16)
def _oks_variances(skeleton: Skeleton) -> FloatArray:
    """Return the squares of COCO's per-keypoint constants k = 2 sigma: (K,)."""
    return np.asarray((2 * np.array(skeleton.oks_sigmas, np.float32)) ** 2)


def oks(
    truth_xy: FloatArray,
    is_compared: BoolArray,
    area_px: FloatArray,
    xy: FloatArray,
    skeleton: Skeleton = COCO_SKELETON,
) -> FloatArray:
    """Return the object keypoint similarity of each of T people to each of N poses.

    It is the mean over the compared keypoints of exp(-d^2 / (2 s^2 k^2)), with the distance d, the
    area of the body s^2, and k twice the standard deviation of the keypoint: COCO's measure
    (https://cocodataset.org/#keypoints-eval).

    Args:
        truth_xy: (T, K, 2) pixels.
        is_compared: (T, K) or (T, N, K): which keypoints count.
        area_px: (T,) square pixels; less than one counts as one.
        xy: (N, K, 2) pixels.
        skeleton: What the K keypoints are.

    Returns:
        (T, N), 0..1; 0 where no keypoint is compared.

    >>> here = np.zeros((1, 17, 2), np.float32)
    >>> all_points = np.ones((1, 17), np.bool_)
    >>> area_px = np.array([10_000.0], np.float32)
    >>> [round(float(oks(here, all_points, area_px, here + off)[0, 0]), 2) for off in (0, 5, 50)]
    [1.0, 0.78, 0.0]
    """
    squared = ((truth_xy[:, None] - xy[None]) ** 2).sum(axis=-1)
    twice_variance = 2 * np.maximum(area_px, 1.0)[:, None, None] * _oks_variances(skeleton)
    compared = is_compared if is_compared.ndim == 3 else is_compared[:, None]
    similar = np.where(compared, np.exp(-squared / twice_variance), 0.0).sum(axis=-1)
    return np.asarray(similar / np.maximum(compared.sum(axis=-1), 1), np.float32)


def iou(first: FloatArray, second: FloatArray) -> FloatArray:
    """Return the intersection over union of each of T boxes with each of N boxes.

    Args:
        first: (T, 4) left, top, right, bottom.
        second: (N, 4) likewise.

    Returns:
        (T, N), 0..1.

    >>> boxes = np.array(((0, 0, 2, 2), (1, 0, 3, 2)), np.float32)
    >>> iou(boxes[:1], boxes).round(2).tolist()
    [[1.0, 0.33000001311302185]]
    """
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    intersection = _area(high - low)
    areas = [_area(box[:, 2:] - box[:, :2]) for box in (first, second)]
    union = areas[0][:, None] + areas[1][None] - intersection
    return np.asarray(intersection / np.maximum(union, 1e-6), np.float32)


def shares_inside(boxes: FloatArray, others: FloatArray) -> FloatArray:
    """Return which share of each of N boxes lies inside each of M others: (N, M), 0..1.

    >>> box, other = np.array(((0, 0, 2, 2),)), np.array(((1, 0, 9, 9),))
    >>> shares_inside(box, other).tolist(), shares_inside(other, box).round(3).tolist()
    ([[0.5]], [[0.028]])
    """
    low = np.maximum(boxes[:, None, :2], others[:, :2])
    high = np.minimum(boxes[:, None, 2:], others[:, 2:])
    common_px = np.prod(np.maximum(high - low, 0), axis=-1)
    area_px = np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1)
    return np.asarray(common_px / area_px[:, None])


def _area(sides: FloatArray) -> FloatArray:
    """Return the areas of boxes with sides (..., 2); a negative side counts as 0."""
    sides = np.maximum(sides, 0.0)
    return np.asarray(sides[..., 0] * sides[..., 1], np.float32)


def displacement(
    xy: FloatArray, box: FloatArray, to_xy: FloatArray, to_box: FloatArray, common: BoolArray
) -> FloatArray:
    """Return how far people moved from one pose to another: (..., 2) pixels.

    It is the mean displacement of the keypoints that are seen in both poses. Where these are too
    few, it is that of the centres of the boxes.

    Args:
        xy: (..., K, 2), here as below of any shapes that broadcast.
        box: (..., 4)
        to_xy: (..., K, 2)
        to_box: (..., 4)
        common: (..., K), the keypoints that are seen in both.
    """
    count = common.sum(axis=-1)[..., None]
    by_points = ((to_xy - xy) * common[..., None]).sum(axis=-2) / np.maximum(count, 1)
    moved = to_box - box
    by_box = (moved[..., :2] + moved[..., 2:]) / 2
    return np.asarray(np.where(count >= MIN_COMMON_POINTS, by_points, by_box), np.float32)
