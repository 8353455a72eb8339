"""Repetitions: how often an angle crosses a threshold and comes back."""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from livepose.analysis.angle_definitions import AngleKind, find_definitions
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep

HYSTERESIS_DEG = 10.0
"""An angle is back when it is this far on the other side of the threshold."""
MIN_DURATION_S = 0.2
"""How long an angle stays beyond the threshold, and how long it then stays back, at least. So there
are at most two repetitions in a second."""
FORGET_AFTER_S = 0.5
"""A repetition during which the angle is unseen for longer is not counted."""
_RULE = re.compile(r"([a-z_]+):([<>])(-?\d+(?:\.\d+)?)")


@dataclass(frozen=True, slots=True)
class RepetitionRule:
    """What counts as a repetition: an angle goes beyond a threshold and comes back.

    >>> str(RepetitionRule("right_knee", is_over=True, threshold_deg=90.0))
    'right_knee:>90'
    """

    angle: str
    """Its full name, such as `right_knee`."""
    is_over: bool
    """Whether beyond the threshold means over it; if not, it means under it."""
    threshold_deg: float

    def __str__(self) -> str:
        return f"{self.angle}:{'>' if self.is_over else '<'}{self.threshold_deg:g}"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition that was counted.

    >>> squat = Repetition(track_id=1, start_s=2.5, end_s=4.0, peak_deg=104.0)
    >>> squat.end_s - squat.start_s
    1.5
    """

    track_id: int
    start_s: float
    """When the angle crossed the threshold."""
    end_s: float
    """When it was back."""
    peak_deg: float
    """The farthest value that it reached."""


def parse_repetitions(text: str) -> RepetitionRule:
    """Return the rule in a text such as `right_knee:>90` or `left_elbow:<30`.

    A straight knee is 0, so a squat takes it over 90.

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
            "such as 'right_knee:>90' for knee bends (a straight knee is 0)"
        )
    rule = RepetitionRule(match[1], match[2] == ">", float(match[3]))
    (definition,) = find_definitions((rule.angle,))
    back_deg = rule.threshold_deg + HYSTERESIS_DEG * (-1 if rule.is_over else 1)
    if definition.kind is AngleKind.FLEXION and not all(
        0 < degrees < 180 for degrees in (rule.threshold_deg, back_deg)
    ):
        raise OptionError(
            f"{rule} never counts: this angle is from 0 to 180, and is back at {back_deg:g}, "
            f"{HYSTERESIS_DEG:g} from the threshold"
        )
    return rule


@dataclass(slots=True)
class _Progress:
    """Where one person is between two repetitions.

    The depth of an angle is how many degrees it is beyond the threshold; negative before it.
    """

    recent: deque[tuple[float, float]] = field(default_factory=deque)
    """Times and depths of the last 0.2 s."""
    is_beyond: bool = False
    since_s: float = math.nan
    """Since when the angle has been on the other side; NaN while it is not."""
    start_s: float = math.nan
    """When the repetition started; NaN if it was under way when the person appeared."""
    peak: float = -math.inf
    """The greatest depth since then."""

    def update(self, time_s: float, depth: float) -> tuple[float, float, float] | None:
        """Take in the next depth; return start, end and peak if a repetition has just ended."""
        if not self.recent:
            self.is_beyond = depth > 0
        self.recent.append((time_s, depth))
        while self.recent[0][0] < time_s - MIN_DURATION_S:
            self.recent.popleft()
        # The median of a window belongs to the time in its middle.
        middle_s = (self.recent[0][0] + time_s) / 2
        return self._advance(middle_s, median(depth for _, depth in self.recent))

    def _advance(self, time_s: float, depth: float) -> tuple[float, float, float] | None:
        is_on_other_side = depth < -HYSTERESIS_DEG if self.is_beyond else depth > 0
        if not is_on_other_side:
            self.since_s = math.nan
        elif math.isnan(self.since_s):
            self.since_s = time_s
            self.peak = self.peak if self.is_beyond else depth
        self.peak = max(self.peak, depth)
        if not time_s - self.since_s >= MIN_DURATION_S:  # also where it is NaN
            return None
        since_s, self.since_s = self.since_s, math.nan
        self.is_beyond = not self.is_beyond
        if self.is_beyond:
            self.start_s = since_s
            return None
        return None if math.isnan(self.start_s) else (self.start_s, since_s, self.peak)


class Repetitions(MotionStep):
    """Count the repetitions of everybody in the frame; stands after an AngleMeter.

    The median of the last 0.2 s counts, so a single misread frame does not. Several people need ids
    to be told apart; a person alone is counted on when the id changes. Only the thread that calls
    it writes; any thread may read `count`, `done` and `label`.

    >>> counter = Repetitions(parse_repetitions("right_knee:>90"), names=["right_knee"])
    >>> counter.label
    'right_knee 0'
    """

    def __init__(self, rule: RepetitionRule, names: Sequence[str]) -> None:
        """Choose what is counted.

        Args:
            rule: Which angle, and its threshold.
            names: The angles that are measured.

        Raises:
            OptionError: If the rule's angle is not among them.
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
        self._people: dict[int, _Progress] = {}

    @property
    def label(self) -> str:
        """For people: `right_knee 4`."""
        return f"{self.rule.angle} {self.count}"

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Count, and return the frame unchanged."""
        ids = posed.poses.track_id.tolist()
        time_s = posed.frame.time_s
        self._people = {
            key: progress
            for key, progress in self._people.items()
            if 0 <= time_s - progress.recent[-1][0] <= FORGET_AFTER_S
        }
        if len(ids) == 1 and ids[0] not in self._people and self._people:
            _, self._people[ids[0]] = self._people.popitem()
        column = posed.angles.names.index(self.rule.angle)
        for key, degrees in zip(ids, posed.angles.degrees[:, column].tolist(), strict=True):
            if not math.isnan(degrees) and (key or len(ids) == 1):
                self._update(key, time_s, degrees)
        return posed

    def reset(self) -> None:
        """Forget the repetitions that are under way; the count is kept."""
        self._people = {}

    def _update(self, key: int, time_s: float, degrees: float) -> None:
        sign = 1.0 if self.rule.is_over else -1.0
        # Added at the end again: the person seen last is the one whose id may change.
        progress = self._people.pop(key) if key in self._people else _Progress()
        self._people[key] = progress
        ended = progress.update(time_s, sign * (degrees - self.rule.threshold_deg))
        if ended is not None:
            start_s, end_s, depth = ended
            peak_deg = self.rule.threshold_deg + sign * depth
            self.done = (*self.done, Repetition(key, start_s, end_s, peak_deg))
            self.count += 1
