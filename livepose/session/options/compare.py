"""How two takes are compared: the options of `livepose compare`."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import ClassVar

from livepose.analysis.angle_definitions import parse_angles
from livepose.core.errors import OptionError
from livepose.session.option_fields import option
from livepose.session.options.model import ModelOptions
from livepose.session.parsing import parse_target, parse_time


class AlignBy(Enum):
    """Where the alignment of two takes begins."""

    AUTO = "auto"
    """Found: what only one of them has at its beginning or its end is left out."""
    START = "start"
    """At moments that are given."""
    EVENT = "event"
    """Where each of them begins to move."""


@dataclass(frozen=True, slots=True)
class Align:
    """Where the alignment of two takes begins.

    >>> parse_align("0:02,3.5").starts_s
    (2.0, 3.5)
    """

    by: AlignBy = AlignBy.AUTO
    starts_s: tuple[float, float] = (0.0, 0.0)
    """In seconds of A and B; only by `START`."""


def parse_align(text: str) -> Align:
    """Return where an alignment begins.

    Args:
        text: `auto`, `event`, or two times such as `0:02,3.5`.

    Raises:
        OptionError: If it is none of these.
    """
    if text in (AlignBy.AUTO.value, AlignBy.EVENT.value):
        return Align(AlignBy(text))
    words = text.split(",")
    if len(words) != 2:
        raise OptionError(f"{text!r} is not auto, event, or two times such as 0:02,3.5")
    start_a_s, start_b_s = map(parse_time, words)
    return Align(AlignBy.START, (start_a_s, start_b_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareOptions:
    """How two takes are compared, and what is written of it."""

    panel: ClassVar[str] = "Comparison"

    align: Align = option(
        Align(),
        "auto finds what both have in common; event begins where each starts to move; two times "
        "such as 0:02,3.5 begin there. From there on the tempo of each is taken out.",
        metavar="auto|event|START_A,START_B",
        parse=parse_align,
    )
    angles: tuple[str, ...] = option(
        (),
        "Compare these angles; by default those of knees, hips, elbows and shoulders.",
        metavar="NAMES",
        parse=parse_angles,
    )
    out: Path | None = option(
        None,
        "Write a video of both, on the clock of A: .mp4, .mov, .m4v or .mkv.",
        short_flag="-o",
        metavar="FILE",
        parse=parse_target,
    )
    overlay: bool = option(
        False, "In the video, lay the skeleton of B over A instead of showing both clips."
    )
    report: Path | None = option(
        None,
        "Write the table and the curves of both as .html.",
        metavar="FILE",
        parse=parse_target,
    )
    overwrite: bool = option(False, "Replace existing files.")
    model: ModelOptions = field(default_factory=ModelOptions)
    """Of clips; files of poses need none."""
