"""The window: cv2's, in the main thread, with its keys and clicks."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2

from livepose.core.errors import SinkError
from livepose.core.frame import Frame
from livepose.sinks.display import configure_qt, display_problem
from livepose.sinks.input_events import Action, Click, Digit, InputEvent, Pointer
from livepose.sinks.keyboard import (
    DOWN,
    END,
    HOME,
    LEFT,
    PAGE_DOWN,
    PAGE_UP,
    RIGHT,
    SHIFT_LEFT,
    SHIFT_RIGHT,
    UP,
    Keyboard,
)
from livepose.sinks.screen import Screen

_MAX_SIZE_PX = (1280, 860)
_MIN_HEIGHT_PX = 360
_MAX_POINTER_EVENTS = 8
_BLACK = (0, 0, 0)
# Cocoa measures windows in points, which are two pixels wide on most of its screens.
_PIXELS_PER_POINT = 2 if sys.platform == "darwin" else 1


@dataclass(frozen=True, slots=True)
class KeyBinding:
    """An action, the keys that ask for it, and how the help explains them."""

    action: Action
    keys: str
    """Each of these characters."""
    label: str = ""
    """The keys as the help names them; empty if the row above names them too."""
    help_text: str = ""
    short_label: str = ""
    """The keys as small frames name them; empty if that is the label."""
    short_text: str = ""
    """The help in small frames; empty if that is the same."""


KEY_BINDINGS = (
    KeyBinding(Action.QUIT, "qQ\x1b", "q, Esc", "quit", short_label="q"),
    KeyBinding(Action.PAUSE, " ", "Space", "pause / resume", short_text="pause"),
    KeyBinding(Action.STEP, ".", ".", "next frame (while paused)", short_text="step"),
    KeyBinding(Action.BACK, ",", ",", "previous frame (while paused)", short_text="back"),
    KeyBinding(Action.BACK, LEFT, "Left, Right", "a frame back / forward", "Left", "frame"),
    KeyBinding(Action.FORWARD, RIGHT),
    KeyBinding(
        Action.BACK_SECOND,
        SHIFT_LEFT + PAGE_UP,
        "Shift+Left, Right",
        "a second back / forward",
        "PgUp",
        "second",
    ),
    KeyBinding(Action.FORWARD_SECOND, SHIFT_RIGHT + PAGE_DOWN),
    KeyBinding(Action.TO_START, HOME, "Home, End", "first / last frame", "Home", "start"),
    KeyBinding(Action.TO_END, END),
    KeyBinding(Action.FASTER, UP + "]", "Up, Down, [ ]", "faster / slower", "[ ]", "speed"),
    KeyBinding(Action.SLOWER, DOWN + "["),
    KeyBinding(
        Action.LOOP_START, "aA", "a, b, l", "loop from here, to here, play it", "a b l", "loop"
    ),
    KeyBinding(Action.LOOP_END, "bB"),
    KeyBinding(Action.LOOP, "lL"),
    KeyBinding(Action.FULL_SCREEN, "fF", "f", "full screen, and back", short_text="full screen"),
    KeyBinding(Action.GUIDES, "gG", "g", "plumb lines, grid, neither", short_text="guides"),
    KeyBinding(Action.MIRROR, "mM", "m", "mirror"),
    KeyBinding(
        Action.RAISE_THRESHOLD,
        "+=",
        "+, -",
        "raise / lower the threshold",
        short_label="+ -",
        short_text="threshold",
    ),
    KeyBinding(Action.LOWER_THRESHOLD, "-_"),
    KeyBinding(
        Action.NEXT_PERSON,
        "\t",
        "Tab, 1-9, click",
        "next person, n-th from the left, that person",
        short_label="Tab",
        short_text="follow",
    ),
    KeyBinding(Action.EVERYBODY, "0", "0", "show everybody again", short_text="everybody"),
    KeyBinding(Action.SCREENSHOT, "s", "s", "save a screenshot", short_text="screenshot"),
    KeyBinding(Action.RECORD, "r", "r", "start / stop recording", short_text="record"),
    KeyBinding(
        Action.REPLAY,
        "R",
        "R, S",
        "replay the last seconds slowly, save them",
        "R S",
        "replay, save",
    ),
    KeyBinding(Action.SAVE_CLIP, "S"),
    KeyBinding(Action.HUD, "uU", "u", "hide / show the line at the top", short_text="hide line"),
    KeyBinding(
        Action.EXTREMES, "eE", "e", "show / hide the range of each angle", short_text="ranges"
    ),
    KeyBinding(Action.HELP, "hH?", "h", "show / hide this help", short_text="help"),
)
"""All keys but the digits. What an action does is in `session/viewer`."""
_EDITING_TOO = (
    *(Action.PAUSE, Action.STEP, Action.BACK, Action.FORWARD, Action.BACK_SECOND),
    *(Action.FORWARD_SECOND, Action.TO_START, Action.TO_END, Action.FASTER, Action.SLOWER),
    *(Action.RAISE_THRESHOLD, Action.LOWER_THRESHOLD, Action.HUD, Action.HELP, Action.FULL_SCREEN),
)
EDITOR_KEY_BINDINGS = (
    KeyBinding(
        Action.NEXT_PERSON,
        "\t",
        "Tab, 1-9, click",
        "choose a person; drag a point",
        short_label="Tab",
        short_text="person",
    ),
    KeyBinding(
        Action.LOOP_START,
        "aA",
        "a, b, l",
        "edit from here, to here, this frame only",
        "a b l",
        "from, to",
    ),
    KeyBinding(Action.LOOP_END, "bB"),
    KeyBinding(Action.LOOP, "lL"),
    KeyBinding(Action.SWAP_SIDES, "xX", "x", "swap left and right", short_text="swap sides"),
    KeyBinding(
        Action.SWAP_IDS, "iI", "i", "swap the ids of the last two chosen", short_text="swap ids"
    ),
    KeyBinding(Action.DELETE, "d", "d, D", "delete the person, everybody", short_text="delete"),
    KeyBinding(Action.DELETE_ALL, "D"),
    KeyBinding(Action.UNDO, "zZ", "z, y", "undo, redo", short_text="undo"),
    KeyBinding(Action.REDO, "yY"),
    KeyBinding(Action.SAVE, "sS", "s", "save", short_text="save"),
    KeyBinding(
        Action.QUIT, "qQ\x1b", "q, Esc", "save and quit", short_label="q", short_text="save, quit"
    ),
    *(binding for binding in KEY_BINDINGS if binding.action in _EDITING_TOO),
)
"""The keys of the window of `livepose edit`. What an action does there is in `session/editor`."""
KEY_HELP = tuple((binding.label, binding.help_text) for binding in KEY_BINDINGS if binding.label)


def border_px(shape: tuple[int, ...], area_px: tuple[int, int]) -> tuple[int, int]:
    """Return how broad a border gives a frame the proportions of an area: left, and top.

    Args:
        shape: Of the frame: height and width come first.
        area_px: Width and height of the area.

    >>> border_px((480, 640, 3), (1920, 1080)), border_px((1280, 720, 3), (1280, 1280))
    ((107, 0), (280, 0))
    """
    height_px, width_px = shape[:2]
    across, down = area_px
    return (
        max(0, round((height_px * across / down - width_px) / 2)),
        max(0, round((width_px * down / across - height_px) / 2)),
    )


class Window(Screen):
    """Shows frames in a window that can be resized and closed. For the main thread only."""

    def __init__(self, title: str, bindings: Sequence[KeyBinding] = KEY_BINDINGS) -> None:
        """Check the display. The window appears with the first frame.

        Args:
            title: Shown in the title bar.
            bindings: Which key is which action.

        Raises:
            SinkError: If there is no display to show it on.
        """
        problem = display_problem()
        if problem:
            raise SinkError(f"no window can be shown: {problem}")
        self._title = title
        self._actions = {key: binding.action for binding in bindings for key in binding.keys}
        # cv2 finds a window by its name, and does not find one with accents in it.
        self._name = f"livepose-{id(self)}"
        self._is_open = False
        self._was_closed = False
        self._keyboard = Keyboard()
        self._pointer: deque[Click | Pointer] = deque(maxlen=_MAX_POINTER_EVENTS)
        self._is_full_screen = False
        self._border_px = 0, 0
        """On the left and at the top of the frame, in its own pixels."""
        self._zoom_steps = 0

    @property
    def area_px(self) -> tuple[int, int] | None:
        """Width and height that a frame has on the screen; no more of its pixels can be seen.

        None where that is not known, and while the user has zoomed in with the wheel.
        """
        if not self._is_open or self._zoom_steps:
            return None
        try:
            _, _, width_px, height_px = cv2.getWindowImageRect(self._name)
        except cv2.error:  # the user has closed it
            return None
        if width_px < 1 or height_px < 1:
            return None
        return width_px * _PIXELS_PER_POINT, height_px * _PIXELS_PER_POINT

    def write(self, frame: Frame) -> None:
        """Show a frame. A window that the user has closed stays closed."""
        if self._was_closed:
            return
        if not self._is_open:
            self._open(frame)
        bgr, area_px = frame.bgr, self.area_px if self._is_full_screen else None
        left_px, top_px = (0, 0) if area_px is None else border_px(bgr.shape, area_px)
        self._border_px = left_px, top_px
        if left_px or top_px:
            sides = top_px, top_px, left_px, left_px
            with_border = cv2.copyMakeBorder(bgr, *sides, cv2.BORDER_CONSTANT, value=_BLACK)
            cv2.imshow(self._name, with_border)
        else:
            cv2.imshow(self._name, bgr)

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        """Process the window's events, and return the next key or click; closing it is QUIT.

        Args:
            wait_s: How long to wait for a key.
        """
        if not self._is_open:
            time.sleep(wait_s)
            return Action.QUIT if self._was_closed else None
        # Not waitKey: it cuts codes to 8 bits, which makes a Q of the left arrow.
        code = cv2.waitKeyEx(1 if self._pointer else max(1, round(1000 * wait_s)))
        # Checked after every wait and before the next imshow, which would silently open it again.
        if not self._is_visible():
            self._is_open, self._was_closed = False, True
            return Action.QUIT
        key = self._keyboard.key(code, has_time=wait_s > 0)
        if not key:
            return self._pointer.popleft() if self._pointer else None
        return Digit(int(key)) if key in "123456789" else self._actions.get(key, Action.OTHER)

    def toggle_full_screen(self) -> None:
        """Fill the screen with the window, or end that."""
        if self._is_open:
            self._is_full_screen = not self._is_full_screen
            mode = cv2.WINDOW_FULLSCREEN if self._is_full_screen else cv2.WINDOW_NORMAL
            # What Qt leaves free beside a frame is white: the frame gets a black border instead.
            ratio = cv2.WINDOW_FREERATIO if self._is_full_screen else cv2.WINDOW_KEEPRATIO
            cv2.setWindowProperty(self._name, cv2.WND_PROP_ASPECT_RATIO, ratio)
            cv2.setWindowProperty(self._name, cv2.WND_PROP_FULLSCREEN, mode)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            try:
                cv2.destroyWindow(self._name)
                cv2.waitKey(1)
            except cv2.error:
                pass  # the user has closed it first

    def _open(self, frame: Frame) -> None:
        configure_qt()
        cv2.namedWindow(
            self._name, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL
        )
        cv2.setWindowTitle(self._name, self._title)
        scale = min(
            max(1.0, _MIN_HEIGHT_PX / frame.height_px),
            _MAX_SIZE_PX[0] / frame.width_px,
            _MAX_SIZE_PX[1] / frame.height_px,
        )
        cv2.resizeWindow(self._name, round(scale * frame.width_px), round(scale * frame.height_px))
        cv2.setMouseCallback(self._name, self._on_mouse)
        self._is_open = True

    def _on_mouse(self, event: int, x_px: int, y_px: int, flags: int, *_: object) -> None:
        x_px, y_px = x_px - self._border_px[0], y_px - self._border_px[1]
        if event == cv2.EVENT_LBUTTONDOWN:
            self._pointer.append(Click(x_px, y_px))
        elif event in (cv2.EVENT_MOUSEMOVE, cv2.EVENT_LBUTTONUP):
            is_pressed = event == cv2.EVENT_MOUSEMOVE and bool(flags & cv2.EVENT_FLAG_LBUTTON)
            moved = Pointer(x_px, y_px, is_pressed)
            # Of several moves in a row, where the last one has led is all that counts.
            last = self._pointer[-1] if self._pointer else None
            if isinstance(last, Pointer) and last.is_pressed == is_pressed:
                self._pointer.pop()
            self._pointer.append(moved)
        elif event == cv2.EVENT_MOUSEWHEEL:
            # The upper half is how far the wheel was turned, positive to zoom in.
            self._zoom_steps = max(0, self._zoom_steps + (1 if flags >> 16 > 0 else -1))

    def _is_visible(self) -> bool:
        try:
            return cv2.getWindowProperty(self._name, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:  # Qt raises once the last window is gone
            return False
