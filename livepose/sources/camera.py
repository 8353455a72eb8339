"""A camera of this machine, through cv2.VideoCapture."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_MJPG_WIDTH_PX = 800
"""From this width on, USB 2 cannot carry uncompressed frames at full rate."""
_MAX_FAILED_READS = 5


class CameraSource(Source):
    """A camera's frames as they come. The driver delivers them upright."""

    def __init__(
        self,
        device: int | Path,
        *,
        size_px: tuple[int, int] | None = None,
        frame_rate: float | None = None,
    ) -> None:
        """Open a camera. The size that the driver has chosen is in `info`.

        Args:
            device: The number of a camera, counted from 0, or a path such as /dev/video2.
            size_px: Width and height to ask for; None for the driver's default.
            frame_rate: Frames per second to ask for; None for the driver's default.

        Raises:
            SourceNotFound: If there is no such camera, or it cannot be opened.
            SourceError: If it opens but delivers no frame.
        """
        self._name = f"camera {device}"
        capture = _open_capture(device)
        if capture is None:
            raise SourceNotFound(_open_failure_hint(device))
        self._capture: cv2.VideoCapture | None = capture
        self._is_reading = False
        self._is_closed = False
        _configure_capture(capture, size_px, frame_rate)
        first = self._read()
        if first is None:
            self.close()
            raise SourceError(
                f"{self._name} opens but delivers no frames: another program may be using it"
            )
        self._size_px = (first.shape[1], first.shape[0])

    @property
    def info(self) -> StreamInfo:
        return StreamInfo(self._name, *self._size_px, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        failed_reads = 0
        start_s: float | None = None
        while failed_reads < _MAX_FAILED_READS and not self._is_closed:
            bgr = self._read()
            if bgr is None:
                failed_reads += 1
                continue
            failed_reads = 0
            grabbed_s = time.perf_counter()
            start_s = grabbed_s if start_s is None else start_s
            frame = Frame.from_bgr(bgr, index, grabbed_s - start_s, grabbed_s)
            yield replace(frame, utc_s=time.time())
            index += 1
        if not self._is_closed:
            raise SourceError(f"{self._name} delivers no more frames: was it unplugged?")

    def close(self) -> None:
        self._is_closed = True
        # Releasing during a read in another thread aborts the process: then the reader releases.
        if not self._is_reading:
            self._release()

    def _read(self) -> UInt8Array | None:
        capture = self._capture
        if capture is None:
            return None
        self._is_reading = True
        is_good, bgr = capture.read()
        self._is_reading = False
        if self._is_closed:
            self._release()
        return bgr if is_good else None  # type: ignore[return-value]

    def _release(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()


def _configure_capture(
    capture: cv2.VideoCapture, size_px: tuple[int, int] | None, frame_rate: float | None
) -> None:
    """Ask the driver for settings; it may ignore each of them."""
    if size_px is not None and size_px[0] >= _MJPG_WIDTH_PX:
        # Before the size: each setting restarts the stream, and uncompressed frames may not come in
        # that size.
        capture.set(cv2.CAP_PROP_FOURCC, _MJPG)
    if size_px is not None:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, size_px[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size_px[1])
    if frame_rate is not None:
        capture.set(cv2.CAP_PROP_FPS, frame_rate)
    # A driver that queues four frames shows the past.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)


def _open_capture(device: int | Path) -> cv2.VideoCapture | None:
    """Open a camera with the first of the system's backends that can."""
    is_file = isinstance(device, Path) and not str(device).startswith("/dev/")
    for backend in (cv2.CAP_ANY,) if is_file else _camera_backends():
        capture = cv2.VideoCapture(str(device) if isinstance(device, Path) else device, backend)
        if capture.isOpened():
            return capture
        capture.release()
    return None


def _camera_backends() -> tuple[int, ...]:
    if sys.platform == "win32":
        # DirectShow first: Media Foundation can take a minute to open.
        return cv2.CAP_DSHOW, cv2.CAP_MSMF
    if sys.platform == "darwin":
        return (cv2.CAP_AVFOUNDATION,)
    return (cv2.CAP_V4L2,)


def _open_failure_hint(device: int | Path) -> str:
    """Return why a camera cannot be opened, as far as it can be found out, and what to do."""
    name = f"camera {device}"
    if not sys.platform.startswith("linux"):
        return (
            f"{name} cannot be opened: is it plugged in, free, and is this terminal allowed to use "
            "cameras in the system's privacy settings?"
        )
    nodes = sorted(Path("/dev").glob("video*"))
    node = device if isinstance(device, Path) else Path(f"/dev/video{device}")
    if node in nodes and not os.access(node, os.R_OK | os.W_OK):
        return (
            f"permission to open {name} is denied: "
            "add yourself to the group video (sudo usermod -aG video $USER)"
        )
    found = ", ".join(str(node) for node in nodes) or "none"
    if node in nodes:
        return f"{name} cannot be opened: another program may be using it (cameras here: {found})"
    return f"there is no {name} (cameras here: {found}); livepose --demo runs without one"
