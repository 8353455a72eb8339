"""An image file as a source of one frame."""

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
from livepose.system.files import readable_name

IMAGE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".jp2", ".ppm", ".avif"}
)


class ImageSource(Source):
    """The one frame of an image file, upright as its EXIF data says.

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "grey.png")
    ...     assert cv2.imwrite(str(path), np.full((48, 64, 3), 127, np.uint8))
    ...     with ImageSource(path) as source:
    ...         [frame.bgr.shape for frame in source]
    [(48, 64, 3)]
    """

    def __init__(self, path: Path) -> None:
        """Read an image.

        Raises:
            SourceNotFound: If there is no such file.
            SourceError: If it cannot be decoded.
        """
        self._path = path
        self._bgr = read_image(path)

    @property
    def info(self) -> StreamInfo:
        height_px, width_px = self._bgr.shape[:2]
        return StreamInfo(
            name=readable_name(self._path.name),
            width_px=width_px,
            height_px=height_px,
            is_live=False,
            frame_count=1,
            path=self._path,
        )

    def __iter__(self) -> Iterator[Frame]:
        yield Frame.from_bgr(self._bgr, index=0, time_s=0.0, grabbed_s=time.perf_counter())

    def close(self) -> None:
        """Do nothing: the file was closed when it had been read."""


def read_image(path: Path) -> UInt8Array:
    """Return the pixels of an image file, blue first, upright as its EXIF data says.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it cannot be decoded.
    """
    if path.is_dir():
        raise SourceError(f"{path} is a folder: give one image")
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
            f"{path} is not an image that can be decoded: use JPEG, PNG, WebP, TIFF or BMP"
        )
    return bgr  # type: ignore[return-value]
