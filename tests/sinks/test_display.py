"""Whether there is a display, and what Qt is told before its first window."""

from __future__ import annotations

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


def test_a_display_that_answers_is_no_problem(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.name)
    assert display_problem() == ""
    with Window("livepose"):  # it opens with the first frame, and not here
        assert screen.find("livepose") is None
