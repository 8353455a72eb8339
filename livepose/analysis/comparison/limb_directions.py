"""Directions of limbs against the trunk: what two takes are aligned by.

They do not change with the size of the body in the frame, nor with its place, nor where the camera
or the whole body is turned in the image plane.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livepose.analysis.body_points import Segment
from livepose.core.arrays import BoolArray, Float64Array, FloatArray
from livepose.core.skeleton import Skeleton

ComplexArray = npt.NDArray[np.complex128]
_ENDS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
LIMBS: tuple[Segment, ...] = tuple(
    (f"{side}_{start}", f"{side}_{end}") for start, end in _ENDS for side in ("left", "right")
)
_SHOULDERS, _HIPS = ("left_shoulder", "right_shoulder"), ("left_hip", "right_hip")
_FULL_LENGTH = 0.3
"""A limb that is shorter than this share of the trunk points to the camera or away from it: its
direction is uncertain, and counts for less."""
_MAX_GAP_S = 0.2
"""What is missing for longer is not made up."""


def limb_directions(xy: FloatArray, is_seen: BoolArray, skeleton: Skeleton) -> ComplexArray:
    """Return (T, L) complex numbers: as angle the direction of each limb against the trunk.

    The magnitude is how much it counts: 1, less for limbs that are foreshortened, 0 where it is not
    seen. Where the trunk is not seen, directions are those against the vertical.

    Args:
        xy: (T, K, 2) px.
        is_seen: (T, K).
        skeleton: Names of the K keypoints.
    """
    places = xy[..., 0].astype(np.float64) + 1j * xy[..., 1].astype(np.float64)
    trunk, has_trunk = _trunk(places, is_seen, skeleton)
    length = np.abs(trunk)
    upright = np.where(has_trunk, trunk / np.maximum(length, 1e-9), 1j)
    # Without a trunk, all limbs that are seen count fully.
    full_px = np.where(has_trunk, _FULL_LENGTH * length, 1e-9)
    found = np.zeros((len(xy), len(LIMBS)), np.complex128)
    for column, ends in enumerate(LIMBS):
        if not skeleton.has(ends):
            continue
        start, end = map(skeleton.index, ends)
        limb = places[:, end] - places[:, start]
        limb_px = np.abs(limb)
        weight = np.minimum(1.0, limb_px / np.maximum(full_px, 1e-9))
        weight *= is_seen[:, start] & is_seen[:, end] & (limb_px > 0)
        found[:, column] = weight * limb / np.maximum(limb_px, 1e-9) * np.conj(upright)
    return found


def _trunk(
    places: ComplexArray, is_seen: BoolArray, skeleton: Skeleton
) -> tuple[ComplexArray, BoolArray]:
    """Return the line from the shoulders to the hips, and where it is known: both (T,).

    Where a side is hidden, as in profile, it is the line of the other side.
    """
    count = len(places)
    if not skeleton.has((*_SHOULDERS, *_HIPS)):
        return np.ones(count, np.complex128), np.zeros(count, np.bool_)
    shoulders, hips = (np.array([skeleton.index(n) for n in p]) for p in (_SHOULDERS, _HIPS))
    has_side = is_seen[:, shoulders] & is_seen[:, hips]
    sides = np.where(has_side, places[:, hips] - places[:, shoulders], 0)
    trunk = sides.sum(axis=1) / np.maximum(has_side.sum(axis=1), 1)
    return trunk, np.asarray(has_side.any(axis=1) & (np.abs(trunk) > 0))


def resample_directions(
    time_s: Float64Array, directions: ComplexArray, grid_s: Float64Array, sigma_s: float
) -> ComplexArray:
    """Return directions at other times, smoothed with a Gaussian: (G, L).

    What is missing for longer than 0.2 s stays missing: 0.

    Args:
        time_s: (T,) rising.
        directions: (T, L); 0 where not seen.
        grid_s: (G,) rising at equal steps.
        sigma_s: Standard deviation of the Gaussian, seconds.
    """
    resampled = np.zeros((len(grid_s), directions.shape[1]), np.complex128)
    for column, values in enumerate(directions.T):
        seen = np.flatnonzero(values)
        if not len(seen):
            continue
        seen_s = time_s[seen]
        after = np.searchsorted(seen_s, grid_s)
        earlier = seen_s[np.maximum(after - 1, 0)]
        later = seen_s[np.minimum(after, len(seen) - 1)]
        nearest_s = np.minimum(np.abs(grid_s - earlier), np.abs(later - grid_s))
        known = np.interp(grid_s, seen_s, values[seen].real) + 1j * np.interp(
            grid_s, seen_s, values[seen].imag
        )
        resampled[:, column] = np.where(nearest_s <= _MAX_GAP_S / 2, known, 0)
    step_s = grid_s[1] - grid_s[0] if len(grid_s) > 1 else 1.0
    return smooth(resampled, sigma_s / step_s)


def smooth(values: ComplexArray, sigma: float) -> ComplexArray:
    """Return values smoothed along their first axis, without what is missing (0) among them.

    Args:
        values: (G, L).
        sigma: Standard deviation of the Gaussian, in steps.
    """
    reach = max(1, round(3 * sigma))
    if sigma <= 0 or len(values) < 2:
        return values
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    is_known = (values != 0).astype(np.float64)
    smoothed = np.zeros_like(values)
    for column in range(values.shape[1]):
        share = convolve(is_known[:, column], kernel)
        total = convolve(values[:, column], kernel)
        smoothed[:, column] = is_known[:, column] * total / np.maximum(share, 1e-9)
    return smoothed


def convolve(values: npt.NDArray[np.inexact], kernel: Float64Array) -> npt.NDArray[np.inexact]:
    """Return values convolved with a kernel of odd length, at their own length; zeros around."""
    reach = len(kernel) // 2
    return np.convolve(values, kernel)[reach : reach + len(values)]
