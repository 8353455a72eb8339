"""A window without a screen, and a page without a server."""

from __future__ import annotations

import time
from collections.abc import Callable

from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.viewer_state import ViewerState
from livepose.session.page_screen import PageScreen, PageViewer
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


class ScriptedPage(PageScreen):
    """Keeps what it is shown; the events of its user follow a script, once there is a frame."""

    area_px: tuple[int, int] | None = None
    is_painted = False
    wants_data = True
    url = "http://localhost:0/"

    def __init__(self, *script: InputEvent | None) -> None:
        self.script = list(script)
        self.pictures: list[Frame] = []
        self.posed: list[PosedFrame] = []
        self.states: list[ViewerState] = []

    def attach(self, viewer: PageViewer, info: StreamInfo, model: str) -> None:
        """Nothing of it is needed."""

    def write(self, frame: Frame) -> None:
        raise AssertionError("there is no window")

    def show_data(self, posed: PosedFrame, picture: Frame, state: ViewerState) -> None:
        self.posed.append(posed)
        self.pictures.append(picture)
        self.states.append(state)

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        time.sleep(wait_s)
        return self.script.pop(0) if self.script and self.states else None

    def toggle_full_screen(self) -> None:
        """There is no screen to fill."""

    def close(self) -> None:
        """Nothing is held."""
