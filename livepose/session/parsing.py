"""Words that people type -> typed values."""

from __future__ import annotations

import re
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.system.addresses import WEB_SCHEMES, check_address, local_path, lower_scheme

_SIZE = re.compile(r"(\d{1,9})[xX](\d{1,9})")
FIELD = re.compile(r"\{\w*\}")
"""What is filled in, in the names of some files."""
_TIME = re.compile(r"(?:(?:(\d{1,9}):)?(\d{1,9}):)?(\d{1,9}(?:\.\d*)?|\.\d+)")


def parse_image(text: str) -> Path | str:
    """Return the path of an image, or its address on the web.

    Raises:
        OptionError: If it is another kind of address.

    >>> parse_image("file:///photo.jpg").name, parse_image("https://example.org/photo.jpg")
    ('photo.jpg', 'https://example.org/photo.jpg')
    """
    address = lower_scheme(text)
    if address.startswith(WEB_SCHEMES):
        check_address(address)
        return address
    path = local_path(text)
    if "://" in path:
        raise OptionError(f"{text} is not the address of an image: it must begin with https://")
    return Path(path)


def parse_target(text: str) -> Path:
    """Return the path of a file or folder to write, in whose name nothing is filled in.

    Raises:
        OptionError: If a word in braces is in its name, as if something were.

    >>> parse_target("films/both.mp4").name
    'both.mp4'
    """
    check_no_field(text)
    return Path(text)


def check_no_field(text: str) -> None:
    """Check that no word in braces is in the name of a file or folder to write.

    Nor may one be in the folders around it, unless they exist: they would be made with that name.

    Raises:
        OptionError: If one is.
    """
    path = Path(text)
    field = FIELD.search(path.name if path.parent.is_dir() else text)
    if field is not None:
        raise OptionError(
            f"{text} has {field[0]} in its name, which stands for nothing here: write the whole "
            "name"
        )


def parse_people(text: str) -> int | None:
    """Return how many people are followed; None for as many as there are.

    Raises:
        OptionError: If the text is neither a whole number nor `all`.

    >>> parse_people("3"), parse_people("all")
    (3, None)
    """
    if text == "all":
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise OptionError(f"{text!r} is not a number of people: write 1, 2, ... or all")
    return int(text)


def parse_size(text: str) -> tuple[int, int]:
    """Return width and height in pixels.

    Raises:
        OptionError: If the text is not two positive numbers with an x between them.

    >>> parse_size("1280x720")
    (1280, 720)
    """
    match = _SIZE.fullmatch(text)
    size_px = (int(match[1]), int(match[2])) if match else (0, 0)
    if 0 in size_px:
        raise OptionError(f"{text} is not a size: write it as 1280x720")
    return size_px


def parse_time(text: str) -> float:
    """Return a moment of a video in seconds.

    Raises:
        OptionError: If the text is neither seconds nor minutes and seconds, nor has hours as well.

    >>> parse_time("7.5"), parse_time("0:05"), parse_time("1:02:03.5")
    (7.5, 5.0, 3723.5)
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise OptionError(f"{text!r} is not a time: write seconds, or 1:23, or 1:02:03.5")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    if (match[2] and seconds >= 60) or (match[1] and minutes >= 60):
        raise OptionError(f"{text!r} is not a time: minutes and seconds end at 59")
    return 3600 * hours + 60 * minutes + seconds
