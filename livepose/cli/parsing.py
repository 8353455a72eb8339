"""From the words of options to what they mean, and what of it fits together."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from livepose.analysis.angle_meter import parse_angles
from livepose.analysis.repetitions import parse_repetitions
from livepose.cli.body_parts import keypoints_of
from livepose.core.errors import OptionError
from livepose.draw import Background, ByPerson, Style
from livepose.export import format_of
from livepose.models.files.resolve import finds_several
from livepose.models.movenet import PEOPLE_PX
from livepose.motion.tracking.subject import Select
from livepose.session.motion_steps import refuse_keep, refuse_later
from livepose.session.options import DataOptions, Options, PeopleOptions, Rotate, Smooth, SourceKind

_COMPLETE = {".jsonl", ".angles.csv", ".mot"}
"""Formats that leave no point empty for its score."""
_SIZE = re.compile(r"(\d{1,9})[xX](\d{1,9})")


def style_of(
    threshold: float,
    mirror: bool,
    words: str | None,
    background: Background,
    boxes: bool,
    hide: str | None,
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


def people_of(
    people_px: int,
    select: Select | None,
    smooth: Smooth,
    swap_guard: bool,
    rotate: Rotate,
    blur_faces: bool,
    trail: str | None,
) -> PeopleOptions:
    """Say who is looked for, and what is made of them.

    Raises:
        OptionError: a word is not known.
    """
    joints = keypoints_of("--trail", trail) if trail else frozenset()
    return PeopleOptions(people_px, select, smooth, swap_guard, rotate, blur_faces, joints)


def data_of(
    save: Sequence[Path] | None,
    save_threshold: float,
    height_m: float | None,
    angles: str | None,
    repetitions: Sequence[str] | None,
    report: Path | None,
    send: Sequence[str] | None,
    virtual_camera: bool,
) -> DataOptions:
    """Say what is measured, and where it goes.

    Raises:
        OptionError: an angle or a rule is not known, or one needs another.
    """
    refuse_endless({"--save-threshold": save_threshold, "--height": height_m})
    if height_m is not None and height_m <= 0:
        raise OptionError(f"--height {height_m:g} is no height: give metres, as in --height 1.75")
    names = parse_angles(angles) if angles else ()
    counted = tuple(parse_repetitions(text).angle for text in repetitions or ())
    # What is counted is measured, whether it was asked for or not.
    names = tuple(dict.fromkeys((*names, *counted)))
    if report is not None and not names:
        raise OptionError("--report shows angles: say which, as in --angles knee,hip")
    return DataOptions(
        tuple(save or ()),
        save_threshold,
        height_m,
        names,
        tuple(repetitions or ()),
        report,
        tuple(send or ()),
        virtual_camera,
    )


def one_source(
    camera: str | None, video: str | None, image: Path | None, demo: bool
) -> tuple[SourceKind, str]:
    """Find the one source that was given.

    Raises:
        OptionError: there are none, or several.
    """
    given = []
    if camera is not None:
        given.append((SourceKind.CAMERA, camera))
    if video is not None:
        given.append((SourceKind.VIDEO, video))
    if image is not None:
        given.append((SourceKind.PICTURE, str(image)))
    if demo:
        given.append((SourceKind.DEMO, ""))
    if len(given) != 1:
        raise OptionError("give one of --camera, --video, --image and --demo")
    return given[0]


_LIVE_OR_DEMO = (SourceKind.CAMERA, SourceKind.DEMO)
_STREAMS = (*_LIVE_OR_DEMO, SourceKind.VIDEO)
_PLACES: dict[str, tuple[tuple[SourceKind, ...], str]] = {
    **dict.fromkeys(("size", "fps"), (_LIVE_OR_DEMO, "is for --camera and --demo")),
    **dict.fromkeys(("start", "end"), ((SourceKind.VIDEO,), "is for --video")),
    "scene": ((SourceKind.DEMO,), "is for --demo"),
    **dict.fromkeys(
        ("max_frames", "quality", "trail", "reps", "report", "send", "virtual_camera"),
        (_STREAMS, "is not for --image"),
    ),
}
"""With which sources an option has an effect, and what is said with others."""


def refuse_misplaced(kind: SourceKind, given: Mapping[str, object]) -> None:
    """An option that would have no effect is a mistake, and is said to be one.

    Raises:
        OptionError: there is one.
    """
    for name, (kinds, why) in _PLACES.items():
        if kind not in kinds and given[name] not in (None, False):
            raise OptionError(f"--{name.replace('_', '-')} {why}")


def refuse_idle(options: Options) -> None:
    """Refuse what the rest of the options leaves without any effect, and what cannot go together.

    Raises:
        OptionError: there is something of it.
    """
    data, people = options.data, options.people
    endings = {format_of(path) for path in data.save}
    if data.height_m is not None and ".trc" not in endings:
        raise OptionError("--height is for --save NAME.trc, and none is written")
    if data.min_score != DataOptions().min_score and not endings - _COMPLETE:
        raise OptionError(
            "--save-threshold leaves points empty in what --save writes, and there is no such file "
            "(.jsonl keeps everything)"
        )
    if options.kind is SourceKind.PICTURE:
        if people.smooth in (Smooth.KEEP, Smooth.BUTTERWORTH):
            raise OptionError(f"--smooth {people.smooth.value} is not for --image: nothing moves")
        return
    if options.poses is None:
        refuse_keep(people.smooth)
        _refuse_people_size(options)
    is_live = options.kind is SourceKind.CAMERA or data.virtual_camera
    refuse_later(people.smooth, is_watched=is_live or bool(options.show))


def _refuse_people_size(options: Options) -> None:
    several = options.people.select not in (None, Select.ANY) or finds_several(options.model)
    # In a window others may be asked for at any time, and then multipose looks for them.
    may_show = options.show or (options.show is None and options.out is None)
    if options.people.people_px != PEOPLE_PX and not (several or may_show):
        raise OptionError(f"--people-size is for --model multipose, and {options.model} is used")


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
