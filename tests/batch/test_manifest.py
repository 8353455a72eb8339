"""What is done is known again, if nothing of it has changed; a cut off line says nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livepose.batch.file_identity import FileIdentity
from livepose.batch.fingerprints import options_hash
from livepose.batch.inputs import InputFile
from livepose.batch.manifest import Entry, Manifest, without_outputs
from livepose.batch.options import BatchOptions, BatchOutputOptions
from livepose.batch.plan import MANIFEST, BatchItem
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.results import AngleRow, ItemResult, Status
from livepose.core.errors import SinkError, SourceError
from livepose.session.options import DataOptions, Options, SourceOptions

HASH = "3fa9"
NOTHING = RemoteListing([])


@pytest.fixture
def item(tmp_path: Path) -> BatchItem:
    """Return an item whose file and output are there."""
    path, target = tmp_path / "clip.mp4", tmp_path / "out" / "clip.csv"
    path.write_bytes(b"video")
    target.parent.mkdir()
    target.write_bytes(b"poses")
    options = Options(SourceOptions(video=str(path)), data=DataOptions(save=(target,)))
    return BatchItem("clip.mp4", path, options, 5)


def write_entry(item: BatchItem) -> None:
    row = AngleRow(1, "left_knee", 10.0, 90.5, 80.5, 30)
    saved = item.options.data.save
    result = ItemResult(item.name, Status.DONE, 30, 30, 1.5, saved=saved, angles=(row,))
    with Manifest(item.targets[0].parent) as manifest:
        manifest.begin(item)
        manifest.finish(result, HASH, FileIdentity.of(item.path), list(map(FileIdentity.of, saved)))


def entry_of(item: BatchItem) -> tuple[Entry, Path]:
    out_dir = item.targets[0].parent
    with Manifest(out_dir) as manifest:
        assert manifest.begun == {"clip.csv"}
        return manifest.done[item.name], out_dir


def test_what_was_written_is_read_back(item: BatchItem) -> None:
    write_entry(item)
    entry, out_dir = entry_of(item)
    assert entry.result.angles[0].range_deg == 80.5 and entry.result.status is Status.DONE
    assert [each.path for each in entry.outputs] == ["clip.csv"]
    assert entry.is_whole(item, HASH, out_dir, NOTHING)


def test_an_output_that_is_gone_or_changed_is_not_whole(item: BatchItem) -> None:
    write_entry(item)
    entry, out_dir = entry_of(item)
    target = item.targets[0]
    target.write_bytes(b"other")
    assert not entry.is_whole(item, HASH, out_dir, NOTHING)
    target.write_bytes(b"poses")
    assert entry.is_whole(item, HASH, out_dir, NOTHING), "it is newer, but the same"
    target.unlink()
    assert not entry.is_whole(item, HASH, out_dir, NOTHING)


def test_another_input_or_other_options_make_it_anew(item: BatchItem) -> None:
    write_entry(item)
    entry, out_dir = entry_of(item)
    assert not entry.is_whole(item, "other", out_dir, NOTHING)
    failed = replace(entry, result=replace(entry.result, status=Status.FAILED))
    assert not failed.is_whole(item, HASH, out_dir, NOTHING)
    item.path.write_bytes(b"VIDEO")
    assert not entry.is_whole(item, HASH, out_dir, NOTHING)


def test_a_line_that_a_crash_has_cut_off_is_passed_over(item: BatchItem) -> None:
    write_entry(item)
    path = item.targets[0].parent / MANIFEST
    path.write_bytes(path.read_bytes() + b'{"done": {"name": "other.mp4", "sta')
    assert entry_of(item)[0].result.frames == 30
    write_entry(item)
    assert entry_of(item)[0].result.frames == 30


def test_options_are_others_if_a_file_that_is_read_is_another(
    item: BatchItem, tmp_path: Path
) -> None:
    out_dir = item.targets[0].parent
    hashes = {options_hash(item, out_dir, read) for read in (["a"], ["a", "b"], ["a", "c"])}
    assert len(hashes) == 3


def test_a_batch_that_begins_nothing_leaves_no_manifest(item: BatchItem, tmp_path: Path) -> None:
    with Manifest(tmp_path):
        pass
    assert not (tmp_path / MANIFEST).exists()
    write_entry(item)
    with Manifest(item.targets[0].parent):
        pass
    assert entry_of(item)


def test_two_batches_cannot_write_to_one_folder(tmp_path: Path) -> None:
    with Manifest(tmp_path), pytest.raises(SinkError, match="another batch is writing"):
        Manifest(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_named(item: BatchItem) -> None:
    with pytest.raises(SinkError, match=r"clip\.mp4 is a file, and not a folder to write to$"):
        Manifest(item.path)


def test_what_an_earlier_batch_has_written_is_no_input(item: BatchItem) -> None:
    write_entry(item)
    out_dir = item.targets[0].parent
    options = BatchOptions(BatchOutputOptions(out_dir=out_dir))
    written, other = (InputFile(out_dir / name, Path(name)) for name in ("clip.csv", "new.mp4"))
    assert without_outputs([written, other], options) == [other]
    elsewhere = InputFile(out_dir.parent / "clip.csv", Path("clip.csv"))
    assert without_outputs([elsewhere], options) == [elsewhere]
    with pytest.raises(SourceError, match="were written by an earlier batch"):
        without_outputs([written], options)
