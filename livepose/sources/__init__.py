"""Where frames come from."""

from __future__ import annotations

import logging
import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.core.errors import OptionError, SourceError
from livepose.core.interfaces import Source
from livepose.sources.image import IMAGE_SUFFIXES, ImageSource
from livepose.sources.sequence import ImageSequence, is_sequence
from livepose.system.addresses import WEB_SCHEMES, check_address, local_path, lower_scheme

if TYPE_CHECKING:
    from livepose.core.clip_interfaces import SeekableSource

__all__ = [
    "ImageSource",
    "open_camera",
    "open_demo",
    "open_image",
    "open_source",
    "open_video",
]

_log = logging.getLogger(__name__)
STANDARD_INPUT = Path("-")
"""Not a file: a video is read from standard input."""
_SYNTHETIC = "synthetic:"
_CAMERA_DIGITS = 4


def open_source(what: str | Path) -> Source:
    """Open a camera, a file, a network stream or a built-in scene.

    A camera that goes away later is waited for, for ever; `stop()` ends that from another thread.

    Args:
        what: `0`, `/dev/video0` or a part of its name for a camera; the path of an image or a
            video; `img_%04d.png`, `img*.png` or a folder for images in sequence; `-` for a video on
            standard input; `rtsp://...` or `http://...` for a network camera; `file://...` for a
            file;
            `synthetic:` for the built-in dancing figure, and `synthetic:crossing` for another of
            the built-in scenes.

    Returns:
        The source, to be closed by the caller (it is a context manager).

    Raises:
        SourceNotFound: If there is no such file or device.
        SourceError: If it cannot be opened.
        OptionError: If there is no such scene, or no network camera can have such an address.

    >>> with open_source("synthetic:dance") as source:
    ...     frame = next(iter(source))
    >>> frame.bgr.shape, frame.index, frame.time_s
    ((480, 640, 3), 0, 0.0)
    """
    text = local_path(str(what))
    if text.startswith(_SYNTHETIC):
        return open_demo(scene=text.removeprefix(_SYNTHETIC) or "dance")
    if text.isdecimal() or text.startswith("/dev/video") or "://" in text:
        return open_camera(text)
    if Path(text).suffix.lower() in IMAGE_SUFFIXES and not is_sequence(Path(text)):
        return ImageSource(Path(text))
    if not Path(text).suffix and not os.path.lexists(text):
        from livepose.sources.camera_list import list_cameras, matching_cameras

        if matching_cameras(text, list_cameras()):
            return open_camera(text)
    return open_video(Path(text))


def open_camera(
    device: str,
    *,
    size_px: tuple[int, int] | None = None,
    frame_rate: float | None = None,
    give_up_s: float | None = None,
) -> Source:
    """Open a camera of this machine, or a network camera.

    One that goes away later is opened again when it is back.

    Args:
        device: The number of a camera, its name or a part of it, a path under /dev, or a URL.
        size_px: Width and height to ask a local camera for.
        frame_rate: Frames per second to ask a local camera for.
        give_up_s: After so long without a picture the camera is given up; None for never.

    Raises:
        OptionError: If `device` is none of these, or a part of several names.
        SourceNotFound: If there is no such camera.
        SourceError: If it cannot be opened.
    """
    if device.lower().startswith("file://"):
        return open_source(device)
    if "://" in device:
        address = lower_scheme(device)
        check_address(address)
        from livepose.sources.stream import SCHEMES, StreamSource

        if not address.startswith(SCHEMES):
            known = ", ".join(scheme.removesuffix("://") for scheme in SCHEMES)
            raise OptionError(
                f"{device} is not the address of a camera: it must begin with one of {known}"
            )
        return StreamSource(address, give_up_s=give_up_s)
    if device.isdecimal() and len(device) > _CAMERA_DIGITS:
        raise OptionError(f"there is no camera with the number {device:.30}: the first one is 0")
    from livepose.sources.camera import CameraSource

    opened: int | Path
    if device.startswith("/dev/"):
        opened = Path(device)
    elif device.isdecimal():
        opened = int(device)
    else:
        from livepose.sources.camera_list import find_camera, list_cameras

        camera = find_camera(device, list_cameras())
        _log.info("camera %s", camera.label)
        opened = camera.index
    return CameraSource(opened, size_px=size_px, frame_rate=frame_rate, give_up_s=give_up_s)


def open_image(image: str | Path) -> Source:
    """Open an image as a source of one frame.

    Args:
        image: A file, or its address: `https://...` or `file://...`.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it cannot be downloaded or decoded.
    """
    text = str(image)
    if isinstance(image, str) and text.startswith(WEB_SCHEMES):
        from livepose.sources.download import downloaded_image

        with downloaded_image(text) as path:
            try:
                return ImageSource(path)
            except SourceError as error:
                raise SourceError(str(error).replace(str(path), text)) from error
    return ImageSource(Path(local_path(text)))


def open_demo(
    size_px: tuple[int, int] = (640, 480),
    *,
    frame_rate: float = 30.0,
    frame_count: int | None = None,
    scene: str = "dance",
    camera_noise: float = 0.0,
) -> Source:
    """Open a built-in scene, endless unless `frame_count` is given.

    Args:
        size_px: Width and height of its frames.
        frame_rate: Frames per second.
        frame_count: How many frames to paint; None never ends.
        scene: `dance`, `walk`, `crossing`, `visitors`, `passer-by`, `stand` or `bends`.
        camera_noise: Standard deviation of a sensor's noise in grey levels.

    Raises:
        OptionError: If the size, rate or noise is out of range, or there is no such scene.

    >>> with open_demo((320, 240), frame_count=2, scene="walk") as source:
    ...     [frame.index for frame in source]
    [0, 1]
    """
    from livepose.sources.synthetic.source import SyntheticSource

    rate = Fraction(frame_rate).limit_denominator(1001)
    return SyntheticSource(
        *size_px,
        frame_rate=rate,
        frame_count=frame_count,
        scene=scene,
        camera_noise=camera_noise,
    )


def open_video(
    path: Path,
    start_s: float = 0.0,
    end_s: float | None = None,
    *,
    frame_rate: float | None = None,
    reports: bool = True,
) -> Source:
    """Open a video file, or images in sequence, or a part of them.

    Args:
        path: A file in any format that FFmpeg reads; `img_%04d.png`, `img*.png` or a folder for
            images in sequence; `-` for a video on standard input.
        start_s: Skip what is shown earlier, in seconds from the file's start.
        end_s: Stop before what is shown from then on; None reads to the end.
        frame_rate: Images per second of a sequence; 30 unless given.
        reports: Whether what is unusual about a file is logged, and damage is reported at the end.
            Not for a file that is read a second time.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it cannot be opened.
    """
    if path == STANDARD_INPUT:
        from livepose.sources.standard_input import open_standard_input

        return open_standard_input(start_s, end_s)
    if is_sequence(path):
        return ImageSequence(path, start_s, end_s, frame_rate=frame_rate)
    from livepose.sources.video import VideoSource

    return VideoSource(path, start_s, end_s, reports=reports)


def open_seekable(
    path: Path,
    start_s: float = 0.0,
    end_s: float | None = None,
    *,
    frame_rate: float | None = None,
    max_frames: int | None = None,
) -> SeekableSource:
    """Open a video file, or images in sequence, to read its frames in any order.

    Args:
        path: A file in any format that FFmpeg reads; `img_%04d.png`, `img*.png` or a folder for
            images in sequence.
        start_s: Frames that are shown earlier do not count, in seconds from the file's start.
        end_s: Nor do those that are shown from then on.
        frame_rate: Images per second of a sequence; 30 unless given.
        max_frames: Only this many frames, from `start_s` on, count.

    Raises:
        SourceNotFound: If there is no such file.
        SourceError: If it cannot be opened.
    """
    if is_sequence(path):
        from livepose.sources.seekable_images import SeekableImages

        return SeekableImages(path, start_s, end_s, frame_rate=frame_rate, max_frames=max_frames)
    from livepose.sources.seekable import SeekableVideo

    return SeekableVideo(path, start_s, end_s, max_frames=max_frames)
