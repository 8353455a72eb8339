"""Appearance: the colour of a person's clothes, measured at a few pixels of the torso."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray
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


def _grid() -> FloatArray:
    """Return 5 x 5 places on the inner part of the torso, as weights of its corners: (25, 4)."""
    across, down = (side.ravel() for side in np.meshgrid(*2 * [np.linspace(0.2, 0.8, 5)]))
    weights = ((1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down)
    return np.stack(weights, axis=1).astype(np.float32)


_GRID = _grid()


@dataclass(frozen=True, slots=True, eq=False)
class _TorsoJoints:
    """Rows of the keypoint arrays."""

    corners: IntpArray
    """(4,) left and right shoulder, left and right hip."""
    arm_starts: IntpArray
    """(B,) for each bone of an arm, the end closer to the shoulder."""
    arm_ends: IntpArray
    """(B,) the other end."""


@lru_cache(maxsize=16)
def _joints_of(skeleton: Skeleton) -> _TorsoJoints | None:
    """Return where the torso and the arms are; None for a skeleton without a torso."""
    if not skeleton.has(_TORSO):
        return None
    bones = [bone for bone in _ARM_BONES if skeleton.has(bone)]
    starts, ends = ([skeleton.index(bone[end]) for bone in bones] for end in (0, 1))
    corners = [skeleton.index(name) for name in _TORSO]
    return _TorsoJoints(*(np.array(rows, np.intp) for rows in (corners, starts, ends)))


@dataclass(frozen=True, slots=True, eq=False)
class Colors:
    """The colours of N people's clothes."""

    value: FloatArray
    """(N, 3) float32: half the brightness, red minus green, yellow minus blue; in levels of 0..255,
    the latter two as in medium light.

    People in different clothes are 30 or more apart; the same person, from frame to frame, about 2.
    """
    is_known: BoolArray
    """(N,): whether the whole torso is seen, and enough of it beside the arms."""

    @classmethod
    def unknown(cls, count: int) -> Colors:
        """Make the colours of N people about whom nothing is known."""
        return cls(np.zeros((count, 3), np.float32), np.zeros(count, np.bool_))

    def __getitem__(self, rows: IntpArray) -> Colors:
        """Return the colours of (M,) row numbers, in order."""
        return Colors(self.value[rows], self.is_known[rows])


def torso_colors(pixels: Pixels, poses: Poses) -> Colors:
    """Measure the colour of each torso: the median, by channel, of 25 pixels between its corners.

    A print on the chest does not change a median. Pixels on an arm do not count: a person seen from
    the side has an arm in front of most of the torso, and its skin would be taken for a shirt that
    everybody wears. The colour is unknown if the skeleton has no shoulders or hips.

    Args:
        pixels: The frame in which the poses were found.
        poses: N people.
    """
    joints = _joints_of(poses.skeleton)
    if joints is None:
        return Colors.unknown(len(poses))
    corners = poses.xy[:, joints.corners]
    size_px = np.array((pixels.width_px, pixels.height_px), np.float32)
    is_inside = ((corners >= 0) & (corners < size_px)).all(axis=(1, 2))
    is_known = is_inside & (poses.score[:, joints.corners].min(axis=1) >= _MIN_SCORE)
    places = np.minimum(np.maximum(_GRID @ corners, 0), size_px - 1)
    is_free = ~_is_on_arm(places, poses.xy, joints)
    count = is_free.sum(axis=1)
    x, y = places.astype(np.intp).transpose(2, 0, 1)
    # Pixels that do not count are sorted behind those that do.
    offset = np.where(is_free, 0, 256)[..., None]
    middle = (np.maximum(count - 1, 0) // 2)[:, None, None]
    channels = []
    for plane in pixels.planes:
        shrink = pixels.height_px // plane.shape[0]
        sampled = plane[y // shrink, x // shrink].reshape(*x.shape, -1) + offset
        channels.append(np.take_along_axis(np.sort(sampled, axis=1), middle, axis=1)[:, 0] % 256)
    to_rgb = pixels.to_rgb
    rgb = np.concatenate(channels, axis=1) @ to_rgb[:, :3].T + to_rgb[:, 3]
    value = np.asarray(rgb @ _FROM_RGB.T, np.float32)
    # In half the light all three are half as large; after this only the brightness is.
    value[:, 1:] *= _FULL_LIGHT / (value[:, :1] + _NO_LIGHT)
    return Colors(value, is_known & (count >= _ENOUGH_PIXELS))


def _is_on_arm(places: FloatArray, xy: FloatArray, joints: _TorsoJoints) -> BoolArray:
    """Return which of (N, M) places lie on an arm, whether the arm is seen or guessed: (N, M).

    A place is on an arm if it is close to the nearest point of one of the arm's bones.
    """
    start = xy[:, joints.arm_starts]
    along = xy[:, joints.arm_ends] - start
    left, right, left_hip, right_hip = (xy[:, corner] for corner in joints.corners)
    torso_px = np.hypot(*((left + right - left_hip - right_hip) / 2).T)
    limit_px = np.asarray(_ARM_SHARE * torso_px, np.float32)
    off = places[:, :, None] - start[:, None]
    share = (off * along[:, None]).sum(axis=-1) / np.maximum((along**2).sum(axis=-1), 1)[:, None]
    off = off - np.clip(share, 0, 1)[..., None] * along[:, None]
    return np.asarray(((off**2).sum(axis=-1) < limit_px[:, None, None] ** 2).any(axis=-1))
