"""Appearance: the colours of a person's clothes, measured at a few pixels of two parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray, UInt8Array
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton

_MIN_SCORE = 0.3
_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_ARM_BONES = tuple(
    (f"{side}_{start}", f"{side}_{end}")
    for side in ("left", "right")
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"))
)
# Brightness at half its weight, as shadows and the camera's exposure change it; then red minus
# green, and yellow minus blue.
_FROM_RGB = np.array(((1 / 6, 1 / 6, 1 / 6), (1, -1, 0), (0.5, 0.5, -1)), np.float32)
_FULL_LIGHT, _NO_LIGHT = 70.0, 20.0
_ARM_SHARE = 0.15
"""Half the thickness of an arm, with some doubt of where it is, over the length of the torso."""
_ENOUGH_PIXELS = 6


PARTS = 2
"""Of the clothes that are measured: the torso, and the shoulders with the sleeves below them."""


def _grid(across: Sequence[float], down: Sequence[float]) -> FloatArray:
    """Return places on the torso, as weights of its corners: (M, 4).

    Args:
        across: Shares of the way from the left to the right.
        down: Shares of the way from the shoulders to the hips.
    """
    a, d = (side.ravel() for side in np.meshgrid(across, down))
    weights = ((1 - a) * (1 - d), a * (1 - d), (1 - a) * d, a * d)
    return np.stack(weights, axis=1).astype(np.float32)


_TORSO_GRID = _grid(*2 * [(0.2, 0.35, 0.5, 0.65, 0.8)])
_SHOULDER_GRID = _grid((0.25, 0.42, 0.58, 0.75), (0.08, 0.16, 0.24, 0.32))
_PLACES = slice(None, len(_TORSO_GRID)), slice(len(_TORSO_GRID), None)
"""Those of the torso, and those of the shoulders."""
_SLEEVE_SHARES = np.repeat(
    np.array((0.0, 0.6), np.float32), (len(_TORSO_GRID), len(_SHOULDER_GRID))
)
"""(M,) for each place, how much of an upper arm, from the shoulder down, is a sleeve and no arm."""


@dataclass(frozen=True, slots=True, eq=False)
class _TorsoJoints:
    """Rows of the keypoint arrays."""

    corners: IntpArray
    """(4,) left and right shoulder, left and right hip."""
    arm_starts: IntpArray
    """(B,) for each bone of an arm, the end closer to the shoulder."""
    arm_ends: IntpArray
    """(B,) the other end."""
    is_upper_arm: BoolArray
    """(B,)"""


@lru_cache(maxsize=16)
def _joints_of(skeleton: Skeleton) -> _TorsoJoints | None:
    """Return where the torso and the arms are; None for a skeleton without a torso."""
    if not skeleton.has(_TORSO):
        return None
    bones = [bone for bone in _ARM_BONES if skeleton.has(bone)]
    starts, ends = ([skeleton.index(bone[end]) for bone in bones] for end in (0, 1))
    corners = [skeleton.index(name) for name in _TORSO]
    return _TorsoJoints(
        corners=np.array(corners, np.intp),
        arm_starts=np.array(starts, np.intp),
        arm_ends=np.array(ends, np.intp),
        is_upper_arm=np.array([start.endswith("shoulder") for start, _ in bones], np.bool_),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Colors:
    """The colours of N people's clothes, of each of P parts."""

    value: FloatArray
    """(N, P, 3) float32: half the brightness, red minus green, yellow minus blue; in levels of
    0..255, the latter two as in medium light.

    People in different clothes are 30 or more apart; the same person, from frame to frame, about 2.
    """
    is_known: BoolArray
    """(N, P): whether enough of the part is seen."""

    @classmethod
    def unknown(cls, count: int) -> Colors:
        """Make the colours of N people about whom nothing is known."""
        return cls(np.zeros((count, PARTS, 3), np.float32), np.zeros((count, PARTS), np.bool_))

    def __getitem__(self, rows: IntpArray) -> Colors:
        """Return the colours of (M,) row numbers, in order."""
        return Colors(self.value[rows], self.is_known[rows])


def clothes_colors(pixels: Pixels, poses: Poses) -> Colors:
    """Measure the colours of each torso, and of the shoulders with the sleeves below them.

    They are medians, by channel, of a few pixels: a print on the chest does not change them. Pixels
    on an arm do not count, as skin would be taken for a shirt that everybody wears. But of a person
    seen from the side an arm covers most of the torso: of them, only the shoulders are known. The
    colours are unknown if the skeleton has no shoulders or hips.

    Args:
        pixels: The frame in which the poses were found.
        poses: N people.
    """
    joints = _joints_of(poses.skeleton)
    if joints is None or not len(poses):
        return Colors.unknown(len(poses))
    corners, score = poses.xy[:, joints.corners], poses.score[:, joints.corners]
    size_px = np.array((pixels.width_px, pixels.height_px), np.float32)
    is_inside = ((corners >= 0) & (corners < size_px)).all(axis=2)
    is_seen = is_inside & (score >= _MIN_SCORE)
    grids = (_TORSO_GRID, _SHOULDER_GRID)
    places = np.concatenate([grid @ corners for grid in grids], axis=1)
    places = np.minimum(np.maximum(places, 0), size_px - 1)
    is_free = ~_is_on_arm(places, poses.xy, joints)
    sampled = _sampled(pixels, places)
    torso, shoulders = (
        _median_colors(sampled[:, part], is_free[:, part], pixels.to_rgb) for part in _PLACES
    )
    is_known = torso[1] & is_seen.all(axis=1), shoulders[1] & is_seen[:, :2].all(axis=1)
    value = np.stack((torso[0], shoulders[0]), axis=1)
    return Colors(value, np.stack(is_known, axis=1))


def _sampled(pixels: Pixels, places: FloatArray) -> UInt8Array:
    """Return the channels of all planes at (N, M, 2) places: (N, M, C)."""
    x, y = places.astype(np.intp).transpose(2, 0, 1)
    sampled = []
    for plane in pixels.planes:
        shrink = pixels.height_px // plane.shape[0]
        sampled.append(plane[y // shrink, x // shrink].reshape(*x.shape, -1))
    return np.concatenate(sampled, axis=2)


def _median_colors(
    sampled: UInt8Array, is_free: BoolArray, to_rgb: FloatArray
) -> tuple[FloatArray, BoolArray]:
    """Return the median colours of a part, (N, 3), and whether enough places count: (N,).

    Args:
        sampled: (N, M, C) channels at the places of the part.
        is_free: (N, M) whether a place counts.
        to_rgb: The matrix from the channels to red, green and blue.
    """
    count = is_free.sum(axis=1)
    # Pixels that do not count are sorted behind those that do.
    ordered = np.sort(sampled + np.where(is_free, 0, 256)[..., None], axis=1)
    medians = ordered[np.arange(len(ordered)), np.maximum(count - 1, 0) // 2] % 256
    rgb = medians @ to_rgb[:, :3].T + to_rgb[:, 3]
    value = np.asarray(rgb @ _FROM_RGB.T, np.float32)
    # In half the light all three are half as large; after this only the brightness is.
    value[:, 1:] *= _FULL_LIGHT / (value[:, :1] + _NO_LIGHT)
    return value, np.asarray(count >= _ENOUGH_PIXELS)


def _is_on_arm(places: FloatArray, xy: FloatArray, joints: _TorsoJoints) -> BoolArray:
    """Return which of (N, M) places lie on an arm, whether the arm is seen or guessed: (N, M).

    A place is on an arm if it is close to the nearest point of one of the arm's bones.
    """
    start = xy[:, joints.arm_starts]
    along = xy[:, joints.arm_ends] - start
    skipped = _SLEEVE_SHARES[:, None, None] * along[:, None] * joints.is_upper_arm[:, None]
    start, along = start[:, None] + skipped, along[:, None] - skipped
    left, right, left_hip, right_hip = (xy[:, corner] for corner in joints.corners)
    torso_px = np.hypot(*((left + right - left_hip - right_hip) / 2).T)
    limit_px = np.asarray(_ARM_SHARE * torso_px, np.float32)
    off = places[:, :, None] - start
    share = (off * along).sum(axis=-1) / np.maximum((along**2).sum(axis=-1), 1)
    off = off - np.clip(share, 0, 1)[..., None] * along
    return np.asarray(((off**2).sum(axis=-1) < limit_px[:, None, None] ** 2).any(axis=-1))
