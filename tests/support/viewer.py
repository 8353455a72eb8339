"""livepose with a window on a screen of the tests, in a child process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from livepose.core.interfaces import Closeable
from tests.support.media import Picture
from tests.support.programs import LIMIT_S, child_environment, kill_process
from tests.support.screen import Screen, ScreenWindow
from tests.support.waiting import wait_for


class ViewerProcess(Closeable):
    """A livepose process, or one of another Python program, with a window on the screen."""

    def __init__(
        self,
        screen: Screen,
        cwd: Path,
        *words: str | Path,
        program: Sequence[str | Path] = ("-m", "livepose"),
    ) -> None:
        self.started_s = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *map(str, (*program, *words))],
            cwd=cwd,
            env=child_environment(DISPLAY=screen.name),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            self.window: ScreenWindow = wait_for(lambda: self._look(screen), "the window")
            self.appeared_s = time.perf_counter()
        except BaseException:
            self.close()
            raise

    def _look(self, screen: Screen) -> ScreenWindow | None:
        assert self._process.poll() is None, self.result()
        return screen.find("livepose")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def result(self) -> tuple[int, str]:
        """Wait until it ends, and return the exit code and what was written to stderr."""
        _, errors = self._process.communicate(timeout=LIMIT_S)
        return self._process.returncode, errors

    def pause(self) -> Picture:
        """Press Space, and return the window's content once it no longer changes."""
        self.window.press("space")
        return still_screenshot(self.window)

    def close(self) -> None:
        kill_process(self._process)


def still_screenshot(window: ScreenWindow) -> Picture:
    """Return the window's content once two screenshots half a second apart are the same."""

    def pair() -> list[Picture]:
        before = window.picture()
        time.sleep(0.5)
        return [before] if np.array_equal(before, window.picture()) else []

    seen: list[Picture] = wait_for(pair, "a picture that stands still")
    return seen[0]
