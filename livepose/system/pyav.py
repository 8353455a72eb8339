"""PyAV, imported after cv2: the other way round, cv2's windows hang on Linux."""

from __future__ import annotations

import cv2  # noqa: F401

import av  # isort: skip

__all__ = ["av", "ffmpeg_message"]


def ffmpeg_message(error: BaseException) -> str:
    """Return what is wrong in FFmpeg's words, without its error codes."""
    if isinstance(error, av.error.ExitError):  # "Immediate exit requested": by PyAV's time limit
        return "it did not answer in time"
    return str(getattr(error, "strerror", None) or error)
