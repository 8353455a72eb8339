"""The names of files, errors about them, and their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from livepose.core.errors import LivePoseError, SinkError
from livepose.system.files import (
    exists_error,
    expand_home,
    readable_name,
    sha256_of,
    write_error,
)


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
