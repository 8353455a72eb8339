"""Outputs: several files at once, of which one may fail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.export import open_exporter
from livepose.export.repair import finish
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions
from livepose.session.pose_outputs import PoseOutputs
from livepose.session.validation.outputs import check_outputs
from livepose.system.part_names import parts_in
from tests.support.disks import fill, small_disk
from tests.support.recordings import RECORDING, posed_frame


class Numbers(PoseSink):
    """Notes which frames it got, and fails where it is told to."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.numbers: list[int] = []
        self.is_closed = False
        self._fails_at = fails_at

    def write(self, posed: PosedFrame) -> None:
        if posed.frame.index == self._fails_at:
            raise SinkError("the disk is full")
        self.numbers.append(posed.frame.index)

    def close(self) -> None:
        self.is_closed = True


def posed(number: int) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((4, 6, 3), np.uint8), number, number / 30)
    return PosedFrame(frame, Poses.empty(), Region.letterbox(6, 4), 0.0)


Open = Callable[..., PoseOutputs]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Outputs whose files wait until the end, however long this takes."""
    monkeypatch.setattr("livepose.session.pose_outputs._BATCH_S", 3600.0)
    return lambda *sinks, **how: PoseOutputs(
        [], {Path(str(n)): sink for n, sink in enumerate(sinks)}, **{"batches_writes": True} | how
    )


def test_frames_that_waited_are_written_at_the_end(opened: Open) -> None:
    sink = Numbers()
    with opened(sink) as outputs:
        for number in range(5):
            outputs.write(posed(number))
        assert sink.numbers == []
    assert sink.numbers == [0, 1, 2, 3, 4]
    assert sink.is_closed


@pytest.mark.parametrize("suffix", [".trc", ".mot"])
def test_every_file_of_several_people_is_named(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"walk{suffix}"
    outputs = PoseOutputs((), {path: open_exporter(path, RECORDING)}, batches_writes=True)
    for index in range(2):
        outputs.write(posed_frame(index, ids=(1, 2)))
    outputs.close()
    assert outputs.saved == [path, tmp_path / f"walk_person2{suffix}"]


class Pictures(Numbers):
    """Needs the pixels of frames."""

    def __init__(self) -> None:
        super().__init__()
        self.brightest: list[int] = []

    @property
    def needs_pixels(self) -> bool:
        return True

    def write(self, posed: PosedFrame) -> None:
        super().write(posed)
        self.brightest.append(int(posed.frame.bgr.max()))


def test_what_needs_pixels_gets_them_at_once(opened: Open) -> None:
    pictures, other = Pictures(), Numbers()
    with opened(pictures, other) as outputs:
        for number in range(3):
            frame = posed(number)
            bgr = np.full((4, 4, 3), 200, np.uint8)
            outputs.write(replace(frame, frame=Frame.from_bgr(bgr, number, number / 30)))
        assert (pictures.numbers, other.numbers) == ([0, 1, 2], [])
    assert pictures.brightest == [200] * 3
    assert other.numbers == [0, 1, 2]


def test_where_somebody_watches_no_frame_waits(opened: Open) -> None:
    sink = Numbers()
    with opened(sink, batches_writes=False) as outputs:
        outputs.write(posed(0))
        assert sink.numbers == [0]


def test_a_file_that_fails_at_the_end_is_told_and_the_others_get_all(opened: Open) -> None:
    failing, other = Numbers(fails_at=3), Numbers()
    with opened(failing, other) as outputs:
        for number in range(5):
            outputs.write(posed(number))
    assert (failing.numbers, other.numbers) == ([0, 1, 2], [0, 1, 2, 3, 4])
    assert failing.is_closed
    assert other.is_closed
    assert (outputs.saved, outputs.errors) == ([Path("1")], ["the disk is full"])
    with pytest.raises(SinkError, match="the disk is full"):
        outputs.raise_errors()


@pytest.mark.parametrize("is_only_output", [False, True])
def test_a_file_that_fails_on_the_way_is_left_behind(
    is_only_output: bool, opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    failing, other = Numbers(fails_at=1), Numbers()
    with opened(failing, other, batches_writes=False, is_only_output=is_only_output) as outputs:
        for number in range(4):
            outputs.write(posed(number))
        assert failing.is_closed
        assert not other.is_closed
    assert (failing.numbers, other.numbers) == ([0], [0, 1, 2, 3])
    assert outputs.saved == [Path("1")]
    assert "the disk is full; everything else continues" in caplog.text


@pytest.mark.parametrize("is_only_output", [False, True])
def test_the_last_file_that_fails_ends_the_run_if_nothing_else_comes_of_it(
    is_only_output: bool, opened: Open
) -> None:
    failing = Numbers(fails_at=1)
    with opened(failing, batches_writes=False, is_only_output=is_only_output) as outputs:
        outputs.write(posed(0))
        if is_only_output:
            with pytest.raises(SinkError, match="the disk is full"):
                outputs.write(posed(1))
        else:
            outputs.write(posed(1))
            outputs.write(posed(2))
        assert outputs.errors == ["the disk is full"]
    assert outputs.saved == []


def test_where_writing_is_not_allowed_it_is_said_before_anything_is_touched(
    tmp_path: Path,
) -> None:
    taken, shut = tmp_path / "taken.csv", tmp_path / "shut.jsonl"
    taken.write_text("from yesterday")
    shut.write_text("")
    shut.chmod(0o444)
    data = DataOptions(save=(taken, shut))
    options = Options(SourceOptions(video="clip.mp4"), OutputOptions(overwrite=True), data=data)
    with pytest.raises(SinkError, match=r"shut\.jsonl cannot be written: it is read-only"):
        check_outputs(options)
    assert taken.read_text() == "from yesterday"


def test_an_error_of_the_run_leaves_the_old_files_and_says_where_the_new_rows_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "walk.csv"
    path.write_text("from yesterday")
    sink = open_exporter(path, RECORDING, overwrite=True)
    with (
        pytest.raises(RuntimeError),
        PoseOutputs((), {path: sink}, batches_writes=True) as outputs,
    ):
        outputs.write(posed_frame(0))
        raise RuntimeError("the network broke")
    (part,) = [each.path for each in parts_in(tmp_path)]
    assert path.read_text() == "from yesterday"
    assert part.read_text().count("\n") == 18
    assert f"what was written is in {part}" in caplog.text


def test_frames_wait_for_no_more_than_half_a_second_of_the_film(opened: Open) -> None:
    sink = Numbers()
    with opened(sink) as outputs:
        for number in range(16):
            outputs.write(posed(number))
        assert sink.numbers == list(range(16))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".trc", ".parquet", ".coco.json"])
def test_a_full_disk_stops_one_file_and_keeps_what_was_there(
    suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The other file, on a disk with room, gets every frame."""
    with small_disk(tmp_path / "disk", "2M") as disk:
        full, good = disk / f"a{suffix}", tmp_path / "b.csv"
        full.write_text("from yesterday")
        sinks = {path: open_exporter(path, RECORDING, overwrite=True) for path in (full, good)}
        fill(disk, 49_152)
        with PoseOutputs((), sinks, batches_writes=False) as outputs:
            for index in range(300):
                outputs.write(posed_frame(index))
        assert full.read_text() == "from yesterday"
        assert outputs.saved == [good]
        assert good.read_text().count("\n") == 1 + 300 * 17
        (error,) = outputs.errors
        (left,) = parts_in(disk)
        assert error.startswith(f"{full} cannot be written: No space left on device; ")
        assert error.endswith(f" is in {left.path}")
        assert "everything else continues" in caplog.text
        assert not left.is_in_use()
        (disk / "filler").unlink()
        assert finish(left, overwrite=True) > 0
