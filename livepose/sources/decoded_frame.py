"""Convert decoded video frames to upright ones of one size, in square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT601, BT709, MATRICES, UNSPECIFIED, ColorCoding
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from livepose.system.pyav import av

_ROTATIONS = {
    90: cv2.ROTATE_90_COUNTERCLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_CLOCKWISE,
}
_BT470BG = 5
"""BT.601 under its European name."""
_FULL_RANGE = 2
_ITU709 = av.video.reformatter.Colorspace.ITU709
_HD_HEIGHT_PX = 720


class FrameConverter:
    """Converts the frames of a stream, whose first one sets the size and the rotation."""

    def __init__(self, first: Any, aspect: Fraction | None) -> None:
        """Take the size and the rotation of the first frame.

        Args:
            first: An `av.VideoFrame`.
            aspect: Width over height of its pixels; None or 0 if unknown.
        """
        # One for all frames: PyAV's own to_ndarray sets up a new scaler for each.
        self._reformatter = av.video.reformatter.VideoReformatter()
        self._width_px = round(first.width * aspect) if aspect else first.width
        self._height_px = first.height
        self._rotation = _ROTATIONS.get(round(first.rotation) % 360)

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """Width and height of the converted frames."""
        if self._rotation in (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE):
            return self._height_px, self._width_px
        return self._width_px, self._height_px

    def convert(self, frame: Any) -> Pixels:
        """Return the upright pixels of an `av.VideoFrame`.

        8-bit 4:2:0 frames of the right size keep their planes as the decoder has them; all others
        become BGR.
        """
        coding = self._coding(frame)
        if coding is None:
            pixels = self._scaled_bgr(frame)
        else:
            pixels = Yuv420([_shared_plane(plane) for plane in frame.planes], coding)
        return pixels if self._rotation is None else _rotated(pixels, self._rotation)

    def _coding(self, frame: Any) -> ColorCoding | None:
        """Return the color coding; None unless it is 8-bit 4:2:0 in square pixels and even size."""
        if (
            frame.format.name not in ("yuv420p", "yuvj420p")
            or (frame.width, frame.height) != (self._width_px, self._height_px)
            or frame.width % 2
            or frame.height % 2
        ):
            return None
        matrix = _matrix(frame)
        if matrix not in MATRICES:
            return None
        is_full = frame.color_range == _FULL_RANGE or frame.format.name == "yuvj420p"
        return ColorCoding(matrix, is_full, int(frame.color_primaries), int(frame.color_trc))

    def _scaled_bgr(self, frame: Any) -> Pixels:
        converted = self._reformatter.reformat(
            frame,
            width=self._width_px,
            height=self._height_px,
            format="bgr24",
            # FFmpeg's scaler takes frames without a tag for BT.601.
            src_colorspace=_ITU709 if _matrix(frame) == BT709 else None,
            threads=1,
        )
        return BgrPixels(np.asarray(converted.to_ndarray(), np.uint8))


def _shared_plane(plane: Any) -> UInt8Array:
    """Return a plane as an array over the decoder's own memory.

    FFmpeg counts references to a frame, and the array holds one: the decoder reuses the memory when
    the array is gone.
    """
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, abs(plane.line_size))
    # Some codecs (AMV) store a frame from the bottom up.
    return rows[:: -1 if plane.line_size < 0 else 1, : plane.width]


def _matrix(frame: Any) -> int:
    if frame.colorspace == UNSPECIFIED:  # guessed by size, as players do
        return BT709 if frame.height >= _HD_HEIGHT_PX else BT601
    return BT601 if frame.colorspace == _BT470BG else int(frame.colorspace)


def _rotated(pixels: Pixels, rotation: int) -> Pixels:
    if not isinstance(pixels, Yuv420):
        return BgrPixels(np.asarray(cv2.rotate(pixels.bgr(), rotation), np.uint8))
    planes = [np.asarray(cv2.rotate(plane, rotation), np.uint8) for plane in pixels.planes]
    return Yuv420(planes, pixels.coding)
