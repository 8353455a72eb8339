"""A window without a screen."""

from __future__ import annotations

import time
from collections.abc import Callable

from livepose.core.frame import Frame
from livepose.sinks.input_events import InputEvent
from livepose.sinks.window import Window


class ScriptedWindow(Window):
    """Keeps the frames that it is shown; the events of its user follow a script."""

    area_px: tuple[int, int] | None = None

    def __init__(self, *script: InputEvent | None) -> None:
        self.seen: list[Frame] = []
        self.seen_s: list[float] = []
        self.waited_s = 0.0
        """Seconds that polls were asked to wait, however long they took."""
        self.script = list(script)
        self.polls = 0
        self.on_poll: Callable[[int], None] = lambda polls: None

    def write(self, frame: Frame) -> None:
        self.seen.append(frame)
        self.seen_s.append(time.perf_counter())

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        time.sleep(wait_s)
        self.waited_s += wait_s
        self.polls += 1
        self.on_poll(self.polls)
        return self.script.pop(0) if self.script else None

    def toggle_full_screen(self) -> None:
        """There is no screen to fill."""

    def close(self) -> None:
        """Nothing is held."""
