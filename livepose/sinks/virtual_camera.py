"""A virtual camera: what is painted appears in video calls and in OBS, as if from a camera."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from livepose.core.errors import RuntimeMissing, SinkError
from livepose.core.frame import Frame
from livepose.core.interfaces import FrameSink
from livepose.sinks.pacing import Pacer

_LINUX_HINT = (
    "on Linux it needs the kernel module v4l2loopback: on Debian and Ubuntu, apt-get install "
    "v4l2loopback-dkms and modprobe v4l2loopback"
)
_OTHER_HINT = "on Windows and macOS, install OBS and start its virtual camera once"

_NAP_S = 0.05


class VirtualCamera(FrameSink):
    """The first virtual camera that is free, through pyvirtualcam."""

    def __init__(
        self,
        frame_rate: float = 30.0,
        *,
        paces: bool = False,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare; the camera appears with `open`, or with the first frame, whose size it takes.

        Args:
            frame_rate: what it tells programs that ask.
            paces: show each frame at its own time, as a file's come early; else when it is written.
            is_over: asked while a frame waits for its time; when it says so, none waits any more.

        Raises:
            RuntimeMissing: pyvirtualcam is not installed.
        """
        self._library = _imported()
        self._frame_rate = frame_rate
        self._pacer = Pacer() if paces else None
        self._is_over = is_over
        self._cameras: list[Any] = []
        self._size_px = (0, 0)

    @property
    def device(self) -> str:
        """Where it can be seen: `/dev/video2`; empty before the first frame."""
        return str(self._cameras[0].device) if self._cameras else ""

    def write(self, frame: Frame) -> None:
        """Show a frame. Where its size is another than before, the camera is opened anew.

        Raises:
            SinkError: there is no virtual camera, or it was taken away.
        """
        # They store chroma for 2 x 2 pixels: an odd column or row has no place.
        size_px = (frame.width_px // 2 * 2, frame.height_px // 2 * 2)
        if not self._cameras or size_px != self._size_px:
            self.open(*size_px)
        bgr = frame.bgr[: size_px[1], : size_px[0]]
        if self._pacer is not None:
            due_s = self._pacer.due_s(frame.time_s, time.perf_counter())
            while not self._is_over() and (left_s := due_s - time.perf_counter()) > 0:
                time.sleep(min(left_s, _NAP_S))
        try:
            self._cameras[0].send(bgr)
        except RuntimeError as error:
            raise SinkError(f"the virtual camera takes no more pictures: {error}") from error

    def close(self) -> None:
        self._size_px = (0, 0)
        while self._cameras:
            self._cameras.pop().close()

    def open(self, width_px: int, height_px: int) -> None:
        """Let the camera appear.

        Args:
            width_px: of what it shows; an odd column or row is left out.
            height_px: likewise.

        Raises:
            SinkError: there is no virtual camera.
        """
        self.close()
        width_px, height_px = width_px // 2 * 2, height_px // 2 * 2
        try:
            camera = self._library.Camera(
                width_px, height_px, self._frame_rate, fmt=self._library.PixelFormat.BGR
            )
        except RuntimeError as error:
            hint = _LINUX_HINT if sys.platform.startswith("linux") else _OTHER_HINT
            raise SinkError(
                f"no virtual camera of {width_px} x {height_px} pixels can be opened "
                f"({error}): {hint}"
            ) from error
        self._cameras.append(camera)
        self._size_px = (width_px, height_px)


def _imported() -> ModuleType:
    try:
        import pyvirtualcam
    except ImportError as error:
        hint = f"; {_LINUX_HINT}" if sys.platform.startswith("linux") else ""
        raise RuntimeMissing(
            f"a virtual camera needs pyvirtualcam: pip install 'livepose[virtual-camera]'{hint}"
        ) from error
    return pyvirtualcam  # type: ignore[no-any-return, unused-ignore]
