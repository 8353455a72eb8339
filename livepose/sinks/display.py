"""The display that windows are shown on: whether there is one, and what Qt needs to know of it."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import suppress
from pathlib import Path

import cv2

_FONT_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF", "/usr/share/fonts")


def display_problem() -> str:
    """Tell why no window can be shown, or nothing: cv2 itself would abort the process.

    To find out, Qt's plugin is loaded, and what it needs.
    """
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
    _share_x11()
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return f"{error}: on Debian and Ubuntu, apt-get install libgl1 libglib2.0-0 libsm6"
    return ""


def _share_x11() -> None:
    """Let Qt's plugin, which comes next, find the system's libX11-xcb before the wheel's own.

    By that library Qt says that it alone reads the events. The wheel's is built for a libX11 before
    1.7, and says so 8 bytes beside the place where later ones keep it: libX11 then reads some too,
    while Qt loads its cursors. Where the one was lost that tells that the window is there, it
    stayed black: on a busy machine in one start of six.
    """
    with suppress(OSError):  # it is not there: the fault stays
        ctypes.CDLL("libX11-xcb.so.1", mode=ctypes.RTLD_GLOBAL)


def set_qt_font_folder() -> None:
    """Name a folder of fonts, before the first window opens.

    The wheel's own is missing, which Qt says four times; cv2 sets the variable at its import.
    """
    for folder in _FONT_FOLDERS:
        if Path(folder).is_dir():
            os.environ["QT_QPA_FONTDIR"] = folder
            return
