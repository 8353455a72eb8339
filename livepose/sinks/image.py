"""Write an image file, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import cv2

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SinkError
from livepose.system.addresses import file_name
from livepose.system.parts import write_whole
from livepose.system.targets import check_location, check_suffix, check_target

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")


def annotated_path(image: str | Path) -> Path:
    """Return where the annotated copy of an image goes unless another place is asked for.

    Args:
        image: A file, or an address on the web: the copy goes to the current folder.

    >>> annotated_path(Path("photo.jpg")).name, annotated_path("https://example.org/a/b.jpg").name
    ('photo_pose.png', 'b_pose.png')
    """
    path = Path(file_name(image)) if isinstance(image, str) else image
    return path.parent / f"{path.stem}_pose.png"  # "." and "/" have no name to replace


def check_image_target(path: Path, overwrite: bool, source: Path | None = None) -> None:
    """Check an image's path before any work is done.

    Raises:
        OptionError: If the suffix is not one of `SUFFIXES`, or the target is the source.
        TargetExists: If the target exists and `overwrite` is not set.
        SinkError: If it cannot be written there.
    """
    check_suffix(path, SUFFIXES)
    check_location(path, source)
    check_target(path, overwrite=overwrite)


def write_image(path: Path, bgr: UInt8Array) -> None:
    """Write an image in the format that its suffix names.

    Args:
        path: Ends in one of `SUFFIXES`.
        bgr: (H, W, 3) uint8, blue first.

    Raises:
        SinkError: If the format cannot hold the image, or the file cannot be written.
    """
    # Not cv2.imwrite: on Windows it cannot open a path with letters beyond the system's code page.
    is_encoded, data = cv2.imencode(path.suffix.lower(), bgr)
    if not is_encoded:
        size = f"{bgr.shape[1]} x {bgr.shape[0]} pixels"
        raise SinkError(f"{path} cannot hold {size} in this format: try .png")
    write_whole(path, data.tobytes())
