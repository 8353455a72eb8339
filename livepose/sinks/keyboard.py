"""Keys by one name on every system: cv2 hands on the codes that the system has for them.

Arrow keys and the like are named by characters of Unicode's private use area, in the place of those
that ordinary keys have.
"""

from __future__ import annotations

import time

from livepose.sinks.held_keys import HeldKeys

LEFT, RIGHT, UP, DOWN = "\uf702", "\uf703", "\uf700", "\uf701"
HOME, END, PAGE_UP, PAGE_DOWN = "\uf729", "\uf72b", "\uf72c", "\uf72d"
"""As macOS has them, and cv2 with it."""
SHIFT_LEFT, SHIFT_RIGHT = "\ue000", "\ue001"
"""An arrow key with Shift or Ctrl."""
OTHER = "\ue002"
"""A key without a name here."""
_NAMES = {
    # X11's key symbols: Qt and GTK.
    **{0xFF51: LEFT, 0xFF52: UP, 0xFF53: RIGHT, 0xFF54: DOWN},
    **{0xFF50: HOME, 0xFF57: END, 0xFF55: PAGE_UP, 0xFF56: PAGE_DOWN},
    # The same keys on the numeric block.
    **{0xFF96: LEFT, 0xFF97: UP, 0xFF98: RIGHT, 0xFF99: DOWN},
    **{0xFF95: HOME, 0xFF9C: END, 0xFF9A: PAGE_UP, 0xFF9B: PAGE_DOWN},
    # Virtual keys of Windows, in the upper half.
    **{0x250000: LEFT, 0x260000: UP, 0x270000: RIGHT, 0x280000: DOWN},
    **{0x240000: HOME, 0x230000: END, 0x210000: PAGE_UP, 0x220000: PAGE_DOWN},
    **{ord(key): key for key in (LEFT, RIGHT, UP, DOWN, HOME, END, PAGE_UP, PAGE_DOWN)},
}
_SHIFT_CODES = (0xFFE1, 0xFFE2)
_SHIFT_OR_CTRL_BITS = 0b101
"""Of the state that GTK puts into the upper half of a code."""
_WITH_SHIFT = {LEFT: SHIFT_LEFT, RIGHT: SHIFT_RIGHT}
_SHIFT_HOLDS_S = 0.3
"""For so long after Shift went down, an arrow key that follows is taken for one with Shift."""


class Keyboard:
    """Names keys by what `cv2.waitKeyEx` returns.

    >>> keyboard = Keyboard()
    >>> keyboard.key(ord("q")), keyboard.key(0xFF51) == LEFT, keyboard.key(0x250000) == LEFT
    ('q', True, True)
    """

    def __init__(self) -> None:
        self._held = HeldKeys()
        self._shift_s = float("-inf")

    def key(self, code: int, *, has_time: bool = True) -> str:
        """Return the character of a key, or the name of another one; empty if none was pressed.

        Args:
            code: What `cv2.waitKeyEx` returned; -1 for no key.
            has_time: Whether the X server may be asked for what Qt keeps for itself.
        """
        self._held.listen()
        if code < 0:
            if not has_time:
                return ""
            # Arrow keys with Ctrl.
            arrow = self._held.new_arrow_with_ctrl()
            return {-1: SHIFT_LEFT, 1: SHIFT_RIGHT}.get(arrow, "")
        if code in _SHIFT_CODES:
            self._shift_s = time.monotonic()
            return OTHER
        name = chr(code) if code < 0x100 else _NAMES.get(code) or _NAMES.get(code & 0xFFFF, OTHER)
        # Qt hands on a small letter for a capital one.
        has_capital = "a" <= name <= "z"
        if (has_capital or name in _WITH_SHIFT) and self._is_shifted(code):
            name = name.upper() if has_capital else _WITH_SHIFT[name]
        elif has_capital and self._held.has_pressed_with_shift():
            name = name.upper()
        # Shift was for this key: whether it is still down for the next one, the system knows.
        self._shift_s = float("-inf")
        return name

    def _is_shifted(self, code: int) -> bool:
        """Return whether Shift or Ctrl is held, or has just gone down."""
        is_x11 = code & 0xFFFF != 0
        if is_x11 and code >> 16 & _SHIFT_OR_CTRL_BITS:
            return True
        return time.monotonic() - self._shift_s < _SHIFT_HOLDS_S or self._held.has_shift_or_ctrl()
