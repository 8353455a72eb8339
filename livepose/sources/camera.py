"""A camera of this machine, through cv2.VideoCapture."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.outage import Outages

_MJPG = cv2.VideoWriter.fourcc(*"MJPG")
_MJPG_WIDTH_PX = 800
"""From this width on, USB 2 cannot carry uncompressed frames at full rate."""
_MAX_FAILED_READS = 5
_MAX_SLEEP_S = 0.1
_PLACES = Path("/dev/v4l/by-path")
"""Links to the cameras, named by where they are plugged in."""


class CameraSource(Source):
    """A camera's frames as they come. The driver delivers them upright.

    A camera that is unplugged, or delivers no more frames, is opened again when it is back.
    """

    def __init__(
        self,
        device: int | Path,
        *,
        size_px: tuple[int, int] | None = None,
        frame_rate: float | None = None,
        give_up_s: float | None = None,
    ) -> None:
        """Open a camera. The size that the driver has chosen is in `info`.

        Args:
            device: The number of a camera, counted from 0, or a path such as /dev/video2.
            size_px: Width and height to ask for; None for the driver's default.
            frame_rate: Frames per second to ask for; None for the driver's default.
            give_up_s: After so long without a picture the camera is given up; None for never. It
                must be there at first.

        Raises:
            SourceNotFound: If there is no such camera, or it cannot be opened.
            SourceError: If it opens but delivers no frame.
        """
        self._name = f"camera {device}"
        self._devices = [device]
        self._asked_size_px, self._asked_rate = size_px, frame_rate
        self._capture: cv2.VideoCapture | None = None
        self._is_reading = False
        self._is_closed = False
        if not self._open():
            raise SourceNotFound(_open_failure_hint(device))
        first = self._read()
        if first is None:
            self.close()
            raise SourceError(
                f"{self._name} opens but delivers no frames: another program may be using it"
            )
        # A camera that is plugged in again may get another number, but it is in the same place.
        self._devices = [*_places_of(device), device]
        self._size_px = (first.shape[1], first.shape[0])
        self._outages = Outages(self._name, give_up_s)

    @property
    def info(self) -> StreamInfo:
        return StreamInfo(self._name, *self._size_px, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        start_s: float | None = None
        bgr = self._read()
        while not self._is_closed:
            if bgr is None:
                bgr = self._read_again()
                continue
            grabbed_s = time.perf_counter()
            self._outages.note_picture(grabbed_s)
            start_s = grabbed_s if start_s is None else start_s
            frame = Frame.from_bgr(self._fitted(bgr), index, grabbed_s - start_s, grabbed_s)
            yield replace(frame, utc_s=time.time())
            index += 1
            bgr = self._read()

    def stop(self) -> None:
        self._is_closed = True

    def close(self) -> None:
        self._is_closed = True
        # Releasing during a read in another thread aborts the process: then the reader releases.
        if not self._is_reading:
            self._release()

    def _open(self) -> bool:
        """Open the camera, and return whether it could be opened."""
        for device in self._devices:
            capture = _open_capture(device)
            if capture is not None:
                self._capture = capture
                _configure_capture(capture, self._asked_size_px, self._asked_rate)
                return True
        return False

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

    def _read_again(self) -> UInt8Array | None:
        """Return the next picture after a read that failed: the camera is opened anew if need be.

        Raises:
            SourceError: If it is time to give up.
        """
        for _ in range(_MAX_FAILED_READS - 1):
            bgr = None if self._is_closed else self._read()
            if bgr is not None:
                return bgr
        reason = "it delivers no more frames (was it unplugged?)"
        while not self._is_closed:
            delay_s = self._outages.note_failure(reason, time.perf_counter())
            # While it is held open, its number is not free for it when it is plugged in again.
            self._release()
            self._sleep(delay_s)
            if self._is_closed or not self._open():
                continue
            for _ in range(_MAX_FAILED_READS):
                bgr = None if self._is_closed else self._read()
                if bgr is not None:
                    return bgr
        self._release()  # it may have been opened while it was closed in another thread
        return None

    def _sleep(self, seconds: float) -> None:
        end_s = time.perf_counter() + seconds
        while not self._is_closed and (left_s := end_s - time.perf_counter()) > 0:
            time.sleep(min(left_s, _MAX_SLEEP_S))

    def _fitted(self, bgr: UInt8Array) -> UInt8Array:
        """Return a picture in the size of the first one, amid black if its shape is another."""
        width_px, height_px = self._size_px
        if bgr.shape[:2] == (height_px, width_px):
            return bgr
        scale = min(width_px / bgr.shape[1], height_px / bgr.shape[0])
        size_px = (max(1, round(scale * bgr.shape[1])), max(1, round(scale * bgr.shape[0])))
        left, top = (width_px - size_px[0]) // 2, (height_px - size_px[1]) // 2
        canvas = np.zeros((height_px, width_px, 3), np.uint8)
        canvas[top : top + size_px[1], left : left + size_px[0]] = cv2.resize(
            bgr, size_px, interpolation=cv2.INTER_AREA
        )
        return canvas

    def _release(self) -> None:
        capture, self._capture = self._capture, None
        if capture is not None:
            capture.release()


def _places_of(device: int | Path) -> list[Path]:
    """Return the names under which Linux finds the camera at this socket, whatever its number."""
    node = device if isinstance(device, Path) else Path(f"/dev/video{device}")
    return [link for link in sorted(_PLACES.glob("*")) if link.resolve() == node.resolve()][:1]


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
    return (
        f"there is no {name} (cameras here: {found}): livepose --camera phone makes your phone "
        "one, and livepose --demo needs none"
    )
