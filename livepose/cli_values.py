"""From the words of options to what they mean, and what of it fits together."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.draw import Background, ByPerson, Style
from livepose.keypoints import keypoints_of
from livepose.motion.angles import parse_angles
from livepose.motion.repetitions import parse_repetitions
from livepose.options import DataOptions, SourceKind

_SIZE = re.compile(r"(\d{1,5})[xX](\d{1,5})")


def style_of(
    threshold: float,
    mirror: bool,
    words: str | None,
    background: Background,
    boxes: bool,
    hide: str | None,
    *,
    shows_several: bool,
) -> Style:
    """Make a style.

    Raises:
        OptionError: a word is not known.
    """
    style = Style(
        min_score=threshold,
        mirror=mirror,
        background=background,
        boxes=boxes,
        hidden=keypoints_of("--hide", hide) if hide else frozenset(),
    )
    if shows_several:
        # Several people are told apart by colour, one person's sides are.
        style = replace(style, colors=ByPerson())
    return style.with_words(words) if words else style


def data_of(
    save: Sequence[Path],
    save_threshold: float,
    height_m: float | None,
    angles: str | None,
    repetitions: Sequence[str],
    report: Path | None,
    send: Sequence[str],
    virtual_camera: bool,
) -> DataOptions:
    """Say what is measured, and where it goes.

    Raises:
        OptionError: an angle or a rule is not known, or one needs another.
    """
    names = parse_angles(angles) if angles else ()
    counted = tuple(parse_repetitions(text).angle for text in repetitions)
    # What is counted is measured, whether it was asked for or not.
    names = tuple(dict.fromkeys((*names, *counted)))
    if report is not None and not names:
        raise OptionError("--report shows angles: say which, as in --angles knee,hip")
    return DataOptions(
        tuple(save),
        save_threshold,
        height_m,
        names,
        tuple(repetitions),
        report,
        tuple(send),
        virtual_camera,
    )


def one_source(
    camera: str | None, video: str | None, image: Path | None, demo: bool
) -> tuple[SourceKind | None, str]:
    """Find the one source that was given; a picture has no kind."""
    given: list[tuple[SourceKind | None, str]] = []
    if camera is not None:
        given.append((SourceKind.CAMERA, camera))
    if video is not None:
        given.append((SourceKind.VIDEO, video))
    if image is not None:
        given.append((None, str(image)))
    if demo:
        given.append((SourceKind.DEMO, ""))
    if len(given) != 1:
        raise OptionError("give one of --camera, --video, --image and --demo")
    return given[0]


def refuse_misplaced(
    kind: SourceKind | None,
    for_cameras: dict[str, object],
    for_videos: dict[str, object],
    for_demos: dict[str, object],
    for_all_but_pictures: dict[str, object],
) -> None:
    """An option that would have no effect is a mistake, and is said to be one."""
    if kind not in (SourceKind.CAMERA, SourceKind.DEMO):
        _refuse(for_cameras, "is for --camera and --demo")
    if kind is not SourceKind.VIDEO:
        _refuse(for_videos, "is for --video")
    if kind is not SourceKind.DEMO:
        _refuse(for_demos, "is for --demo")
    if kind is None:
        _refuse(for_all_but_pictures, "is not for --image")


def _refuse(options: dict[str, object], why: str) -> None:
    for name, value in options.items():
        if value is not None:
            raise OptionError(f"{name} {why}")


def parsed_size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = _SIZE.fullmatch(text)
    if match is None or "0" in match.groups():
        raise OptionError(f"--size {text} is not a size: write it as 1280x720")
    return int(match[1]), int(match[2])


def checked_start_s(start_s: float | None, end_s: float | None) -> float:
    if end_s is not None and end_s <= (start_s or 0.0):
        raise OptionError(f"--end {end_s:g} is not behind --start {start_s or 0.0:g}")
    return start_s or 0.0


def refuse_endless(numbers: dict[str, float | None]) -> None:
    """Refuse nan and inf, which pass every bound."""
    for name, number in numbers.items():
        if number is not None and not math.isfinite(number):
            raise OptionError(f"{name} {number} is not a number that can be used")
