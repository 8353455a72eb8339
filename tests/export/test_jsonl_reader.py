"""Reading JSON lines that were cut off, damaged, or written by something else."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from livepose.core.errors import SourceError, SourceNotFound
from livepose.export import read_jsonl
from tests.support.recordings import posed_frame, write_recording


def test_a_last_line_that_was_cut_is_left_out_with_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_recording(tmp_path / "run.jsonl", posed_frame(0), posed_frame(1))
    path.write_bytes(path.read_bytes()[:-100])
    with caplog.at_level(logging.WARNING):
        assert [line.index for line in read_jsonl(path)[1]] == [0]
    assert "last line is cut off" in caplog.text


def test_a_last_line_that_lacks_only_its_end_counts(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "run.jsonl", posed_frame(0), posed_frame(1))
    path.write_bytes(path.read_bytes()[:-1])
    assert [line.index for line in read_jsonl(path)[1]] == [0, 1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (b'"region":[', b'"region":[1,'),
        (b'"keypoints":[[', b'"keypoints":[["a",'),
        (b'"following":"locked"', b'"following":"somebody"'),
        (b'"people":', b'"persons":'),
        (b'{"frame"', b'"frame"'),
        (b'"left_wrist"', b'"third_wrist"'),
    ],
)
def test_a_damaged_line_is_named(wrong: bytes, right: bytes, tmp_path: Path) -> None:
    path = write_recording(tmp_path / "run.jsonl", *(posed_frame(index) for index in range(3)))
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(wrong, right, 1)
    path.write_bytes(b"".join(lines))
    _, read = read_jsonl(path)
    assert next(read).index == 0
    with pytest.raises(SourceError, match=r"run\.jsonl is damaged in line 3: "):
        next(read)


@pytest.mark.parametrize("content", [b"", b"frame,time_s\n0,0\n", b'{"a":1}\n', b"[1]\n", b"\xff"])
def test_a_file_that_is_no_recording_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.jsonl").write_bytes(content)
    with pytest.raises(SourceError, match=r"is not a recording of livepose"):
        read_jsonl(tmp_path / "other.jsonl")


def test_a_later_version_asks_for_a_later_livepose(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "run.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"livepose":1', b'"livepose":2'))
    with pytest.raises(SourceError, match=r"version 2 .* upgrade livepose"):
        read_jsonl(path)


def test_a_damaged_first_line_is_named(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "run.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"width_px"', b'"w"'))
    with pytest.raises(SourceError, match=r"damaged in line 1: 'source.width_px' is missing"):
        read_jsonl(path)


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"there is no file"):
        read_jsonl(tmp_path / "nowhere.jsonl")


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"cannot be read"):
        read_jsonl(tmp_path)
