"""The window alone, under Xvfb: its keys, how it is closed, and that it is never black."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from livepose.sinks.input_events import Action
from tests.support.needs import needs_x11_xcb, needs_xvfb
from tests.support.programs import LIMIT_S, child_environment, kill_process
from tests.support.screen import Screen
from tests.support.waiting import wait_for

pytestmark = needs_xvfb


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with Screen() as running:
        yield running


SHOW = """
import sys, time
import numpy as np
from livepose.core.frame import Frame
from livepose.sinks.window import Window
frame = Frame.from_bgr(np.full((480, 640, 3), 200, np.uint8), 0, 0.0, 0.0)
with Window("livepose - grey") as window:
    assert window.poll(0.01) is None
    window.write(frame)
    print("shown", flush=True)
    action = None
    while action is None or action.name != "QUIT":
        action = window.poll(0.02)
        if action is not None and action.name != "OTHER":  # Shift alone is one too
            print(action.name, flush=True)
    window.write(frame)
    print(window.poll(0.05), flush=True)
    window.close()
    window.close()
"""


def show_grey(screen: Screen, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SHOW],
        cwd=cwd,
        env=child_environment(DISPLAY=screen.name),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_keys_are_actions_and_a_window_whose_x_was_clicked_stays_closed(
    screen: Screen, tmp_path: Path
) -> None:
    process = show_grey(screen, tmp_path)
    try:
        window = screen.window("livepose - grey")
        keys = {"space": Action.PAUSE, "M": Action.MIRROR, "plus": Action.RAISE_THRESHOLD}
        keys |= {"equal": Action.RAISE_THRESHOLD, "minus": Action.LOWER_THRESHOLD}
        keys |= {"question": Action.HELP, "s": Action.SCREENSHOT, "R": Action.REPLAY}
        keys |= {"Left": Action.BACK, "Down": Action.SLOWER, "Next": Action.FORWARD_SECOND}
        window.press("F5", "x")  # these mean nothing
        assert process.stdout is not None
        assert process.stdout.readline() == "shown\n"
        for key, action in keys.items():  # one by one: a busy window loses keys
            window.press(key)
            assert process.stdout.readline() == f"{action.name}\n"
        window.click_x()
        output, errors = process.communicate(timeout=LIMIT_S)
    finally:
        kill_process(process)
    assert output.splitlines() == ["QUIT", "Action.QUIT"]
    assert (process.returncode, errors) == (0, "")
    assert screen.find("livepose - grey") is None


AREA = """
import numpy as np
from livepose.core.frame import Frame
from livepose.sinks.input_events import Action
from livepose.sinks.window import Window
frame = Frame.from_bgr(np.full((2160, 3840, 3), 200, np.uint8), 0, 0.0, 0.0)
with Window("livepose - large") as window:
    print(window.area_px)
    last = None
    while not isinstance(window.poll(0.02), Action):  # the mouse may move
        window.write(frame)
        if window.area_px != last:
            last = window.area_px
            print(last, flush=True)
"""


def test_a_window_knows_how_large_its_frame_is_seen_unless_it_is_zoomed(
    screen: Screen, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", AREA],
        cwd=tmp_path,
        env=child_environment(DISPLAY=screen.name),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        assert next(lines) == "None\n"
        window = screen.window("livepose - large")
        assert "(1280, 720)\n" in lines
        window.resize(800, 600)  # of which the frame takes 800 x 450
        assert "(800, 450)\n" in lines
        window.turn_wheel(up=True)
        assert next(lines) == "None\n"
        window.turn_wheel(up=False)
        assert next(lines) == "(800, 450)\n"
        window.click_x()
    finally:
        kill_process(process)


@needs_x11_xcb
@pytest.mark.parametrize("times", range(3))
def test_a_window_that_opens_on_a_busy_machine_is_not_black(times: int, tmp_path: Path) -> None:
    with ExitStack() as stack:
        screens = [stack.enter_context(Screen()) for _ in range(6)]
        for screen in screens:
            stack.callback(kill_process, show_grey(screen, tmp_path))
        windows = [screen.window("livepose - grey") for screen in screens]
        wait_for(lambda: all(window.picture().min() == 200 for window in windows), "the grey")
