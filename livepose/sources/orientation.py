"""How a stored image is turned and mirrored before it is shown."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array

_SIDE_DATA = "DISPLAYMATRIX"


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways to turn and mirror an image by quarter turns.

    >>> quarter_turn = Orientation.from_matrix((0, 1, 0, -1, 0, 0, 0, 0, 1))
    >>> quarter_turn.apply(np.array([[1, 2, 3], [4, 5, 6]], np.uint8)).tolist()
    [[4, 1], [5, 2], [6, 3]]
    """

    is_transposed: bool = False
    """Whether rows become columns, before anything else."""
    is_mirrored: bool = False
    """Whether left and right are swapped."""
    is_flipped: bool = False
    """Whether top and bottom are swapped."""

    @classmethod
    def from_frame(cls, frame: Any) -> Orientation | None:
        """Return what the display matrix of an `av.VideoFrame` asks for; None if it has none."""
        try:
            side_data = frame.side_data.get(_SIDE_DATA)
        except ValueError:  # PyAV does not know all kinds of side data, such as FFmpeg's EXIF
            return None
        if side_data is None:
            return None
        return cls.from_matrix(struct.unpack("=9i", bytes(side_data)[:36]))

    @classmethod
    def from_matrix(cls, matrix: tuple[int, ...]) -> Orientation:
        """Return the orientation of a display matrix (ISO/IEC 14496-12), to the next quarter turn.

        Args:
            matrix: The elements a, b, u, c, d, v, x, y, w: a pixel at (p, q) is shown at
                (a * p + c * q + x, b * p + d * q + y).
        """
        a, b, _, c, d = matrix[:5]
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(is_transposed=True, is_mirrored=c < 0, is_flipped=b < 0)
        return cls(is_mirrored=a < 0, is_flipped=d < 0)

    def apply(self, plane: UInt8Array) -> UInt8Array:
        """Return the upright form of an (h, w) or (h, w, 3) plane."""
        rotation = _ROTATIONS.get(self)
        if rotation is not None:
            return np.asarray(cv2.rotate(plane, rotation), np.uint8)
        if self.is_transposed:
            plane = np.asarray(cv2.transpose(plane), np.uint8)
        if self.is_mirrored and self.is_flipped:
            return np.asarray(cv2.rotate(plane, cv2.ROTATE_180), np.uint8)
        if self.is_mirrored:
            plane = plane[:, ::-1]
        elif self.is_flipped:
            plane = plane[::-1]
        return np.ascontiguousarray(plane)

    def upright_size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return the width and height of an image that is stored in this size."""
        return (height_px, width_px) if self.is_transposed else (width_px, height_px)


UPRIGHT = Orientation()
_ROTATIONS = {
    Orientation(is_transposed=True, is_mirrored=True): cv2.ROTATE_90_CLOCKWISE,
    Orientation(is_mirrored=True, is_flipped=True): cv2.ROTATE_180,
    Orientation(is_transposed=True, is_flipped=True): cv2.ROTATE_90_COUNTERCLOCKWISE,
}
