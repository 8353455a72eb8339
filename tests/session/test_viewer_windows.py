"""The live view in real windows, under Xvfb: what is shown, what keys do, and how it ends."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.interfaces import Closeable
from livepose.sources.synthetic.room import paint_room
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.clips import read_frames, video_properties
from tests.support.colors import LEFT_BGR, RIGHT_BGR, near_color
from tests.support.media import Picture, make_clip, number_of, times_of
from tests.support.models import warm_cache
from tests.support.needs import needs_shared, needs_xvfb
from tests.support.screen import Screen, ScreenWindow
from tests.support.viewer import ViewerProcess, still_screenshot
from tests.support.waiting import wait_for

pytestmark = needs_xvfb

BAR_PX = 40
"""What the line of figures covers at the most in these windows."""


@pytest.fixture(scope="module")
def screen() -> Iterator[Screen]:
    with Screen() as running:
        yield running


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The compiled Lightning, for the programs that are run."""
    folder = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(folder))
    return folder


class DemoWindow(Closeable):
    """The built-in figure with its skeleton, in a window that several tests watch in turn."""

    def __init__(self, screen: Screen, folder: Path) -> None:
        self.screen, self.folder = screen, folder
        self._watched: ViewerProcess | None = None

    def process(self) -> ViewerProcess:
        """Return the process that is watched: another one, if the last test has ended it."""
        if self._watched is None or not self._watched.is_running:
            self.close()
            self._watched = ViewerProcess(self.screen, self.folder, "--demo")
        window = self._watched.window
        wait_for(lambda: near_color(window.picture(), LEFT_BGR).sum() > 300, "a skeleton")
        return self._watched

    def close(self) -> None:
        if self._watched is not None:
            self._watched.close()


@pytest.fixture(scope="module")
def demo_window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoWindow]:
    """On a screen of its own: on the other one, windows are found by their title."""
    with Screen() as own, DemoWindow(own, tmp_path_factory.mktemp("demo")) as window:
        yield window


@pytest.fixture
def demo(demo_window: DemoWindow, cache: Path) -> ViewerProcess:
    """The figure in its window: a test ends the process, or leaves the view as it was."""
    return demo_window.process()


@pytest.fixture
def demo_folder(demo_window: DemoWindow) -> Iterator[Path]:
    """The folder in which keys save files; they are removed after the test."""
    yield demo_window.folder
    for path in demo_window.folder.iterdir():
        path.unlink()


def go_on(window: ScreenWindow, paused: Picture) -> None:
    """Press Space, and wait until the figure moves again."""
    window.press("space")
    wait_for(
        lambda: (np.abs(below_bar(window.picture()) - below_bar(paused)) > 40).mean() > 0.01,
        "a movement",
    )


def changed(window: ScreenWindow, before: Picture, what: str) -> Picture:
    """Wait until a picture that stands still is another one."""
    wait_for(lambda: not np.array_equal(window.picture(), before), what)
    return still_screenshot(window)


def wait_for_number(window: ScreenWindow, number: int) -> None:
    """Wait for a certain frame of a clip from `media.py`."""
    wait_for(lambda: number_of(window.picture()) == number, f"frame {number}")


def wait_for_size(part: Path) -> None:
    """Wait until something was written."""
    wait_for(lambda: part.stat().st_size > 20_000, f"something in {part.name}")


def below_bar(bgr: npt.NDArray[np.uint8]) -> npt.NDArray[np.int_]:
    return bgr[BAR_PX:].astype(int)


def files(folder: Path, pattern: str) -> list[Path]:
    return sorted(folder.glob(pattern))


# What is to be seen.


@needs_shared
def test_the_figure_its_skeleton_and_the_line_of_figures_are_to_be_seen(
    demo: ViewerProcess,
) -> None:
    assert demo.window.title() == "livepose - demo"
    bgr = demo.window.picture()
    assert bgr.shape == (480, 640, 3)
    room = paint_room(640, 480)
    beside = np.abs(bgr[BAR_PX:, :60].astype(int) - room[BAR_PX:, :60])
    assert beside.max() <= 1, "the room beside the figure is not as it was painted"
    middle = np.abs(bgr[100:440, 220:420].astype(int) - room[100:440, 220:420]).max(axis=2)
    assert (middle > 30).mean() > 0.15
    for color in (LEFT_BGR, RIGHT_BGR):
        assert near_color(bgr, color, by=20).sum() > 150
    assert (
        np.nonzero(near_color(bgr, LEFT_BGR))[1].mean()
        > np.nonzero(near_color(bgr, RIGHT_BGR))[1].mean()
    )
    bar = bgr[1:20]
    assert np.median(bar) < 0.6 * np.median(room[1:20])
    assert (bar.min(axis=2) > 180).sum() > 100, "nothing is written in the bar"


@needs_shared
def test_it_moves(demo: ViewerProcess) -> None:
    first = below_bar(demo.window.picture())
    moved = wait_for(
        lambda: (np.abs(below_bar(demo.window.picture()) - first) > 40).mean() > 0.01, "a movement"
    )
    assert moved


@needs_shared
def test_a_small_video_is_shown_larger_and_a_window_can_be_resized(
    screen: Screen, cache: Path, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "small.mp4", pts=range(250))
    with ViewerProcess(screen, tmp_path, "--video", clip) as watched:
        # The window is there a moment before it has its title and its size.
        wait_for(lambda: "small.mp4" in watched.window.title(), "the title")
        wait_for(lambda: watched.window.picture().shape == (360, 480, 3), "the size")
        watched.window.resize(640, 480)
        wait_for(lambda: watched.window.picture().shape == (480, 640, 3), "the new size")
        watched.window.press("q")
        assert watched.result()[0] == 0


# How it ends.


@needs_shared
def test_escape_quits_a_paused_window(demo: ViewerProcess, demo_folder: Path) -> None:
    demo.pause()
    demo.window.press("Escape")
    code, said = demo.result()
    assert code == 0, said
    assert re.search(r"^\d+ frames? in ", said, re.MULTILINE)
    assert "lag" not in said.splitlines()[0]
    assert files(demo_folder, "livepose*") == []


@needs_shared
def test_the_x_quits_a_paused_window(demo: ViewerProcess, demo_window: DemoWindow) -> None:
    demo.pause()
    demo.window.click_x()
    code, said = demo.result()
    assert code == 0, said
    assert re.search(r"^\d+ frames? in ", said, re.MULTILINE)
    assert demo_window.screen.find("livepose") is None


@needs_shared
@pytest.mark.parametrize("is_paused", [False, True], ids=["running", "paused"])
def test_ctrl_c_with_a_window_is_130(is_paused: bool, demo: ViewerProcess) -> None:
    if is_paused:
        demo.pause()
    demo.send(signal.SIGINT)
    code, said = demo.result()
    assert code == 130, said
    assert "Traceback" not in said
    assert re.search(r"^\d+ frames? in ", said, re.MULTILINE)


@needs_shared
def test_what_is_written_while_watching_is_finished_by_q_and_by_the_x(
    screen: Screen, cache: Path, tmp_path: Path
) -> None:
    ways_out: dict[str, Callable[[ScreenWindow], None]] = {
        "q.mp4": lambda window: window.press("q"),
        "x.mp4": lambda window: window.click_x(),
    }
    for name, leave in ways_out.items():
        words = ("--demo", "--show", "--max-frames", "100000", "--out", name)
        with ViewerProcess(screen, tmp_path, *words) as watched:
            stem = Path(name).stem
            parts = wait_for(lambda: files(tmp_path, f"{stem}.*.part.mp4"), "a part")  # noqa: B023
            wait_for_size(parts[0])
            leave(watched.window)
            code, said = watched.result()
        assert code == 0, said
        assert f"wrote {name}" in said
        assert video_properties(tmp_path / name)[2] >= 5
    assert files(tmp_path, "*part*") == []


# What keys do.


@needs_shared
def test_space_pauses_and_goes_on(demo: ViewerProcess) -> None:
    paused = demo.pause()
    time.sleep(0.5)
    assert np.array_equal(demo.window.picture(), paused)
    assert near_color(paused[:BAR_PX, 400:], (60, 60, 235)).sum() > 20, "PAUSED is not written"
    go_on(demo.window, paused)


@needs_shared
def test_a_dot_steps_one_frame(screen: Screen, cache: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(250))
    with ViewerProcess(screen, tmp_path, "--video", clip) as watched:
        watched.window.press("period")  # while it runs, it changes nothing
        number = number_of(watched.pause())
        for step in (1, 2, 3):
            watched.window.press("period")
            wait_for_number(watched.window, number + step)
            assert number_of(still_screenshot(watched.window)) == number + step
        watched.window.press("space")
        wait_for(lambda: number_of(watched.window.picture()) > number + 8, "going on")


@needs_shared
def test_m_mirrors_the_picture_and_left_keeps_its_colour(demo: ViewerProcess) -> None:
    before = demo.pause()
    demo.window.press("m")
    after = changed(demo.window, before, "mirroring")
    difference = np.abs(below_bar(before)[:, ::-1] - below_bar(after)).max(axis=2)
    assert (difference > 40).mean() < 0.002
    for color in (LEFT_BGR, RIGHT_BGR):
        x_px, mirrored_px = (
            np.nonzero(near_color(bgr[BAR_PX:], color))[1].mean() for bgr in (before, after)
        )
        assert mirrored_px == pytest.approx(639 - x_px, abs=1)
    demo.window.press("m")
    again = changed(demo.window, after, "mirroring back")
    assert np.array_equal(below_bar(again), below_bar(before))
    go_on(demo.window, again)


@needs_shared
def test_h_lays_the_keys_over_the_picture(demo: ViewerProcess) -> None:
    before = demo.pause()
    demo.window.press("h")
    with_help = changed(demo.window, before, "the help")
    middle = (slice(140, 340), slice(240, 400))
    assert np.median(with_help[middle]) < 0.5 * np.median(before[middle])
    assert near_color(with_help, (120, 200, 255), by=30).sum() > 50, "no keys are written"
    demo.window.press("h")
    again = changed(demo.window, with_help, "no help")
    assert np.array_equal(below_bar(again), below_bar(before))
    go_on(demo.window, again)


@needs_shared
def test_u_takes_the_line_of_figures_away_and_brings_it_back(demo: ViewerProcess) -> None:
    demo.window.press("u")
    room = paint_room(640, 480)
    wait_for(
        lambda: np.abs(demo.window.picture()[1:20, :60].astype(int) - room[1:20, :60]).max() <= 1,
        "the room where the line was",
    )
    demo.window.press("u")
    wait_for(
        lambda: np.median(demo.window.picture()[1:20]) < 0.6 * np.median(room[1:20]), "the line"
    )


@needs_shared
def test_plus_and_minus_move_the_threshold_and_back(demo: ViewerProcess) -> None:
    before = demo.pause()
    demo.window.press("plus")
    noticed = changed(demo.window, before, "the notice of a threshold")
    assert not np.array_equal(noticed[:BAR_PX, :200], before[:BAR_PX, :200])
    demo.window.press("minus")
    again = changed(demo.window, noticed, "the notice of a lower threshold")
    assert np.array_equal(below_bar(again), below_bar(before))
    go_on(demo.window, again)


@needs_shared
def test_s_saves_the_annotated_picture_without_the_line_of_figures(
    demo: ViewerProcess, demo_folder: Path
) -> None:
    shown = demo.pause()
    demo.window.press("s")
    saved: list[Path] = wait_for(lambda: files(demo_folder, "livepose-*.png"), "a screenshot")
    assert len(saved) == 1
    picture = cv2.imread(str(saved[0]))
    assert picture is not None and picture.shape == (480, 640, 3)
    assert np.array_equal(picture[BAR_PX:], shown[BAR_PX:])
    assert np.abs(picture[:BAR_PX, :60].astype(int) - paint_room(640, 480)[:BAR_PX, :60]).max() == 0
    demo.window.press("s")
    wait_for(lambda: len(files(demo_folder, "livepose-*.png")) == 2, "another screenshot")
    go_on(demo.window, shown)


@needs_shared
def test_r_starts_and_stops_a_recording(demo: ViewerProcess, demo_folder: Path) -> None:
    demo.window.press("r")
    wait_for(
        lambda: near_color(demo.window.picture()[:BAR_PX, 500:], (60, 60, 235)).sum() > 10,
        "the word REC",
    )
    part: list[Path] = wait_for(lambda: files(demo_folder, "livepose-*.part.mp4"), "a recording")
    wait_for_size(part[0])
    demo.window.press("r")
    saved: list[Path] = wait_for(
        lambda: [path for path in files(demo_folder, "livepose-*.mp4") if "part" not in path.name],
        "a finished recording",
    )
    wait_for(lambda: files(demo_folder, "*part*") == [], "the part to be gone")
    codec, pixels, frames = video_properties(saved[0])
    assert (codec, pixels) == ("h264", "yuv420p")
    assert frames >= 10
    stamps = times_of(saved[0])
    assert stamps[0] == 0
    assert [round(30 * stamp) for stamp in stamps] == list(range(frames))
    first = next(read_frames(saved[0]))
    assert near_color(first, LEFT_BGR).sum() > 200
    assert np.abs(first[1:20, :60].astype(int) - paint_room(640, 480)[1:20, :60]).mean() < 6
    demo.window.press("r")
    part = wait_for(lambda: files(demo_folder, "livepose-*.part.mp4"), "another recording")
    wait_for_size(part[0])
    demo.window.press("q")
    code, said = demo.result()
    assert code == 0, said
    both = files(demo_folder, "livepose-*.mp4")
    assert len(both) == 2
    for path in both:
        assert video_properties(path)[2] >= 5
        assert f"wrote {path.name}" in said


# Files.


@needs_shared
def test_a_display_that_dies_loses_nothing_of_the_files(cache: Path, tmp_path: Path) -> None:
    words = ("--demo", "--show", "--max-frames", "100000", "--out", "x.mp4", "--save", "x.csv")
    with Screen() as doomed, ViewerProcess(doomed, tmp_path, *words) as watched:
        wait_for(lambda: [p for p in files(tmp_path, "x.*.part.mp4") if p.stat().st_size], "a part")
        doomed.kill()
        code, said = watched.result()
    assert code == 1
    assert "the display is gone, and the run with it; wrote x.mp4, x.csv" in said
    assert files(tmp_path, "x*") == [tmp_path / "x.csv", tmp_path / "x.mp4"]
    frames = {line.split(",")[0] for line in (tmp_path / "x.csv").read_text().splitlines()[1:]}
    assert video_properties(tmp_path / "x.mp4")[2] == len(frames) > 5


@needs_shared
def test_a_file_takes_its_own_length(screen: Screen, cache: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(60))
    with ViewerProcess(screen, tmp_path, "--video", clip, "--no-keep-open") as watched:
        code, said = watched.result()
    assert code == 0, said
    match = re.search(r"^60 frames in ([\d.]+) s", said, re.MULTILINE)
    assert match is not None, said
    assert 1.8 < float(match[1]) < 15


@needs_shared
def test_a_file_that_is_watched_and_written_is_written_whole(
    screen: Screen, cache: Path, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(45))
    with ViewerProcess(screen, tmp_path, "--video", clip, "--out", "x.mp4", "--show") as watched:
        code, said = watched.result()
    assert code == 0, said
    assert times_of(tmp_path / "x.mp4") == times_of(clip)
    assert [number_of(bgr) for bgr in read_frames(tmp_path / "x.mp4")] == list(range(45))


@needs_shared
def test_a_picture_is_shown_beside_its_copy_until_a_key_is_pressed(
    screen: Screen, cache: Path, tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "figure.png"), SyntheticSource(400, 400).paint(0.0))
    with ViewerProcess(screen, tmp_path, "--image", "figure.png", "--show") as watched:
        bgr = still_screenshot(watched.window)
        assert bgr.shape[1] > 800
        assert near_color(bgr[:, 405:], LEFT_BGR, by=20).sum() > 100
        assert near_color(bgr[:, :400], LEFT_BGR, by=20).sum() < 20
        watched.window.press("q")
        code, said = watched.result()
    assert code == 0, said
    assert (tmp_path / "figure_pose.png").exists()
