"""A virtual camera: painted frames appear in video calls and in OBS, as if from a camera."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from livepose.core.errors import SinkError
from livepose.core.frame import Frame
from livepose.core.interfaces import FrameSink
from livepose.core.pacing import Pacer
from livepose.system.optional_imports import optional_import

_LINUX_HINT = (
    "on Linux it needs the kernel module v4l2loopback: on Debian and Ubuntu, apt-get install "
    "v4l2loopback-dkms and modprobe v4l2loopback"
)
_OTHER_HINT = "on Windows and macOS, install OBS and start its virtual camera once"

_MAX_SLEEP_S = 0.05


class VirtualCamera(FrameSink):
    """Shows frames on the first virtual camera that is free, through pyvirtualcam."""

    def __init__(
        self,
        frame_rate: float = 30.0,
        *,
        is_paced: bool = False,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        """Import pyvirtualcam. The camera appears with `open`, or with the first frame.

        Args:
            frame_rate: What the camera reports to programs, in frames per second.
            is_paced: Whether each frame is shown at its own time, as those of a file come early;
                otherwise it is shown as soon as it is written.
            is_over: Called while a frame waits for its time; when it returns True, frames are no
                longer waited for.

        Raises:
            RuntimeMissing: If pyvirtualcam is not installed.
        """
        self._library = _import_pyvirtualcam()
        self._frame_rate = frame_rate
        self._pacer = Pacer() if is_paced else None
        self._is_over = is_over
        self._camera: Any = None
        self._size_px = (0, 0)

    @property
    def device(self) -> str:
        """Where the camera can be seen, such as `/dev/video2`; empty until it is open."""
        return "" if self._camera is None else str(self._camera.device)

    def write(self, frame: Frame) -> None:
        """Show a frame. When the size changes, the camera is opened anew.

        Raises:
            SinkError: If there is no virtual camera, or it was taken away.
        """
        size_px = _even_size(frame.width_px, frame.height_px)
        if self._camera is None or size_px != self._size_px:
            self.open(*size_px)
        bgr = frame.bgr[: size_px[1], : size_px[0]]
        if self._pacer is not None:
            due_s = self._pacer.due_s(frame.time_s, time.perf_counter())
            while not self._is_over() and (left_s := due_s - time.perf_counter()) > 0:
                time.sleep(min(left_s, _MAX_SLEEP_S))
        try:
            self._camera.send(bgr)
        except RuntimeError as error:
            raise SinkError(f"the virtual camera accepts no more frames: {error}") from error

    def close(self) -> None:
        self._size_px = (0, 0)
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def open(self, width_px: int, height_px: int) -> None:
        """Open the camera, which makes it appear.

        Args:
            width_px: The frames' width; an odd column is left out.
            height_px: The frames' height; an odd row is left out.

        Raises:
            SinkError: If there is no virtual camera.
        """
        self.close()
        width_px, height_px = _even_size(width_px, height_px)
        try:
            self._camera = self._library.Camera(
                width_px, height_px, self._frame_rate, fmt=self._library.PixelFormat.BGR
            )
        except RuntimeError as error:
            hint = _LINUX_HINT if sys.platform.startswith("linux") else _OTHER_HINT
            raise SinkError(
                f"no virtual camera of {width_px} x {height_px} pixels can be opened "
                f"({error}): {hint}"
            ) from error
        self._size_px = (width_px, height_px)


def _even_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Leave out an odd column or row: virtual cameras store chroma for 2 x 2 pixels."""
    return width_px // 2 * 2, height_px // 2 * 2


def _import_pyvirtualcam() -> ModuleType:
    with optional_import("pyvirtualcam", extra="virtual-camera"):
        import pyvirtualcam
    return pyvirtualcam  # type: ignore[no-any-return, unused-ignore]
