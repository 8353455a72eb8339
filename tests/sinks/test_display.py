"""Whether there is a display, and what Qt is told before its first window."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from livepose.core.errors import SinkError
from livepose.sinks.display import display_problem
from livepose.sinks.window import Window
from tests.support.needs import needs_x11_xcb, needs_xvfb
from tests.support.programs import run_python
from tests.support.screen import Screen

pytestmark = needs_xvfb


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with Screen() as running:
        yield running


SETTLE = """
import ctypes
from livepose.sinks.display import display_problem
before = hasattr(ctypes.CDLL(None), "XSetEventQueueOwner")
print(before, display_problem() or "no problem", hasattr(ctypes.CDLL(None), "XSetEventQueueOwner"))
"""

WINDOW_FOR_EACH = """
import sys
import numpy as np
from livepose.core.frame import Frame
from livepose.sinks.window import (Window)
for title in sys.argv[1:]:
    with Window(title) as window:
        window.write(Frame.from_bgr(np.zeros((48, 64, 3), np.uint8)))
        assert window.poll(0.1) is None
        print("visible")
"""


@needs_x11_xcb
def test_qt_uses_the_systems_x11_xcb(screen: Screen, tmp_path: Path) -> None:
    done = run_python("-c", SETTLE, cwd=tmp_path, DISPLAY=screen.name)
    assert done.stdout == "False no problem True\n", done.stderr


def test_a_window_is_refused_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("only X has displays")
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "DISPLAY is not set" in display_problem()
    monkeypatch.setenv("DISPLAY", ":987")
    assert ":987 does not answer" in display_problem()
    with pytest.raises(SinkError, match="no window can be shown"):
        Window("livepose")


@pytest.mark.parametrize("platform", ["offscreen", "minimal", "vnc:size=80x60", "eglfs;linuxfb"])
def test_a_platform_of_qt_without_windows_is_refused(
    platform: str, screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.name)
    monkeypatch.setenv("QT_QPA_PLATFORM", platform)
    assert display_problem() == (f"QT_QPA_PLATFORM is {platform}, but OpenCV's windows need xcb")


def test_a_server_that_resets_when_its_last_client_leaves_answers_every_time(
    tmp_path: Path,
) -> None:
    """As under xvfb-run: the program is its only client."""
    reading, writing = os.pipe()
    words = ["Xvfb", "-displayfd", str(writing), "-nolisten", "tcp"]
    with subprocess.Popen(words, pass_fds=[writing], stderr=subprocess.DEVNULL) as server:
        os.close(writing)
        with os.fdopen(reading) as numbers:
            name = f":{numbers.readline().strip()}"
        program = (
            "from livepose.sinks.display import display_problem\n"
            "print({display_problem() for _ in range(30)})"
        )
        told = run_python("-c", program, cwd=tmp_path, DISPLAY=name)
        server.terminate()
    assert told.stdout == "{''}\n", told.stderr


@pytest.mark.parametrize("platform", ["wayland", "wayland-egl", "wayland;xcb", "offscreen;xcb", ""])
def test_a_window_opens_where_qt_is_told_to_use_wayland(
    platform: str, screen: Screen, tmp_path: Path
) -> None:
    done = run_python(
        "-c", WINDOW_FOR_EACH, "clip", cwd=tmp_path, DISPLAY=screen.name, QT_QPA_PLATFORM=platform
    )
    assert (done.returncode, done.stdout) == (0, "visible\n"), done.stderr


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_a_title_may_have_any_letters(locale: str, screen: Screen, tmp_path: Path) -> None:
    titles = ("café", "日本 2", "a'b\"c")
    done = run_python(
        "-c", WINDOW_FOR_EACH, *titles, cwd=tmp_path, DISPLAY=screen.name, LC_ALL=locale
    )
    assert (done.returncode, done.stdout) == (0, 3 * "visible\n"), done.stderr


def test_under_wayland_alone_the_message_names_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "XWayland" in display_problem()


def test_a_display_that_answers_is_no_problem(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.name)
    assert display_problem() == ""
    with Window("livepose"):  # it opens with the first frame, and not here
        assert screen.find("livepose") is None
