"""A process that stands in for a USB camera: there is no driver for a real one where tests run.

It behaves like one as far as reading goes: frames come at their own rate while somebody reads them,
the device vanishes when it is unplugged, and is there again under the same name afterwards.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2

from livepose.core.interfaces import Closeable
from tests.support.media import numbered

_PROGRAM = """
import itertools, os, pathlib, sys, time
device, folder, first = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
images = [path.read_bytes() for path in sorted(folder.glob("*.jpg"))]
os.mkfifo(device)
images = itertools.cycle(images[first : first + 100])
while True:
    try:
        with open(device, "wb", buffering=0) as wire:
            while True:
                wire.write(next(images))
                time.sleep(1 / 200)
    except BrokenPipeError:
        pass
"""


class StandInUsbCamera(Closeable):
    """Numbered frames behind a path that exists while the camera is plugged in."""

    def __init__(self, folder: Path) -> None:
        """Plug it in: it sends frames 0 to 99 again and again.

        Args:
            folder: In which its device is, `video0.mjpeg`.
        """
        self.device = folder / "video0.mjpeg"
        self._images = folder / "images"
        self._images.mkdir()
        for number in range(200):
            path = self._images / f"{number:03}.jpg"
            path.write_bytes(cv2.imencode(".jpg", numbered(number, 160, 120))[1].tobytes())
        self._process: subprocess.Popen[bytes] | None = None
        self.plug_in()

    def plug_in(self, first: int = 0) -> None:
        """Let the device appear, and send a hundred frames from this one on again and again."""
        words = [sys.executable, "-c", _PROGRAM, str(self.device), str(self._images), str(first)]
        self._process = subprocess.Popen(words)
        end_s = time.monotonic() + 10
        while not self.device.exists() and time.monotonic() < end_s:
            time.sleep(0.01)

    def unplug(self) -> None:
        """Let the device vanish in the middle of a frame."""
        process, self._process = self._process, None
        if process is not None:
            self.device.unlink()
            process.kill()
            process.wait()

    def close(self) -> None:
        self.unplug()
