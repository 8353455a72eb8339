"""A file that is written without a buffer."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.export.growing_file import GrowingFile
from tests.support.disks import limited_file_size


def test_everything_is_in_the_part_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    file = GrowingFile(path, b"head", overwrite=False)
    assert file.part_path.read_bytes() == b"head"
    file.append(b" and tail")
    assert file.part_path.read_bytes() == b"head and tail"
    assert not path.exists()
    file.close()
    file.close()
    assert path.read_bytes() == b"head and tail"
    assert list(tmp_path.iterdir()) == [path]


def test_what_is_put_at_a_position_overwrites_and_may_go_beyond_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = GrowingFile(path, b"0123456789", overwrite=False)
    file.put(2, b"ab")
    assert (file.part_path.read_bytes(), file.size_bytes) == (b"01ab456789", 10)
    file.put(8, b"xyz")
    assert (file.part_path.read_bytes(), file.size_bytes) == (b"01ab4567xyz", 11)
    file.close_until_used()
    file.append(b"!")
    file.close()
    assert path.read_bytes() == b"01ab4567xyz!"


def test_a_file_that_was_written_anew_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = GrowingFile(path, b"old", overwrite=False)
    with pytest.raises(SinkError, match=r"a\.json cannot be written: full"), file.rewriting():
        raise OSError(28, "full")
    file.append(b"!")
    assert file.part_path.read_bytes() == b"old!"
    with file.rewriting() as new:
        new.write_bytes(b"new, longer")
    file.append(b"!")
    file.close()
    assert path.read_bytes() == b"new, longer!"
    assert list(tmp_path.iterdir()) == [path]


def test_a_part_is_kept_if_it_has_more_than_its_head(tmp_path: Path) -> None:
    empty = GrowingFile(tmp_path / "a.csv", b"head", overwrite=False)
    assert empty.keep() == []
    assert list(tmp_path.iterdir()) == []
    file = GrowingFile(tmp_path / "a.csv", b"head", overwrite=False)
    file.append(b"row")
    assert file.keep() == [file.part_path]
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"headrow"]


def test_an_existing_file_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"mine")
    with pytest.raises(TargetExists):
        GrowingFile(path, b"x", overwrite=False)
    assert path.read_bytes() == b"mine"
    GrowingFile(path, b"x", overwrite=True).close()
    assert path.read_bytes() == b"x"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="is a folder"):
        GrowingFile(tmp_path, overwrite=True)


def test_what_has_no_room_leaves_what_was_there(tmp_path: Path) -> None:
    file = GrowingFile(tmp_path / "a.json", b"0123456789", overwrite=False)
    file.append(b"]}")
    with limited_file_size(14):
        with pytest.raises(SinkError, match="File too large"):
            file.append(b"abcdef")
        assert file.part_path.read_bytes() == b"0123456789]}"
        with pytest.raises(SinkError, match="File too large"):
            file.put(10, b"abcdef]}")
    assert file.part_path.read_bytes() == b"0123456789]}"
    file.close()
