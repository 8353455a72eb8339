"""PyAV, imported after cv2: the other way round, cv2's windows hang on Linux."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2  # noqa: F401

import av  # isort: skip

__all__ = ["av", "demux", "ffmpeg_message", "open_media"]


def open_media(path: Path) -> Any:
    """Open a file as an `av` input container."""
    # Absolute, or a name with a colon in it would be taken for a protocol.
    return av.open(str(path.absolute()), metadata_errors="replace")


def ffmpeg_message(error: BaseException) -> str:
    """Return what is wrong in FFmpeg's words, without its error codes."""
    if isinstance(error, av.error.ExitError):  # "Immediate exit requested": by PyAV's time limit
        return "it did not answer in time"
    return str(getattr(error, "strerror", None) or error)


def demux(container: Any, *streams: Any) -> Iterator[Any]:
    """Yield the packets of streams, up to the end of the container.

    Where another stream begins later in the file, as the sound of some FLVs, PyAV comes to the end
    of a list of its own, behind the last packet of all.
    """
    try:
        yield from container.demux(*streams)
    except IndexError:
        return
