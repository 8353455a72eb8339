"""Rules of what counts as a repetition, and how they are typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from livepose.analysis.angle_definitions import AngleKind, find_definitions
from livepose.core.errors import OptionError

HYSTERESIS_DEG = 10.0
"""An angle is back when it is this far on the other side of the threshold."""
_RULE = re.compile(r"([a-z_]+)(?::([<>])(-?\d+(?:\.\d+)?))?")


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """What counts as a repetition: an angle goes beyond a threshold and comes back.

    >>> str(RepetitionRule("right_knee", is_over=True, threshold_deg=90.0))
    'right_knee:>90'
    """

    angle: str
    """Its full name, such as `right_knee`."""
    is_over: bool = True
    """Whether beyond the threshold means over it; if not, it means under it."""
    threshold_deg: float | None = None
    """None: half of the range that the angle of each person has gone."""

    def __str__(self) -> str:
        if self.threshold_deg is None:
            return self.angle
        return f"{self.angle}:{'>' if self.is_over else '<'}{self.threshold_deg:g}"


def rule_labels(rules: Sequence[RepetitionRule]) -> tuple[str, ...]:
    """Return what each rule is called among others: its angle, or all of it if that is not enough.

    >>> rule_labels([parse_repetitions(text) for text in ("trunk", "left_hip:>60", "left_hip:>90")])
    ('trunk', 'left_hip:>60', 'left_hip:>90')
    """
    angles = [rule.angle for rule in rules]
    return tuple(str(rule) if angles.count(rule.angle) > 1 else rule.angle for rule in rules)


def parse_repetitions(text: str) -> RepetitionRule:
    """Return the rule in a text such as `right_knee:>90`, `left_elbow:<30` or `right_knee`.

    A straight knee is 0, so a squat takes it over 90. A rule without a threshold finds its own.

    Raises:
        OptionError: If the text has another form, if the angle is unknown, or if it cannot cross
            the threshold and come back.

    >>> parse_repetitions("right_knee:>90")
    RepetitionRule(angle='right_knee', is_over=True, threshold_deg=90.0)
    """
    match = _RULE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise OptionError(
            f"{text!r} is not a rule for counting: write ANGLE:>DEGREES or ANGLE:<DEGREES, "
            "such as 'right_knee:>90' for knee bends (a straight knee is 0), or ANGLE alone for "
            "half of its range"
        )
    (definition,) = find_definitions((match[1],))
    if match[2] is None:
        return RepetitionRule(match[1])
    threshold_deg, is_over = float(match[3]), match[2] == ">"
    rule = RepetitionRule(match[1], is_over, threshold_deg)
    back_deg = threshold_deg + HYSTERESIS_DEG * (-1 if is_over else 1)
    if definition.kind is AngleKind.FLEXION and not all(
        0 < degrees < 180 for degrees in (threshold_deg, back_deg)
    ):
        raise OptionError(
            f"{rule} never counts: this angle is from 0 to 180, and is back at {back_deg:g}, "
            f"{HYSTERESIS_DEG:g} from the threshold"
        )
    return rule
