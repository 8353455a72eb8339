"""The pixels of one frame, as BGR or as luma and chroma, behind one interface.

This is arithmetic on arrays, which cv2 does at a tenth of NumPy's cost: the only use of cv2 in
`core/`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array, read_only
from livepose.core.colors import ColorCoding


class Pixels(ABC):
    """One upright image as one plane or several, read-only unless it was made to be drawn on.

    The first plane has a value for each pixel of the image, the others for each 2 x 2 pixels. An
    array that is wrapped is neither copied nor changed: the pixels are a read-only view of it.
    """

    @property
    @abstractmethod
    def planes(self) -> tuple[UInt8Array, ...]:
        """Return arrays of (h, w) or (h, w, 3) uint8, of the size of the image or half of it."""

    @property
    @abstractmethod
    def width_px(self) -> int: ...

    @property
    @abstractmethod
    def height_px(self) -> int: ...

    @property
    @abstractmethod
    def to_rgb(self) -> FloatArray:
        """Return the (3, 4) matrix from the channels of all planes, and 1, to red, green, blue."""

    @abstractmethod
    def empty_like(self) -> tuple[Pixels, tuple[UInt8Array, ...]]:
        """Return pixels of the same kind and size, and their planes, which the caller fills."""

    @abstractmethod
    def shrunk(self, width_px: int, height_px: int) -> Pixels:
        """Return the image in a smaller size, of the same kind; luma and chroma of an even size."""

    @abstractmethod
    def drawable(self) -> Pixels:
        """Return the same image with a `bgr()` to draw on: the same writable array at each call."""

    @abstractmethod
    def bgr(self) -> UInt8Array:
        """Return (H, W, 3) uint8, blue first; read-only unless the pixels are `drawable`."""

    @property
    @abstractmethod
    def coding(self) -> ColorCoding:
        """Return the coding in which the image is best stored as luma and chroma."""

    @abstractmethod
    def yuv420(self, coding: ColorCoding) -> Yuv420:
        """Return luma and chroma. The last row or column of an odd size is doubled."""


class BgrPixels(Pixels):
    """An (H, W, 3) array, blue first, as cv2 uses it.

    >>> BgrPixels(np.full((480, 640, 3), 255, np.uint8)).yuv420(ColorCoding()).packed.shape
    (720, 640)
    """

    def __init__(self, bgr: UInt8Array) -> None:
        """Wrap an array, which stays the caller's.

        Raises:
            ValueError: If the array is not (H, W, 3) uint8, or if it is empty.
        """
        if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or not bgr.size:
            raise ValueError(
                f"BGR pixels must be (H, W, 3) uint8, got {bgr.shape} {bgr.dtype}{_advice(bgr)}"
            )
        self._bgr = read_only(bgr)
        self._filled: UInt8Array | None = None
        self._drawable_bgr: UInt8Array | None = None

    @classmethod
    def black(cls, width_px: int, height_px: int) -> BgrPixels:
        """Return a black image that takes no memory, for when pixels are not needed."""
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
        pixels = BgrPixels(plane)
        pixels._filled = plane
        return pixels, (plane,)

    def shrunk(self, width_px: int, height_px: int) -> BgrPixels:
        return BgrPixels(_shrunk(self._bgr, width_px, height_px))

    def drawable(self) -> Pixels:
        """Return the same image with a `bgr()` to draw on; copied unless it is a filled canvas."""
        pixels = BgrPixels(self._bgr)
        pixels._drawable_bgr = self._bgr.copy() if self._filled is None else self._filled
        return pixels

    def bgr(self) -> UInt8Array:
        return self._bgr if self._drawable_bgr is None else self._drawable_bgr

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
            # Only its luma is used: for chroma it takes one pixel of each four, not their mean.
            luma[:] = cv2.cvtColor(even, cv2.COLOR_BGR2YUV_I420)[:height_px]
        else:
            cv2.transform(even, luma_row, luma)
        return Yuv420.from_packed(packed, coding)


class Yuv420(Pixels):
    """Luma for each pixel, chroma for each 2 x 2, as videos are stored. Width and height are even.

    Its planes are luma (H, W), Cb and Cr (H / 2, W / 2).

    >>> yuv = Yuv420.from_packed(np.full((720, 640), 128, np.uint8))
    >>> [plane.shape for plane in yuv.planes], yuv.bgr().shape
    ([(480, 640), (240, 320), (240, 320)], (480, 640, 3))
    """

    def __init__(self, planes: Sequence[UInt8Array], coding: ColorCoding | None = None) -> None:
        """Wrap planes, which need not be contiguous, and stay the caller's.

        Args:
            planes: Luma (H, W), Cb and Cr (H / 2, W / 2), uint8.
            coding: BT.601 in the limited range unless given.

        Raises:
            ValueError: If the planes have other shapes or types.
        """
        if not _are_planes(planes):
            raise ValueError(
                "4:2:0 planes must be uint8, (H, W) with even sides and 2 x (H / 2, W / 2), got "
                + ", ".join(f"{plane.shape} {plane.dtype}" for plane in planes)
            )
        self._planes = tuple(read_only(plane) for plane in planes)
        self._coding = coding or ColorCoding()
        self._packed: UInt8Array | None = None
        self._is_drawable = False
        self._drawable_bgr: UInt8Array | None = None

    @classmethod
    def from_packed(cls, packed: UInt8Array, coding: ColorCoding | None = None) -> Yuv420:
        """Return the pixels of one packed array, which stays the caller's.

        Args:
            packed: (H * 3 / 2, W) uint8: luma, then all of Cb, then all of Cr (I420).
            coding: BT.601 in the limited range unless given.

        Raises:
            ValueError: If the array has another shape or type.
        """
        if (
            packed.dtype != np.uint8
            or packed.ndim != 2
            or packed.shape[0] % 3
            or packed.shape[1] % 2
        ):
            raise ValueError(
                "packed 4:2:0 pixels must be (H * 3 / 2, W) uint8, got "
                f"{packed.shape} {packed.dtype}"
            )
        pixels = cls(_planes_of(packed), coding)
        pixels._packed = read_only(packed)
        return pixels

    @property
    def packed(self) -> UInt8Array:
        """Return (H * 3 / 2, W): luma, all of Cb, all of Cr (I420); copied if they lie apart."""
        if self._packed is not None:
            return self._packed
        copy, planes = self.empty_like()
        for plane, own in zip(planes, self._planes, strict=True):
            plane[:] = own
        return copy.packed

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
        return Yuv420.from_packed(packed, self._coding), _planes_of(packed)

    def shrunk(self, width_px: int, height_px: int) -> Yuv420:
        width_px, height_px = (max(2, side // 2 * 2) for side in (width_px, height_px))
        luma, *chroma = self._planes
        halves = [_shrunk(plane, width_px // 2, height_px // 2) for plane in chroma]
        return Yuv420((_shrunk(luma, width_px, height_px), *halves), self._coding)

    def drawable(self) -> Pixels:
        pixels = Yuv420(self._planes, self._coding)
        pixels._packed = self._packed
        pixels._is_drawable = True
        return pixels

    def bgr(self) -> UInt8Array:
        if self._drawable_bgr is not None:
            return self._drawable_bgr
        if self._coding.is_bt601_limited:
            bgr = np.asarray(cv2.cvtColor(self.packed, cv2.COLOR_YUV2BGR_I420), np.uint8)
        else:
            luma, *chroma = self.planes
            size = luma.shape[::-1]
            enlarged = [cv2.resize(c, size, interpolation=cv2.INTER_LINEAR) for c in chroma]
            bgr = np.asarray(
                cv2.transform(cv2.merge((luma, *enlarged)), self.to_rgb[::-1]), np.uint8
            )
        if self._is_drawable:
            self._drawable_bgr = bgr
        else:
            bgr.setflags(write=False)
        return bgr

    @property
    def coding(self) -> ColorCoding:
        return self._coding

    def yuv420(self, coding: ColorCoding) -> Yuv420:
        return self if coding == self._coding else BgrPixels(self.bgr()).yuv420(coding)


def _advice(array: UInt8Array) -> str:
    """Return how an image of another kind is turned into BGR; empty if that is not known."""
    if not array.size:
        return ": it has no pixels"
    if array.ndim == 4:
        return ": give one image at a time, such as images[0]"
    if array.ndim == 2 or array.shape[2:] == (1,):
        return ": convert grey with cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)"
    if array.ndim == 3 and array.shape[0] == 3 != array.shape[2]:
        return ": put the channels last with image.transpose(1, 2, 0)"
    if array.ndim == 3 and array.shape[2] == 4:
        return ": convert four channels with cv2.cvtColor(image, cv2.COLOR_BGRA2BGR)"
    if array.dtype.kind == "f":
        return ": convert values from 0 to 1 with (image * 255).astype(np.uint8)"
    if array.dtype == np.uint16:
        return ": convert 16 bits with (image // 256).astype(np.uint8)"
    return ""


def _shrunk(plane: UInt8Array, width_px: int, height_px: int) -> UInt8Array:
    """Return a plane in a smaller size.

    It is halved, 2 x 2 pixels to their mean, while it is more than twice as large, and then
    interpolated: as good as area averaging in one step, at a fraction of its cost.
    """
    while plane.shape[1] >= 2 * width_px and plane.shape[0] >= 2 * height_px:
        half = (plane.shape[1] // 2, plane.shape[0] // 2)
        plane = np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.uint8)
    size_px = (width_px, height_px)
    return np.asarray(cv2.resize(plane, size_px, interpolation=cv2.INTER_LINEAR), np.uint8)


def _are_planes(planes: Sequence[UInt8Array]) -> bool:
    """Return whether planes have the shapes and the type of 4:2:0 pixels."""
    if len(planes) != 3 or planes[0].ndim != 2:
        return False
    luma, cb, cr = planes
    height_px, width_px = luma.shape
    return (
        (height_px | width_px) % 2 == 0
        and cb.shape == cr.shape == (height_px // 2, width_px // 2)
        and luma.dtype == cb.dtype == cr.dtype == np.uint8
    )


def _planes_of(packed: UInt8Array) -> tuple[UInt8Array, ...]:
    height_px, width_px = packed.shape[0] // 3 * 2, packed.shape[1]
    chroma = packed[height_px:].reshape(2, height_px // 2, width_px // 2)
    return packed[:height_px], chroma[0], chroma[1]
