"""Whether there is a display for windows, and what Qt needs before the first one opens."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from contextlib import suppress
from pathlib import Path

import cv2

_QT_PLATFORM = "QT_QPA_PLATFORM"
_QT_PLATFORM_FOLDER = Path(cv2.__file__).parent / "qt" / "plugins" / "platforms"
_NO_WINDOWS = re.compile(r"^\s*GUI:\s+NONE\s*$", re.MULTILINE)
_FONT_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/TTF", "/usr/share/fonts")


_connections: dict[str, ctypes.c_void_p] = {}
"""Open connections to X servers, by the name of the display."""


def display_problem() -> str:
    """Return why no window can be shown, or an empty string.

    cv2 itself would abort the process. To find out, Qt's plugin is loaded, with the libraries that
    it needs.
    """
    if _NO_WINDOWS.search(cv2.getBuildInformation()):
        return "this OpenCV is built without windows (opencv-python-headless)"
    if not sys.platform.startswith("linux"):
        return ""
    if not os.environ.get("DISPLAY"):
        hint = "; windows need XWayland here" if os.environ.get("WAYLAND_DISPLAY") else ""
        return f"there is no display (DISPLAY is not set{hint})"
    return _platform_problem() or _x_server_problem() or _qt_problem()


def _platform_problem() -> str:
    """Return whether the environment asks for one of Qt's platforms that cv2's wheel lacks."""
    known, wanted = _known_platforms(), _wanted_platforms()
    # Under Wayland X programs run too.
    is_x = not wanted or all(name.startswith("wayland") for name in wanted)
    if is_x or not known or not known.isdisjoint(wanted):
        return ""
    return (
        f"{_QT_PLATFORM} is {os.environ[_QT_PLATFORM]}, but OpenCV's windows need "
        f"{' or '.join(sorted(known))}"
    )


def _known_platforms() -> set[str]:
    """Return the platforms for which cv2's own Qt has a plugin; none if it uses another Qt."""
    return {path.stem.removeprefix("libq") for path in _QT_PLATFORM_FOLDER.glob("libq*.so")}


def _wanted_platforms() -> list[str]:
    """Return the platforms that the environment names, without their arguments."""
    names = os.environ.get(_QT_PLATFORM, "").split(";")
    return [name.split(":")[0] for name in names if name]


def _x_server_problem() -> str:
    """Connect as Qt does: with the same library, display name and authority.

    The connection stays open. An X server that nobody else uses, such as that of xvfb-run, resets
    when its last client leaves, and does not answer meanwhile: not even to the window.
    """
    display = os.environ["DISPLAY"]
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        return f"{error}: install libxcb1"
    xcb.xcb_connect.restype = ctypes.c_void_p
    known = _connections.pop(display, None)
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    if known is not None:
        xcb.xcb_disconnect(known)
    if xcb.xcb_connection_has_error(connection) != 0:
        xcb.xcb_disconnect(connection)
        return f"the display {display} does not answer"
    _connections[display] = connection
    return ""


def _qt_problem() -> str:
    plugin = _QT_PLATFORM_FOLDER / "libqxcb.so"
    if not plugin.exists():
        return ""
    _load_system_x11_xcb()
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return f"{error}: on Debian and Ubuntu, apt-get install libgl1 libglib2.0-0 libsm6"
    return ""


def _load_system_x11_xcb() -> None:
    """Load the system's libX11-xcb, so that Qt's plugin does not take the wheel's own.

    Through this library Qt claims all X events for itself. The wheel's is built for a libX11 before
    1.7, and writes that claim 8 bytes beside the place where later ones keep it: libX11 then takes
    some events too, while Qt loads its cursors. When the event that the window is exposed was
    lost that way, the window stayed black: on a busy machine in one start of six.
    """
    with suppress(OSError):  # not installed: the fault remains
        ctypes.CDLL("libX11-xcb.so.1", mode=ctypes.RTLD_GLOBAL)


def configure_qt() -> None:
    """Choose Qt's platform and its folder of fonts, before the first window opens.

    Where the environment asks for Wayland, cv2's Qt would abort: it only has the plugin for X. The
    folder of fonts is set by cv2 to the wheel's own, at import. That is missing, and Qt says so
    four times.
    """
    known, wanted = _known_platforms(), _wanted_platforms()
    if known and wanted and wanted[0] not in known:
        os.environ[_QT_PLATFORM] = next((name for name in wanted if name in known), "xcb")
    for folder in _FONT_FOLDERS:
        if Path(folder).is_dir():
            os.environ["QT_QPA_FONTDIR"] = folder
            return
