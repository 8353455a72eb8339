"""Repetitions: how often an angle went over a threshold, or under it, and came back."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from livepose.analysis.angle_definitions import Kind, joints_named
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep

HYSTERESIS_DEG = 10.0
"""An angle is back when it is this far on the other side of the threshold."""
MIN_DURATION_S = 0.2
"""A bend, and the pause before the next one, last at least this long: two in a second at most."""
FORGOTTEN_S = 0.5
"""A bend during which the angle was unseen for longer is not counted."""
_RULE = re.compile(r"([a-z_]+):([<>])(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """What counts as a bend."""

    angle: str
    """Its full name, such as `right_knee`."""
    is_over: bool
    """True: a bend is over the threshold; false: it is under it."""
    threshold_deg: float

    def __str__(self) -> str:
        return f"{self.angle}:{'>' if self.is_over else '<'}{self.threshold_deg:g}"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One bend."""

    track_id: int
    start_s: float
    """When the angle crossed the threshold."""
    end_s: float
    """When it was back."""
    peak_deg: float
    """The farthest that it went."""


def parse_repetitions(text: str) -> RepetitionRule:
    """Read `right_knee:>90` or `left_elbow:<30`.

    A straight knee is 0, so a squat takes it over 90.

    Raises:
        OptionError: it is written in another way, the angle is not known, or it cannot go there
            and come back.

    >>> parse_repetitions("right_knee:>90")
    RepetitionRule(angle='right_knee', is_over=True, threshold_deg=90.0)
    """
    match = _RULE.fullmatch(text.replace(" ", ""))
    if match is None:
        raise OptionError(
            f"{text!r} does not say what to count: write ANGLE:>DEGREES or ANGLE:<DEGREES, "
            "such as 'right_knee:>90' for knee bends (a straight knee is 0)"
        )
    rule = RepetitionRule(match[1], match[2] == ">", float(match[3]))
    (joint,) = joints_named((rule.angle,))
    back_deg = rule.threshold_deg + HYSTERESIS_DEG * (-1 if rule.is_over else 1)
    if joint.kind is Kind.FLEXION and not all(
        0 < degrees < 180 for degrees in (rule.threshold_deg, back_deg)
    ):
        raise OptionError(
            f"{rule} never counts: this angle is from 0 to 180, and is back at {back_deg:g}, "
            f"{HYSTERESIS_DEG:g} from the threshold"
        )
    return rule


@dataclass(slots=True)
class _Person:
    """Where one person's angle is, by its depth: degrees beyond the threshold."""

    recent: deque[tuple[float, float]] = field(default_factory=deque)
    """Time and depth of the last moments."""
    is_bent: bool = False
    since_s: float = math.nan
    """Since when the angle is on the other side; NaN while it is not."""
    start_s: float = math.nan
    """Of the bend; NaN where it was under way when the person came."""
    peak: float = -math.inf

    def take(self, time_s: float, depth: float) -> tuple[float, float, float] | None:
        """Go on by one angle; gives start, end and greatest depth of a bend that is over."""
        if not self.recent:
            self.is_bent = depth > 0
        self.recent.append((time_s, depth))
        while self.recent[0][0] < time_s - MIN_DURATION_S:
            self.recent.popleft()
        # The middle one of a few is that of the time in their middle.
        middle_s = (self.recent[0][0] + time_s) / 2
        return self._move(middle_s, median(depth for _, depth in self.recent))

    def _move(self, time_s: float, depth: float) -> tuple[float, float, float] | None:
        if not (depth < -HYSTERESIS_DEG if self.is_bent else depth > 0):
            self.since_s = math.nan
        elif math.isnan(self.since_s):
            self.since_s = time_s
            self.peak = self.peak if self.is_bent else depth
        self.peak = max(self.peak, depth)
        if not time_s - self.since_s >= MIN_DURATION_S:
            return None
        since_s, self.since_s = self.since_s, math.nan
        self.is_bent = not self.is_bent
        if self.is_bent:
            self.start_s = since_s
            return None
        return None if math.isnan(self.start_s) else (self.start_s, since_s, self.peak)


class Repetitions(MotionStep):
    """Counts the bends of everybody in the picture, after an AngleMeter.

    The median of the last 0.2 s is looked at, so a frame that was misread does not count. Several
    people need ids to be told apart; a person alone goes on counting when the id changes. Only the
    thread that calls this writes; any thread may read `count`, `done` and `label`.
    """

    def __init__(self, rule: RepetitionRule, names: Sequence[str]) -> None:
        """Choose what is counted.

        Args:
            rule: which angle, and where it has to go.
            names: the angles that are measured.

        Raises:
            OptionError: the rule's angle is not among them.
        """
        if rule.angle not in names:
            raise OptionError(
                f"{rule} counts an angle that is not measured: measured are {', '.join(names)}"
            )
        self.rule = rule
        self.count = 0
        """Of everybody together."""
        self.done: tuple[Repetition, ...] = ()
        """In the order of their ends."""
        self._people: dict[int, _Person] = {}

    @property
    def label(self) -> str:
        """For people: `right_knee 4`."""
        return f"{self.rule.angle} {self.count}"

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Count; the frame is given as it came."""
        ids = posed.poses.track_id.tolist()
        time_s = posed.frame.time_s
        self._people = {
            key: person
            for key, person in self._people.items()
            if 0 <= time_s - person.recent[-1][0] <= FORGOTTEN_S
        }
        if len(ids) == 1 and ids[0] not in self._people and self._people:
            _, self._people[ids[0]] = self._people.popitem()
        column = posed.angles.names.index(self.rule.angle)
        for key, degrees in zip(ids, posed.angles.degrees[:, column].tolist(), strict=True):
            if not math.isnan(degrees) and (key or len(ids) == 1):
                self._take(key, time_s, degrees)
        return posed

    def reset(self) -> None:
        """Forget the bends that are under way; those that are counted stay so."""
        self._people = {}

    def _take(self, key: int, time_s: float, degrees: float) -> None:
        sign = 1.0 if self.rule.is_over else -1.0
        # Put at the end again: the one seen last goes on under a new id.
        person = self._people.pop(key) if key in self._people else _Person()
        self._people[key] = person
        bend = person.take(time_s, sign * (degrees - self.rule.threshold_deg))
        if bend is not None:
            start_s, end_s, depth = bend
            peak_deg = self.rule.threshold_deg + sign * depth
            self.done = (*self.done, Repetition(key, start_s, end_s, peak_deg))
            self.count += 1
