"""Parts of killed runs made whole, wherever they were cut."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas
import pyarrow.parquet
import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.export import FORMATS, open_exporter
from livepose.export.jsonl_reader import read_jsonl
from livepose.export.metadata import ExportOptions
from livepose.export.repair import finish, is_data
from livepose.system.part_names import Leftover, leftover, parts_in
from tests.support.recordings import RECORDING, posed_frame

FRAMES = 12
NAMES = tuple(
    f"dance{ending}"
    for ending, each in FORMATS.items()
    if not (each.is_folder or each.has_repetitions)
)


def frames_in(path: Path) -> list[int]:
    """Return the numbers of the frames in a file, read by other programs' readers."""
    if path.name.endswith(".jsonl"):
        return [record.index for record in read_jsonl(path)[1]]
    if path.name.endswith(".coco.json"):
        return [image["id"] for image in json.loads(path.read_bytes())["images"]]
    if path.suffix == ".parquet":
        return sorted(set(pyarrow.parquet.read_table(path)["frame"].to_pylist()))
    if path.suffix in (".trc", ".mot"):
        lines = path.read_text().splitlines()
        rows = lines[5 if path.suffix == ".trc" else 10 :]
        count = int(lines[2].split("\t")[2] if path.suffix == ".trc" else lines[2].split("=")[1])
        assert count == len(rows)
        return list(range(count))
    return sorted(set(pandas.read_csv(path)["frame"]))


def part_of_a_run(folder: Path, name: str) -> Leftover:
    """Return the part that a run leaves that is killed."""
    exporter = FORMATS[next(end for end in FORMATS if name.endswith(end))].open(
        folder / name, RECORDING, ExportOptions(flush_s=0)
    )
    for index in range(FRAMES):
        exporter.write(posed_frame(index))
    exporter.keep_parts()
    (left,) = parts_in(folder)
    assert is_data(left)
    return left


@pytest.mark.parametrize("name", NAMES)
def test_a_part_that_is_cut_anywhere_keeps_the_frames_before(name: str, tmp_path: Path) -> None:
    left = part_of_a_run(tmp_path, name)
    content = left.path.read_bytes()
    kept_before: list[int] = []
    for tenth in range(11):
        left.path.write_bytes(content[: len(content) * tenth // 10])
        try:
            count = finish(left, overwrite=True)
        except SinkError as error:  # not even the head is there
            assert tenth < 5, error
            assert left.path.read_bytes() == content[: len(content) * tenth // 10]
            continue
        assert count > 0
        kept = frames_in(left.target)
        assert kept == list(range(len(kept))) and len(kept) >= len(kept_before)
        kept_before = kept
    assert kept_before == list(range(FRAMES))
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_zeros_that_a_lost_power_leaves_are_taken_away(name: str, tmp_path: Path) -> None:
    left = part_of_a_run(tmp_path, name)
    with left.path.open("ab") as file:
        file.write(bytes(4096))
    assert finish(left, overwrite=False) > 0
    assert frames_in(left.target) == list(range(FRAMES))


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    left = part_of_a_run(tmp_path, "dance.csv")
    left.target.write_text("mine")
    with pytest.raises(TargetExists):
        finish(left, overwrite=False)
    assert left.target.read_text() == "mine"
    assert left.path.exists()


@pytest.mark.parametrize(
    ("ending", "content"),
    [(".csv", "frame,x\n0,"), (".jsonl", "{damaged\n{}\n"), (".parquet", "no journal")],
)
def test_a_part_of_which_nothing_can_be_kept_stays_as_it_is(
    ending: str, content: str, tmp_path: Path
) -> None:
    path = tmp_path / f"a.livepose-123abc.part{ending}"
    path.write_text(content)
    left = leftover(path)
    assert left is not None
    with pytest.raises(SinkError, match=re.escape(str(path))):
        finish(left, overwrite=False)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == content
    assert not left.is_in_use()


def test_a_folder_loses_only_the_frame_that_was_being_written(tmp_path: Path) -> None:
    exporter = open_exporter(tmp_path / "cam_json", RECORDING)
    for index in range(3):
        exporter.write(posed_frame(index))
    exporter.keep_parts()
    (left,) = parts_in(tmp_path)
    last = sorted(left.path.iterdir())[-1]
    last.write_bytes(last.read_bytes()[:50])
    assert is_data(left)
    assert finish(left, overwrite=False) == 2
    assert len(list((tmp_path / "cam_json").iterdir())) == 2
    assert not left.path.exists()


def test_a_video_s_part_is_none_of_poses(tmp_path: Path) -> None:
    path = tmp_path / "a.livepose-123abc.part.mp4"
    path.touch()
    left = leftover(path)
    assert left is not None
    assert not is_data(left)
