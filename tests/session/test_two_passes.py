"""Two passes over a file: what the second one gets, and what becomes of an early end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import PoseModel, Source
from livepose.export.jsonl_reader import FrameRecord, read_jsonl
from livepose.motion.backward_search import BackwardSearch
from livepose.motion.top_down import TopDownEstimator
from livepose.session.callbacks import RunCallbacks
from livepose.session.decisions import takes_two_passes
from livepose.session.kept_models import KeptModels
from livepose.session.options import (
    DataOptions,
    Effort,
    ModelOptions,
    Options,
    OutputOptions,
    PeopleOptions,
    SourceOptions,
)
from livepose.session.run import run
from livepose.session.summary import Summary
from livepose.session.two_passes import TwoPasses
from livepose.system.interrupts import Interrupts
from tests.support.crowds import (
    HEIGHT_PX,
    WIDTH_PX,
    CrowdDetector,
    OnePersonModel,
    Place,
    frame,
)
from tests.support.media import make_changing_clip, make_clip
from tests.support.pipelines import run_offline

FRAMES = 24


def two_people(number: int) -> list[Place]:
    return [(150 + number, 240, 200), (450 - number, 240, 200)]


class Crowd(Source):
    """The frames of a crowd, which may break off."""

    def __init__(self, count: int = FRAMES, error: SourceError | None = None) -> None:
        self._count, self._error = count, error

    @property
    def info(self) -> StreamInfo:
        return StreamInfo(
            "crowd", WIDTH_PX, HEIGHT_PX, is_live=False, frame_rate=Fraction(30), frame_count=FRAMES
        )

    def __iter__(self) -> Iterator[Frame]:
        yield from map(frame, range(self._count))
        if self._error is not None:
            raise self._error

    def close(self) -> None:
        """Nothing is held."""


def in_two_passes(
    first: Source, second: Source, interrupts: Interrupts | None = None, stop_after: int = 999
) -> list[PosedFrame]:
    """Return the results of the second pass.

    Args:
        first: What the first pass reads.
        second: What the second pass reads.
        interrupts: Of the run.
        stop_after: A signal comes after so many frames of the first pass.
    """
    interrupts = interrupts or Interrupts()

    def on_frame(done: int) -> None:
        if done >= stop_after and interrupts.received is None:
            interrupts.note(signal.SIGINT)

    model = OnePersonModel(two_people)
    finder = TopDownEstimator(model, CrowdDetector(two_people), in_flight=2)
    with TwoPasses(finder, BackwardSearch(model), (), threads=2) as passes:
        source = passes.find(first, second, interrupts, on_frame)
        return run_offline(source, passes.estimator)


def test_the_second_pass_gets_everybody_in_every_frame() -> None:
    results = in_two_passes(Crowd(), Crowd())
    assert [each.frame.index for each in results] == list(range(FRAMES))
    assert {tuple(each.poses.track_id.tolist()) for each in results} == {(1, 2)}


def test_a_signal_in_the_first_pass_leaves_the_frames_so_far_to_the_second() -> None:

    results = in_two_passes(Crowd(250), Crowd(250), stop_after=20)
    assert 20 <= len(results) < 250
    assert [each.frame.index for each in results] == list(range(len(results)))


def test_where_the_source_breaks_off_the_second_pass_says_so() -> None:
    error = SourceError("it is damaged")
    with pytest.raises(SourceError, match="it is damaged"):
        in_two_passes(Crowd(12, error), Crowd(12, error))


def test_damage_that_only_the_first_pass_has_seen_is_reported_behind_the_second() -> None:
    error = SourceError("it is damaged")
    with pytest.raises(SourceError, match="it is damaged"):
        in_two_passes(Crowd(12, error), Crowd(12))


def test_a_clip_that_grows_in_between_is_not_taken_for_the_same() -> None:
    with pytest.raises(SourceError, match="the clip has changed: frame 12 was not there"):
        in_two_passes(Crowd(12), Crowd(14))


def options_of(source: SourceOptions, people: PeopleOptions, effort: Effort) -> Options:
    return Options(
        source, OutputOptions(show=False), ModelOptions("lightning", effort=effort), people
    )


def test_there_are_two_passes_for_several_people_with_the_best_effort_from_a_file() -> None:
    clip, everybody = SourceOptions(video="clip.mp4"), PeopleOptions(max_people=None)
    best, fast = Effort.BEST, Effort.FAST
    assert takes_two_passes(options_of(clip, everybody, best), 1)
    assert takes_two_passes(options_of(SourceOptions(demo=True), everybody, best), 1)
    assert not takes_two_passes(options_of(clip, everybody, fast), 1)
    assert not takes_two_passes(options_of(clip, PeopleOptions(), best), 1)
    assert not takes_two_passes(options_of(clip, everybody, best), 6)
    assert not takes_two_passes(options_of(SourceOptions(video="-"), everybody, best), 1)


class CrowdModels(KeptModels):
    """Models of a crowd that stands still, in the place of networks."""

    def load(self, name: str) -> PoseModel:
        def standing(number: int) -> list[Place]:
            return two_people(0)

        return CrowdDetector(standing) if name == "multipose" else OnePersonModel(standing)


def run_of_a_crowd(
    tmp_path: Path,
    callbacks: RunCallbacks,
    interrupts: Interrupts,
    frames: int = 400,
    clip: Path | None = None,
) -> Summary:
    source = SourceOptions(demo=True, max_frames=frames)
    if clip is not None:
        source = SourceOptions(video=str(clip))
    options = replace(
        options_of(source, PeopleOptions(max_people=None), Effort.BEST),
        output=OutputOptions(show=False, out=tmp_path / "x.mp4"),
        data=DataOptions(save=(tmp_path / "x.jsonl",)),
    )
    with CrowdModels(options.model, threads=2) as models:
        return run(options, callbacks, interrupts, models)


def test_what_is_unusual_about_a_file_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = make_changing_clip(tmp_path / "once.ts", ((160, 120), (80, 60)), codec="libx264")
    twice = tmp_path / "twice.ts"
    twice.write_bytes(clip.read_bytes() * 2)
    with caplog.at_level(logging.INFO, "livepose.sources"):
        summary = run_of_a_crowd(tmp_path, RunCallbacks(), Interrupts(), clip=twice)
    assert summary.frames == 40
    assert caplog.messages == [
        "the video changes from 160 x 120 to 80 x 60 px: it is fitted into the first size",
        "the time stamps of twice.ts jump: time goes on by one frame there",
    ]


def test_a_file_that_was_cut_off_is_written_up_to_there_with_one_error(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv", pts=range(60))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[:-3000])
    summary = run_of_a_crowd(tmp_path, RunCallbacks(), Interrupts(), clip=cut)
    assert 30 < summary.frames < 60
    assert len(summary.errors) == 1 and f"{cut} is cut short" in summary.errors[0]


def records_of(summary: Summary, tmp_path: Path) -> list[FrameRecord]:
    """Return what was saved of a run."""
    assert summary.errors == []
    assert summary.saved == [tmp_path / "x.mp4", tmp_path / "x.jsonl"]
    _, records = read_jsonl(tmp_path / "x.jsonl")
    frames = list(records)
    assert [each.index for each in frames] == list(range(summary.frames))
    return frames


def test_a_run_finds_everybody_before_it_writes_the_first_frame(tmp_path: Path) -> None:
    found, written = [0], [0]

    def on_first_pass(done: int) -> None:
        found.append(done)
        assert written == [0] and not (tmp_path / "x.jsonl").exists()

    summary = run_of_a_crowd(
        tmp_path,
        RunCallbacks(on_first_pass=on_first_pass, on_frame=written.append),
        Interrupts(),
        frames=60,
    )
    assert found == sorted(found) and written == sorted(written)
    assert written[-1] == summary.frames == 60
    frames = records_of(summary, tmp_path)
    assert {tuple(each.poses.track_id.tolist()) for each in frames} == {(1, 2)}
    assert summary.track_starts_s == [0.0, 0.0]


def test_a_signal_in_the_first_pass_of_a_run_keeps_what_was_found(tmp_path: Path) -> None:
    interrupts = Interrupts()
    found = [0]

    def on_first_pass(done: int) -> None:
        found.append(done)
        if done and interrupts.received is None:
            interrupts.note(signal.SIGINT)

    summary = run_of_a_crowd(tmp_path, RunCallbacks(on_first_pass=on_first_pass), interrupts)
    assert found[-1] <= summary.frames < 400
    assert all(len(each.poses) == 2 for each in records_of(summary, tmp_path))


def test_a_second_signal_ends_the_second_pass(tmp_path: Path) -> None:
    interrupts = Interrupts()

    def on_first_pass(done: int) -> None:
        if done and interrupts.received is None:
            interrupts.note(signal.SIGINT)

    def on_frame(done: int) -> None:
        interrupts.note(signal.SIGINT)

    callbacks = RunCallbacks(on_first_pass=on_first_pass, on_frame=on_frame)
    with pytest.raises(KeyboardInterrupt):
        run_of_a_crowd(tmp_path, callbacks, interrupts)
    assert not (tmp_path / "x.mp4").exists()
