"""A file that is written without a buffer."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.core.errors import SinkError, TargetExists
from livepose.export.growing_file import GrowingFile


def test_everything_is_in_the_file_as_soon_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    file = GrowingFile(path, b"head", overwrite=False)
    assert path.read_bytes() == b"head"
    file.append(b" and tail")
    assert path.read_bytes() == b"head and tail"
    file.close()
    file.close()


def test_what_is_put_at_a_position_overwrites_and_may_go_beyond_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = GrowingFile(path, b"0123456789", overwrite=False)
    file.put(2, b"ab")
    assert (path.read_bytes(), file.size_bytes) == (b"01ab456789", 10)
    file.put(8, b"xyz")
    assert (path.read_bytes(), file.size_bytes) == (b"01ab4567xyz", 11)
    file.append(b"!")
    assert path.read_bytes() == b"01ab4567xyz!"
    file.close()


def test_after_a_replacement_the_new_file_goes_on(tmp_path: Path) -> None:
    path, other = tmp_path / "a.json", tmp_path / "a.json.part"
    file = GrowingFile(path, b"old", overwrite=False)
    other.write_bytes(b"new, longer")
    file.replace_with(other)
    file.append(b"!")
    file.close()
    assert path.read_bytes() == b"new, longer!"
    assert list(tmp_path.iterdir()) == [path]


def test_a_replacement_that_fails_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    file = GrowingFile(path, b"old", overwrite=False)
    with pytest.raises(OSError, match="missing"):
        file.replace_with(tmp_path / "missing")
    file.append(b"!")
    file.close()
    assert path.read_bytes() == b"old!"


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_an_error_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.symlink_to("/dev/full")
    file = GrowingFile(path, overwrite=True)
    with pytest.raises(SinkError, match="No space left on device"):
        file.append(b"x")
    with pytest.raises(SinkError, match="No space left on device"):
        file.put(0, b"x")
    file.close()
