"""A copy of a frame's pixels that can be drawn on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.pixels import Pixels, Yuv420

Bounds = tuple[int, int, int, int]
"""An area of whole pixels: left, top, and the column and the row behind the last ones."""
LayerColor = tuple[int, ...]
"""One colour, as the channels of a layer."""
_BLACK: Bgr = (0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Stamp:
    """Something small that is drawn over and over, ready to be blended with each plane."""

    layers: tuple[tuple[UInt8Array, UInt8Array], ...]
    """For each plane: pixels that are multiplied with their opacity, and their transparency."""


class Canvas:
    """Draws on BGR pixels, or on luma and chroma, with the same strokes.

    >>> from livepose.core.pixels import BgrPixels
    >>> canvas = Canvas(BgrPixels.black(64, 48))
    >>> canvas.darken(0.0)
    >>> canvas.blend_mask((0, 0, 255), np.full((10, 10), 255, np.uint8), left=20, top=20)
    >>> canvas.pixels.bgr()[25, 25].tolist(), canvas.pixels.bgr()[0, 0].tolist()
    ([0, 0, 255], [0, 0, 0])
    """

    def __init__(self, original: Pixels) -> None:
        """Allocate pixels of the same kind and size. The caller fills the planes."""
        self.pixels, self.planes = original.empty_like()
        self._coding: ColorCoding | None = None
        self._colors: dict[Bgr, LayerColor] = {}
        if isinstance(self.pixels, Yuv420):
            self._coding = self.pixels.coding

    @property
    def coding(self) -> ColorCoding | None:
        """How luma and chroma stand for colours; None for BGR."""
        return self._coding

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height."""
        return self.pixels.width_px, self.pixels.height_px

    def color_for(self, color: Bgr) -> LayerColor:
        """Return a colour as it is drawn on a layer."""
        if self._coding is None:
            return color
        if color not in self._colors:
            self._colors[color] = (255, *self._coding.value(color))
        return self._colors[color]

    def colors_for(self, colors: Sequence[Bgr]) -> list[LayerColor]:
        """Return colours as they are drawn on a layer."""
        layer_colors = {color: self.color_for(color) for color in set(colors)}
        return [layer_colors[color] for color in colors]

    @contextmanager
    def layer(self, bounds: Bounds) -> Iterator[UInt8Array]:
        """Yield an array to draw on, which is blended with an area of the frame at the exit.

        It is (h, w, 3) for BGR: a view of the frame itself. For luma and chroma it is (h, w, 4):
        opacity, luma, Cb and Cr.

        Args:
            bounds: The area, as `even_bounds` returns it.
        """
        left, top, right, bottom = bounds
        if self._coding is None:
            yield self.planes[0][top:bottom, left:right]
            return
        # Chroma has one value for 2 x 2 pixels, so nothing drawn directly on its planes looks the
        # same as on BGR. Drawing goes, with its opacity, to a layer at the size of the luma.
        layer = np.zeros((bottom - top, right - left, 4), np.uint8)
        yield layer
        opacity, *drawn = (np.asarray(channel, np.uint8) for channel in cv2.split(layer))
        luma, *chroma = self.plane_areas(bounds)
        transparency = _inverse(opacity)
        chroma_transparency = _resized(transparency, chroma[0])
        _blend(luma, drawn[0], transparency)
        for area, above in zip(chroma, drawn[1:], strict=True):
            _blend(area, _resized(above, area), chroma_transparency)

    def darken(self, share: float) -> None:
        """Darken the whole frame.

        Args:
            share: How much light is left, 0..1; at 0 the planes need not be filled before.
        """
        for plane, (black, *_) in zip(
            self.planes, _plane_values(_BLACK, self._coding), strict=True
        ):
            if share:
                cv2.convertScaleAbs(plane, plane, share, (1 - share) * black)
            else:
                plane[:] = black

    def blend_mask(self, color: Bgr, mask: UInt8Array, left: int, top: int) -> None:
        """Blend one colour with an area of the frame, by a mask of opacity.

        Args:
            color: The same all over the mask.
            mask: (h, w), 0 for transparent to 255 for opaque. It may reach beyond the frame.
            left: Where the mask's first column goes.
            top: Where its first row goes.
        """
        bounds = self.even_bounds(left, top, left + mask.shape[1], top + mask.shape[0])
        if bounds is None:
            return
        inside = _fitted(mask, bounds, left, top)
        values = _plane_values(color, self._coding)
        for area, value in zip(self.plane_areas(bounds), values, strict=True):
            opacity = _resized(inside, area)
            _blend(area, _colored(opacity, value), _inverse(opacity))

    def plane_areas(self, bounds: Bounds) -> tuple[UInt8Array, ...]:
        """Return the area within `even_bounds` of each plane, as views to write to."""
        left, top, right, bottom = bounds
        luma, *chroma = self.planes
        half = np.s_[top // 2 : bottom // 2, left // 2 : right // 2]
        return (luma[top:bottom, left:right], *(plane[half] for plane in chroma))

    def blend_stamp(self, stamp: Stamp, left: int, top: int) -> None:
        """Blend a stamp of this canvas's coding with an area within the frame.

        Args:
            stamp: As `make_stamp` returns it.
            left: Where the stamp's first column goes: an even number.
            top: Where its first row goes: an even number.
        """
        height_px, width_px = stamp.layers[0][0].shape[:2]
        areas = self.plane_areas((left, top, left + width_px, top + height_px))
        for area, (above, transparency) in zip(areas, stamp.layers, strict=True):
            cv2.add(cv2.multiply(area, transparency, scale=1 / 255), above, area)

    def blend_pixels(self, bounds: Bounds, above: Sequence[UInt8Array], mask: UInt8Array) -> None:
        """Blend other pixels with an area of the frame, by a mask of opacity.

        Args:
            bounds: The area, as `even_bounds` returns it.
            above: The other pixels, of the shapes that `plane_areas` returns.
            mask: (h, w) of the area, 0 for transparent to 255 for opaque.
        """
        for area, other in zip(self.plane_areas(bounds), above, strict=True):
            opacity = _resized(mask, area)
            covered = cv2.multiply(other, _with_channels_of(other, opacity), scale=1 / 255)
            _blend(area, np.asarray(covered, np.uint8), _inverse(opacity))

    def even_bounds(self, left: float, top: float, right: float, bottom: float) -> Bounds | None:
        """Return the smallest area of whole blocks of 2 x 2 pixels that holds a rectangle.

        It is cut off at the edges of the frame; None if no pixel of the frame is in it.
        """
        width_px, height_px = self.size_px
        if left >= width_px or top >= height_px or right <= 0 or bottom <= 0:
            return None
        low_x = int(min(max(left, 0), width_px)) // 2 * 2
        low_y = int(min(max(top, 0), height_px)) // 2 * 2
        high_x = min((math.ceil(min(max(right, 0), width_px)) + 1) // 2 * 2, width_px)
        high_y = min((math.ceil(min(max(bottom, 0), height_px)) + 1) // 2 * 2, height_px)
        return (low_x, low_y, high_x, high_y) if low_x < high_x and low_y < high_y else None


def make_stamp(masks: Sequence[tuple[Bgr, UInt8Array]], coding: ColorCoding | None) -> Stamp:
    """Return masks of opacity, one on the other, ready to be blended with a canvas.

    Args:
        masks: The colour and the (h, w) opacity of each, the lowest first, all of one size.
        coding: That of the canvas.

    >>> red = ((0, 0, 255), np.full((4, 4), 255, np.uint8))
    >>> make_stamp([red], None).layers[0][0][0, 0].tolist()
    [0, 0, 255]
    """
    height_px, width_px = masks[0][1].shape
    if coding is not None:  # whole blocks of 2 x 2 pixels
        height_px, width_px = (height_px + 1) // 2 * 2, (width_px + 1) // 2 * 2
    values = [_plane_values(color, coding) for color, _ in masks]
    fitted = [_fitted(mask, (0, 0, width_px, height_px), 0, 0) for _, mask in masks]
    layers = []
    for plane, channels in enumerate(zip(*values, strict=True)):
        scale = 2 if plane else 1
        shape = (height_px // scale, width_px // scale, len(channels[0]))
        above = np.zeros(shape if shape[2] > 1 else shape[:2], np.uint8)
        transparency = np.full_like(above, 255)
        for value, mask in zip(channels, fitted, strict=True):
            opacity = _resized(mask, above)
            _blend(above, _colored(opacity, value), _inverse(opacity))
            _blend(transparency, np.zeros_like(above), _inverse(opacity))
        layers.append((above, transparency))
    return Stamp(tuple(layers))


def _plane_values(color: Bgr, coding: ColorCoding | None) -> tuple[tuple[int, ...], ...]:
    """Return a colour's channels on each plane."""
    return (color,) if coding is None else tuple((value,) for value in coding.value(color))


def _colored(opacity: UInt8Array, value: tuple[int, ...]) -> UInt8Array:
    """Return a colour that is multiplied with its opacity."""
    channels = [cv2.convertScaleAbs(opacity, alpha=channel / 255) for channel in value]
    return np.asarray(cv2.merge(channels), np.uint8)


def _fitted(mask: UInt8Array, bounds: Bounds, left: int, top: int) -> UInt8Array:
    """Return a mask cropped or padded so that it fills the bounds."""
    low_x, low_y, high_x, high_y = bounds
    if (low_x, low_y, high_x - left, high_y - top) == (left, top, *mask.shape[::-1]):
        return mask
    inside = mask[max(0, low_y - top) : high_y - top, max(0, low_x - left) : high_x - left]
    fitted = np.zeros((high_y - low_y, high_x - low_x), np.uint8)
    row, column = max(0, top - low_y), max(0, left - low_x)
    fitted[row : row + inside.shape[0], column : column + inside.shape[1]] = inside
    return fitted


def _resized(mask: UInt8Array, area: UInt8Array) -> UInt8Array:
    """Return a mask at the size of an area of a plane."""
    if mask.shape == area.shape[:2]:
        return mask
    return np.asarray(cv2.resize(mask, area.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _with_channels_of(plane: UInt8Array, mask: UInt8Array) -> UInt8Array:
    """Return a mask repeated for each channel of a plane."""
    return mask if plane.ndim == 2 else np.asarray(cv2.merge((mask,) * plane.shape[2]), np.uint8)


def _inverse(mask: UInt8Array) -> UInt8Array:
    return np.asarray(cv2.bitwise_not(mask), np.uint8)


def _blend(below: UInt8Array, premultiplied: UInt8Array, transparency: UInt8Array) -> None:
    """Blend pixels that are multiplied with their opacity with those below, in place."""
    cv2.multiply(below, _with_channels_of(below, transparency), below, 1 / 255)
    cv2.add(below, premultiplied, below)
