"""A display that dies: Qt then ends the process at once, in the middle of `imshow` or `waitKey`."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from typing import Any

from livepose.core.interfaces import Closeable

_FAILURE = 1
"""The exit code that Qt chooses, too."""


class DisplayLossHandler(Closeable):
    """Calls a function when Qt ends the process as its display is gone, until it is closed.

    Qt calls C's `exit`, which knows nothing of Python: what is open would be lost. So a handler is
    registered there, as C++ does for its static objects. Once Python has ended it must not be
    called any more, and only glibc can remove one.
    """

    def __init__(self, action: Callable[[], None]) -> None:
        """Register the function. It is called in the thread of the window, and must not use it."""
        self._action = action
        self._is_closed = False
        self._libc = _glibc()
        self._owner = ctypes.create_string_buffer(1)
        self._callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._on_exit)
        if self._libc is not None:
            register = getattr(self._libc, "__cxa_atexit")
            register(self._callback, None, self._owner)

    def close(self) -> None:
        """Remove the handler."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._libc is not None:
            # It calls the handlers of this owner, which do nothing any more, and forgets them.
            getattr(self._libc, "__cxa_finalize")(self._owner)

    def _on_exit(self, _: object) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        try:
            self._action()
        finally:
            # Other handlers would take down what running threads still use.
            os._exit(_FAILURE)


def _glibc() -> Any:
    """Return the C library, if there is X and the library is glibc; else None."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "gnu_get_libc_version") else None
