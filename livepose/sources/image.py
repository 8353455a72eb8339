"""One picture."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".jp2", ".ppm", ".avif"}
)


class ImageSource(Source):
    """A picture file as a source of one frame, turned upright as its EXIF data says."""

    def __init__(self, path: Path) -> None:
        """Read a picture.

        Raises:
            SourceNotFound: there is no such file.
            SourceError: it cannot be decoded.
        """
        self._path = path
        self._bgr = _read(path)

    @property
    def info(self) -> StreamInfo:
        height_px, width_px = self._bgr.shape[:2]
        return StreamInfo(
            name=self._path.name,
            width_px=width_px,
            height_px=height_px,
            is_live=False,
            frame_count=1,
            path=self._path,
        )

    def __iter__(self) -> Iterator[Frame]:
        yield Frame.from_bgr(self._bgr, index=0, time_s=0.0, grabbed_s=time.perf_counter())

    def close(self) -> None:
        """Nothing is held."""


def _read(path: Path) -> UInt8Array:
    if path.is_dir():
        raise SourceError(f"{path} is a folder: give one picture")
    if not path.is_file():
        raise SourceNotFound(f"there is no file {path}")
    try:
        # Not cv2.imread: on Windows it cannot open a path with letters beyond the system's code
        # page.
        encoded = np.fromfile(path, np.uint8)
        bgr = cv2.imdecode(encoded, cv2.IMREAD_COLOR) if encoded.size else None
    except (OSError, cv2.error) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error
    if bgr is None:
        raise SourceError(
            f"{path} is not a picture that can be decoded: use JPEG, PNG, WebP, TIFF or BMP"
        )
    return bgr  # type: ignore[return-value]
