"""Reading JSON lines that were cut off, damaged, or written by something else."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from livepose.core.errors import SourceError, SourceNotFound
from livepose.export.jsonl_reader import read_jsonl
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


HEADER_VALUES = {
    "a rate by zero": ('"frame_rate":"30000/1001"', '"frame_rate":"1/0"', "source.frame_rate: "),
    "a negative width": ('"width_px":1280', '"width_px":-5', "source.width_px: "),
    "a height in words": ('"height_px":720', '"height_px":"high"', "source.height_px: "),
    "a rate of many digits": ('"30000/1001"', f'"{"9" * 5000}"', "source.frame_rate: "),
    "a path that is a number": ('"path":"dance.mp4"', '"path":7', "source.path: "),
    "keypoints of another skeleton": ('"nose"', '"snout"', "keypoints: "),
    "a start in words": ('"settings":{', '"settings":{"start_s":"x",', "settings.start_s: "),
}
LINE_VALUES = {
    "no time": ('"time_s":', '"time_s":null,"x":', "time_s: expected float, got null"),
    "an id beyond every number": ('"id":1', f'"id":{10**30}', "].id: "),
    "a negative id": ('"id":1', '"id":-1', "].id: "),
    "a score that float32 does not hold": ('"score":', '"score":1e300,"x":', "].score: "),
    "a keypoint too few": ('"keypoints":[[', '"keypoints":[],"x":[[', "people[0].keypoints: "),
    "an unknown keypoint": ('"swapped":["left', '"swapped":["third', "people[0].swapped: "),
    "a region without width": ('"region":[', '"region":[0,0,0,1,0],"x":[', "region[2]: "),
    "no people but null": ('"people":[', '"people":null,"x":[', "people: "),
    "an angle in words": ('"left_knee":', '"left_knee":"x","y":', "angles[...]: "),
    "a frame that comes again": ('"frame":1', '"frame":0', "frame: 0 comes after 0"),
    "no following": ('"following":', '"x":', "'following' is missing"),
}


@pytest.mark.parametrize("name", HEADER_VALUES)
def test_a_wrong_value_of_the_description_is_named(name: str, tmp_path: Path) -> None:
    right, wrong, field = HEADER_VALUES[name]
    path = write_recording(tmp_path / "run.jsonl", posed_frame(0))
    text = path.read_text()
    assert right in text
    path.write_text(text.replace(right, wrong, 1))
    with pytest.raises(SourceError) as caught:
        read_jsonl(path)
    assert f"run.jsonl is damaged in line 1: {field}" in str(caught.value)


@pytest.mark.parametrize("name", LINE_VALUES)
def test_a_wrong_value_of_a_frame_is_named(name: str, tmp_path: Path) -> None:
    right, wrong, field = LINE_VALUES[name]
    path = write_recording(tmp_path / "run.jsonl", posed_frame(0), posed_frame(1), posed_frame(2))
    lines = path.read_text().splitlines(keepends=True)
    assert right in lines[2]
    lines[2] = lines[2].replace(right, wrong, 1)
    path.write_text("".join(lines))
    with pytest.raises(SourceError, match=r"run\.jsonl is damaged in line 3: ") as caught:
        list(read_jsonl(path)[1])
    assert field in str(caught.value)


def test_frames_that_are_marked_as_corrupt_are_so_again(tmp_path: Path) -> None:
    posed = posed_frame(1)
    marked = replace(posed, frame=replace(posed.frame, is_corrupt=True))
    path = write_recording(tmp_path / "run.jsonl", posed_frame(0), marked)
    assert [record.is_corrupt for record in read_jsonl(path)[1]] == [False, True]
    assert path.read_text().count("corrupt") == 1


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
