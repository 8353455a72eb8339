"""Files that grow beside their target, and are put in its place when they are whole."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.system.part_names import leftover
from livepose.system.parts import Part, write_whole


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_and_replaces_another(tmp_path: Path) -> None:
    target = tmp_path / "x.png"
    for content in (b"first", b"second"):
        write_whole(target, content)
        assert target.read_bytes() == content
    assert names_in(tmp_path) == ["x.png"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "x.png"
    target.mkdir()
    with pytest.raises(SinkError, match=r"x\.png is a folder"):
        write_whole(target, b"data")
    assert list(tmp_path.glob("x*")) == [target]


@pytest.mark.parametrize("name", ["x.part.png", "x.part-2.png"])
def test_files_with_names_like_parts_are_kept(name: str, tmp_path: Path) -> None:
    mine, precious = tmp_path / name, tmp_path / "precious"
    precious.write_bytes(b"mine")
    mine.symlink_to(precious)
    write_whole(tmp_path / "x.png", b"data")
    assert mine.is_symlink()
    assert precious.read_bytes() == b"mine"


def test_the_old_file_stays_until_the_new_one_is_in_its_place(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    part = Part(target, overwrite=True)
    part.write(b"new")
    assert (target.read_bytes(), part.path.read_bytes()) == (b"old", b"new")
    part.put_in_place()
    assert target.read_bytes() == b"new"
    assert names_in(tmp_path) == ["a.csv"]


def test_a_part_that_is_kept_stays_beside_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    part = Part(target, overwrite=True)
    part.write(b"new")
    kept = part.keep()
    assert kept == part.path
    assert (target.read_bytes(), part.path.read_bytes()) == (b"old", b"new")
    assert Part(tmp_path / "b.csv", overwrite=False).keep() is None
    assert len(names_in(tmp_path)) == 2


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "a.csv"
    link.symlink_to(tmp_path / "far" / "b.csv")
    part = Part(link, overwrite=False)
    found = leftover(part.path)
    assert found is not None
    assert found.target == (tmp_path / "far" / "b.csv").resolve()
    part.write(b"new")
    part.put_in_place()
    assert link.is_symlink()
    assert link.read_bytes() == b"new"
    assert names_in(tmp_path / "far") == ["b.csv"]


def test_what_appeared_in_the_meantime_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    part = Part(target, overwrite=False)
    part.write(b"new")
    target.write_bytes(b"mine")
    with pytest.raises(
        SinkError, match=r"has appeared in the meantime; the new file is .*part\.csv"
    ):
        part.put_in_place()
    assert (target.read_bytes(), part.path.read_bytes()) == (b"mine", b"new")
    with pytest.raises(TargetExists):
        Part(target, overwrite=False)


def test_a_file_that_took_the_name_of_the_part_is_not_put_in_place(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    part = Part(target, overwrite=True)
    (tmp_path / "strange").write_bytes(b"strange")
    (tmp_path / "strange").replace(part.path)
    with pytest.raises(SinkError, match="its part was replaced"):
        part.put_in_place()
    assert target.read_bytes() == b"old"


@pytest.mark.skipif(os.name == "nt", reason="needs permissions")
def test_the_new_file_has_the_permissions_of_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_bytes(b"old")
    target.chmod(0o600)
    write_whole(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_a_part_is_written_anew_or_stays_as_it_was(tmp_path: Path) -> None:
    part = Part(tmp_path / "a.trc", overwrite=False)
    part.write(b"pixels")
    with pytest.raises(SinkError, match=r"a\.trc cannot be written: no"), part.rewriting():
        raise OSError(5, "no")
    assert part.path.read_bytes() == b"pixels"
    with part.rewriting() as whole:
        whole.write_bytes(b"metres")
    assert names_in(tmp_path) == [part.path.name]
    part.put_in_place()
    assert (tmp_path / "a.trc").read_bytes() == b"metres"


def test_a_closed_part_is_put_in_place_too(tmp_path: Path) -> None:
    part = Part(tmp_path / "a.trc", overwrite=False)
    part.write(b"rows")
    part.close_file()
    part.put_in_place()
    assert (tmp_path / "a.trc").read_bytes() == b"rows"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
@pytest.mark.parametrize("is_sequential", [False, True])
def test_a_pipe_gets_everything(is_sequential: bool, tmp_path: Path) -> None:
    pipe, received = tmp_path / "pipe.csv", bytearray()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: received.extend(pipe.read_bytes()))
    reader.start()
    part = Part(pipe, overwrite=False, is_sequential=is_sequential)
    part.write(b"0123456789" * 100_000)  # more than fits in a pipe
    part.put_in_place()
    reader.join()
    assert len(received) == 1_000_000
    assert names_in(tmp_path) == ["pipe.csv"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_that_nobody_reads_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.system.parts._READER_WAIT_S", 0.1)
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(
        SinkError, match=r"pipe\.csv cannot be written: it is a pipe that no program"
    ):
        Part(tmp_path / "pipe.csv", overwrite=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_reader_that_stops_or_leaves_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.system.parts._STALLED_S", 0.1)
    os.mkfifo(tmp_path / "pipe.csv")
    reader = os.open(tmp_path / "pipe.csv", os.O_RDONLY | os.O_NONBLOCK)
    part = Part(tmp_path / "pipe.csv", overwrite=True, is_sequential=True)
    with pytest.raises(SinkError, match="has stopped reading"):
        part.write(bytes(1_000_000))
    os.close(reader)
    with pytest.raises(SinkError, match=r"the program that reads .*pipe\.csv has ended"):
        part.write(b"x")
    part.discard()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("is_sequential", [False, True])
def test_a_device_is_written_and_stays(is_sequential: bool, tmp_path: Path) -> None:
    link = tmp_path / "full.csv"
    link.symlink_to("/dev/full")
    part = Part(link, overwrite=False, is_sequential=is_sequential)
    with pytest.raises(SinkError, match="No space left on device"):
        part.write(b"data")
        part.put_in_place()
    part.discard()
    assert Path("/dev/full").is_char_device()
    (tmp_path / "null.csv").symlink_to("/dev/null")
    write_whole(tmp_path / "null.csv", b"data")
    assert Path("/dev/null").is_char_device()
