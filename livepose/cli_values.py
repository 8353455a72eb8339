"""From the words of options to what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.draw import Background, ByPerson, Style
from livepose.keypoints import keypoints_of
from livepose.motion.angles import parse_angles
from livepose.motion.repetitions import parse_repetitions
from livepose.options import DataOptions


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
