"""From decoded pictures to upright ones of one size, in square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT601, BT709, MATRICES, UNSPECIFIED, ColorCoding
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from livepose.system.pyav import av

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_BT470BG = 5
"""BT.601 under its European name."""
_FULL_RANGE = 2
_ITU709 = av.video.reformatter.Colorspace.ITU709
_HD_HEIGHT_PX = 720


class FrameConverter:
    """Converts pictures of a stream, whose first one sets the size and the turn."""

    def __init__(self, first: Any, aspect: Fraction | None) -> None:
        """Look at the first picture.

        Args:
            first: an `av.VideoFrame`.
            aspect: width over height of its pixels; None or 0 where it is not known.
        """
        # One for all pictures: PyAV's own to_ndarray sets up a new scaler for each.
        self._reformatter = av.video.reformatter.VideoReformatter()
        self._width_px = round(first.width * aspect) if aspect else first.width
        self._height_px = first.height
        self._turn = _TURNS.get(round(first.rotation) % 360)

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """Width and height."""
        if self._turn in (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE):
            return self._height_px, self._width_px
        return self._width_px, self._height_px

    def upright(self, picture: Any) -> Pixels:
        """Convert one picture; luma and chroma stay as they are where livepose can work on them."""
        coding = self._coding(picture)
        if coding is None:
            pixels = self._scaled(picture)
        else:
            pixels = Yuv420([_in_place(plane) for plane in picture.planes], coding)
        return pixels if self._turn is None else _turned(pixels, self._turn)

    def _coding(self, picture: Any) -> ColorCoding | None:
        """Say what its numbers mean; None for what is not 4:2:0 in 8 bits and square pixels."""
        if (
            picture.format.name not in ("yuv420p", "yuvj420p")
            or (picture.width, picture.height) != (self._width_px, self._height_px)
            or picture.width % 2
            or picture.height % 2
        ):
            return None
        matrix = _matrix(picture)
        if matrix not in MATRICES:
            return None
        is_full = picture.color_range == _FULL_RANGE or picture.format.name == "yuvj420p"
        return ColorCoding(matrix, is_full, int(picture.color_primaries), int(picture.color_trc))

    def _scaled(self, picture: Any) -> Pixels:
        converted = self._reformatter.reformat(
            picture,
            width=self._width_px,
            height=self._height_px,
            format="bgr24",
            # FFmpeg's scaler takes what is not tagged for BT.601.
            src_colorspace=av.video.reformatter.Colorspace.ITU709
            if _matrix(picture) == BT709
            else None,
            threads=1,
        )
        return BgrPixels(np.asarray(converted.to_ndarray(), np.uint8))


def _in_place(plane: Any) -> UInt8Array:
    """Give a plane of a decoded picture where it lies.

    FFmpeg counts who holds a picture, and the array holds it: the decoder takes the memory again
    when the array is gone.
    """
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, abs(plane.line_size))
    # Some codecs (AMV) store a picture from its bottom upwards.
    return rows[:: -1 if plane.line_size < 0 else 1, : plane.width]


def _matrix(picture: Any) -> int:
    if picture.colorspace == UNSPECIFIED:  # as players guess
        return BT709 if picture.height >= _HD_HEIGHT_PX else BT601
    return BT601 if picture.colorspace == _BT470BG else int(picture.colorspace)


def _turned(pixels: Pixels, turn: int) -> Pixels:
    if not isinstance(pixels, Yuv420):
        return BgrPixels(np.asarray(cv2.rotate(pixels.bgr(), turn), np.uint8))
    turned = [np.asarray(cv2.rotate(plane, turn), np.uint8) for plane in pixels.planes]
    return Yuv420(turned, pixels.coding)
