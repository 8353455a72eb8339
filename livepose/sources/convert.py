"""From decoded pictures to upright BGR frames of one size, in square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import cv2
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from livepose.core.arrays import UInt8Array

_TURNS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}
_UNSPECIFIED = 2
_BT601 = frozenset({5, 6})
_FULL_RANGE = 2
_HD_HEIGHT_PX = 720


class Converter:
    """Converts pictures of a stream, whose first one sets the size and the turn."""

    def __init__(self, first: Any, aspect: Fraction | None) -> None:
        """Look at the first picture.

        Args:
            first: an `av.VideoFrame`.
            aspect: width over height of its pixels; None or 0 where it is not known.
        """
        # One for all pictures: PyAV's own to_ndarray sets up a new scaler for each.
        self._reformatter = VideoReformatter()
        self._width_px = round(first.width * aspect) if aspect else first.width
        self._height_px = first.height
        self._turn = _TURNS.get(round(first.rotation) % 360)

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """Width and height."""
        if self._turn in (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE):
            return self._height_px, self._width_px
        return self._width_px, self._height_px

    def upright_bgr(self, picture: Any) -> UInt8Array:
        """Convert one picture: (H, W, 3) uint8."""
        if self._is_plain_bt601(picture):
            # FFmpeg's scaler takes longer and darkens each picture by a level.
            yuv = picture.to_ndarray()
            bgr = np.asarray(cv2.cvtColor(yuv, cv2.COLOR_YUV2BGR_I420), np.uint8)
        else:
            bgr = self._scaled(picture)
        return bgr if self._turn is None else np.asarray(cv2.rotate(bgr, self._turn), np.uint8)

    def _is_plain_bt601(self, picture: Any) -> bool:
        return bool(
            picture.format.name == "yuv420p"
            and (picture.width, picture.height) == (self._width_px, self._height_px)
            and picture.width % 2 == picture.height % 2 == 0
            and picture.color_range != _FULL_RANGE
            and (picture.colorspace in _BT601 or self._is_untagged_sd(picture))
        )

    def _is_untagged_sd(self, picture: Any) -> bool:
        return bool(picture.colorspace == _UNSPECIFIED and picture.height < _HD_HEIGHT_PX)

    def _scaled(self, picture: Any) -> UInt8Array:
        is_untagged_hd = picture.colorspace == _UNSPECIFIED and not self._is_untagged_sd(picture)
        converted = self._reformatter.reformat(
            picture,
            width=self._width_px,
            height=self._height_px,
            format="bgr24",
            # Players take untagged HD for BT.709, FFmpeg's scaler takes it for BT.601.
            src_colorspace=Colorspace.ITU709 if is_untagged_hd else None,
            threads=1,
        )
        return np.asarray(converted.to_ndarray(), np.uint8)
