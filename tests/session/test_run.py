"""One source to its sinks, in this process: callbacks and summary, and how signals end it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.analysis.repetition_rules import parse_repetitions
from livepose.core.errors import (
    LivePoseError,
    ModelError,
    OptionError,
    SinkError,
    SourceNotFound,
)
from livepose.core.frame import StreamInfo
from livepose.export import open_exporter
from livepose.export.jsonl_reader import open_pose_file, read_jsonl
from livepose.models import RuntimeName
from livepose.session.callbacks import RunCallbacks
from livepose.session.options import (
    DataOptions,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    Smooth,
    SourceOptions,
)
from livepose.session.run import run
from livepose.sinks.input_events import Action
from livepose.system.interrupts import Interrupts
from livepose.system.web_address import WebAddress
from tests.support.clips import video_properties
from tests.support.media import make_clip, times_of
from tests.support.models import warm_cache
from tests.support.needs import needs_shared
from tests.support.recordings import RECORDING, posed_frame, write_recording
from tests.support.signals import default_hangup, signals_as_they_were
from tests.support.video_files import part_beside
from tests.support.windows import ScriptedPage


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, without a display."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DISPLAY", raising=False)
    return folder


@pytest.fixture
def cache(
    tmp_path_factory: pytest.TempPathFactory, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The compiled Lightning, for this process."""
    folder = warm_cache(tmp_path_factory.getbasetemp())
    monkeypatch.setenv("LIVEPOSE_CACHE", str(folder))
    return folder


# Callbacks, and the summary.


@needs_shared
def test_a_run_reports_its_beginning_its_frames_and_a_summary(cache: Path, here: Path) -> None:
    begun: list[tuple[StreamInfo, str, bool]] = []
    counted: list[int] = []
    callbacks = RunCallbacks(
        on_begin=lambda info, model, shows: begun.append((info, model, shows)),
        on_frame=counted.append,
    )
    summary = run(
        Options(SourceOptions(demo=True, max_frames=12), OutputOptions(out=Path("x.mp4"))),
        callbacks,
    )
    assert (summary.name, summary.frames, summary.dropped) == ("demo", 12, 0)
    assert (summary.is_live, summary.errors) == (False, [])
    assert summary.saved == [Path("x.mp4")]
    assert 0 < summary.seconds < 60
    assert summary.frames_per_second == pytest.approx(12 / summary.seconds)
    stages = {name: len(samples) for name, samples in summary.stages_s.items()}
    assert {name: stages[name] for name in ("inference", "draw", "write")} == {
        "inference": 12,
        "draw": 12,
        "write": 12,
    }
    assert stages["read"] >= 12
    assert counted == sorted(counted)
    assert counted[-1] == 12
    ((info, model, shows),) = begun
    assert (info.name, info.frame_count, model, shows) == ("demo", 12, "lightning on LiteRT", False)
    assert times_of(Path("x.mp4")) == [Fraction(n, 30) for n in range(12)]


@needs_shared
def test_without_window_and_file_nothing_is_painted(cache: Path, here: Path) -> None:
    summary = run(Options(SourceOptions(demo=True, max_frames=5), OutputOptions(show=False)))
    assert summary.frames == 5
    assert len(summary.stages_s["draw"]) == len(summary.stages_s["write"]) == 0
    assert summary.saved == []
    assert list(here.iterdir()) == []


@needs_shared
def test_the_demo_takes_a_size_and_a_rate(cache: Path, here: Path) -> None:
    begun: list[StreamInfo] = []
    callbacks = RunCallbacks(on_begin=lambda info, model, shows: begun.append(info))
    options = Options(
        SourceOptions(demo=True, size_px=(320, 240), frame_rate=29.97, max_frames=4),
        OutputOptions(out=Path("x.mp4")),
    )
    run(options, callbacks)
    assert (begun[0].width_px, begun[0].height_px) == (320, 240)
    assert begun[0].frame_rate == Fraction(30000, 1001) or begun[0].frame_rate == Fraction(
        2997, 100
    )
    assert np.allclose([float(stamp) for stamp in times_of(Path("x.mp4"))], np.arange(4) / 29.97)


@needs_shared
def test_a_damaged_source_is_an_error_and_what_came_before_is_kept(cache: Path, here: Path) -> None:
    whole = make_clip(here / "whole.mp4", pts=range(90), movflags="+faststart").read_bytes()
    (here / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    summary = run(Options(SourceOptions(video="cut.mp4"), OutputOptions(out=Path("x.mp4"))))
    assert 10 < summary.frames < 80
    assert f"{summary.frames} frames could be read" in summary.errors[0]
    assert video_properties(Path("x.mp4"))[2] == summary.frames


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (
            Options(SourceOptions(video="gone.mp4"), OutputOptions(out=Path("x.mp4"))),
            SourceNotFound,
        ),
        (
            Options(
                SourceOptions(demo=True),
                OutputOptions(out=Path("x.mp4")),
                ModelOptions(name="gone.tflite"),
            ),
            ModelError,
        ),
        (Options(SourceOptions(demo=True), OutputOptions(out=Path("gone/x.mp4"))), SinkError),
        (Options(SourceOptions(demo=True), OutputOptions(show=True, out=Path("x.mp4"))), SinkError),
    ],
    ids=["no video", "no model", "no folder", "no display"],
)
def test_what_cannot_be_done_is_raised_and_leaves_nothing(
    options: Options, kind: type[LivePoseError], here: Path
) -> None:
    with pytest.raises(kind):
        run(options)
    assert list(here.iterdir()) == []


# Runs that take their poses from a recording: they need no network, and no clip.


def recording(path: Path, count: int) -> Path:
    with open_exporter(path, RECORDING) as exporter:
        for number in range(count):
            exporter.write(posed_frame(number))
    return path


def replay_options(poses: Path, save: Path, max_frames: int | None = None) -> Options:
    return Options(
        SourceOptions(video="gone.mp4", max_frames=max_frames),
        OutputOptions(show=False),
        people=PeopleOptions(smooth=Smooth.KEEP),
        data=DataOptions(save=(save,)),
        poses=open_pose_file(poses),
    )


def test_the_description_of_a_recording_is_read_once(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = replay_options(recording(here / "a.jsonl", 4), here / "b.csv")
    opened: list[Path] = []

    def noting_open(path: Path, *words: Any, **settings: Any) -> Any:
        opened.append(path)
        return real_open(path, *words, **settings)

    real_open = Path.open
    monkeypatch.setattr(Path, "open", noting_open)
    assert run(options).frames == 4
    # It is in the options; the frames and the poses are each read from the file.
    assert opened.count(here / "a.jsonl") == 2


@pytest.mark.parametrize(("max_frames", "written"), [(None, 40), (1, 1), (25, 25), (99, 40)])
def test_every_frame_is_written_once_and_in_order(
    max_frames: int | None, written: int, here: Path
) -> None:
    counted: list[int] = []
    options = replay_options(recording(here / "a.jsonl", 40), here / "b.jsonl", max_frames)
    summary = run(options, RunCallbacks(on_frame=counted.append))
    _, records = read_jsonl(here / "b.jsonl")
    assert [record.index for record in records] == list(range(written))
    assert (summary.frames, summary.frames_with_people) == (written, written)
    assert (summary.name, summary.saved, summary.errors) == ("dance.mp4", [here / "b.jsonl"], [])
    assert {name: len(samples) for name, samples in summary.stages_s.items()} == {
        "read": written,
        "inference": 0,  # they were saved before
        "draw": 0,
        "write": 0,
    }
    assert counted[-1] == written


def test_the_callback_at_the_beginning_gets_the_source_and_the_recorded_model(here: Path) -> None:
    begun: list[tuple[str, int | None, str, bool]] = []
    callbacks = RunCallbacks(
        on_begin=lambda info, model, has_window: begun.append(
            (info.name, info.frame_count, model, has_window)
        )
    )
    run(replay_options(recording(here / "a.jsonl", 4), here / "b.csv", max_frames=3), callbacks)
    assert begun == [("dance.mp4", 3, "saved poses of lightning on LiteRT", False)]


def test_what_comes_before_a_damaged_line_is_written_and_the_line_is_named(here: Path) -> None:
    poses = recording(here / "a.jsonl", 40)
    lines = poses.read_bytes().splitlines(keepends=True)
    poses.write_bytes(b"".join([*lines[:31], b"damaged\n", *lines[32:]]))
    summary = run(replay_options(poses, here / "b.jsonl"))
    _, records = read_jsonl(here / "b.jsonl")
    assert [record.index for record in records] == list(range(30))
    assert (summary.frames, summary.saved) == (30, [here / "b.jsonl"])
    (error,) = summary.errors
    assert "line 32" in error


def test_angles_and_repetitions_are_in_the_summary(here: Path) -> None:
    options = replace(
        replay_options(recording(here / "a.jsonl", 4), here / "b.csv"),
        data=DataOptions(angles=("left_elbow",), repetitions=(parse_repetitions("left_knee:>90"),)),
    )
    summary = run(options)
    assert summary.rep_counts == ["left_knee 0"]
    assert list(summary.angle_ranges) == [1]
    assert summary.angle_ranges[1].frames.max() == 4


def test_an_image_is_refused(here: Path) -> None:
    with pytest.raises(OptionError, match="annotate"):
        run(Options(SourceOptions(image=Path("a.png")), OutputOptions(show=False)))


# Signals.

ENDLESS = Options(
    SourceOptions(demo=True, max_frames=10000),
    OutputOptions(out=Path("x.mp4")),
    ModelOptions(runtime=RuntimeName.LITERT),
)


@pytest.fixture
def hangup() -> Iterator[signal.Signals]:
    """The signal of a terminal that is closed, heard also where the tests run under nohup."""
    with default_hangup() as number:
        yield number


@needs_shared
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_run_after_the_frame_in_hand(
    number: signal.Signals, cache: Path, here: Path, hangup: signal.Signals
) -> None:
    interrupts = Interrupts()

    def on_frame(done: int) -> None:
        if done >= 10 and interrupts.received is None:
            os.kill(os.getpid(), number)

    with signals_as_they_were(), interrupts.handled():
        summary = run(ENDLESS, RunCallbacks(on_frame=on_frame), interrupts)
    assert interrupts.received == number
    assert 10 <= summary.frames < 1000
    assert summary.saved == [Path("x.mp4")]
    assert video_properties(Path("x.mp4"))[2] == summary.frames


@needs_shared
def test_a_second_signal_breaks_in_and_what_was_written_is_kept_beside_the_target(
    cache: Path, here: Path
) -> None:
    interrupts = Interrupts()

    def on_frame(done: int) -> None:
        if done >= 60:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with signals_as_they_were(), pytest.raises(KeyboardInterrupt), interrupts.handled():
        run(ENDLESS, RunCallbacks(on_frame=on_frame), interrupts)
    part = part_beside(here / "x.mp4")
    assert list(here.iterdir()) == [part]
    assert 30 <= video_properties(part)[2] < 1000


@pytest.mark.parametrize("save", [(), (Path("again.jsonl"),)])
def test_what_a_page_has_saved_is_in_the_summary(here: Path, save: tuple[Path, ...]) -> None:
    make_clip(here / "clip.mp4", width_px=1280, height_px=720, pts=range(4))
    write_recording(here / "poses.jsonl", *(posed_frame(n) for n in range(4)))
    page = ScriptedPage(Action.SCREENSHOT, None, Action.QUIT)
    options = Options(
        SourceOptions(video="clip.mp4"),
        OutputOptions(show=False, web=WebAddress()),
        people=PeopleOptions(smooth=Smooth.KEEP),
        data=DataOptions(save=save),
        poses=open_pose_file(here / "poses.jsonl"),
    )
    summary = run(options, RunCallbacks(open_page=lambda options, window: page))
    (snapshot,) = here.glob("livepose-*.png")
    assert snapshot.name in [path.name for path in summary.saved]
    assert len(summary.saved) == 1 + len(save)
