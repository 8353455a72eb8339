"""Which keys are held right now: cv2's windows do not say whether Shift or Ctrl is among them."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from ctypes.util import find_library
from typing import Any

_X11_SHIFT_OR_CTRL = (50, 62, 37, 105)
_X11_CTRL = (37, 105)
_X11_ARROWS = {113: -1, 114: 1}
"""Key codes of X servers on Linux, whatever the layout is."""
_WINDOWS_SHIFT_OR_CTRL = (0x10, 0x11)
_MACOS_SHIFT_OR_CTRL = 0x20000 | 0x40000
_X11_SHIFT = (50, 62)
_X11_KEY_PRESS, _X11_KEY_PRESS_MASK, _X11_SHIFT_BIT = 2, 1, 1
_X11_EVENT_MASK = 0x800
_LISTEN_EVERY_S = 0.2
_TITLE = b"livepose"
_WM_NAME = 39


class HeldKeys:
    """Asks the system which keys are held. Where that is not possible, none are.

    >>> HeldKeys().new_arrow_with_ctrl() in (-1, 0, 1)
    True
    """

    def __init__(self) -> None:
        self._x11: _X11 | None = None
        self._is_open = False
        self._was_held = 0
        self._listens_from_s = 0.0

    def listen(self) -> None:
        """Ask an X server, once our window has the focus, to report the keys that go down there."""
        now_s = time.monotonic()
        if not sys.platform.startswith("linux") or now_s < self._listens_from_s:
            return
        x11 = self._server()
        is_done = x11 is None or x11.listen()
        self._listens_from_s = float("inf") if is_done else now_s + _LISTEN_EVERY_S

    def has_pressed_with_shift(self) -> bool:
        """Return whether the key that has gone down last in our window did so with Shift.

        Unlike `has_shift_or_ctrl` it is right if Shift has been let go of since then.
        """
        return self._x11 is not None and self._x11.has_pressed_with_shift()

    def has_shift_or_ctrl(self) -> bool:
        """Return whether Shift or Ctrl is held."""
        if sys.platform == "win32":
            state = ctypes.windll.user32.GetKeyState
            return any(state(key) & 0x8000 for key in _WINDOWS_SHIFT_OR_CTRL)
        if sys.platform == "darwin":
            library = find_library("ApplicationServices")
            flags = ctypes.CDLL(library).CGEventSourceFlagsState(0) if library else 0
            return bool(flags & _MACOS_SHIFT_OR_CTRL)
        x11 = self._server()
        return x11 is not None and x11.are_held(_X11_SHIFT_OR_CTRL)

    def new_arrow_with_ctrl(self) -> int:
        """Return -1 or 1 once if Left or Right has gone down with Ctrl in our window, else 0.

        Qt keeps these keys for itself, so that the X server has to be asked for them.
        """
        if not sys.platform.startswith("linux"):
            return 0
        x11 = self._server()
        if x11 is None or not x11.are_held(_X11_CTRL):
            self._was_held = 0
            return 0
        held = next((way for key, way in _X11_ARROWS.items() if x11.are_held((key,))), 0)
        is_new = held != self._was_held
        self._was_held = held
        return held if is_new and held and x11.focused_title().startswith(_TITLE) else 0

    def _server(self) -> _X11 | None:
        """Return the X server of this machine; None if there is none, or it is far away."""
        if not self._is_open:
            self._is_open = True
            self._x11 = _X11.connect() if os.environ.get("DISPLAY", "").startswith(":") else None
        return self._x11


class _X11:
    """The few questions to an X server, through the library that Qt uses as well."""

    def __init__(self, xcb: Any, connection: ctypes.c_void_p) -> None:
        self._xcb, self._connection = xcb, connection
        libc = ctypes.CDLL(None)
        self._free = libc.free
        self._free.argtypes = [ctypes.c_void_p]
        self._was_shift_press = False

    @classmethod
    def connect(cls) -> _X11 | None:
        try:
            xcb = ctypes.CDLL("libxcb.so.1")
        except OSError:
            return None
        xcb.xcb_connect.restype = ctypes.c_void_p
        for name in ("query_keymap", "get_input_focus", "get_property"):
            reply = getattr(xcb, f"xcb_{name}_reply")
            reply.restype = ctypes.c_void_p
            getattr(xcb, f"xcb_{name}").restype = ctypes.c_uint
        xcb.xcb_poll_for_event.restype = ctypes.c_void_p
        connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
        if xcb.xcb_connection_has_error(connection) != 0:
            xcb.xcb_disconnect(connection)
            return None
        return cls(xcb, connection)

    def are_held(self, keys: tuple[int, ...]) -> bool:
        """Return whether one of some keys is held, by their codes."""
        state = self._reply("query_keymap", (), 40)[8:]
        return any(len(state) > key // 8 and state[key // 8] >> key % 8 & 1 for key in keys)

    def listen(self) -> bool:
        """Ask for the keys of our window, and return whether it has the focus."""
        if not self.focused_title().startswith(_TITLE):
            return False
        values = (ctypes.c_uint32 * 1)(_X11_KEY_PRESS_MASK)
        self._xcb.xcb_change_window_attributes(
            self._connection,
            ctypes.c_uint32(self._focused()),
            ctypes.c_uint32(_X11_EVENT_MASK),
            values,
        )
        self._xcb.xcb_flush(self._connection)
        return True

    def has_pressed_with_shift(self) -> bool:
        """Return whether the last key that was reported, but for Shift, went down with Shift."""
        while event := self._xcb.xcb_poll_for_event(self._connection):
            data = ctypes.string_at(event, 32)
            self._free(event)
            if data[0] & 0x7F == _X11_KEY_PRESS and data[1] not in _X11_SHIFT:
                self._was_shift_press = bool(data[28] & _X11_SHIFT_BIT)
        return self._was_shift_press

    def focused_title(self) -> bytes:
        """Return the beginning of the title of the window that gets the keys."""
        window = self._focused()
        if not window:
            return b""
        words = (0, window, _WM_NAME, 0, 0, len(_TITLE) // 4)
        reply = self._reply("get_property", words, 32 + len(_TITLE))
        length = int.from_bytes(reply[16:20], sys.byteorder)
        return reply[32 : 32 + min(length, len(_TITLE))]

    def _focused(self) -> int:
        """Return the window that gets the keys; 0 if that is not known."""
        return int.from_bytes(self._reply("get_input_focus", (), 12)[8:], sys.byteorder)

    def _reply(self, request: str, words: tuple[int, ...], size_bytes: int) -> bytes:
        """Return the answer to a request; empty if there is none."""
        numbers = [ctypes.c_uint32(word) for word in words]
        cookie = getattr(self._xcb, f"xcb_{request}")(self._connection, *numbers)
        answer = getattr(self._xcb, f"xcb_{request}_reply")(
            self._connection, ctypes.c_uint(cookie), None
        )
        if not answer:
            return b""
        # A property may be shorter: then less was answered.
        if request == "get_property":
            length = int.from_bytes(ctypes.string_at(answer, 20)[16:20], sys.byteorder)
            size_bytes = 32 + min(length, size_bytes - 32)
        data = ctypes.string_at(answer, size_bytes)
        self._free(answer)
        return data
