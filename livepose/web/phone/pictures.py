"""The pictures that a phone sends: a short header, then a JPEG."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import SourceError

_HEADER = struct.Struct("<dI")
"""When the picture was taken, in milliseconds of the phone's clock; its number."""
_MAX_SIDE_PX = 4096
"""A JPEG of a few kilobytes can claim 65535 x 65535, and would take 13 GB."""
_SAME_SHAPE = 0.03
"""By how much the ratio of the sides changes at most where only their rounding does."""
MAX_PHONE_MS = 1e15
"""No clock of a phone shows more."""
_START_OF_IMAGE = b"\xff\xd8"
_FRAME_MARKERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""The segments of a JPEG that say its size."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture as it arrived."""

    jpeg: bytes
    number: int
    """Counted by the phone; a gap means pictures of its camera that it has not sent."""
    captured_s: float
    """When it was taken, on the phone's clock."""
    arrived_s: float
    """When it arrived, on the clock of `time.perf_counter()`."""
    session: int
    """Counted up with each connection."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a picture lies in the frame that it was fitted into, in pixels."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int

    def relative(self, xy: FloatArray) -> FloatArray:
        """Return points of the frame, (..., 2) px, as parts of the picture's width and height."""
        origin = np.array([self.left_px, self.top_px], np.float32)
        return np.asarray((xy - origin) / np.array([self.width_px, self.height_px], np.float32))


def parse_picture(message: bytes, arrived_s: float, session: int) -> Picture:
    """Return the picture in a message.

    Args:
        message: As the phone sent it.
        arrived_s: The `time.perf_counter()` time at which it arrived.
        session: The number of its connection.

    Raises:
        SourceError: If it is none.
    """
    if len(message) <= _HEADER.size:
        raise SourceError("the phone sent something that is not a picture")
    captured_ms, number = _HEADER.unpack_from(message)
    jpeg = message[_HEADER.size :]
    if not abs(captured_ms) < MAX_PHONE_MS:  # nor is it nan
        raise SourceError("the phone sent a picture with an impossible time")
    check_jpeg(jpeg)
    return Picture(jpeg, number, captured_ms / 1000, arrived_s, session)


def check_jpeg(jpeg: bytes) -> None:
    """Check that bytes begin like a JPEG, and that it is not too large to be decoded.

    Raises:
        SourceError: If they do not, or if it is.
    """
    width_px, height_px = jpeg_size_px(jpeg)
    if not (0 < width_px <= _MAX_SIDE_PX and 0 < height_px <= _MAX_SIDE_PX):
        raise SourceError(f"the phone sent a picture of {width_px} x {height_px} px")


def jpeg_size_px(jpeg: bytes) -> tuple[int, int]:
    """Return the width and the height that a JPEG says it has, without decoding it.

    Raises:
        SourceError: If it is no JPEG.
    """
    position = len(_START_OF_IMAGE)
    while jpeg.startswith(_START_OF_IMAGE) and position + 9 <= len(jpeg):
        if jpeg[position] != 0xFF:
            break
        marker, length = (
            jpeg[position + 1],
            int.from_bytes(jpeg[position + 2 : position + 4], "big"),
        )
        if marker in _FRAME_MARKERS:
            height_px, width_px = struct.unpack_from(">HH", jpeg, position + 5)
            return width_px, height_px
        position += 2 + length
    raise SourceError("the phone sent something that is not a JPEG")


def decode(jpeg: bytes) -> UInt8Array | None:
    """Return the (H, W, 3) BGR pixels of a JPEG; None if it is damaged."""
    coded = np.frombuffer(jpeg, np.uint8)
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        return cv2.imdecode(coded, flags)  # type: ignore[return-value]
    except cv2.error:
        return None


class FrameFitter:
    """Fits pictures into frames of one size, amid black where their shape is another one.

    A phone that is turned sends upright pictures of another shape; on a slow network it sends
    smaller ones of the same shape.

    >>> fitter = FrameFitter(640, 480)
    >>> bgr, placement = fitter.fit(np.zeros((640, 480, 3), np.uint8))
    >>> bgr.shape, placement, fitter.shape_changes
    ((480, 640, 3), Placement(left_px=140, top_px=0, width_px=360, height_px=480), 1)
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        """Choose the size of the frames, which is also the shape of the first picture."""
        self._size_px = (width_px, height_px)
        self._ratio = width_px / height_px
        self.shape_changes = 0
        """How often the shape of the pictures has changed so far."""

    def fit(self, bgr: UInt8Array) -> tuple[UInt8Array, Placement]:
        """Return a (H, W, 3) picture in the size of the frames, and where it lies in them."""
        width_px, height_px = self._size_px
        ratio = bgr.shape[1] / bgr.shape[0]
        if abs(ratio / self._ratio - 1) > _SAME_SHAPE:
            self.shape_changes += 1
        self._ratio = ratio
        if bgr.shape[:2] == (height_px, width_px):
            return bgr, Placement(0, 0, width_px, height_px)
        if abs(ratio * height_px / width_px - 1) <= _SAME_SHAPE:
            size_px = (width_px, height_px)
        else:
            scale = min(width_px / bgr.shape[1], height_px / bgr.shape[0])
            size_px = (max(1, round(scale * bgr.shape[1])), max(1, round(scale * bgr.shape[0])))
        is_smaller = size_px[0] < bgr.shape[1]
        way = cv2.INTER_AREA if is_smaller else cv2.INTER_LINEAR
        scaled = np.asarray(cv2.resize(bgr, size_px, interpolation=way), np.uint8)
        left, top = (width_px - size_px[0]) // 2, (height_px - size_px[1]) // 2
        if size_px == self._size_px:
            return scaled, Placement(0, 0, width_px, height_px)
        canvas = np.zeros((height_px, width_px, 3), np.uint8)
        canvas[top : top + size_px[1], left : left + size_px[0]] = scaled
        return canvas, Placement(left, top, *size_px)
