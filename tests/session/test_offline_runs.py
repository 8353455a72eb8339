"""Whole runs from file to file: every frame at its own time, errors, and early ends."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError
from livepose.session.callbacks import RunCallbacks
from livepose.session.options import (
    DataOptions,
    Options,
    OutputOptions,
    SourceOptions,
    StyleOptions,
)
from livepose.session.run import run
from livepose.session.summary import Summary
from livepose.sinks import Quality
from livepose.system.interrupts import Interrupts
from livepose.system.pyav import av
from tests.support.clips import read_frames, video_properties
from tests.support.disks import limited_file_size
from tests.support.media import make_clip, noise, shown, times_of
from tests.support.models import warm_cache
from tests.support.needs import DANCE, needs_shared
from tests.support.pipelines import (
    pipeline_threads,
)
from tests.support.video_files import part_beside


@pytest.fixture
def here(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """An empty folder without a display, and the compiled Lightning."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    return folder


def numbers_of(clip: Path) -> list[int]:
    return [number for _, number in shown(clip)]


def unpainted(clip: Path, target: str = "x.mp4", max_frames: int | None = None) -> Options:
    """Ask for a copy in which the frames' numbers can be read."""
    return Options(
        SourceOptions(video=str(clip), max_frames=max_frames),
        OutputOptions(out=Path(target)),
        style=StyleOptions(min_score=1.0),
    )


CLIPS: dict[str, tuple[str, list[int], Fraction]] = {
    "29.97": (".mp4", [1001 * n for n in range(40)], Fraction(1, 30000)),
    "uneven": (".mp4", [0, 33, 100, 101, 350, 351, 352, 1000, 1500, 1533], Fraction(1, 1000)),
    "matroska": (".mkv", [0, 33, 67, 100, 500, 533], Fraction(1, 1000)),
    "one frame": (".mp4", [0], Fraction(1, 30)),
}


@needs_shared
@pytest.mark.parametrize("clip", CLIPS)
def test_every_frame_of_a_file_is_written_at_its_own_time(clip: str, here: Path) -> None:
    suffix, pts, time_base = CLIPS[clip]
    made = make_clip(here / f"in{suffix}", pts=pts, time_base=time_base)
    summary = run(unpainted(made, f"x{suffix}"))
    wanted = [(stamp * time_base, number) for number, stamp in enumerate(pts)]
    assert shown(here / f"x{suffix}") == wanted
    assert (summary.frames, summary.dropped, summary.errors) == (len(pts), 0, [])
    assert summary.saved == [Path(f"x{suffix}")]
    assert {len(samples) for samples in summary.stages_s.values()} == {len(pts)}
    assert len(summary.lag_s) == len(pts)


@needs_shared
@pytest.mark.parametrize("wanted", [1, 2, 3, 17, 39, 40, 41])
def test_a_run_ends_after_exactly_as_many_frames_as_asked(wanted: int, here: Path) -> None:
    made = make_clip(here / "in.mp4", pts=range(40))
    summary = run(unpainted(made, max_frames=wanted))
    written = min(wanted, 40)
    assert summary.frames == written
    assert numbers_of(here / "x.mp4") == list(range(written))


@needs_shared
def test_progress_is_told_up_to_the_last_frame_from_the_pipeline_s_own_threads(here: Path) -> None:
    told_of: list[int] = []
    threads: set[str] = set()

    def on_frame(done: int) -> None:
        told_of.append(done)
        threads.update(pipeline_threads())

    run(
        Options(SourceOptions(demo=True, max_frames=150), OutputOptions(out=Path("x.mp4"))),
        RunCallbacks(on_frame=on_frame),
    )
    assert told_of == sorted(told_of)
    assert told_of[-1] == 150
    assert threads
    assert all(name.startswith("livepose-inference-") for name in threads)


@needs_shared
def test_two_runs_give_the_same_pictures_to_the_bit(here: Path) -> None:
    for target in ("one.mp4", "two.mp4"):
        run(
            Options(SourceOptions(video=str(DANCE), max_frames=60), OutputOptions(out=Path(target)))
        )
    one, two = (list(read_frames(here / target)) for target in ("one.mp4", "two.mp4"))
    assert len(one) == len(two) == 60
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@needs_shared
def test_of_a_file_that_breaks_off_all_that_can_be_read_is_written(here: Path) -> None:
    whole = make_clip(here / "whole.mp4", pts=range(120), movflags="+faststart").read_bytes()
    (here / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    summary = run(unpainted(Path("cut.mp4")))
    assert 20 < summary.frames < 100
    assert numbers_of(here / "x.mp4") == list(range(summary.frames))
    assert f"{summary.frames} frames could be read" in summary.errors[0]
    assert summary.saved == [Path("x.mp4")]


@needs_shared
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_ends_the_run_with_an_error_that_names_the_part(
    suffix: str, here: Path
) -> None:
    made = make_clip(here / "in.mp4", pts=range(150), painter=noise)
    target = here / f"x{suffix}"
    with pytest.raises(SinkError) as caught, limited_file_size(900_000):
        run(
            Options(SourceOptions(video=str(made)), OutputOptions(out=target, quality=Quality.FAST))
        )
    part = part_beside(target)
    assert "too large" in str(caught.value) and len(str(caught.value).splitlines()) == 1
    assert str(target) in str(caught.value) and str(part) in str(caught.value)
    assert sorted(path.name for path in here.iterdir()) == ["in.mp4", part.name]
    assert part.stat().st_size <= 900_000
    assert len(playable_times(part)) >= 20
    assert not pipeline_threads()


@needs_shared
def test_a_video_that_cannot_be_written_does_not_end_the_data_beside_it(here: Path) -> None:
    made = make_clip(here / "in.mp4", pts=range(90), painter=noise)
    with limited_file_size(300_000):
        summary = run(
            Options(
                SourceOptions(video=str(made)),
                OutputOptions(out=here / "x.mp4"),
                data=DataOptions(save=(here / "x.csv",)),
            )
        )
    assert summary.frames == 90
    assert summary.saved == [here / "x.csv"]
    (error,) = summary.errors
    assert "too large" in error and str(part_beside(here / "x.mp4")) in error


def playable_times(part: Path) -> list[Fraction]:
    """Read when the pictures of a file are shown that has no end."""
    times: list[Fraction] = []
    with av.open(str(part)) as container, suppress(av.FFmpegError):
        for frame in container.decode(video=0):
            assert frame.pts is not None and frame.time_base is not None
            times.append(frame.pts * frame.time_base)
    return times


class Midway:
    """Does something once when so many frames are done."""

    def __init__(self, number: int, act: Callable[[], object]) -> None:
        self.done_then: int | None = None
        self._number, self._act = number, act

    def callbacks(self) -> RunCallbacks:
        return RunCallbacks(on_frame=self._on_frame)

    def _on_frame(self, done: int) -> None:
        if done >= self._number and self.done_then is None:
            self.done_then = done
            self._act()


@needs_shared
@pytest.mark.skipif(sys.platform == "win32", reason="needs a system where open files can be moved")
def test_where_the_target_s_folder_is_moved_midway_the_part_is_kept_in_it(here: Path) -> None:
    (here / "to").mkdir()
    moved = Midway(5, lambda: shutil.move(here / "to", here / "elsewhere"))
    options = Options(SourceOptions(demo=True, max_frames=90), OutputOptions(out=Path("to/x.mp4")))
    with pytest.raises(SinkError, match=r"to/x.*cannot be written: No such file") as caught:
        run(options, moved.callbacks())
    assert len(str(caught.value).splitlines()) == 1
    assert moved.done_then is not None and moved.done_then < 90
    part = part_beside(here / "elsewhere" / "x.mp4")
    assert list(here.rglob("*.mp4")) == [part]
    assert times_of(part) == [Fraction(n, 30) for n in range(90)]
    assert not pipeline_threads()


@needs_shared
def test_a_target_that_appears_midway_is_kept_and_the_part_beside_it_is_whole(here: Path) -> None:
    appearing = Midway(5, lambda: (here / "x.mp4").write_bytes(b"precious"))
    with pytest.raises(SinkError, match=r"has appeared.*x\.livepose-.*\.part\.mp4"):
        run(
            Options(SourceOptions(demo=True, max_frames=60), OutputOptions(out=Path("x.mp4"))),
            appearing.callbacks(),
        )
    assert (here / "x.mp4").read_bytes() == b"precious"
    assert video_properties(part_beside(here / "x.mp4")) == ("h264", "yuv420p", 60)


@needs_shared
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_midway_finishes_the_file_with_what_was_counted(
    number: signal.Signals, here: Path
) -> None:
    interrupts = Interrupts()
    stopped = Midway(20, lambda: os.kill(os.getpid(), number))
    options = Options(SourceOptions(demo=True, max_frames=20000), OutputOptions(out=Path("x.mp4")))
    started_s = time.monotonic()
    with interrupts.handled():
        summary: Summary = run(options, stopped.callbacks(), interrupts)
    assert time.monotonic() - started_s < 20
    assert interrupts.received == number
    assert stopped.done_then is not None
    assert stopped.done_then <= summary.frames < 20_000
    assert times_of(here / "x.mp4") == [Fraction(n, 30) for n in range(summary.frames)]
    assert summary.saved == [Path("x.mp4")]
    assert [path.name for path in here.iterdir()] == ["x.mp4"]
    assert not pipeline_threads()


@needs_shared
def test_a_second_signal_keeps_the_part_and_leaves_no_thread(here: Path) -> None:
    interrupts = Interrupts()

    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    stopped = Midway(60, twice)
    options = Options(SourceOptions(demo=True, max_frames=20000), OutputOptions(out=Path("x.mp4")))
    with pytest.raises(KeyboardInterrupt), interrupts.handled():
        run(options, stopped.callbacks(), interrupts)
    part = part_beside(here / "x.mp4")
    assert list(here.iterdir()) == [part]
    times = times_of(part)
    assert stopped.done_then is not None and len(times) >= stopped.done_then
    assert times == [Fraction(n, 30) for n in range(len(times))]
    assert not pipeline_threads()
