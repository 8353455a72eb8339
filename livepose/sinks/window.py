"""The window: cv2's, in the main thread, with keys and pacing."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import cv2

from livepose.core.errors import SinkError
from livepose.core.frame import Frame
from livepose.core.interfaces import FrameSink

_LARGEST_PX = (1280, 860)
_SMALLEST_HEIGHT_PX = 360
_FONT_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF", "/usr/share/fonts")


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


Wanted = Action | Digit | Click
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

    def poll(self, wait_s: float = 0.0) -> Wanted | None:
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
        _give_qt_fonts()
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


class Pacer:
    """Says when a recorded frame is due, so that a file plays at its own speed."""

    _LATE_LIMIT_S = 0.1

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def restart(self) -> None:
        """Forget the clock: the next frame is due at once."""
        self._offset_s = None

    def due_s(self, time_s: float, now_s: float) -> float:
        """Say at what `perf_counter` time a frame is due.

        Args:
            time_s: the frame's time stamp.
            now_s: the clock. When a frame is much too late for it, it is set anew: a machine that
                is too slow plays slowly, and does not rush afterwards.
        """
        if self._offset_s is None or now_s - (time_s + self._offset_s) > self._LATE_LIMIT_S:
            self._offset_s = now_s - time_s
        return time_s + self._offset_s


def display_problem() -> str:
    """Tell why no window can be shown, or nothing: cv2 itself would abort the process."""
    if not sys.platform.startswith("linux"):
        return ""
    if not os.environ.get("DISPLAY"):
        return "there is no display (DISPLAY is not set)"
    return _x_server_problem() or _qt_problem()


def _x_server_problem() -> str:
    """Connect as Qt does: with the same library, name and authority."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return f"{error}: install libxcb1"
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    is_broken = xcb.xcb_connection_has_error(connection) != 0
    xcb.xcb_disconnect(connection)
    return f"the display {os.environ['DISPLAY']} does not answer" if is_broken else ""


def _qt_problem() -> str:
    plugin = Path(cv2.__file__).parent / "qt" / "plugins" / "platforms" / "libqxcb.so"
    if not plugin.exists():
        return ""
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return f"{error}: on Debian and Ubuntu, apt-get install libgl1 libglib2.0-0 libsm6"
    return ""


def _give_qt_fonts() -> None:
    # The wheel's own font folder is missing, which Qt says four times; cv2 sets the variable at its
    # import.
    for folder in _FONT_FOLDERS:
        if Path(folder).is_dir():
            os.environ["QT_QPA_FONTDIR"] = folder
            return
