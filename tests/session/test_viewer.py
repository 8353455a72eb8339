"""The live view without a screen: pacing, pause, keys and recordings, frame by frame."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import TargetExists
from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
from livepose.core.overlays import Label, Overlays
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.draw import Style, paint
from livepose.draw.hud import paint_hud, paint_no_signal
from livepose.session.motion_steps import motion_steps
from livepose.session.options import Options, SourceOptions
from livepose.session.recorder import Recorder
from livepose.session.viewer import Viewer, dated_path
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import (
    Action,
    Click,
    Digit,
    FramePointer,
    InputEvent,
    PersonId,
    Pointer,
)
from livepose.sinks.window import EDITOR_KEY_BINDINGS, KEY_BINDINGS
from livepose.system.interrupts import Interrupts
from tests.support.clips import read_frames
from tests.support.fakes import one_person
from tests.support.media import Picture, number_of, numbered, shown
from tests.support.windows import ScriptedPage, ScriptedWindow

WIDTH_PX, HEIGHT_PX = 160, 120
BAR_PX = 24
RATE = 30
EARLY_S = 0.003
"""So much too early a frame may be shown: there is no waiting for the last 2 ms."""


def info_of(*, is_live: bool) -> StreamInfo:
    return StreamInfo("test", WIDTH_PX, HEIGHT_PX, is_live=is_live, frame_rate=Fraction(RATE))


def posed(index: int, time_s: float | None = None, score: float = 0.9) -> PosedFrame:
    bgr = numbered(index, WIDTH_PX, HEIGHT_PX)
    time_s = index / RATE if time_s is None else time_s
    frame = Frame.from_bgr(bgr, index, time_s, time.perf_counter())
    whole = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame, one_person((80, 45), score), whole, inference_s=0.005)


class Show:
    """A viewer, its window and its recorder."""

    def __init__(
        self,
        *script: InputEvent | None,
        is_live: bool = True,
        countdown_s: float = 0.0,
        delay_s: float = 0.0,
        page: ScriptedPage | None = None,
    ) -> None:
        self.window = ScriptedWindow(*script)
        self.recorder = Recorder(info_of(is_live=is_live))
        self.interrupts = Interrupts()
        self.steps = motion_steps(Options(SourceOptions(camera="0")), 6)
        setup = ViewerSetup(
            page or self.window,
            info_of(is_live=is_live),
            Style(),
            self.recorder,
            self.interrupts,
            self.steps,
            countdown_s=countdown_s,
            delay_s=delay_s,
        )
        self.viewer = Viewer(setup)

    def take(self, one: PosedFrame) -> None:
        full_size = None
        if self.recorder.is_recording:
            full_size = paint(one, self.viewer.style)
            self.recorder.write(full_size)
        self.viewer.show(one, self.viewer.paint(one, full_size), 0)

    def numbers(self) -> list[int]:
        return [number_of(frame.bgr) for frame in self.window.seen]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield folder


# The view.


def test_frames_of_a_file_are_shown_at_their_own_times() -> None:
    show = Show(is_live=False)
    start_s = time.perf_counter()
    for index in range(4):
        waited_s = show.window.waited_s
        show.take(posed(index, time_s=index * 0.15))
        assert show.window.seen_s[-1] >= start_s + index * 0.15 - EARLY_S
        assert show.window.waited_s - waited_s <= (0.15 + EARLY_S if index else 0)
    assert show.numbers() == [0, 1, 2, 3]


def test_frames_of_a_camera_are_shown_at_once() -> None:
    show = Show(is_live=True)
    for index in range(4):
        show.take(posed(index, time_s=index * 10.0))
    assert show.window.waited_s == 0
    assert show.numbers() == [0, 1, 2, 3]


def test_the_first_frame_already_shows_its_skeleton_and_a_bar() -> None:
    show = Show()
    one = posed(1)
    show.take(one)
    painted = paint(one).bgr
    seen = show.window.seen[0].bgr
    assert np.array_equal(seen[BAR_PX:], painted[BAR_PX:])
    assert np.median(seen[:6, 50:100]) < 0.7 * np.median(painted[:6, 50:100])


def test_quitting_is_noted_and_waits_for_nothing() -> None:
    show = Show(None, Action.QUIT, is_live=False)
    show.take(posed(0))
    show.take(posed(1, time_s=60.0))
    assert show.window.waited_s < 1
    assert show.viewer.wants_to_quit


def test_while_no_frame_comes_keys_still_work() -> None:
    show = Show(Action.MIRROR, Action.QUIT)
    show.viewer.idle()
    assert show.viewer.style.mirror
    show.viewer.idle()
    assert show.viewer.wants_to_quit


def test_a_camera_without_pictures_has_no_signal_until_one_comes() -> None:
    show = Show()
    show.take(posed(1))
    bright = show.window.seen[0].bgr.mean()
    for silent_s in (0.2, 0.9):
        show.viewer.idle(silent_s)
    assert len(show.window.seen) == 1, "a picture that is late is no news"
    for silent_s in (1.2, 1.6, 2.1, 2.9, 3.0):
        show.viewer.idle(silent_s)
    no_signal = show.window.seen[1:]
    assert len(no_signal) == 3, "the seconds are counted, and nothing else is drawn"
    assert all(frame.bgr.mean() < 0.6 * bright for frame in no_signal)
    assert not np.array_equal(no_signal[0].bgr, no_signal[1].bgr)
    show.take(posed(2))
    assert np.array_equal(show.window.seen[-1].bgr[BAR_PX:], paint(posed(2)).bgr[BAR_PX:])


def test_without_a_signal_no_rate_and_no_lag_is_shown_and_a_recording_waits() -> None:
    show = Show(Action.RECORD)
    one = posed(1)
    show.take(one)
    time.sleep(2.1)  # until the notice of the recording is gone
    show.viewer.idle(5.0)
    expected = paint_hud(
        paint_no_signal(paint(one), 5), ["h: keys", "no picture", "0 dropped"], ["REC waiting"]
    )
    assert np.array_equal(show.window.seen[-1].bgr, expected.bgr)
    show.recorder.close()


def test_a_camera_that_is_slow_has_a_signal() -> None:
    show = Show()
    for index in range(3):
        show.take(posed(index))
        time.sleep(0.5)
    shown = len(show.window.seen)
    show.viewer.idle(1.2)
    assert len(show.window.seen) == shown


def test_a_file_that_is_slow_is_not_a_camera_without_a_signal() -> None:
    show = Show(is_live=False)
    show.take(posed(0))
    show.viewer.idle(30.0)
    assert len(show.window.seen) == 1


def test_a_pause_lasts_until_space_is_pressed_again() -> None:
    show = Show(Action.PAUSE, None, None, None, Action.PAUSE)
    show.take(posed(7))
    assert show.window.script == []
    assert set(show.numbers()) == {7}
    assert len(show.window.seen) == 3, "the badge comes and goes, and nothing else is drawn"
    assert not np.array_equal(show.window.seen[1].bgr, show.window.seen[0].bgr)


def test_a_step_shows_one_frame_and_stays_paused() -> None:
    show = Show(Action.PAUSE, None, Action.STEP, None, None, Action.STEP, None, Action.QUIT)
    for index in range(3):
        show.take(posed(index))
    assert show.viewer.wants_to_quit
    assert sorted(set(show.numbers())) == [0, 1, 2]


def test_a_dot_without_a_pause_changes_nothing() -> None:
    show = Show(Action.STEP)
    show.take(posed(0))
    show.take(posed(1))
    assert show.numbers() == [0, 1]


def test_after_a_pause_a_camera_frame_from_before_its_end_is_stale() -> None:
    show = Show(Action.PAUSE, None, Action.PAUSE)
    old = posed(1)
    show.take(posed(0))
    assert show.viewer.is_stale(old)
    assert not show.viewer.is_stale(posed(2))


def test_frames_of_a_file_are_never_stale() -> None:
    show = Show(Action.PAUSE, None, Action.PAUSE, is_live=False)
    old = posed(1)
    show.take(posed(0))
    assert not show.viewer.is_stale(old)


def test_after_a_pause_a_file_goes_on_at_its_own_speed() -> None:
    show = Show(Action.PAUSE, *[None] * 10, Action.PAUSE, is_live=False)
    show.take(posed(0))
    waited_s = show.window.waited_s
    resumed_s = time.perf_counter()
    show.take(posed(1, time_s=0.2))
    assert show.window.waited_s == waited_s, "the first one is shown at once"
    show.take(posed(2, time_s=0.4))
    assert show.window.seen_s[-1] >= resumed_s + 0.2 - EARLY_S
    assert show.window.waited_s <= waited_s + 0.2 + EARLY_S


def test_ctrl_c_ends_a_pause() -> None:
    show = Show(Action.PAUSE)
    show.window.on_poll = lambda polls: setattr(
        show.interrupts, "received", signal.SIGINT if polls > 3 else None
    )
    show.take(posed(0))
    assert show.viewer.wants_to_quit
    assert show.window.polls == 4


def test_a_pause_is_neither_lag_nor_time() -> None:
    show = Show(Action.PAUSE, *[None] * 10, Action.PAUSE)
    start_s = time.perf_counter()
    show.take(posed(0))
    show.take(posed(1))
    passed_s = time.perf_counter() - start_s
    assert len(show.viewer.figures.lag_s) == 2
    lags_s = 2 * show.viewer.figures.lag_s.mean()
    assert lags_s + show.viewer.paused_s <= passed_s, "a moment of the pause was counted as lag"
    assert show.viewer.paused_s > 0.25


def test_the_threshold_moves_by_a_twentieth_between_0_and_1() -> None:
    show = Show(Action.RAISE_THRESHOLD, Action.RAISE_THRESHOLD, Action.LOWER_THRESHOLD)
    seen = []
    for index in range(3):
        show.take(posed(index))
        seen.append(show.viewer.style.min_score)
    assert seen == [0.35, 0.4, 0.35]
    for action, limit in ((Action.RAISE_THRESHOLD, 1.0), (Action.LOWER_THRESHOLD, 0.0)):
        for _ in range(25):
            show.window.script = [action]
            show.viewer.idle()
        assert show.viewer.style.min_score == limit


def test_a_threshold_above_the_scores_takes_the_skeleton_away_at_once() -> None:
    show = Show(Action.PAUSE, Action.RAISE_THRESHOLD, Action.PAUSE)
    one = posed(0, score=0.32)
    show.take(one)
    before, after = show.window.seen[0].bgr, show.window.seen[-1].bgr
    assert np.array_equal(before[BAR_PX:], paint(one).bgr[BAR_PX:])
    assert np.array_equal(after[BAR_PX:], one.frame.bgr[BAR_PX:])


def test_mirroring_while_paused_mirrors_the_frame_that_is_shown() -> None:
    show = Show(Action.PAUSE, Action.MIRROR, Action.PAUSE)
    one = posed(3)
    show.take(one)
    expected = paint(one, Style(mirror=True)).bgr
    assert np.array_equal(show.window.seen[-1].bgr[BAR_PX:], expected[BAR_PX:])


def test_the_help_names_no_keys_that_do_nothing() -> None:
    labels = {row.keys for row in Show().viewer.help_rows}
    assert {"q, Esc", "Space", "Tab, 1-9, click", "h"} <= labels
    assert not {key for label in labels for key in label.split()} & {"Left,", "a,", "R,", ","}


def test_the_help_stays_over_the_next_frames_until_it_is_hidden() -> None:
    show = Show(Action.HELP)
    for index in range(2):
        show.take(posed(index))
    show.window.script = [Action.HELP]
    show.take(posed(2))
    # The frame at which the key is pressed is shown twice.
    assert show.numbers()[0] == 0 and len(show.window.seen) == 5
    plain = [paint(posed(index)).bgr[BAR_PX:] for index in (0, 0, 1, 2, 2)]
    is_plain = [
        np.array_equal(frame.bgr[BAR_PX:], bgr)
        for frame, bgr in zip(show.window.seen, plain, strict=True)
    ]
    assert is_plain == [True, False, False, False, True]


def test_u_takes_the_bar_away_and_brings_it_back() -> None:
    show = Show(Action.HUD)
    one = posed(1)
    show.take(one)
    painted = paint(one).bgr
    with_bar, without = (frame.bgr for frame in show.window.seen)
    assert not np.array_equal(with_bar[:BAR_PX], painted[:BAR_PX])
    assert np.array_equal(without, painted)
    show.window.script = [Action.HUD]
    show.take(one)
    assert not np.array_equal(show.window.seen[-1].bgr[:BAR_PX], painted[:BAR_PX])


def test_the_line_at_the_top_covers_no_id() -> None:
    show = Show(Action.BOXES, None, Action.HUD)
    poses = replace(one_person((80, 8)), track_id=np.array([3], np.int32))
    for index in range(3):
        show.take(replace(posed(index), poses=poses))
    last, style = replace(posed(2), poses=poses), Style(boxes=True)
    in_the_corner = paint(last, style).bgr
    with_bar, without = show.window.seen[-2].bgr, show.window.seen[-1].bgr
    assert np.array_equal(without, in_the_corner)
    assert not np.array_equal(with_bar[BAR_PX:], in_the_corner[BAR_PX:])
    assert np.array_equal(with_bar[BAR_PX:], paint(last, style, top_px=BAR_PX).bgr[BAR_PX:])


def test_without_the_bar_badges_and_notices_are_still_to_be_seen(here: Path) -> None:
    show = Show(Action.HUD, Action.RECORD)
    show.take(posed(0))
    show.viewer.idle()
    noticed = show.window.seen[-1].bgr
    assert not np.array_equal(noticed[:6, :20], paint(posed(0)).bgr[:6, :20])
    show.viewer._notice = ("", 0.0)
    show.take(posed(1))
    bare, painted = show.window.seen[-1].bgr, paint(posed(1)).bgr
    assert reds(bare) > reds(painted) + 5
    assert np.array_equal(bare[:, : WIDTH_PX // 2], painted[:, : WIDTH_PX // 2])
    show.recorder.close()


def test_the_line_of_figures_says_how_many_people_are_seen_in_a_frame_where_not_all_are() -> None:
    show = Show()
    show.take(posed(0))
    assert not any("a frame" in each for each in show.viewer._texts(time.perf_counter()))
    seen = Poses.concatenate([posed(1).poses] * 6)
    for number in range(1, 32):
        show.take(replace(posed(number), detections=seen, predicted_people=6))
    assert "12 people, 6 a frame" in show.viewer._texts(time.perf_counter())
    for number in range(32, 63):
        one_waits = number % 5 == 0
        detections = posed(1).poses[: int(not one_waits)]
        show.take(replace(posed(number), detections=detections, predicted_people=int(one_waits)))
    assert not any("a frame" in each for each in show.viewer._texts(time.perf_counter()))


def test_the_key_of_the_help_is_named_at_the_start_and_then_no_more() -> None:
    show = Show()
    show.take(posed(0))
    now_s = time.perf_counter()
    assert show.viewer._texts(now_s)[0] == "h: keys"
    assert "h: keys" not in show.viewer._texts(now_s + 10)


def test_e_writes_the_range_of_each_angle_below_it() -> None:
    show = Show(Action.EXTREMES)
    label = Label("147°", Keypoint.LEFT_WRIST, 80, 70, "3 to 150")
    one = replace(posed(0), overlays=Overlays(labels=(label,)))
    show.take(one)
    plain, with_range = (frame.bgr[BAR_PX:] for frame in show.window.seen)
    assert np.array_equal(plain, paint(one).bgr[BAR_PX:])
    assert np.array_equal(with_range, paint(one, Style(extremes=True)).bgr[BAR_PX:])


def test_every_action_that_a_key_asks_for_is_handled() -> None:
    on_pages_only = {Action.BOXES, Action.REFRESH}
    handled = {*Show().viewer._handlers, Action.QUIT, Action.STEP} - on_pages_only
    assert handled == {binding.action for binding in KEY_BINDINGS}
    bindings = (*KEY_BINDINGS, *EDITOR_KEY_BINDINGS)
    assert {binding.action for binding in bindings} == set(Action) - {Action.OTHER, *on_pages_only}


def test_no_key_asks_for_two_actions() -> None:
    keys = "".join(binding.keys for binding in KEY_BINDINGS) + "123456789"
    assert len(keys) == len(set(keys))


def test_a_joint_under_the_mouse_is_read_off_while_it_stands() -> None:
    nose = Pointer(75, 35, is_pressed=False)
    show = Show(nose, Action.PAUSE, nose, Pointer(5, 110, is_pressed=False), Action.QUIT)
    show.take(posed(1))
    playing = show.window.seen[-1].bgr
    show.take(posed(2))
    reading, away = (frame.bgr[BAR_PX:] for frame in show.window.seen[-2:])
    assert np.array_equal(playing[BAR_PX:], paint(posed(1)).bgr[BAR_PX:]), "it plays"
    assert np.array_equal(away, paint(posed(2)).bgr[BAR_PX:]), "nobody is there"
    assert (reading != away).any(axis=2).sum() > 300


def test_guides_come_and_go_with_a_key() -> None:
    show = Show(Action.GUIDES, Action.GUIDES, Action.GUIDES)
    show.take(posed(1))
    for _ in range(2):
        show.viewer.idle()
    plain, plumb, grid, again = (frame.bgr for frame in show.window.seen[:4])
    assert not np.array_equal(plain, plumb)
    assert not np.array_equal(plumb, grid)
    assert np.array_equal(plain[BAR_PX:], again[BAR_PX:])


def test_with_a_delay_there_is_a_grid_and_no_plumb_line_of_another_moment() -> None:
    show = Show(Action.GUIDES, Action.GUIDES, delay_s=60.0)
    show.take(posed(1))
    show.viewer.idle()
    plain, grid, again = (frame.bgr[BAR_PX:].astype(int) for frame in show.window.seen[:3])
    assert not np.array_equal(plain, grid)
    is_yellow = np.abs(grid - (90, 230, 255)).max(axis=2) < 8
    assert not is_yellow.any()
    assert np.array_equal(plain, again)


def test_a_recording_begins_when_the_countdown_is_over(here: Path) -> None:
    show = Show(Action.RECORD, countdown_s=0.5)
    index = 0
    while not show.recorder.is_recording:
        show.take(posed(index))
        index += 1
        assert index < 1000
        time.sleep(0.01)
    assert index > 3
    assert any(frame.bgr[20:100].min(axis=2).max() > 230 for frame in show.window.seen)
    show.take(posed(index))
    show.recorder.close()
    (recording,) = here.glob("livepose-*.mp4")
    assert [number_of(bgr) for bgr in read_frames(recording)] == [index % 256]


def test_with_a_delay_the_picture_is_older_than_the_recording(here: Path) -> None:
    show = Show(delay_s=0.3)
    show.recorder.start(Path("x.mp4"))
    begun_s, ended_s = [], []
    for index in range(12):
        begun_s.append(time.perf_counter())
        show.take(posed(index))
        ended_s.append(time.perf_counter())
        time.sleep(0.05)
    show.recorder.close()
    assert [number_of(bgr) for bgr in read_frames(here / "x.mp4")] == list(range(12))
    last = show.numbers()[-1]
    assert 0 < last < 11
    assert begun_s[last] <= ended_s[-1] - 0.3, "it is newer"
    assert ended_s[last + 1] >= begun_s[-1] - 0.3, "it is older"
    assert show.numbers() == sorted(show.numbers())


def test_a_page_shows_a_delayed_picture_with_its_own_skeleton(here: Path) -> None:
    page = ScriptedPage(None, None, Action.SCREENSHOT)
    show = Show(delay_s=60.0, page=page)
    first = posed(0)
    for one in (first, posed(1), posed(2)):
        show.take(one)
    assert [number_of(picture.bgr) for picture in page.pictures] == [0] * len(page.pictures)
    assert page.states[-1].is_painted, "the page draws no skeleton of another moment over it"
    assert np.abs(page.pictures[-1].bgr.astype(int) - paint(first).bgr).mean() < 3
    picture = cv2.imread(str(next(here.glob("livepose-*.png"))))
    assert picture is not None and np.abs(picture.astype(int) - paint(first).bgr).mean() < 3


def test_a_page_reads_off_the_joint_that_it_points_at_while_paused(here: Path) -> None:
    one = posed(3)
    x_px, y_px = one.poses.xy[0, 0].tolist()
    pointer = FramePointer(round(x_px), round(y_px), is_pressed=False)
    away = FramePointer(-(10**6), -(10**6), is_pressed=False)
    script = (pointer, Action.PAUSE, pointer, Action.GUIDES, away, Action.PAUSE)
    page = ScriptedPage(None, *script)
    show = Show(page=page)
    for _ in range(3):
        show.take(one)
    readings = [state.reading for state in page.states]
    name = one.poses.skeleton.names[0]
    assert [reading.lines[0].split()[0] for reading in readings if reading] == [name] * 3
    assert [state.is_paused for state in page.states if state.reading] == [True] * 3
    assert readings[-1] is None
    assert page.states[-1].guides == "plumb"


def test_what_a_page_asked_for_and_did_not_get_is_counted(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (here / "file").touch()
    page = ScriptedPage(Action.SCREENSHOT, Action.RECORD, Action.RECORD)
    show = Show(page=page)
    show.viewer._folder = here / "file" / "folder"
    for index in range(3):
        show.take(posed(index))
    show.take(posed(3))
    assert page.states[0].failed_saves == 0
    assert page.states[-1].failed_saves >= 2
    assert page.states[-1].saved == []
    caplog.clear()


def test_a_screenshot_is_the_painted_frame_without_the_bar(here: Path) -> None:
    show = Show(Action.SCREENSHOT, Action.SCREENSHOT)
    one = posed(5)
    show.take(one)
    show.viewer.idle()
    saved = sorted(here.glob("livepose-*.png"))
    assert len(saved) == 2
    for path in saved:
        picture = cv2.imread(str(path))
        assert picture is not None and np.array_equal(picture, paint(one).bgr)
    assert len(list(here.iterdir())) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed there")
def test_a_picture_or_recording_that_cannot_be_saved_does_not_end_the_show(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    show = Show(Action.SCREENSHOT, Action.RECORD)
    here.rmdir()
    for index in range(3):
        show.take(posed(index))
    assert not show.viewer.wants_to_quit
    assert not show.recorder.is_recording
    assert set(show.numbers()) == {0, 1, 2}
    assert caplog.text.count("livepose-") >= 2


def test_a_key_before_the_first_frame_does_no_harm(here: Path) -> None:
    script = [action for action in Action if action not in (Action.QUIT, Action.RECORD)]
    show = Show(*script)
    for _ in script:
        show.viewer.idle()
    assert list(here.iterdir()) == []
    assert show.window.seen == []


def test_r_records_what_comes_between_its_two_presses(here: Path) -> None:
    show = Show()
    for index in range(10):
        show.window.script = [Action.RECORD] if index in (2, 7) else []
        show.take(posed(index))
    (saved,) = show.recorder.saved
    assert saved.name.startswith("livepose-") and saved.suffix == ".mp4"
    assert [number for _, number in shown(saved)] == [3, 4, 5, 6, 7]
    stamps = [float(stamp) for stamp, _ in shown(saved)]
    assert stamps == pytest.approx([n / RATE for n in range(5)], abs=1e-4)
    assert [path.name for path in here.iterdir()] == [saved.name]


def test_a_recording_has_its_word_in_the_bar(here: Path) -> None:
    show = Show()
    show.take(posed(0))
    plain = show.window.seen[-1].bgr
    show.window.script = [Action.RECORD]
    show.viewer.idle()
    recording = show.window.seen[-1].bgr
    assert reds(recording) > reds(plain) + 5
    show.recorder.close()
    assert list(here.iterdir()) == [], "without a frame nothing is left"


def test_a_name_that_is_taken_is_not_given_again(here: Path) -> None:
    for _ in range(4):
        path = dated_path(".png")
        assert not path.exists()
        path.touch()
    assert len(list(here.iterdir())) == 4


def test_a_link_that_points_elsewhere_is_not_written_through(here: Path) -> None:
    planted = dated_path("-replay.jsonl")
    planted.symlink_to(here / "elsewhere" / "poses.jsonl")
    assert dated_path("-replay.jsonl").name != planted.name
    assert dated_path("-replay.mp4", beside="-replay.jsonl").stem != planted.stem


def reds(bgr: Picture) -> int:
    """Count the pixels of the bar, beside the picture's own red corner, that badges have."""
    bar = bgr[:BAR_PX, WIDTH_PX // 4 + 2 :].astype(int)
    return int((np.abs(bar - (60, 60, 235)).max(axis=2) < 90).sum())


# The recorder.


def test_a_recording_asked_for_from_the_beginning_keeps_the_sources_times(here: Path) -> None:
    with Recorder(info_of(is_live=False)) as recorder:
        recorder.start(Path("x.mp4"), from_beginning=True)
        for index in (6, 7, 9):
            recorder.write(posed(index).frame)
    assert recorder.saved == [Path("x.mp4")]
    expected = [(Fraction(n, RATE), n) for n in (6, 7, 9)]
    assert [(round(90 * s), n) for s, n in shown(Path("x.mp4"))] == [
        (round(90 * s), n) for s, n in expected
    ]


def test_one_recorder_writes_one_file_after_the_other(here: Path) -> None:
    recorder = Recorder(info_of(is_live=True))
    for name, first in (("a.mp4", 0), ("b.mkv", 5)):
        assert not recorder.is_recording
        assert recorder.start(Path(name)) == Path(name)
        assert recorder.is_recording
        for index in range(first, first + 4):
            recorder.write(posed(index).frame)
        assert recorder.stop() == Path(name)
    recorder.write(posed(99).frame)
    recorder.close()
    recorder.close()
    assert recorder.saved == [Path("a.mp4"), Path("b.mkv")]
    assert [number for _, number in shown(Path("a.mp4"))] == [0, 1, 2, 3]
    assert [number for _, number in shown(Path("b.mkv"))] == [5, 6, 7, 8]
    assert sorted(path.name for path in here.iterdir()) == ["a.mp4", "b.mkv"]


def test_a_recording_without_a_frame_leaves_nothing_and_is_not_saved(here: Path) -> None:
    with Recorder(info_of(is_live=True)) as recorder:
        recorder.start(Path("x.mp4"))
    assert recorder.saved == []
    assert list(here.iterdir()) == []


def test_a_recorder_keeps_what_exists_unless_told_to_replace_it(here: Path) -> None:
    Path("x.mp4").write_bytes(b"precious")
    with Recorder(info_of(is_live=True)) as recorder:
        with pytest.raises(TargetExists):
            recorder.start(Path("x.mp4"))
        assert not recorder.is_recording
        assert Path("x.mp4").read_bytes() == b"precious"
        recorder.start(Path("x.mp4"), overwrite=True)
        recorder.write(posed(3).frame)
        assert Path("x.mp4").read_bytes() == b"precious"
    assert [number for _, number in shown(Path("x.mp4"))] == [3]


def three_people(number: int) -> PosedFrame:
    """People of ids 1, 2, 3 from left to right, seen by a model that sees everybody."""
    each = [one_person((x, 45)) for x in (30, 80, 130)]
    poses = Poses.from_keypoints(
        np.concatenate([one.xy for one in each]), np.concatenate([one.score for one in each])
    )
    poses = replace(poses, track_id=np.array((1, 2, 3), np.int32))
    return replace(posed(number), poses=poses, is_multi_person=True)


@pytest.mark.parametrize(
    ("wanted", "followed"),
    [
        (Action.NEXT_PERSON, [1]),
        (Digit(3), [3]),
        (Digit(7), [1, 2, 3]),
        (Click(80, 45), [2]),
        (Click(3, 3), [1, 2, 3]),
        (PersonId(3), [3]),
        (PersonId(7), [1, 2, 3]),
    ],
)
def test_tab_a_digit_a_click_or_an_id_choose_whom_to_follow(
    wanted: InputEvent, followed: list[int]
) -> None:
    show = Show(wanted)
    show.take(three_people(0))
    assert show.steps.selector(three_people(1)).poses.track_id.tolist() == followed


def test_a_number_that_nobody_has_is_said_to_be_nobodys() -> None:
    page = ScriptedPage(Digit(7))
    show = Show(page=page)
    for number in range(3):
        show.take(show.steps.selector(three_people(number)))
    assert (page.states[0].notice, page.states[-1].notice) == ("", "there is no person 7")


def test_a_click_on_a_mirrored_picture_means_who_is_seen_there() -> None:
    show = Show(Action.MIRROR, None, Click(30, 45))
    for number in range(3):
        show.take(three_people(number))
    assert show.steps.selector(three_people(3)).poses.track_id.tolist() == [3]


# A window that is smaller than the frame.


def small_window(*script: InputEvent | None) -> Show:
    """A show whose window is half as wide and as high as its frames."""
    show = Show(*script)
    show.window.area_px = (WIDTH_PX // 2, HEIGHT_PX // 2)
    return show


def sizes_px(show: Show) -> list[tuple[int, int]]:
    return [(frame.width_px, frame.height_px) for frame in show.window.seen]


def test_no_more_is_painted_than_the_window_shows() -> None:
    show = small_window()
    show.take(posed(5))
    assert sizes_px(show) == [(WIDTH_PX // 2, HEIGHT_PX // 2)]


def test_a_window_as_large_as_the_frame_gets_the_painting_that_is_recorded() -> None:
    show = Show()
    one = posed(5)
    painted = paint(one)
    show.window.area_px = (WIDTH_PX, HEIGHT_PX)
    assert show.viewer.paint(one, painted) is painted
    assert show.viewer.paint(one).width_px == WIDTH_PX
    show.window.area_px = (WIDTH_PX // 2, HEIGHT_PX)
    assert show.viewer.paint(one, painted).width_px == WIDTH_PX // 2


def test_recordings_and_screenshots_keep_the_size_of_the_frame(here: Path) -> None:
    show = small_window(Action.RECORD, None, Action.SCREENSHOT, Action.RECORD)
    for index in range(4):
        show.take(posed(index))
    assert set(sizes_px(show)) == {(WIDTH_PX // 2, HEIGHT_PX // 2)}
    picture = cv2.imread(str(next(here.glob("*.png"))))
    assert picture is not None
    assert np.array_equal(picture, paint(posed(2)).bgr)
    recorded = list(read_frames(show.recorder.saved[0]))
    assert [frame.shape for frame in recorded] == [(HEIGHT_PX, WIDTH_PX, 3)] * 3


@pytest.mark.parametrize(("click", "followed"), [(Click(40, 22), [2]), (Click(15, 22), [1])])
def test_a_click_on_a_small_picture_means_who_is_seen_there(
    click: Click, followed: list[int]
) -> None:
    show = small_window(click)
    show.take(three_people(0))
    assert show.steps.selector(three_people(1)).poses.track_id.tolist() == followed


def test_a_click_on_a_small_mirrored_picture_means_who_is_seen_there() -> None:
    show = small_window(Action.MIRROR, None, Click(15, 22))
    for number in range(3):
        show.take(three_people(number))
    assert show.steps.selector(three_people(3)).poses.track_id.tolist() == [3]


def test_a_frame_that_stands_still_is_painted_anew_when_its_window_is_resized() -> None:
    show = Show(Action.PAUSE, None, None, Action.PAUSE)

    def enlarge(polls: int) -> None:
        if polls == 3:
            show.window.area_px = (WIDTH_PX // 4, HEIGHT_PX // 4)

    show.window.on_poll = enlarge
    show.take(posed(5))
    assert sizes_px(show)[-1] == (WIDTH_PX // 4, HEIGHT_PX // 4)


def test_a_line_width_in_pixels_is_scaled_with_the_frame() -> None:
    assert Style(thickness="9px").scaled(1 / 3).thickness.line_px((640, 360)) == 3
    assert Style(thickness="2px").scaled(0.1).thickness.line_px((640, 360)) == 1
    assert Style(thickness="thick").scaled(1 / 3) == Style(thickness="thick")


def test_zero_means_everybody_again() -> None:
    show = Show(Digit(2), Action.EVERYBODY)
    show.take(three_people(0))
    assert len(show.steps.selector(three_people(1)).poses) == 1
    show.take(three_people(2))
    assert len(show.steps.selector(three_people(3)).poses) == 3


def test_a_red_badge_says_that_the_one_who_was_followed_is_lost() -> None:
    show = Show()
    show.take(posed(0))
    show.take(replace(posed(0), subject_state=SubjectState.LOST))
    calm, lost = (frame.bgr[:BAR_PX].astype(int) for frame in show.window.seen)
    red = [((bar[..., 2] > 150) & (bar[..., 1] < 120)).sum() for bar in (calm, lost)]
    assert red[1] > red[0] + 20
