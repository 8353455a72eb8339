"""Pixels: one picture's colours, as BGR or as luma and chroma. Whoever handles them need not ask.

This is arithmetic on arrays, and cv2 does it at a tenth of NumPy's cost: in `core/` it is used here
and in `canvas.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.colors import ColorCoding


class Pixels(ABC):
    """One upright picture, read-only.

    Its planes lie over each other: the first has a value for each pixel of the picture, the others
    for each 2 x 2.
    """

    @property
    @abstractmethod
    def planes(self) -> tuple[UInt8Array, ...]:
        """Arrays of (h, w) or (h, w, 3) uint8, where h and w are the picture's or half."""

    @property
    @abstractmethod
    def width_px(self) -> int: ...

    @property
    @abstractmethod
    def height_px(self) -> int: ...

    @property
    @abstractmethod
    def to_rgb(self) -> FloatArray:
        """(3, 4): from the channels of all planes, and a 1, to red, green, blue."""

    @abstractmethod
    def empty_like(self) -> tuple[Pixels, tuple[UInt8Array, ...]]:
        """Make a picture of the same kind and size, and its planes, to be filled."""

    @abstractmethod
    def bgr(self) -> UInt8Array:
        """Give (H, W, 3) uint8, read-only, blue first."""

    @property
    @abstractmethod
    def coding(self) -> ColorCoding:
        """How it is best stored as luma and chroma."""

    @abstractmethod
    def yuv420(self, coding: ColorCoding) -> Yuv420:
        """Give luma and chroma; an odd edge is doubled, so that no pixel is lost."""


class BgrPixels(Pixels):
    """(H, W, 3), blue first, as cv2 has it."""

    def __init__(self, bgr: UInt8Array) -> None:
        """Wrap an array, and make it read-only.

        Raises:
            ValueError: it is not (H, W, 3) uint8.
        """
        if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3:
            raise ValueError(f"a picture is (H, W, 3) uint8, got {bgr.shape} {bgr.dtype}")
        bgr.setflags(write=False)
        self._bgr = bgr

    @classmethod
    def black(cls, width_px: int, height_px: int) -> BgrPixels:
        """Make a picture that takes no memory, for where nobody looks."""
        return cls(np.broadcast_to(np.uint8(0), (height_px, width_px, 3)))

    @property
    def planes(self) -> tuple[UInt8Array, ...]:
        return (self._bgr,)

    @property
    def width_px(self) -> int:
        return int(self._bgr.shape[1])

    @property
    def height_px(self) -> int:
        return int(self._bgr.shape[0])

    @property
    def to_rgb(self) -> FloatArray:
        return np.eye(3, 4, dtype=np.float32)[::-1]

    def empty_like(self) -> tuple[Pixels, tuple[UInt8Array, ...]]:
        plane = np.empty_like(self._bgr, order="C")
        return BgrPixels(plane[:]), (plane,)

    def bgr(self) -> UInt8Array:
        return self._bgr

    @property
    def coding(self) -> ColorCoding:
        return ColorCoding()

    def yuv420(self, coding: ColorCoding) -> Yuv420:
        beyond = (0, self.height_px % 2, 0, self.width_px % 2)
        even = self._bgr
        if any(beyond):
            even = np.asarray(cv2.copyMakeBorder(even, *beyond, cv2.BORDER_REPLICATE), np.uint8)
        height_px, width_px = even.shape[:2]
        packed = np.empty((height_px * 3 // 2, width_px), np.uint8)
        luma, *chroma = _planes_of(packed)
        luma_row, *chroma_rows = coding.from_rgb[:, None, (2, 1, 0, 3)]
        half = cv2.resize(even, chroma[0].shape[::-1], interpolation=cv2.INTER_AREA)
        for plane, row in zip(chroma, chroma_rows, strict=True):
            cv2.transform(half, row, plane)
        if coding.is_bt601_limited:
            # Its luma alone is of use: for chroma it looks at one pixel of each four.
            luma[:] = cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)[:height_px]
        else:
            cv2.transform(even, luma_row, luma)
        return Yuv420.from_packed(packed, coding)


class Yuv420(Pixels):
    """Luma for each pixel, chroma for each 2 x 2: as videos are stored. Both sides are even.

    Its planes are luma (H, W), Cb and Cr (H / 2, W / 2).
    """

    def __init__(self, planes: Sequence[UInt8Array], coding: ColorCoding | None = None) -> None:
        """Wrap planes, wherever they lie, and make them read-only.

        Args:
            planes: luma (H, W), Cb and Cr (H / 2, W / 2), uint8.
            coding: BT.601 in the limited range unless given.

        Raises:
            ValueError: they have other shapes.
        """
        shape, *others = [plane.shape for plane in planes] or [()]
        half = tuple(side // 2 for side in shape)
        if (
            len(shape) != 2
            or any(side % 2 for side in shape)
            or others != [half, half]
            or any(plane.dtype != np.uint8 for plane in planes)
        ):
            raise ValueError(
                "4:2:0 planes are uint8, (H, W) with even sides and two of (H / 2, W / 2), got "
                + ", ".join(f"{plane.shape} {plane.dtype}" for plane in planes)
            )
        for plane in planes:
            plane.setflags(write=False)
        self._planes = tuple(planes)
        self._coding = coding or ColorCoding()
        self._packed: UInt8Array | None = None

    @classmethod
    def from_packed(cls, packed: UInt8Array, coding: ColorCoding | None = None) -> Yuv420:
        """Wrap one array, and make it read-only.

        Args:
            packed: (H * 3 / 2, W) uint8: luma, then all of Cb, then all of Cr (I420).
            coding: BT.601 in the limited range unless given.

        Raises:
            ValueError: it has another shape.
        """
        if (
            packed.dtype != np.uint8
            or packed.ndim != 2
            or packed.shape[0] % 3
            or packed.shape[1] % 2
        ):
            raise ValueError(
                f"a 4:2:0 picture is (H * 3 / 2, W) uint8, got {packed.shape} {packed.dtype}"
            )
        packed.setflags(write=False)
        pixels = cls(_planes_of(packed), coding)
        pixels._packed = packed
        return pixels

    @property
    def packed(self) -> UInt8Array:
        """(H * 3 / 2, W): luma, then all of Cb, then all of Cr (I420); copied if they lie apart."""
        if self._packed is not None:
            return self._packed
        together, planes = self.empty_like()
        for plane, own in zip(planes, self._planes, strict=True):
            plane[:] = own
        return together.packed

    @property
    def planes(self) -> tuple[UInt8Array, ...]:
        return self._planes

    @property
    def width_px(self) -> int:
        return int(self._planes[0].shape[1])

    @property
    def height_px(self) -> int:
        return int(self._planes[0].shape[0])

    @property
    def to_rgb(self) -> FloatArray:
        return self._coding.to_rgb

    def empty_like(self) -> tuple[Yuv420, tuple[UInt8Array, ...]]:
        packed = np.empty((self.height_px * 3 // 2, self.width_px), np.uint8)
        return Yuv420.from_packed(packed[:], self._coding), _planes_of(packed)

    def bgr(self) -> UInt8Array:
        if self._coding.is_bt601_limited:
            bgr = np.asarray(cv2.cvtColor(self.packed, cv2.COLOR_YUV2BGR_I420), np.uint8)
        else:
            luma, *chroma = self.planes
            size = luma.shape[::-1]
            spread = [cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in chroma]
            bgr = np.asarray(cv2.transform(cv2.merge((luma, *spread)), self.to_rgb[::-1]), np.uint8)
        bgr.setflags(write=False)
        return bgr

    @property
    def coding(self) -> ColorCoding:
        return self._coding

    def yuv420(self, coding: ColorCoding) -> Yuv420:
        return self if coding == self._coding else BgrPixels(self.bgr()).yuv420(coding)


def _planes_of(packed: UInt8Array) -> tuple[UInt8Array, ...]:
    height_px, width_px = packed.shape[0] // 3 * 2, packed.shape[1]
    chroma = packed[height_px:].reshape(2, height_px // 2, width_px // 2)
    return packed[:height_px], chroma[0], chroma[1]
