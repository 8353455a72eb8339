"""A clip in a window without a screen: whatever its user does, each frame has its own skeleton."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.clip_interfaces import SeekableSource
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.viewer_state import ViewerState
from livepose.draw import Style, paint
from livepose.draw.transport_bar import BarLayout
from livepose.motion.pose_memory import SpilledPoseMemory
from livepose.pipeline.playback import Playback
from livepose.session.motion_steps import motion_steps
from livepose.session.options import Options, SourceOptions
from livepose.session.player import Player
from livepose.session.recorder import Recorder
from livepose.session.summary import Summary
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action, Click, InputEvent, PersonId, Pointer
from livepose.sources import open_seekable
from livepose.sources.seekable import SeekableVideo
from livepose.system.interrupts import Interrupts
from tests.support.clips import read_frames
from tests.support.fakes import one_person
from tests.support.media import make_clip, number_of
from tests.support.playback import NumberModel, number_estimator, place_of
from tests.support.windows import ScriptedWindow

FRAMES, WIDTH_PX, HEIGHT_PX, RATE = 60, 160, 120, 30
LAST = FRAMES - 1
CLEAR = slice(26, 90)
"""The rows between the line of figures and the bar."""
PATIENCE_S = 20.0
LAYOUT = BarLayout.of(WIDTH_PX, HEIGHT_PX)

User = Generator[InputEvent | None, None, None]


class UserWindow(ScriptedWindow):
    """A window whose user looks before each thing that is done."""

    def __init__(self) -> None:
        super().__init__()
        self.user: User = iter(())  # type: ignore[assignment]

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        time.sleep(min(wait_s, 0.002))
        return next(self.user, Action.QUIT)

    def shows(self, number: int) -> User:
        """Wait until a frame is shown, with its own number and its own skeleton."""
        deadline_s = time.monotonic() + PATIENCE_S
        expected = expected_of(number)
        while not self.seen or not np.array_equal(self.seen[-1].bgr[CLEAR], expected):
            assert time.monotonic() < deadline_s, f"frame {number} does not come"
            yield None


class DataWindow(UserWindow):
    """A window that keeps what it is told besides pictures, as a page does."""

    wants_data = True

    def __init__(self) -> None:
        super().__init__()
        self.states: list[ViewerState] = []

    def show_data(self, posed: PosedFrame, picture: Frame, state: ViewerState) -> None:
        self.states.append(state)


def expected_of(number: int) -> np.ndarray:
    """Return what is to be seen of a frame: its pixels, compressed as in the clip, and its pose."""
    pixels = DECODED[number].pixels
    region = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    posed = PosedFrame(Frame(pixels, number, 0.0, 0.0), one_person(place_of(number)), region, 0.0)
    return paint(posed).bgr[CLEAR]


DECODED: list[Frame] = []


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    make_clip(path, pts=range(FRAMES), keyframe_every=15, rate=Fraction(RATE))
    with open_seekable(path) as source:
        frames = [source.frame(index) for index in range(FRAMES)]
        DECODED.extend(frame for frame in frames if frame is not None)
    yield path
    DECODED.clear()


class Show:
    """A player, its window, its recorder and its model."""

    def __init__(
        self,
        clip: Path,
        edited_from: Sequence[int] = (),
        opened: Callable[[Path], SeekableSource] = open_seekable,
    ) -> None:
        self.clip, self.edited_from, self.opened = clip, edited_from, opened
        self.window, self.model = UserWindow(), NumberModel()
        self.summary = Summary("clip.mp4")
        self.player: Player

    def run(self, user: User, *, stays_open: bool = True) -> None:
        self.window.user = user
        with (
            self.opened(self.clip) as source,
            SpilledPoseMemory() as memory,
            Recorder(source.info, is_only_output=False) as recorder,
            Playback(source, number_estimator(self.model), memory) as playback,
        ):
            steps = motion_steps(Options(SourceOptions(video="clip.mp4")), 1)
            self.recorder, self.playback, self.steps = recorder, playback, steps
            setup = ViewerSetup(self.window, source.info, Style(), recorder, Interrupts(), steps)
            self.player = Player(setup, playback, self.summary, edited_from=self.edited_from)
            self.player.play(stays_open=stays_open, on_frame=lambda frames: None)


def paused(show: Show) -> User:
    """Pause, and go to the first frame."""
    yield Action.PAUSE
    yield Action.TO_START
    yield from show.window.shows(0)


def drag(*frames: int) -> User:
    """Press the mouse on the bar, move it from frame to frame, and let go."""
    for number, frame in enumerate(frames):
        x_px = LAYOUT.x_at(frame / LAST)
        yield (
            Pointer(x_px, LAYOUT.track_y, is_pressed=True)
            if number
            else Click(x_px, LAYOUT.track_y)
        )
    yield Pointer(x_px, LAYOUT.track_y, is_pressed=False)


def test_fifty_random_keys_and_drags_show_the_frames_that_they_should(clip: Path) -> None:
    show, chance = Show(clip), random.Random(16)
    moves = {
        Action.BACK: -1,
        Action.FORWARD: 1,
        Action.STEP: 1,
        Action.BACK_SECOND: -RATE,
        Action.FORWARD_SECOND: RATE,
        Action.TO_START: -FRAMES,
        Action.TO_END: FRAMES,
        Action.FASTER: 0,
        Action.SLOWER: 0,
        Action.LOOP_START: 0,
        Action.LOOP_END: 0,
    }

    def user() -> User:
        yield from paused(show)
        position = 0
        for _ in range(50):
            if chance.random() < 0.3:
                places = chance.choices(range(FRAMES), k=chance.randint(1, 3))
                yield from drag(*places)
                # A pixel of a small window is less than a frame wide or more.
                position = show.player.transport.position
                assert abs(position - places[-1]) <= 1
            else:
                for action in chance.choices(list(moves), k=chance.randint(1, 3)):
                    yield action
                    position = min(max(position + moves[action], 0), LAST)
            if chance.random() < 0.8:
                yield from show.window.shows(position)
        yield from show.window.shows(position)

    show.run(user())
    assert max(show.model.looks.values()) <= 4
    assert sum(show.model.looks.values()) < 2 * FRAMES


def test_it_plays_in_time_and_stays_on_its_last_frame_until_it_is_quit(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from show.window.shows(LAST)
        for _ in range(20):
            yield None

    show.run(user())
    seen = [number_of(frame.bgr) for frame in show.window.seen]
    assert seen == sorted(seen), "time runs forward"
    assert set(seen) == set(range(FRAMES)), "no frame was left out"
    assert show.summary.frames == FRAMES
    assert 1.9 < show.summary.seconds < 4.0
    assert show.player.wants_to_quit


def test_what_is_shown_again_counts_neither_as_frames_nor_as_seconds(clip: Path) -> None:
    show = Show(clip)
    first_s = []

    def played_to(number: int) -> User:
        while not show.window.seen or number_of(show.window.seen[-1].bgr) < number:
            yield None

    def user() -> User:
        yield from played_to(15)
        first_s.append(show.summary.seconds)
        for _ in range(3):
            yield Action.TO_START
            yield from show.window.shows(0)
            yield from played_to(14)

    show.run(user())
    assert 16 <= show.summary.frames < 20
    assert first_s[0] <= show.summary.seconds < 1.3 * first_s[0]


def test_a_page_hears_that_the_end_is_reached_while_the_bar_is_drawn(clip: Path) -> None:
    show = Show(clip)
    window = show.window = DataWindow()

    def user() -> User:
        yield from window.shows(0)
        yield Action.TO_END
        yield from window.shows(LAST)
        for _ in range(50):
            yield None

    show.run(user())
    assert not window.states[0].is_paused
    assert window.states[-1].is_paused


def test_unless_it_stays_open_it_ends_with_its_last_frame(clip: Path) -> None:
    show = Show(clip)
    show.run((None for _ in iter(int, 1)), stays_open=False)
    assert np.array_equal(show.window.seen[-1].bgr[CLEAR], expected_of(LAST))
    assert (show.summary.frames, show.player.wants_to_quit) == (FRAMES, False)


def test_a_loop_shows_its_frames_over_and_over_at_its_speed(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        yield from (Action.FORWARD, Action.FORWARD, Action.LOOP_START)
        yield from (Action.FORWARD, Action.FORWARD, Action.FORWARD, Action.LOOP_END)
        yield from (Action.FASTER, Action.FASTER, Action.LOOP)
        show.window.seen.clear()
        while len(show.window.seen) < 30:
            yield None

    show.run(user())
    seen = [number_of(frame.bgr) for frame in show.window.seen]
    changes = [number for number, before in zip(seen[1:], seen, strict=False) if number != before]
    assert set(changes) == {2, 3, 4, 5}
    assert changes[: len(changes) // 4 * 4].count(2) >= 3
    assert show.player.transport.speed == 2.0


def test_the_bar_is_there_while_it_stands_and_hides_while_it_plays(clip: Path) -> None:
    show = Show(clip)
    foot = np.s_[-4:, :]

    def has_bar() -> bool:
        bgr = show.window.seen[-1].bgr
        return bool(np.median(bgr[foot]) < 0.5 * np.median(DECODED[0].bgr[foot]))

    def user() -> User:
        yield None
        while not show.window.seen:
            yield None
        assert not has_bar(), "nobody has touched anything"
        yield Pointer(80, 60, is_pressed=False)
        yield None
        assert has_bar()
        yield Action.PAUSE
        yield None
        assert has_bar()

    show.run(user())


def bar_of(show: Show, before: Callable[[], None] = lambda: None) -> np.ndarray:
    """Return the bar of a clip that stands on its first frame, once all of its times are known.

    Args:
        show: Of the clip.
        before: Called when the bar has been drawn for the first time.
    """

    def user() -> User:
        yield from paused(show)
        before()
        while not show.playback.has_all_times:
            yield None
        yield from (None, None)
        yield from show.window.shows(0)

    show.run(user())
    return np.asarray(show.window.seen[-1].bgr[LAYOUT.top :])


def test_edits_by_hand_are_marked_on_the_bar(clip: Path) -> None:
    columns = np.nonzero((bar_of(Show(clip, [30])) != bar_of(Show(clip))).any(axis=(0, 2)))[0]
    assert abs(columns.mean() - LAYOUT.x_at(30 / LAST)) < 2
    assert np.ptp(columns) < 10


def test_the_bar_of_a_clip_that_stands_shows_what_becomes_known_later(clip: Path) -> None:
    may_learn = threading.Event()

    class SlowVideo(SeekableVideo):
        """Learns the times of its frames when it may."""

        def learn_times(self) -> bool:
            may_learn.wait(PATIENCE_S)
            return super().learn_times()

    wanted = bar_of(Show(clip, [30]))
    found = bar_of(Show(clip, [30], SlowVideo), may_learn.set)
    assert np.array_equal(found, wanted)


def test_the_help_of_a_clip_names_the_keys_that_do_something(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from paused(show)

    show.run(user())
    labels = {row.keys for row in show.player.help_rows}
    assert {"q, Esc", "Space", "Left, Right", "a, b, l", "h"} <= labels
    assert "R, S" not in labels


def test_a_click_beside_the_bar_is_for_whoever_is_there(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        yield Click(*map(round, place_of(0)))
        for _ in range(5):
            yield None
        assert show.player.transport.position == 0
        yield from show.window.shows(0)

    show.run(user())
    assert show.model.looks[0] >= 2, "people are looked for anew"


def test_a_person_who_is_chosen_by_id_is_looked_for_where_they_are_seen(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        yield from (PersonId(7), None, None)  # nobody
        assert show.model.looks[0] == 1
        yield PersonId(1)
        while show.model.looks[0] == 1:
            yield None
        yield from show.window.shows(0)

    show.run(user())


def test_a_click_on_nobody_forgets_nothing(clip: Path) -> None:
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        yield Action.FORWARD
        yield from show.window.shows(1)
        yield from (Click(150, 40), Action.EVERYBODY)
        yield from (None for _ in range(5))
        yield Action.TO_START
        yield from show.window.shows(0)

    show.run(user())
    assert show.model.looks[0] == 1
    assert show.model.looks[1] <= 3


def test_a_number_that_nobody_has_is_said_to_be_nobodys_while_it_stands_too(clip: Path) -> None:
    show = Show(clip)
    window = show.window = DataWindow()

    def user() -> User:
        yield from paused(show)
        show.steps.selector.missing_numbers.append(9)  # as after a request
        deadline_s = time.monotonic() + PATIENCE_S
        while window.states[-1].notice != "there is no person 9":
            assert time.monotonic() < deadline_s
            yield None

    show.run(user())


def test_a_joint_is_read_off_on_the_last_frame_too(clip: Path) -> None:
    show = Show(clip)
    x_px, y_px = one_person(place_of(LAST)).xy[0, 0].tolist()

    def user() -> User:
        yield from paused(show)
        show.player.transport.seek_s((LAST - 2) / RATE)
        yield Action.PAUSE
        while not show.player.transport.has_ended:
            yield None
        yield Pointer(round(x_px), round(y_px), is_pressed=False)
        yield None
        shown = show.window.seen[-1].bgr[CLEAR]
        assert (shown != expected_of(LAST)).any(axis=2).sum() > 100

    show.run(user())


def test_a_recording_holds_each_frame_once_and_is_finished_at_the_end(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        for _ in range(40):
            yield Action.FORWARD
        yield from show.window.shows(40)
        yield Action.RECORD
        yield from (Action.BACK, Action.TO_START, *drag(3))
        assert show.player.transport.position == 40, "it goes forward while it is recorded"
        yield Action.FORWARD
        yield from show.window.shows(41)
        yield Action.PAUSE
        yield from show.window.shows(LAST)
        while show.recorder.is_recording:
            yield None
        yield from (Action.BACK,)
        yield from show.window.shows(LAST - 1)

    show.run(user())
    (recording,) = tmp_path.glob("livepose-*.mp4")
    assert show.recorder.saved == [Path(recording.name)]
    assert [number_of(bgr) for bgr in read_frames(recording)] == list(range(40, FRAMES))


class ElsewhereModel(NumberModel):
    """Finds other people than before from a moment on."""

    is_elsewhere = False

    def find(self, pixels: Pixels, region: Region) -> Poses:
        poses = super().find(pixels, region)
        moved = poses.xy - np.array((0, 60 * self.is_elsewhere), np.float32)
        return Poses.from_keypoints(moved, poses.score)


def test_a_frame_whose_people_are_found_anew_is_not_recorded_again(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show(clip)
    model = show.model = ElsewhereModel()

    def user() -> User:
        yield from paused(show)
        yield Action.RECORD
        joins = show.playback.joins
        for _ in range(3):  # while it stands, after it was recorded by the key
            model.is_elsewhere = not model.is_elsewhere
            show.playback.search_anew(0, lambda: None, lambda: True)
            while show.playback.joins == joins or not show.player.shows_position:
                yield None
            joins = show.playback.joins
            yield None
            yield None
        yield Action.PAUSE
        while show.recorder.is_recording:
            yield None

    show.run(user())
    (recording,) = tmp_path.glob("livepose-*.mp4")
    assert [number_of(bgr) for bgr in read_frames(recording)] == list(range(FRAMES))


def test_a_second_round_of_a_loop_is_not_recorded(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show(clip)

    def user() -> User:
        yield from paused(show)
        yield Action.LOOP_START
        for _ in range(5):
            yield Action.FORWARD
        yield from show.window.shows(5)
        yield Action.LOOP_END
        yield Action.TO_START
        yield from show.window.shows(0)
        yield from (Action.LOOP, Action.RECORD)
        for _ in range(2):
            yield from show.window.shows(3)
            yield from show.window.shows(1)
        yield Action.RECORD

    show.run(user())
    (recording,) = tmp_path.glob("livepose-*.mp4")
    assert [number_of(bgr) for bgr in read_frames(recording)] == list(range(6))
