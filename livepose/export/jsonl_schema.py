"""What each line of a recording must hold: types and bounds, checked while it is decoded.

`jsonl` writes these lines. Fields that are not listed are passed over. msgspec, which checks them,
is imported with this module: when a recording is read.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

from msgspec import Meta, Struct, ValidationError
from msgspec.json import Decoder

T = TypeVar("T")

_MAX_PX = 1 << 16
_MAX_COUNT = 1 << 53
"""Up to here, a float holds every integer."""
_MAX_FLOAT32 = 3.4e38
_Px = Annotated[int, Meta(ge=1, le=_MAX_PX)]
_Count = Annotated[int, Meta(ge=0, le=_MAX_COUNT)]
_Id = Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]
_Number = Annotated[float, Meta(ge=-_MAX_FLOAT32, le=_MAX_FLOAT32)]
_Seconds = Annotated[float, Meta(ge=-1e15, le=1e15)]
_Length = Annotated[int, Meta(gt=0, le=_MAX_COUNT)] | Annotated[float, Meta(gt=0, le=_MAX_FLOAT32)]
"""Kept as it is, so that a recording that is written again is the same."""
_Fraction = Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}(/[1-9][0-9]{0,17})?$")]
_Name = Annotated[str, Meta(min_length=1)]
Point = tuple[_Number, _Number, _Number]
_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_PATTERN = re.compile(r"Expected `str` matching regex .*")


class Source(Struct):
    """The source of a recording."""

    name: str
    width_px: _Px
    height_px: _Px
    is_live: bool
    frame_rate: _Fraction | None
    frame_count: _Count | None
    time_base: _Fraction | None
    origin_s: _Seconds
    path: str | None


class SkeletonDescription(Struct):
    """Keypoints other than COCO's."""

    bones: list[tuple[str, str]]
    oks_sigmas: list[Annotated[float, Meta(gt=0, le=_MAX_FLOAT32)]]
    groups: dict[str, list[str]]


class Settings(Struct):
    """The settings that reading depends on; all others may be anything."""

    start_s: Annotated[float, Meta(ge=0, le=1e15)] = 0.0
    end_s: Annotated[float, Meta(ge=0, le=1e15)] = 0.0
    max_frames: _Count = 0
    clip_frames: _Count = 0


class Header(Struct):
    """The first line."""

    source: Source
    model: str
    model_sha256: str
    settings: dict[str, str | float | int | bool]
    keypoints: Annotated[list[_Name], Meta(min_length=1, max_length=10_000)]
    angles: list[_Name]
    skeleton: SkeletonDescription | None = None
    edits: list[str] = []  # msgspec copies it


class HeaderSettings(Struct):
    """The first line once more, for its settings."""

    settings: Settings


class Person(Struct):
    """A person in a frame."""

    score: _Number
    box: tuple[_Number, _Number, _Number, _Number]
    keypoints: list[Point]
    raw: list[tuple[_Number, _Number]] | None = None
    id: _Id = 0
    swapped: list[str] = []  # msgspec copies it
    filled: list[str] = []
    edited: list[str] = []
    angles: dict[str, _Number | None] = {}


class Line(Struct):
    """A frame."""

    frame: _Count
    time_s: _Seconds
    region: tuple[_Number, _Number, _Length, _Length, Annotated[int, Meta(ge=0, le=3)]]
    inference_s: Annotated[float, Meta(ge=0, le=1e15)]
    survey: bool
    following: Literal["everybody", "choosing", "locked", "lost"]
    people: list[Person]
    found: list[Person]
    source_frame: _Count | None = None
    utc: str | None = None
    begins_scene: bool = False
    corrupt: bool = False


_header, _settings, _line = Decoder(Header), Decoder(HeaderSettings), Decoder(Line)


def decode_header(text: bytes) -> Header:
    """Return the first line of a recording.

    Raises:
        ValueError: If it is not JSON, or if a field is missing or has a wrong value.
    """
    _decode(_settings, text)
    return _decode(_header, text)


def decode_line(text: bytes) -> Line:
    """Return any other line of a recording.

    Raises:
        ValueError: If it is not JSON, or if a field is missing or has a wrong value.
    """
    return _decode(_line, text)


def _decode(decoder: Decoder[T], text: bytes) -> T:
    try:
        return decoder.decode(text)
    except ValidationError as error:
        raise ValueError(_in_words(str(error))) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _in_words(message: str) -> str:
    """Return msgspec's message with the field first.

    >>> _in_words("Expected `int` >= 1 - at `$.source.width_px`")
    'source.width_px: expected int >= 1'
    """
    place = _PLACE.search(message)
    field = place[1] if place else ""
    text = message[: place.start()] if place else message
    missing = _MISSING.fullmatch(text)
    if missing:
        return f"{'.'.join(filter(None, (field, missing[1])))!r} is missing"
    text = _PATTERN.sub("Expected a fraction such as 30000/1001", text).replace("`", "")
    return f"{field}: {text[0].lower()}{text[1:]}" if field else text
