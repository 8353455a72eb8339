"""A screen of the tests' own: Xvfb, keys by xdotool, pictures and the X by python-xlib."""

from __future__ import annotations

import os
import subprocess
import time
from typing import Any

import numpy as np
from Xlib import X
from Xlib.display import Display
from Xlib.error import XError
from Xlib.protocol import event

from livepose.core.interfaces import Closeable
from tests.support.media import Picture
from tests.support.waiting import PATIENCE_S, wait_for

_SIZE = "1400x1000x24"
_KEY_DELAY_MS = 60
_DRAG_STEP_S = 0.15


class Screen(Closeable):
    """An X server without a window manager, on a free number."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        words = ["Xvfb", "-displayfd", str(writing), "-screen", "0", _SIZE, "-nolisten", "tcp"]
        self._server = subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as numbers:
            self.name = f":{numbers.readline().strip()}"
        self._display: Any = Display(self.name)
        self.root: Any = self._display.screen().root

    def window(self, title: str) -> ScreenWindow:
        """Wait until a window whose title holds these words is to be seen."""
        window: ScreenWindow = wait_for(lambda: self.find(title), f"a window {title!r}")
        return window

    def find(self, title: str) -> ScreenWindow | None:
        """Look for a window that is to be seen now."""
        for handle in self.root.query_tree().children:
            window = ScreenWindow(self._display, self.name, handle)
            if title in window.title() and window.is_seen():
                return window
        return None

    def kill(self) -> None:
        """End the server at once, under everybody who has a window on it."""
        self._display.close()
        self._server.kill()
        self._server.wait(10)

    def close(self) -> None:
        if self._server.poll() is not None:
            return
        self._display.close()
        self._server.terminate()
        self._server.wait(10)


class ScreenWindow:
    """Somebody else's window, as its user has it: to look at, to type into, to close."""

    def __init__(self, display: Any, display_name: str, handle: Any) -> None:
        self._display = display
        self._display_name = display_name
        self._handle = handle

    @property
    def identity(self) -> int:
        """The number by which the X server knows it."""
        return int(self._handle.id)

    def title(self) -> str:
        try:
            name = self._handle.get_full_text_property(self._display.get_atom("_NET_WM_NAME"))
            return str(name or self._handle.get_wm_name() or "")
        except XError:
            return ""

    def is_seen(self) -> bool:
        try:
            return bool(self._handle.get_attributes().map_state == X.IsViewable)
        except XError:
            return False

    def picture(self) -> Picture:
        """Take a screenshot: (H, W, 3) uint8, blue first."""
        size = self._handle.get_geometry()
        image = self._handle.get_image(0, 0, size.width, size.height, X.ZPixmap, 0xFFFFFFFF)
        pixels = np.frombuffer(image.data, np.uint8).reshape(size.height, size.width, 4)
        return pixels[..., :3].copy()

    def press(self, *keys: str, delay_ms: int = _KEY_DELAY_MS) -> None:
        """Type into it, as xdotool names keys: q, space, Escape, period, plus, minus."""
        words = ["xdotool", "windowfocus", str(self._handle.id), "key"]
        words += ["--delay", str(delay_ms), *keys]
        environment = os.environ | {"DISPLAY": self._display_name}
        subprocess.run(words, env=environment, check=True, timeout=PATIENCE_S)

    def turn_wheel(self, *, up: bool) -> None:
        """Turn the mouse wheel by one step, over the middle of the window."""
        size = self._handle.get_geometry()
        words = ["xdotool", "mousemove", "--window", str(self._handle.id)]
        words += [str(size.width // 2), str(size.height // 2), "click", "4" if up else "5"]
        environment = os.environ | {"DISPLAY": self._display_name}
        subprocess.run(words, env=environment, check=True, timeout=PATIENCE_S)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the left button of the mouse at one place of it, and release it at another."""
        middle = tuple((a + b) // 2 for a, b in zip(start, end, strict=True))
        to = ["mousemove", "--window", str(self._handle.id)]
        steps = ([*to, *start], ["mousedown", 1], [*to, *middle], [*to, *end], ["mouseup", 1])
        environment = os.environ | {"DISPLAY": self._display_name}
        for step in steps:
            words = ["xdotool", *map(str, step)]
            subprocess.run(words, env=environment, check=True, timeout=PATIENCE_S)
            time.sleep(_DRAG_STEP_S)

    def click_x(self) -> None:
        """Ask it to close, as a window manager does when its X is clicked."""
        atom = self._display.get_atom
        message = event.ClientMessage(
            window=self._handle,
            client_type=atom("WM_PROTOCOLS"),
            data=(32, [atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0]),
        )
        self._handle.send_event(message)
        self._display.flush()

    def resize(self, width_px: int, height_px: int) -> None:
        self._handle.configure(width=width_px, height=height_px)
        self._display.flush()
