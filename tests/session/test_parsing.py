"""Words that people type become typed values, or an error that names what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.core.errors import OptionError
from livepose.session.parsing import parse_size, parse_target, parse_time


def test_a_size_is_two_positive_numbers() -> None:
    assert parse_size("1280x720") == (1280, 720)
    assert parse_size("64X8192") == (64, 8192)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "640",
        "640x",
        "x480",
        "0x480",
        "640x0",
        "00x480",
        "large",
        "640x480x3",
        "-640x480",
        "6.5x4",
    ],
)
def test_what_is_not_a_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(OptionError, match=r"is not a size: write it as 1280x720"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7.25", 7.25),
        ("90", 90.0),
        ("0:05", 5.0),
        ("1:30.5", 90.5),
        ("75:00", 4500.0),
        ("1:02:03.5", 3723.5),
        ("00:00:01", 1.0),
        (".5", 0.5),
    ],
)
def test_a_time_is_seconds_minutes_or_hours(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "1:", ":5", "1:60", "1:60:00", "1:2:3:4", "nan", "inf", "1e3", "5s"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="is not a time"):
        parse_time(text)


def test_a_folder_that_is_there_may_have_braces_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "{{project}}"
    with pytest.raises(OptionError, match="stands for nothing here"):
        parse_target(str(folder / "both.mp4"))
    folder.mkdir()
    assert parse_target(str(folder / "both.mp4")) == folder / "both.mp4"
