"""Whole batches in processes: results, failures, killed workers, early ends, and resumed ones."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import resource_tracker, spawn
from pathlib import Path
from typing import Any

import cv2
import pytest

from livepose.analysis.angle_definitions import parse_angles
from livepose.batch.inputs import find_inputs
from livepose.batch.monitor import BatchMonitor
from livepose.batch.options import (
    BatchDataOptions,
    BatchOptions,
    BatchOutputOptions,
    WorkOptions,
)
from livepose.batch.plan import BatchItem, make_plan
from livepose.batch.results import ItemResult, Status
from livepose.batch.run import run_batch
from livepose.batch.work import work_on
from livepose.core.errors import LivePoseError, OptionError, TargetExists
from livepose.models import RuntimeName
from livepose.session.kept_models import KeptModels
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions
from livepose.session.run import run
from livepose.sources import open_demo
from livepose.system.interrupts import Interrupts, end_signals
from livepose.system.pyav import av
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

pytestmark = needs_shared

FRAMES = 12


@pytest.fixture(autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with a compiled Lightning."""
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with three clips, an image and a file that is broken."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "a").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
        clip = folder / "a" / "1.mp4"
        demo = SourceOptions(demo=True, size_px=(160, 120), max_frames=FRAMES)
        litert = ModelOptions(runtime=RuntimeName.LITERT)
        run(Options(demo, OutputOptions(out=clip, show=False), litert))
    for name in ("a/2.mp4", "3.mp4"):
        shutil.copy(clip, folder / name)
    capture = cv2.VideoCapture(str(clip))
    assert cv2.imwrite(str(folder / "4.png"), capture.read()[1])
    capture.release()
    (folder / "5.mp4").write_bytes(b"no video")
    return folder


def options_for(
    out_dir: Path, jobs: int = 1, *, resume: bool = False, model: str = "lightning"
) -> BatchOptions:
    return BatchOptions(
        BatchOutputOptions(out_dir=out_dir, resume=resume),
        WorkOptions(jobs=jobs),
        ModelOptions(model, runtime=RuntimeName.LITERT),
        data=BatchDataOptions(save=(Path(".csv"), Path(".jsonl")), angles=parse_angles("knee")),
    )


def statuses(results: list[ItemResult] | tuple[ItemResult, ...]) -> dict[str, str]:
    return {result.name: result.status.value for result in results}


def make_standing_film(path: Path, seconds: int) -> None:
    """Write a film of the built-in standing figure, 5 frames a second, a key frame every 10 s."""
    with (
        open_demo((160, 120), frame_rate=5, frame_count=5 * seconds, scene="stand") as source,
        av.open(str(path), "w") as container,
    ):
        stream: Any = container.add_stream("libx264", 5, options={"g": "50", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for frame in source:
            picture = av.VideoFrame.from_ndarray(frame.bgr.copy(), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))


ALL_BUT_ONE = {
    "a/1.mp4": "done", "a/2.mp4": "done", "3.mp4": "done", "4.png": "done", "5.mp4": "failed",
}  # fmt: skip


class Killer(BatchMonitor):
    """Kills the worker that is to begin a file, the first times."""

    def __init__(self, name: str, times: int) -> None:
        self.notes: list[str] = []
        self._name, self._times = name, times

    def on_begin(self, item: BatchItem) -> None:
        if item.name == self._name and self._times:
            self._times -= 1
            (worker,) = multiprocessing.active_children()
            os.kill(worker.pid or 0, signal.SIGKILL)

    def on_note(self, text: str) -> None:
        self.notes.append(text)


def content(out_dir: Path) -> dict[str, object]:
    """Return the data files of a batch, without how long the network took."""
    found: dict[str, object] = {}
    for path in sorted(out_dir.rglob("*.csv")):
        found[path.relative_to(out_dir).as_posix()] = path.read_text("utf-8")
    for path in sorted(out_dir.rglob("[0-9].jsonl")):
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        found[path.relative_to(out_dir).as_posix()] = [
            {key: value for key, value in line.items() if key != "inference_s"} for line in lines
        ]
    return found


def test_the_data_are_the_same_to_the_bit_for_any_number_of_jobs(
    films: Path, tmp_path: Path
) -> None:
    for jobs in (1, 2):
        summary = run_batch([str(films)], options_for(tmp_path / str(jobs), jobs))
        assert statuses(list(summary.results)) == ALL_BUT_ONE
        assert summary.frames == 3 * FRAMES + 1
    (failed,) = summary.failed
    assert "5.mp4 is not a video that can be read" in failed.errors[0]
    alone, several = content(tmp_path / "1"), content(tmp_path / "2")
    assert alone == several and len(alone) == 2 * 4


def test_a_killed_worker_costs_nothing_but_time(films: Path, tmp_path: Path) -> None:
    killer = Killer("a/1.mp4", times=1)
    inputs = [str(films / "a" / "1.mp4"), str(films / "3.mp4")]
    summary = run_batch(inputs, options_for(tmp_path / "out"), monitor=killer)
    assert statuses(list(summary.results)) == {"a/1.mp4": "done", "3.mp4": "done"}
    assert [result.attempts for result in summary.results] == [2, 1]
    assert killer.notes == ["a/1.mp4: its process was killed by signal 9; it is tried once more"]
    assert not list((tmp_path / "out").rglob("*.part*"))


def test_a_file_that_kills_two_workers_is_reported_and_the_rest_goes_on(
    films: Path, tmp_path: Path
) -> None:
    killer = Killer("a/1.mp4", times=2)
    inputs = [str(films / "a" / "1.mp4"), str(films / "4.png")]
    summary = run_batch(inputs, options_for(tmp_path / "out"), monitor=killer)
    assert statuses(list(summary.results)) == {"a/1.mp4": "failed", "4.png": "done"}
    assert "was killed by signal 9, twice" in summary.failed[0].errors[0]


@pytest.fixture
def failing_starts(tmp_path: Path) -> Iterator[Path]:
    """Return a file with a number: so many processes end at once, with code 7."""
    resource_tracker.ensure_running()
    program, number = tmp_path / "python.sh", tmp_path / "number"
    program.write_text(
        "#!/bin/sh\n"
        f'n=$(cat {number}) && [ "$n" -gt 0 ] && echo $((n - 1)) > {number} && exit 7\n'
        f'exec {sys.executable} "$@"\n'
    )
    program.chmod(0o755)
    before = spawn.get_executable()
    multiprocessing.set_executable(str(program))
    yield number
    multiprocessing.set_executable(before)


@pytest.mark.skipif(os.name == "nt", reason="the program is a shell script")
def test_workers_that_do_not_start_are_replaced_a_few_times(
    films: Path, tmp_path: Path, failing_starts: Path
) -> None:
    options, report = options_for(tmp_path / "out"), tmp_path / "batch.json"
    options = replace(options, data=replace(options.data, report=report))
    failing_starts.write_text("9")
    with pytest.raises(LivePoseError, match="do not start: ended with code 7"):
        run_batch([str(films / "4.png")], options)
    assert failing_starts.read_text() == "6\n"
    assert json.loads(report.read_text())["not_begun"] == ["4.png"]
    failing_starts.write_text("2")
    summary = run_batch([str(films / "4.png")], options_for(tmp_path / "out"))
    assert statuses(list(summary.results)) == {"4.png": "done"}


class Interrupter(BatchMonitor):
    """Ends a batch after its first file; workers get the signals that a terminal sends to all."""

    def __init__(self, interrupts: Interrupts) -> None:
        self._interrupts = interrupts

    def on_begin(self, item: BatchItem) -> None:
        for worker in multiprocessing.active_children():
            for number in end_signals():
                os.kill(worker.pid or 0, number)

    def on_result(self, item: BatchItem, result: ItemResult) -> None:
        self._interrupts.note(signal.SIGINT)


def test_a_batch_that_was_ended_early_goes_on_where_it_was(films: Path, tmp_path: Path) -> None:
    interrupts = Interrupts()
    inputs, out_dir = [str(films / "a"), str(films / "4.png")], tmp_path / "out"
    first = run_batch(
        inputs, options_for(out_dir), monitor=Interrupter(interrupts), interrupts=interrupts
    )
    assert [(each.status, each.attempts) for each in first.results] == [(Status.DONE, 1)]
    assert len(first.not_begun) == 2
    table = tmp_path / "all.csv"
    options = options_for(out_dir, resume=True)
    options = replace(options, data=replace(options.data, table=table))
    with pytest.raises(TargetExists):
        run_batch(inputs, options_for(out_dir))
    again = run_batch(inputs, options)
    assert sorted(statuses(list(again.results)).values()) == ["done", "done", "kept"]
    rows = table.read_text("utf-8").splitlines()
    assert rows[0].startswith("file,person,angle,min_deg")
    assert {row.split(",")[0] for row in rows[1:]} == {"a/1.mp4", "a/2.mp4", "4.png"}
    # Nothing is left to do: no process is started.
    done = run_batch(inputs, options)
    assert set(statuses(list(done.results)).values()) == {"kept"}


def test_an_input_that_is_changed_meanwhile_is_not_recorded(films: Path, tmp_path: Path) -> None:
    clip = tmp_path / "1.mp4"
    shutil.copy(films / "3.mp4", clip)
    (file,) = find_inputs([str(clip)], (), tmp_path / "out")
    (item,) = make_plan([file], options_for(tmp_path / "out"), RuntimeName.LITERT)

    def grow(done: int, total: int | None) -> None:
        with clip.open("ab") as growing:
            growing.write(b"more")

    with KeptModels(item.options.model, 1) as kept:
        finished = work_on(item.replacing(), kept, Interrupts())
        assert finished.input is not None and len(finished.outputs) == 2
        finished = work_on(item.replacing(), kept, Interrupts(), grow)
    assert finished.result.status is Status.DONE and finished.input is None


def test_a_file_that_no_batch_has_written_is_kept(films: Path, tmp_path: Path) -> None:
    out_dir = tmp_path / "out"
    image = str(films / "4.png")
    (foreign := out_dir / "4.jsonl").parent.mkdir()
    (out_dir / "livepose-batch.jsonl").write_text('{"begun": "4.png", "targets": ["4.csv"]}\n')
    (out_dir / "4.csv").touch()
    foreign.write_text("notes")
    with pytest.raises(TargetExists, match=r"4\.jsonl exists"):
        run_batch([image], options_for(out_dir, resume=True))
    assert foreign.read_text() == "notes"


def test_a_file_of_an_earlier_batch_is_not_taken_for_that_of_a_further_person(
    films: Path, tmp_path: Path
) -> None:
    (earlier := tmp_path / "3_person2.trc").touch()
    (tmp_path / "livepose-batch.jsonl").write_text(
        '{"begun": "3_person2.mp4", "targets": ["3_person2.trc"]}\n'
    )
    options = BatchOptions(
        BatchOutputOptions(out_dir=tmp_path, overwrite=True),
        model=ModelOptions(runtime=RuntimeName.LITERT),
        data=BatchDataOptions(save=(Path(".trc"),)),
    )
    with pytest.raises(OptionError, match=r"3_person2\.trc, of 3_person2\.mp4, would be replaced"):
        run_batch([str(films / "3.mp4")], options)
    assert earlier.exists()


def test_a_video_in_pieces_has_the_poses_of_one_in_one_piece(tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    # Key frames every 10 s: three pieces.
    make_standing_film(long, seconds=32)
    whole = run_batch([str(long)], options_for(tmp_path / "whole", model="thunder"))
    options = options_for(tmp_path / "cut", jobs=2, model="thunder")
    options = replace(options, work=replace(options.work, piece_s=10.0))
    took_s: dict[str, float] = {}

    class Results(BatchMonitor):
        def on_result(self, item: BatchItem, result: ItemResult) -> None:
            took_s[item.name] = result.seconds

    joined = run_batch([str(long)], options, monitor=Results())
    # The video took as long as its pieces, and they were joined.
    assert 2 * took_s["long.mp4"] > sum(took_s.values())
    assert sorted(took_s) == ["long.mp4", "long.mp4#1", "long.mp4#2", "long.mp4#3"]
    assert [result.frames for result in joined.results] == [160] == [whole.frames]
    in_one, parted = (tmp_path / folder / "long.csv" for folder in ("whole", "cut"))
    assert in_one.read_bytes() == parted.read_bytes()
    assert sorted(path.name for path in (tmp_path / "cut").iterdir()) == [
        "livepose-batch.jsonl", "long.csv", "long.jsonl",
    ]  # fmt: skip
    kept = run_batch([str(long)], options_for(tmp_path / "cut", resume=True, model="thunder"))
    assert [result.status for result in kept.results] == [Status.KEPT]
