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
    {
        ".jpg",
        ".jpeg",
        ".png",
        ".bmp",
        ".webp",
        ".tif",
        ".tiff",
        ".jp2",
        ".ppm",
        ".avif",
        ".heic",
        ".heif",
    }
)

_JPEG = b"\xff\xd8\xff"  # it has no transparency
_LONGEST_HEAD = 256


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
        bgr = _decode(np.fromfile(path, np.uint8))
    except (OSError, cv2.error, ValueError, LookupError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SourceError(f"{path} cannot be read: {reason}") from error
    if bgr is None:
        raise SourceError(
            f"{path} is not an image that can be decoded: use JPEG, PNG, WebP, TIFF, BMP or HEIC"
        )
    return bgr


def _decode(encoded: UInt8Array) -> UInt8Array | None:
    """Return the (H, W, 3) pixels of an image file, upright and over white; None if it is none."""
    if not encoded.size:
        return None
    from livepose.sources.heif import apply_transforms, decode_heic, is_avif, is_heic

    head = encoded[:_LONGEST_HEAD].tobytes()
    if is_heic(head):
        return decode_heic(encoded.tobytes())
    has_own_transforms = is_avif(head)  # which apply instead of EXIF data
    flags = cv2.IMREAD_IGNORE_ORIENTATION if has_own_transforms else 0
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR | flags)
    if decoded is None:
        return None
    bgr = np.asarray(decoded, np.uint8)
    if not head.startswith(_JPEG):
        bgr = _over_white(bgr, encoded)
    return apply_transforms(bgr, encoded.tobytes()) if has_own_transforms else bgr


def _over_white(bgr: UInt8Array, encoded: UInt8Array) -> UInt8Array:
    """Return an image over white where it is transparent."""
    stored = cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
    if stored is None or stored.ndim < 3 or stored.shape[2] != 4:
        return bgr
    alpha = np.asarray(stored[..., 3])
    if alpha.dtype == np.uint16:
        alpha = (alpha / 257).astype(np.uint8)
    if alpha.dtype != np.uint8:
        return bgr
    # On its side is what EXIF data asks to be turned: then it is left as it is.
    if alpha.min() == 255 or alpha.shape != bgr.shape[:2]:
        return bgr
    share = (alpha.astype(np.float32) / 255)[..., None]
    return np.asarray(np.rint(bgr * share + 255 * (1 - share)), np.uint8)
