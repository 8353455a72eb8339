"""The window: cv2's, in the main thread, with keys and pacing."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

import cv2

from livepose.core.errors import SinkError
from livepose.core.frame import Frame
from livepose.core.interfaces import FrameSink
from livepose.sinks.display import display_problem, set_qt_font_folder

_LARGEST_PX = (1280, 860)
_SMALLEST_HEIGHT_PX = 360


class Action(Enum):
    """What a key asks for."""

    QUIT = auto()
    PAUSE = auto()
    STEP = auto()
    MIRROR = auto()
    HELP = auto()
    SCREENSHOT = auto()
    RAISE_THRESHOLD = auto()
    LOWER_THRESHOLD = auto()
    RECORD = auto()
    NEXT_PERSON = auto()
    EVERYBODY = auto()
    OTHER = auto()
    """A key without a meaning of its own."""


@dataclass(frozen=True, slots=True)
class Digit:
    """A key from 1 to 9."""

    number: int


@dataclass(frozen=True, slots=True)
class Click:
    """A place in the picture as it is shown."""

    x_px: int
    y_px: int


InputEvent = Action | Digit | Click
"""What the person at the window wants."""

KEY_HELP = (
    ("q, Esc", "quit"),
    ("Space", "pause, go on"),
    (".", "one frame on, while paused"),
    ("m", "mirror"),
    ("+, -", "raise, lower the threshold"),
    ("Tab, 1-6, click", "follow the next person, the one so far from the left, this one"),
    ("0", "everybody again"),
    ("s", "save a screenshot"),
    ("r", "start, stop recording"),
    ("h", "show, hide this help"),
)

_ESCAPE = "\x1b"
_ACTIONS = {
    **dict.fromkeys(f"qQ{_ESCAPE}", Action.QUIT),
    " ": Action.PAUSE,
    ".": Action.STEP,
    **dict.fromkeys("mM", Action.MIRROR),
    **dict.fromkeys("hH?", Action.HELP),
    **dict.fromkeys("sS", Action.SCREENSHOT),
    **dict.fromkeys("+=", Action.RAISE_THRESHOLD),
    **dict.fromkeys("-_", Action.LOWER_THRESHOLD),
    **dict.fromkeys("rR", Action.RECORD),
    "\t": Action.NEXT_PERSON,
    "0": Action.EVERYBODY,
}


class Window(FrameSink):
    """A window that can be resized, and closed by its X. To be used in the main thread only."""

    def __init__(self, title: str) -> None:
        """Prepare; the window appears with the first frame.

        Raises:
            SinkError: there is no display to show it on.
        """
        problem = display_problem()
        if problem:
            raise SinkError(f"no window can be shown: {problem}")
        self._title = title
        self._is_open = False
        self._was_closed = False
        self._clicks: deque[Click] = deque(maxlen=1)

    def write(self, frame: Frame) -> None:
        """Show a frame. After its X was clicked the window stays closed."""
        if self._was_closed:
            return
        if not self._is_open:
            self._open(frame)
        cv2.imshow(self._title, frame.bgr)

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        """Let the window live for a moment, and tell what its user wants; its X is QUIT."""
        if not self._is_open:
            time.sleep(wait_s)
            return Action.QUIT if self._was_closed else None
        # Not waitKey: it cuts codes to 8 bits, and the arrow Left would be a Q.
        code = cv2.waitKeyEx(max(1, round(1000 * wait_s)))
        # Checked after every wait and before the next imshow, which would silently open it anew.
        if not self._is_visible():
            self._is_open, self._was_closed = False, True
            return Action.QUIT
        if code < 0:
            return self._clicks.popleft() if self._clicks else None
        # Above 255 are arrows and such, which differ from system to system.
        if code >= 256:
            return Action.OTHER
        key = chr(code)
        return Digit(int(key)) if key in "123456789" else _ACTIONS.get(key, Action.OTHER)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            try:
                cv2.destroyWindow(self._title)
                cv2.waitKey(1)
            except cv2.error:
                pass  # its X was faster

    def _open(self, frame: Frame) -> None:
        set_qt_font_folder()
        cv2.namedWindow(
            self._title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        )
        scale = min(
            max(1.0, _SMALLEST_HEIGHT_PX / frame.height_px),
            _LARGEST_PX[0] / frame.width_px,
            _LARGEST_PX[1] / frame.height_px,
        )
        cv2.resizeWindow(self._title, round(scale * frame.width_px), round(scale * frame.height_px))
        cv2.setMouseCallback(self._title, self._on_mouse)
        self._is_open = True

    def _on_mouse(self, event: int, x_px: int, y_px: int, *_: object) -> None:
        if event == cv2.EVENT_LBUTTONDOWN:
            self._clicks.append(Click(x_px, y_px))

    def _is_visible(self) -> bool:
        try:
            return cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt raises once the last window is gone
            return False
