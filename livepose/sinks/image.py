"""Write a picture file, whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import cv2

from livepose.core.arrays import UInt8Array
from livepose.core.errors import OptionError, SinkError, TargetExists

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def check_picture_target(path: Path, overwrite: bool, source: Path | None = None) -> None:
    """Say no before any work is done.

    Raises:
        OptionError: the suffix is not a picture's, or the target is the source.
        TargetExists: and `overwrite` is not set.
        SinkError: there is no such folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise OptionError(f"{path} must end in one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise SinkError(f"there is no folder {path.parent} to write {path.name} in")
    if source is not None and path.exists() and path.samefile(source):
        raise OptionError(f"{path} is the input: writing onto it would destroy it")
    if path.exists() and not overwrite:
        raise TargetExists(f"{path} exists: --overwrite replaces it")


def write_picture(path: Path, bgr: UInt8Array) -> None:
    """Encode by suffix and put in place at once.

    Args:
        path: .png, .jpg, .webp, .bmp or .tif.
        bgr: (H, W, 3) uint8.

    Raises:
        SinkError: it cannot be written.
    """
    # Not cv2.imwrite: on Windows it cannot open a path with letters beyond the system's code page.
    is_encoded, data = cv2.imencode(path.suffix.lower(), bgr)
    if not is_encoded:
        size = f"{bgr.shape[1]} x {bgr.shape[0]} pixels"
        raise SinkError(f"{path} cannot hold {size} in this format: try .png")
    unfinished = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        unfinished.write_bytes(data.tobytes())
        unfinished.replace(path)
    except OSError as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise SinkError(f"{path} cannot be written: {error.strerror or error}") from error
