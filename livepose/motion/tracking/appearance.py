"""Appearance: the colour that a person wears, read off a few pixels of the torso."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, IntpArray
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_NAMES

_MIN_SCORE = 0.3
_CORNERS = [
    KEYPOINT_NAMES.index(name)
    for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
]
_SIDES, _JOINTS = ("left", "right"), ("shoulder", "elbow", "wrist")
# Brightness at half its weight, as shadows and the camera's exposure change it; then red over
# green, and yellow over blue.
_FROM_RGB = np.array(((1 / 6, 1 / 6, 1 / 6), (1, -1, 0), (0.5, 0.5, -1)), np.float32)
_FULL_LIGHT, _NO_LIGHT = 70.0, 20.0
_ARMS = np.array([[KEYPOINT_NAMES.index(f"{s}_{j}") for j in _JOINTS] for s in _SIDES])
_ARM_SHARE = 0.15
"""Half the thickness of an arm, with some doubt of where it is, over the length of the torso."""
_ENOUGH_PIXELS = 6


def _grid() -> FloatArray:
    """Spread 5 x 5 places over the inner part of four corners: (25, 4), each corner's share."""
    across, down = (side.ravel() for side in np.meshgrid(*2 * [np.linspace(0.2, 0.8, 5)]))
    shares = ((1 - across) * (1 - down), across * (1 - down), (1 - across) * down, across * down)
    return np.stack(shares, axis=1).astype(np.float32)


_GRID = _grid()


@dataclass(frozen=True, slots=True, eq=False)
class Colors:
    """What N people wear."""

    value: FloatArray
    """(N, 3) float32: half the brightness, red over green, yellow over blue; in levels of 0..255,
    the latter two as in medium light.

    People in other clothes are 30 or more apart; the same one, from frame to frame, about 2.
    """
    is_known: BoolArray
    """(N,): the whole torso is seen, and enough of it beside the arms."""

    @classmethod
    def unknown(cls, count: int) -> Colors:
        """Nothing is known of so many people."""
        return cls(np.zeros((count, 3), np.float32), np.zeros(count, np.bool_))

    def __getitem__(self, rows: IntpArray) -> Colors:
        return Colors(self.value[rows], self.is_known[rows])


def torso_colors(pixels: Pixels, poses: Poses) -> Colors:
    """Read the colour of each torso: the median, by channel, of 25 pixels between its four corners.

    A print on the chest leaves a median as it is. Pixels on an arm do not count, as somebody seen
    from the side has an arm before most of the torso: its skin, taken for a shirt, is what the one
    has in common with the other.

    Args:
        pixels: the picture in which the poses were found.
        poses: N people.
    """
    corners = poses.xy[:, _CORNERS]
    size_px = np.array((pixels.width_px, pixels.height_px), np.float32)
    is_inside = ((corners >= 0) & (corners < size_px)).all(axis=(1, 2))
    is_known = is_inside & (poses.score[:, _CORNERS].min(axis=1) >= _MIN_SCORE)
    places = np.minimum(np.maximum(_GRID @ corners, 0), size_px - 1)
    is_free = ~_on_arms(places, poses.xy)
    count = is_free.sum(axis=1)
    x, y = places.astype(np.intp).transpose(2, 0, 1)
    # What does not count is sorted behind what does.
    behind = np.where(is_free, 0, 256)[..., None]
    half = (np.maximum(count - 1, 0) // 2)[:, None, None]
    channels = []
    for plane in pixels.planes:
        shrink = pixels.height_px // plane.shape[0]
        sampled = plane[y // shrink, x // shrink].reshape(*x.shape, -1) + behind
        channels.append(np.take_along_axis(np.sort(sampled, axis=1), half, axis=1)[:, 0] % 256)
    to_rgb = pixels.to_rgb
    rgb = np.concatenate(channels, axis=1) @ to_rgb[:, :3].T + to_rgb[:, 3]
    value = np.asarray(rgb @ _FROM_RGB.T, np.float32)
    # In half the light all three are half as large; then only the brightness should be.
    value[:, 1:] *= _FULL_LIGHT / (value[:, :1] + _NO_LIGHT)
    return Colors(value, is_known & (count >= _ENOUGH_PIXELS))


def _on_arms(places: FloatArray, xy: FloatArray) -> BoolArray:
    """Tell which of (N, M) places lie on an arm, seen or guessed.

    It is the distance from the nearest point between shoulder and elbow, or elbow and wrist.
    """
    joints = xy[:, _ARMS]
    start, way = joints[:, :, :-1].reshape(-1, 4, 2), np.diff(joints, axis=2).reshape(-1, 4, 2)
    thick_px = _ARM_SHARE * _torso_px(xy)
    off = places[:, :, None] - start[:, None]
    along = (off * way[:, None]).sum(axis=-1) / np.maximum((way**2).sum(axis=-1), 1)[:, None]
    off = off - np.clip(along, 0, 1)[..., None] * way[:, None]
    return np.asarray(((off**2).sum(axis=-1) < thick_px[:, None, None] ** 2).any(axis=-1))


def _torso_px(xy: FloatArray) -> FloatArray:
    """Give the way from the middle of the shoulders to that of the hips: (N,) pixels."""
    left, right, left_hip, right_hip = (xy[:, corner] for corner in _CORNERS)
    return np.asarray(np.hypot(*((left + right - left_hip - right_hip) / 2).T))
