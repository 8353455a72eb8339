"""Dataclass fields that are options: what a command line and the checks need to know of each.

>>> from dataclasses import dataclass
>>> @dataclass(frozen=True)
... class SizeOptions:
...     width_px: int = option(640, "The width.", flag="--width", metavar="PX", minimum=1)
>>> SizeOptions().width_px
640
>>> [field.flag for field in option_fields(SizeOptions)]
['--width']
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, TypeVar

T = TypeVar("T")
_KEY = "option"


class SourceKind(Enum):
    """Where the frames come from; the value is the name of the option."""

    CAMERA = "camera"
    VIDEO = "video"
    IMAGE = "image"
    DEMO = "demo"


MOVING = (SourceKind.CAMERA, SourceKind.VIDEO, SourceKind.DEMO)
"""The sources of more than one frame."""
CAMERA_OR_DEMO = (SourceKind.CAMERA, SourceKind.DEMO)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OptionSpec:
    """What is declared of an option besides its type and its default."""

    help_text: str
    flag: str
    """Such as `--size`; empty if the field's name is the option's name."""
    short_flag: str
    """Such as `-o`; empty if there is none."""
    metavar: str | None
    """What stands for the value in the help; None for the values of an enumeration."""
    unlisted: tuple[Enum, ...]
    """Values of it that are neither in the help nor in messages."""
    minimum: float | None
    maximum: float | None
    parse: Callable[[str], object] | None
    """Turns the text into the field's type; into one item of it, if the field is repeatable."""
    is_repeatable: bool
    """The option may be given several times, and the field is a tuple."""
    sources: tuple[SourceKind, ...]
    """The sources with which the option has an effect."""
    panel: str
    """The heading in the help; empty for that of the dataclass."""


@dataclass(frozen=True, slots=True, eq=False)
class OptionField:
    """A field of a dataclass that is an option."""

    name: str
    default: object
    spec: OptionSpec

    @property
    def flag(self) -> str:
        """The option as it is typed: `--swap-guard`."""
        return self.spec.flag or f"--{self.name.replace('_', '-')}"


def option(
    default: T,
    help_text: str,
    *,
    flag: str = "",
    short_flag: str = "",
    metavar: str | None = None,
    unlisted: tuple[Enum, ...] = (),
    minimum: float | None = None,
    maximum: float | None = None,
    parse: Callable[[str], object] | None = None,
    is_repeatable: bool = False,
    sources: tuple[SourceKind, ...] = tuple(SourceKind),
    panel: str = "",
) -> T:
    """Declare a dataclass field that is an option; the parameters are those of `OptionSpec`."""
    spec = OptionSpec(
        help_text=help_text,
        flag=flag,
        short_flag=short_flag,
        metavar=metavar,
        unlisted=unlisted,
        minimum=minimum,
        maximum=maximum,
        parse=parse,
        is_repeatable=is_repeatable,
        sources=sources,
        panel=panel,
    )
    return field(default=default, metadata={_KEY: spec})


def choices(values: Iterable[Enum]) -> str:
    """Return values to choose from, for the help; with spaces, at which its lines are broken.

    >>> choices([SourceKind.VIDEO, SourceKind.IMAGE])
    '[video | image]'
    """
    return f"[{' | '.join(str(each.value) for each in values)}]"


def option_fields(options: Any) -> Iterator[OptionField]:
    """Yield the fields of a dataclass, or of an instance of one, that are options."""
    for each in fields(options):
        if _KEY in each.metadata:
            yield OptionField(each.name, each.default, each.metadata[_KEY])
