"""Go to and fro in clips as a user does, check what is shown, and measure how soon it is.

    python scripts/transport.py [--keys 50] [--seed 1] [--clip CLIP] [--no-times]

First livepose runs in a window under Xvfb, on a clip with a counter painted into each frame.
Random keys and drags of the mouse go to it by xdotool: steps, seconds, ends, speeds, loops and
places on the bar. After each, the counter on the screen must be that of the frame that it should
be, and the skeleton the one of that frame. For that, the window is livepose's own player with two
witnesses in it: what the estimator found is noted by the counter in the pixels that it was given,
and what the player holds by the frame that it shows. Both must be the same to the bit, and the
screen must be the painting of it. Then steps back and seeks to random places are timed
in clips of 1920 x 1080, from the key to the painted frame: with the network, but without a screen.
"""

from __future__ import annotations

import argparse
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseEstimator
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.draw import paint
from livepose.draw.transport_bar import BarLayout
from livepose.motion.pose_memory import SpilledPoseMemory
from livepose.pipeline.playback import Playback
from livepose.session.estimation import open_estimation
from livepose.session.options import Options, SourceOptions
from livepose.session.player import Player
from livepose.session.recorder import Recorder
from livepose.session.style import style_of
from livepose.session.summary import Summary
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action, Click, InputEvent, Pointer
from livepose.sinks.window import Window
from livepose.sources import open_seekable, open_video
from livepose.system.interrupts import Interrupts
from livepose.system.pyav import av
from tests.support.screen import Screen, ScreenWindow
from tests.support.viewer import ViewerProcess
from tests.support.waiting import wait_for

CLIP = Path(__file__).resolve().parents[2] / "shared" / "clips" / "dance.mp4"
_RATE = 30
_FRAMES = 240
_BITS, _BIT_PX, _BITS_TOP = 8, 24, 60
_KEY_DELAY_MS = 200
_START_S = 6.0
"""From then on the dancer of the clip moves."""
_CLEAR_PX = 40
"""At the top the line of figures covers the frame, and at the foot the bar."""


def frames_of(clip: Path, count: int) -> Iterator[UInt8Array]:
    """Yield the frames of a clip, over and over."""
    number = 0
    while True:
        with open_video(clip, _START_S) as source:
            for frame in source:
                if number == count:
                    return
                yield frame.bgr
                number += 1


def write_clip(path: Path, pictures: Iterator[UInt8Array], key_frame_every: int) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=_RATE)
        stream.options = {"preset": "veryfast", "crf": "20"}
        for number, bgr in enumerate(pictures):
            if not number:
                stream.height, stream.width = bgr.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.codec_context.gop_size = key_frame_every
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
            picture.pts, picture.time_base = number, Fraction(1, _RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path


def counted(pictures: Iterator[UInt8Array]) -> Iterator[UInt8Array]:
    """Yield pictures with their number, as a column of black and white fields on the left."""
    for number, bgr in enumerate(pictures):
        with_counter = bgr.copy()
        for bit in range(_BITS):
            top = _BITS_TOP + bit * _BIT_PX
            with_counter[top : top + _BIT_PX, :16] = 235 if number >> bit & 1 else 16
        yield with_counter


def counter_in(bgr: UInt8Array) -> int:
    middles = [_BITS_TOP + bit * _BIT_PX + _BIT_PX // 2 for bit in range(_BITS)]
    return sum(1 << bit for bit, y in enumerate(middles) if bgr[y - 4 : y + 4, 4:12].mean() > 128)


class NotingEstimator(PoseEstimator):
    """Passes on to an estimator, and notes what it finds by the counter in the picture."""

    def __init__(self, estimator: PoseEstimator) -> None:
        self.found: dict[int, list[Poses]] = {}
        self._estimator = estimator

    @property
    def in_flight(self) -> int:
        return self._estimator.in_flight

    def preprocess(self, frame: Frame) -> PreparedInput:
        return self._estimator.preprocess(frame)

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        return self._estimator.infer(frame, prepared)

    def update(self, posed: PosedFrame) -> PosedFrame:
        updated = self._estimator.update(posed)
        self.found.setdefault(counter_in(posed.frame.bgr), []).append(updated.poses)
        return updated


class NotingPlayer(Player):
    """Writes what it holds for the frame that it shows, and what was found in that frame."""

    def note(self, path: Path, estimator: NotingEstimator) -> None:
        self._path, self._estimator = path, estimator

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        super()._display(posed, painted)
        number = counter_in(posed.frame.bgr)
        held = (posed.frame.index, number, posed.poses, self._estimator.found[number])
        part = self._path.with_suffix(".part")
        part.write_bytes(pickle.dumps(held))
        part.replace(self._path)


def show_window(clip: Path, notes: Path) -> None:
    """Show a clip in a window, as `livepose --video` does."""
    options = Options(SourceOptions(video=str(clip)))
    with ExitStack() as stack:
        source = stack.enter_context(open_seekable(clip))
        recorder = stack.enter_context(Recorder(source.info))
        window = stack.enter_context(Window("livepose - transport"))
        estimation = stack.enter_context(open_estimation(options, source.info, is_realtime=True))
        estimator, steps = NotingEstimator(estimation.estimator), estimation.steps
        memory = stack.enter_context(SpilledPoseMemory())
        playback = stack.enter_context(Playback(source, estimator, memory))
        setup = ViewerSetup(window, source.info, style_of(options), recorder, Interrupts(), steps)
        player = NotingPlayer(setup, playback, Summary())
        player.note(notes, estimator)
        player.play(stays_open=True)


class User:
    """Types and drags in a window, and knows which frame should then be shown."""

    def __init__(self, window: ScreenWindow, screen: str, frames: list[Frame], notes: Path) -> None:
        self.position = 0
        self._window, self._screen, self._frames, self._notes = window, screen, frames, notes
        self._last = len(frames) - 1
        height_px, width_px = window.picture().shape[:2]
        self._layout = BarLayout.of(width_px, height_px)
        self.own_skeletons = 0
        """How often the skeleton on the screen was to the bit the one found in its frame."""

    def do_something(self, chance: random.Random) -> str:
        moves = {
            "Left": -1, "Right": 1, "period": 1, "Prior": -_RATE, "Next": _RATE,
            "Home": -self._last, "End": self._last, "bracketleft": 0, "bracketright": 0,
            "Up": 0, "Down": 0,
        }  # fmt: skip
        what = chance.random()
        if what < 0.3:
            places = [chance.uniform(0, 1) for _ in range(chance.randint(1, 3))]
            self._drag(places)
            return f"drag to {places[-1]:.3f}"
        if what < 0.4:
            return self._loop(chance)
        keys = chance.choices(list(moves), k=chance.randint(1, 3))
        if what > 0.9:
            keys = ["shift+Right"]
        self._window.press(*keys, delay_ms=_KEY_DELAY_MS)
        for key in keys:
            moved = self.position + moves.get(key, _RATE)
            self.position = min(max(moved, 0), self._last)
        return " ".join(keys)

    def check(self) -> None:
        """Wait for the frame that should be shown, and compare its skeleton."""
        wait_for(
            lambda: counter_in(self._window.picture()) == self.position,
            f"frame {self.position}",
        )
        time.sleep(0.1)
        index, number, poses, found = pickle.loads(self._notes.read_bytes())  # noqa: S301
        assert index == number == self.position, f"{index} and {number} are held"
        clear = np.s_[_CLEAR_PX : self._layout.top - 2]
        frame, whole = self._frames[self.position], Region.letterbox(640, 480)
        painted = paint(PosedFrame(frame, poses, whole, 0.0)).bgr
        on_screen = np.array_equal(self._window.picture()[clear], painted[clear])
        is_own = any(
            np.array_equal(poses.xy, each.xy) and np.array_equal(poses.score, each.score)
            for each in found
        )
        if not on_screen or not is_own:
            what = "found" if is_own else "not found"
            print(f"    its skeleton was {what} in it, and is{'' if on_screen else ' not'} shown")
        self.own_skeletons += on_screen and is_own

    def _drag(self, places: list[float]) -> None:
        y = self._layout.track_y
        words = ["xdotool"]
        for number, place in enumerate(places):
            x = self._layout.x_at(place)
            words += ["mousemove", "--window", str(self._window.identity), str(x), str(y)]
            words += [] if number else ["mousedown", "1"]
            words += ["sleep", "0.1"]
        words += ["mouseup", "1"]
        subprocess.run(words, env=os.environ | {"DISPLAY": self._screen}, check=True, timeout=20)
        share = self._layout.share_at(self._layout.x_at(places[-1]))
        self.position = int(share * self._last + 1e-4)

    def _loop(self, chance: random.Random) -> str:
        """Play a loop for a while, and check that nothing else is shown."""
        length = chance.randint(2, 9)
        first = min(self.position, self._last - length)
        keys = ["Left"] * (self.position - first) + ["a"] + ["Right"] * length + ["b", "l"]
        self._window.press(*keys, delay_ms=_KEY_DELAY_MS)
        wait_for(lambda: counter_in(self._window.picture()) == first, "the loop")
        seen = set()
        end_s = time.monotonic() + 1.0
        while time.monotonic() < end_s:
            seen.add(counter_in(self._window.picture()))
        assert seen <= set(range(first, first + length + 1)), f"{seen} is no loop"
        self._window.press("space", "l", "Home", delay_ms=_KEY_DELAY_MS)
        self.position = 0
        return f"loop of {length}"


def check_in_a_window(clip: Path, keys: int, seed: int) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, Screen() as screen:
        folder = Path(name)
        counted_clip = write_clip(
            folder / "counted.mp4", counted(frames_of(clip, _FRAMES)), key_frame_every=50
        )
        with open_video(counted_clip) as source:
            frames = list(source)
        notes = folder / "notes"
        own_words = (__file__, "--window", counted_clip, notes)
        with ViewerProcess(screen, folder, program=own_words) as watched:
            watched.window.press("space", "Home")
            user = User(watched.window, screen.name, frames, notes)
            for number in range(keys):
                what = user.do_something(chance)
                print(f"{number + 1:3} {what:32} frame {user.position:3}", flush=True)
                user.check()
            watched.window.press("q")
            code, errors = watched.result()
    sys.stderr.write(errors)
    own = user.own_skeletons
    print(f"{keys} of {keys} frames as they should be, {own} with their own skeleton; exit {code}")
    if own != keys or code:
        sys.exit(1)


class TimedWindow(Window):
    """A window without a screen, whose user asks for the next frame when the last one is there."""

    area_px = (1280, 720)

    def __init__(self, events: Iterator[InputEvent | float | None]) -> None:
        self.took_s: list[float] = []
        self.player: Player
        self._events = events
        self._asked_s: float | None = None

    def write(self, frame: Frame) -> None:
        if self._asked_s is not None and self.player.shows_position:
            self.took_s.append(time.perf_counter() - self._asked_s)
            self._asked_s = None

    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        if self._asked_s is not None:
            return None
        event = next(self._events, Action.QUIT)
        if isinstance(event, float):
            time.sleep(event)
            return None
        if event is not None and not isinstance(event, Pointer) and event is not Action.PAUSE:
            self._asked_s = time.perf_counter()
        return event

    def close(self) -> None:
        """Nothing is held."""


def steps_back(count: int) -> Iterator[InputEvent | float | None]:
    yield Action.PAUSE
    yield Action.TO_END
    yield 1.0
    for _ in range(count):
        yield Action.BACK
        yield 0.1


def seeks(count: int, seed: int = 1) -> Iterator[InputEvent | float | None]:
    chance, layout = random.Random(seed), BarLayout.of(1280, 720)
    yield Action.PAUSE
    yield 0.5
    for _ in range(count):
        x_px = layout.x_at(chance.random())
        yield Click(x_px, layout.track_y)
        yield Pointer(x_px, layout.track_y, is_pressed=False)
        yield 0.3


def timed(clip: Path, events: Iterator[InputEvent | float | None]) -> list[float]:
    options = Options(SourceOptions(video=str(clip)))
    window = TimedWindow(events)
    with ExitStack() as stack:
        source = stack.enter_context(open_seekable(clip))
        estimation = stack.enter_context(open_estimation(options, source.info, is_realtime=True))
        memory = stack.enter_context(SpilledPoseMemory())
        playback = stack.enter_context(Playback(source, estimation.estimator, memory))
        recorder = stack.enter_context(Recorder(source.info))
        setup = ViewerSetup(
            window, source.info, style_of(options), recorder, Interrupts(), estimation.steps
        )
        window.player = Player(setup, playback, Summary())
        window.player.play(stays_open=True)
    return window.took_s


def measure(clip: Path) -> None:
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as name:
        for every in (30, 250):
            pictures = (cv2.resize(bgr, (1920, 1080)) for bgr in frames_of(clip, 600))
            large = write_clip(
                Path(name, f"{every}.mp4"), map(np.asarray, pictures), key_frame_every=every
            )
            for what, events in (("step back", steps_back(60)), ("seek", seeks(40))):
                took_ms = [1000 * seconds for seconds in timed(large, events)]
                print(
                    f"1080p, a key frame in {every}: {what} median {statistics.median(took_ms):.0f}"
                    f" ms, p90 {np.percentile(took_ms, 90):.0f} ms ({len(took_ms)} times)"
                )
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--keys", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-times", action="store_true", help="Check only.")
    parser.add_argument("--window", type=Path, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.window:
        show_window(*options.window)
        return
    if options.keys:
        check_in_a_window(options.clip, options.keys, options.seed)
    if not options.no_times:
        measure(options.clip)


if __name__ == "__main__":
    main()
