"""What came of the files of a batch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livepose.batch.remote_paths import path_shown_as, shown
from livepose.core.angles import Angles
from livepose.session.options import DataOptions

if TYPE_CHECKING:
    from livepose.session.image import ImageResult
    from livepose.session.summary import Summary


class Status(str, Enum):
    """How the work on a file ended."""

    DONE = "done"
    FAILED = "failed"
    """Nothing was written, or less than there should be: the errors say why."""
    INTERRUPTED = "interrupted"
    """Files hold what was done up to then."""
    KEPT = "kept"
    """It was done by an earlier batch, and is whole."""


@dataclass(frozen=True, slots=True)
class AngleRow:
    """How far one angle of one person went in one file."""

    person: int
    angle: str
    min_deg: float | None
    """None if it was never seen."""
    max_deg: float | None
    range_deg: float | None
    frames: int
    """In how many frames it was seen."""
    rule: str = ""
    """What was counted of this angle; empty if nothing was."""
    repetitions: int | None = None


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of one file.

    >>> result = ItemResult("day1/clip.mp4", Status.DONE, frames=3, saved=(Path("out/clip.csv"),))
    >>> ItemResult.from_json(result.to_json()) == result
    True
    """

    name: str
    """Of the item."""
    status: Status
    frames: int = 0
    frames_with_people: int = 0
    seconds: float = 0.0
    """That the work took."""
    errors: tuple[str, ...] = ()
    saved: tuple[Path, ...] = ()
    """The files that were written."""
    angles: tuple[AngleRow, ...] = ()
    attempts: int = 1
    """How many workers have tried."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self) | {
            "status": self.status.value,
            "saved": [shown(path) for path in self.saved],
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ItemResult:
        """Return the result that `to_json` was called on.

        Raises:
            ValueError: If it is none.
            KeyError: If something is missing.
            TypeError: If there is more, or a value is of another type.
        """
        return cls(
            **values
            | {
                "status": Status(values["status"]),
                "errors": tuple(values["errors"]),
                "saved": tuple(map(path_shown_as, values["saved"])),
                "angles": tuple(AngleRow(**row) for row in values["angles"]),
            }
        )


def result_of_run(name: str, summary: Summary, data: DataOptions) -> ItemResult:
    """Return what came of a video."""
    return ItemResult(
        name,
        Status.FAILED if summary.errors else Status.DONE,
        summary.frames,
        summary.frames_with_people,
        errors=tuple(summary.errors),
        saved=tuple(summary.saved),
        angles=tuple(_range_rows(summary, data)),
    )


def result_of_image(name: str, result: ImageResult) -> ItemResult:
    """Return what came of an image."""
    return ItemResult(
        name,
        Status.DONE,
        frames=1,
        frames_with_people=int(len(result.poses) > 0),
        saved=result.files,
        angles=tuple(_image_rows(result, result.posed.angles)),
    )


def _range_rows(summary: Summary, data: DataOptions) -> Iterator[AngleRow]:
    for person, ranges in sorted(summary.angle_ranges.items()):
        for column, angle in enumerate(ranges.names):
            row = AngleRow(
                person,
                angle,
                _known(ranges.low_deg[column]),
                _known(ranges.high_deg[column]),
                _known(ranges.range_deg[column]),
                int(ranges.frames[column]),
            )
            rules = [str(rule) for rule in data.repetitions if rule.angle == angle]
            counts = [
                sum(each.track_id == person and each.rule == rule for each in summary.repetitions)
                for rule in rules
            ]
            counted = zip(rules, counts, strict=True)
            yield from (replace(row, rule=rule, repetitions=count) for rule, count in counted)
            if not rules:
                yield row


def _image_rows(result: ImageResult, angles: Angles) -> Iterator[AngleRow]:
    for row in range(len(result.poses) if angles.names else 0):
        for angle, degrees in zip(angles.names, angles.degrees[row].tolist(), strict=True):
            known = _known(degrees)
            range_deg = None if known is None else 0.0
            frames = 0 if known is None else 1
            yield AngleRow(result.person_id(row), angle, known, known, range_deg, frames)


def _known(degrees: float) -> float | None:
    return None if math.isnan(degrees) else float(degrees)
