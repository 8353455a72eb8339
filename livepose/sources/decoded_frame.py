"""Convert decoded video frames to upright ones of one size, in square pixels."""

from __future__ import annotations

import logging
from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT601, BT709, MATRICES, UNSPECIFIED, ColorCoding
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from livepose.sources.orientation import UPRIGHT, Orientation
from livepose.sources.tone_mapping import ToneMapper, is_hdr
from livepose.system.pyav import av

_log = logging.getLogger(__name__)

_BT470BG = 5
"""BT.601 under its European name."""
_FULL_RANGE = 2
_ITU709 = av.video.reformatter.Colorspace.ITU709
_HD_HEIGHT_PX = 720
_FRAMES_BETWEEN_READS = 12
"""In a codec of key frames alone, a change of mirroring is noticed so many frames later at most."""
_SAME_SHAPE = 0.03
"""By how much the ratio of the sides changes at most where only their rounding does."""


class FrameConverter:
    """Converts the frames of a stream to upright ones of the size and kind of the first.

    A later frame of another size, shape or orientation is fitted into the first one's size, with
    black bars where its shape is another one.
    """

    def __init__(self, first: Any, aspect: Fraction | None, *, reports: bool = True) -> None:
        """Take size, orientation and kind of the first frame.

        Args:
            first: An `av.VideoFrame`.
            aspect: Width over height of its pixels; None or 0 if unknown.
            reports: Whether a change of the size is logged.
        """
        # One for all frames: PyAV's own to_ndarray sets up a new scaler for each.
        self._reformatter = av.video.reformatter.VideoReformatter()
        self._aspect = aspect or Fraction(1)
        self._stored_size_px = (first.width, first.height)
        self._width_px = round(first.width * self._aspect)
        self._height_px = first.height
        self._tone_mapper = ToneMapper()
        self._orientation = Orientation.from_frame(first) or UPRIGHT
        self._rotation = first.rotation
        self._frames_since_read = 0
        self._is_transposed = self._orientation.is_transposed
        # None if the frames become BGR.
        self._kept_coding = self._planar_coding(self._standard_range(first))
        self._shown_size_px = self.upright_size_px
        self._reports_change = reports
        self._shape_changes = 0

    @property
    def shape_changes(self) -> int:
        """How often the shape of the frames as they came has changed so far."""
        return self._shape_changes

    @property
    def upright_size_px(self) -> tuple[int, int]:
        """Width and height of the converted frames."""
        if self._is_transposed:
            return self._height_px, self._width_px
        return self._width_px, self._height_px

    def convert(self, frame: Any, aspect: Fraction | None = None) -> Pixels:
        """Return the upright pixels of an `av.VideoFrame`.

        8-bit 4:2:0 frames of the right size keep their planes as the decoder has them. All others
        become BGR, and 4:2:0 again if the first frame was that. High dynamic range is mapped to
        BT.709.

        Args:
            frame: The frame.
            aspect: Width over height of its pixels, if it has another size than the first frame;
                None or 0 if unknown.
        """
        orientation = self._orientation_of(frame)
        frame = self._standard_range(frame)
        size_px = (frame.width, frame.height)
        if size_px != self._stored_size_px or orientation.is_transposed != self._is_transposed:
            return self._in_kept_kind(self._fitted(frame, orientation, aspect or self._aspect))
        self._note_shown_size(self.upright_size_px)
        coding = None if self._kept_coding is None else self._planar_coding(frame)
        if coding is None:
            bgr = self._scaled_bgr(frame, self._width_px, self._height_px)
            return self._in_kept_kind(BgrPixels(orientation.apply(bgr)))
        planes = [_shared_plane(plane) for plane in frame.planes]
        if orientation != UPRIGHT:
            planes = [orientation.apply(plane) for plane in planes]
        return Yuv420(planes, coding)

    def _orientation_of(self, frame: Any) -> Orientation:
        """Return how a frame is shown: without a display matrix, like the one before it.

        The matrix is read where it may have changed: at another rotation, and now and then at a key
        frame. Reading it joins PyAV's frame and its side data in a reference cycle, so that memory
        of the decoder is not used again before the garbage collector comes: with each frame, a
        conversion would take a tenth longer.
        """
        self._frames_since_read += 1
        is_due = frame.key_frame and self._frames_since_read >= _FRAMES_BETWEEN_READS
        if is_due or frame.rotation != self._rotation:
            self._orientation = Orientation.from_frame(frame) or self._orientation
            self._rotation, self._frames_since_read = frame.rotation, 0
        return self._orientation

    def _standard_range(self, frame: Any) -> Any:
        return self._tone_mapper.convert(frame) if is_hdr(frame) else frame

    def _planar_coding(self, frame: Any) -> ColorCoding | None:
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
        return _coding_of(matrix, is_full, int(frame.color_primaries), int(frame.color_trc))

    def _scaled_bgr(self, frame: Any, width_px: int, height_px: int) -> UInt8Array:
        converted = self._reformatter.reformat(
            frame,
            width=width_px,
            height=height_px,
            format="bgr24",
            # FFmpeg's scaler takes frames without a tag for BT.601.
            src_colorspace=_ITU709 if _matrix(frame) == BT709 else None,
            threads=1,
        )
        return np.asarray(converted.to_ndarray(), np.uint8)

    def _fitted(self, frame: Any, orientation: Orientation, aspect: Fraction) -> BgrPixels:
        """Return a frame of another shape as large as it fits, amid black."""
        full_width_px, full_height_px = self.upright_size_px
        width_px, height_px = orientation.upright_size_px(round(frame.width * aspect), frame.height)
        self._note_shown_size((width_px, height_px))
        scale = min(full_width_px / width_px, full_height_px / height_px)
        width_px, height_px = (max(1, round(side * scale)) for side in (width_px, height_px))
        bgr = orientation.apply(
            self._scaled_bgr(frame, *orientation.upright_size_px(width_px, height_px))
        )
        left, top = (full_width_px - width_px) // 2, (full_height_px - height_px) // 2
        canvas = np.zeros((full_height_px, full_width_px, 3), np.uint8)
        canvas[top : top + height_px, left : left + width_px] = bgr
        return BgrPixels(canvas)

    def _in_kept_kind(self, pixels: BgrPixels) -> Pixels:
        return pixels if self._kept_coding is None else pixels.yuv420(self._kept_coding)

    def _note_shown_size(self, size_px: tuple[int, int]) -> None:
        """Report the first change of the size, and count those that change the shape too."""
        if size_px == self._shown_size_px:
            return
        if self._reports_change:
            self._reports_change = False
            _log.info(
                "the video changes from %d x %d to %d x %d px: it is fitted into the first size",
                *self._shown_size_px,
                *size_px,
            )
        (width_px, height_px), (last_width_px, last_height_px) = size_px, self._shown_size_px
        change = width_px * last_height_px / (height_px * last_width_px)
        self._shape_changes += abs(change - 1) > _SAME_SHAPE
        self._shown_size_px = size_px


@lru_cache(maxsize=16)
def _coding_of(matrix: int, is_full_range: bool, primaries: int, transfer: int) -> ColorCoding:
    """Return the same object for all frames, as caches that it is a key of find it faster then."""
    return ColorCoding(matrix, is_full_range, primaries, transfer)


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
