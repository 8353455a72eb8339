"""Checks of targets, files that are written whole or not at all, and their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livepose.core.errors import LivePoseError, OptionError, SinkError, TargetExists
from livepose.system.files import (
    check_location,
    check_vacant,
    check_writable,
    exists_error,
    expand_home,
    readable_name,
    sha256_of,
    write_atomically,
    write_error,
)


def test_a_new_name_in_an_existing_folder_passes_every_check(tmp_path: Path) -> None:
    target = tmp_path / "new.csv"
    check_location(target, None)
    check_vacant(target, overwrite=False)
    check_writable(target)
    assert list(tmp_path.glob("new*")) == []


def test_a_missing_parent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"there is no folder .*gone to write new\.csv in"):
        check_location(tmp_path / "gone" / "new.csv", None)


def test_the_input_is_recognized_under_another_name(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(b"video")
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    for target in (source, link, tmp_path / "." / "in.mp4"):
        with pytest.raises(OptionError, match="is the input"):
            check_location(target, source)
    check_location(tmp_path / "out.mp4", source)
    check_location(source, tmp_path / "another.mp4")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_place_of_a_file_is_refused(overwrite: bool, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="is a folder") as caught:
        check_vacant(tmp_path, overwrite=overwrite)
    assert not isinstance(caught.value, TargetExists)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_a_folder_is_refused(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "openpose").write_bytes(b"")
    with pytest.raises(SinkError, match="is a file") as caught:
        check_vacant(tmp_path / "openpose", overwrite=overwrite, is_folder=True)
    assert not isinstance(caught.value, TargetExists)


def test_an_existing_file_is_refused_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "old.csv"
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists, match=r"old\.csv exists: --overwrite replaces it"):
        check_vacant(target, overwrite=False)
    check_vacant(target, overwrite=True)
    assert target.read_bytes() == b"precious"


def test_an_empty_folder_is_vacant_and_a_full_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "openpose"
    folder.mkdir()
    check_vacant(folder, overwrite=False, is_folder=True)
    (folder / "0.json").write_bytes(b"{}")
    with pytest.raises(TargetExists):
        check_vacant(folder, overwrite=False, is_folder=True)
    check_vacant(folder, overwrite=True, is_folder=True)


def test_permission_is_asked_of_the_file_if_it_exists_and_else_of_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes(b"")
    denied = {old}
    monkeypatch.setattr(os, "access", lambda path, mode: path not in denied)  # root may do anything
    check_writable(tmp_path / "new.csv")
    with pytest.raises(SinkError, match=r"old\.csv cannot be written: permission denied"):
        check_writable(old)
    denied = {tmp_path}
    check_writable(old)
    with pytest.raises(SinkError, match=r"new\.csv cannot be written: permission denied"):
        check_writable(tmp_path / "new.csv")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            OSError(28, "No space left on device"),
            "x.csv cannot be written: No space left on device",
        ),
        (RuntimeError("broken"), "x.csv cannot be written: broken"),
    ],
)
def test_a_write_error_gives_the_systems_reason_without_its_number(
    error: Exception, text: str
) -> None:
    made = write_error(Path("x.csv"), error)
    assert (type(made), str(made)) == (SinkError, text)


@pytest.mark.parametrize("make", [exists_error, lambda path: write_error(path, OSError(5, "no"))])
def test_errors_are_ours_and_of_the_system(make: Callable[[Path], LivePoseError]) -> None:
    assert isinstance(make(Path("x")), LivePoseError)
    assert isinstance(make(Path("x")), OSError)


def test_a_file_is_written_whole_and_replaces_another(tmp_path: Path) -> None:
    target = tmp_path / "x.png"
    for content in (b"first", b"second"):
        write_atomically(target, content)
        assert target.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x.png"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "x.png"
    target.mkdir()
    with pytest.raises(SinkError, match=r"x\.png cannot be written"):
        write_atomically(target, b"data")
    assert list(tmp_path.glob("x*")) == [target]


def test_the_hash_is_that_of_all_content_one_file_after_the_other(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"ab" * 1_000_000)
    two.write_bytes(b"c")
    # FIPS 180-2, appendix B.1, is the hash of abc.
    (tmp_path / "abc").write_bytes(b"abc")
    assert sha256_of(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert sha256_of(one, two) == hashlib.sha256(b"ab" * 1_000_000 + b"c").hexdigest()
    assert sha256_of() == hashlib.sha256().hexdigest()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (os.fsdecode(b"caf\xe9.mp4"), "café.mp4"),
        ("caf\udcc3\udca9.mp4", "café.mp4"),
        ("日本 café.mp4", "日本 café.mp4"),
        ("half\ud83d.mp4", "half?.mp4"),
    ],
)
def test_a_file_name_is_readable_whatever_its_bytes(name: str, text: str) -> None:
    assert readable_name(Path(name)) == text


def test_a_home_that_is_not_there_is_left_as_it_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expand_home("~/models") == tmp_path / "models"
    assert expand_home("~nobody-of-livepose/models") == Path("~nobody-of-livepose/models")
