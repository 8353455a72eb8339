"""Repetitions: how often an angle goes beyond a threshold and comes back, as for knee bends."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from statistics import median

from livepose.analysis.clip_angles import AngleSample, ClipAngles
from livepose.analysis.moving_median import MIN_VALUES, is_low_rate
from livepose.analysis.repetition_history import RepetitionHistory
from livepose.analysis.repetition_rules import HYSTERESIS_DEG, RepetitionRule
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.repetitions import Repetition

MIN_DURATION_S = 0.2
"""How long an angle stays beyond the threshold, and how long it then stays back, at least. So there
are at most two repetitions in a second."""
FORGET_AFTER_S = 0.5
"""A repetition during which the angle is unseen for longer is not counted."""
MIN_RANGE_DEG = 30.0
"""A rule without a threshold counts once the angle has gone through so much."""


@dataclass(slots=True)
class _Progress:
    """Where one person is between two repetitions.

    Values are angles, with their sign changed where beyond means under: beyond is always more.
    """

    recent: deque[tuple[float, float]] = field(default_factory=deque)
    """Times and values of the last 0.2 s."""
    history: RepetitionHistory = field(default_factory=RepetitionHistory)
    is_new: bool = True
    is_beyond: bool = False
    since_s: float = math.nan
    """Since when the angle has been on the other side; NaN while it is not."""
    start_s: float = math.nan
    """When the repetition started; NaN if it was under way when the person appeared."""
    peak: float = -math.inf
    """The greatest value since then."""
    last: Repetition | None = None
    """The one before."""

    def smoothed(self, time_s: float, value: float) -> tuple[float, float]:
        """Take in the next value, and return the median of the last 0.2 s and its time."""
        self.recent.append((time_s, value))
        while self.recent[0][0] < time_s - MIN_DURATION_S:
            self.recent.popleft()
        # The median of a window belongs to the time in its middle.
        middle_s = (self.recent[0][0] + time_s) / 2
        return middle_s, median(value for _, value in self.recent)

    def advance(
        self, time_s: float, value: float, threshold: float
    ) -> tuple[float, float, float] | None:
        """Return start, end and peak if a repetition has just ended."""
        if self.is_new:
            self.is_new, self.is_beyond = False, value > threshold
        is_back = value < threshold - HYSTERESIS_DEG
        is_on_other_side = is_back if self.is_beyond else value > threshold
        if not is_on_other_side:
            self.since_s = math.nan
        elif math.isnan(self.since_s):
            self.since_s = time_s
            self.peak = self.peak if self.is_beyond else value
        self.peak = max(self.peak, value)
        if not time_s - self.since_s >= MIN_DURATION_S:  # also where it is NaN
            return None
        since_s, self.since_s = self.since_s, math.nan
        self.is_beyond = not self.is_beyond
        if self.is_beyond:
            self.start_s = since_s
            return None
        start_s, self.start_s = self.start_s, math.nan
        return None if math.isnan(start_s) else (start_s, since_s, self.peak)


@dataclass(slots=True)
class _Extent:
    """How far the angle of one person has gone, as values of `_Progress`.

    Only medians of three values or more are extremes, as in the table of angles (`MovingMedian`);
    at low frame rates, where there are none, all values from the third on.
    """

    low: float = math.inf
    high: float = -math.inf
    frames: int = 0
    """In how many frames the angle was seen since the last cut."""

    def include(self, value: float) -> bool:
        """Return whether a value makes it larger."""
        is_larger = not self.low <= value <= self.high
        self.low, self.high = min(self.low, value), max(self.high, value)
        return is_larger


class Repetitions(MotionStep):
    """Count the repetitions of everybody in the frame; stands after an AngleMeter.

    The median of the last 0.2 s counts, so a single misread frame does not. Several people need ids
    to be told apart; a person alone is counted on when the id changes. A rule without a threshold
    takes half of the range that each person's angle has gone so far, from 30 degrees on; what was
    counted before the range grew is dropped where it does not reach the threshold any more.

    Only the thread that calls it writes; any thread may read `count` and `done`.

    >>> from livepose.analysis.repetition_rules import parse_repetitions
    >>> counter = Repetitions(parse_repetitions("right_knee:>90"), names=["right_knee"])
    >>> counter.count
    0
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
        self.done: tuple[Repetition, ...] = ()
        """In the order in which they were counted."""
        self._sign = 1.0 if rule.is_over else -1.0
        self._people: dict[int, _Progress] = {}
        self._extents: dict[int, _Extent] = {}
        self._times_s: deque[float] = deque(maxlen=MIN_VALUES)
        """Of the last frames."""
        self._clip: ClipAngles | None = None
        self._id_of: Callable[[int], int] = int
        self._without_threshold: Repetitions | None = None
        """Finds out what would have counted, as long as nothing was."""
        if rule.threshold_deg is not None:
            self._without_threshold = Repetitions(replace(rule, threshold_deg=None), names)

    @property
    def count(self) -> int:
        """Of everybody together."""
        return len(self.done)

    def hint(self) -> str:
        """Return why nothing was counted, and what would have been; empty if something was."""
        if self.count:
            return ""
        rule, angle = self.rule, self.rule.angle
        extents = [each for each in self._extents.values() if each.low <= each.high]
        if not extents:
            how_long = " for long enough" if self._extents else ""
            return f"{rule} counted nothing: {angle} was not seen{how_long}"
        ends = [
            round(self._sign * min(extent.low for extent in extents)),
            round(self._sign * max(extent.high for extent in extents)),
        ]
        went = f"{rule} counted nothing: {angle} went from {min(ends)} to {max(ends)}°"
        if self._without_threshold is None:
            return f"{went}; without a threshold, {MIN_RANGE_DEG:.0f}° there and back count"
        if not self._without_threshold.count:
            return f"{went}, and nothing like a repetition was seen"
        found = self._without_threshold.done
        better = replace(rule, threshold_deg=float(round(found[-1].threshold_deg)))
        return f"{went}; '{better}' would have counted {len(found)}"

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Count, and return the frame with everything that was counted so far."""
        self._count(posed)
        return replace(posed, repetitions=(*posed.repetitions, *self.done)) if self.done else posed

    def reset(self) -> None:
        """Forget the repetitions that are under way; the count is kept."""
        for progress in self._people.values():
            self._complete(progress)
        self._people = {}
        self._times_s.clear()
        for extent in self._extents.values():
            extent.frames = 0
        if self._without_threshold is not None:
            self._without_threshold.reset()

    def forget(self) -> None:
        """Forget the count too, as the frames will be seen again."""
        self.reset()
        self._extents, self.done = {}, ()
        if self._clip is not None:
            self._clip = ClipAngles(FORGET_AFTER_S)
        if self._without_threshold is not None:
            self._without_threshold.forget()

    def keep_all(self, id_of: Callable[[int], int]) -> None:
        """Keep the angles of all frames, as the clip will be watched in any order: `recount`.

        Args:
            id_of: Returns the id that the person with an id has by now.
        """
        self._clip, self._id_of = ClipAngles(FORGET_AFTER_S), id_of
        if self._without_threshold is not None:
            self._without_threshold.keep_all(id_of)

    def recount(self, time_s: float) -> None:
        """Count again in the order of time, as parts of the clip have met in a frame.

        Args:
            time_s: Of the frame, which was analysed last: the next one may follow it.
        """
        if self._clip is None:
            return
        if self._without_threshold is not None:
            self._without_threshold.recount(time_s)
        run = self._clip.run_around(time_s)
        if not run:
            return
        again = Repetitions(self.rule, [self.rule.angle])
        again._without_threshold = None
        for sample in run:
            if sample.is_cut:
                again.reset()
            again._count_sample(sample, [self._id_of(each) for each in sample.ids])
            if sample.time_s == time_s:
                self._people = deepcopy(again._people)
        self._extents |= again._extents
        others = [each for each in self.done if not run[0].time_s <= each.back_s <= run[-1].time_s]
        self.done = _numbered((*others, *again.done), self._id_of)

    def _count(self, posed: PosedFrame) -> None:
        ids = posed.poses.track_id.tolist()
        angles, time_s = posed.angles, posed.frame.time_s
        sample = AngleSample(time_s, ids, angles.names, angles.degrees, is_cut=False)
        if self._clip is not None:
            self._clip.add(
                *(time_s, ids, angles.names, angles.degrees), is_scene_start=posed.is_scene_start
            )
            ids = [self._id_of(each) for each in ids]
        self._count_sample(sample, ids)
        if self.done and self._clip is None:
            self._without_threshold = None
        elif self._without_threshold is not None:
            self._without_threshold._count(posed)

    def _count_sample(self, sample: AngleSample, ids: Sequence[int]) -> None:
        """Count with the angles of a frame, under ids that may differ from those in it."""
        time_s, names = sample.time_s, sample.names
        self._times_s.append(time_s)
        for key, progress in list(self._people.items()):
            if not 0 <= time_s - progress.recent[-1][0] <= FORGET_AFTER_S:
                self._complete(self._people.pop(key))
        if len(ids) == 1 and ids[0] not in self._people and self._people:
            earlier, self._people[ids[0]] = self._people.popitem()
            self._extents.setdefault(ids[0], self._extents[earlier])
        column = names.index(self.rule.angle)
        for key, degrees in zip(ids, sample.degrees.tolist(), strict=True):
            if not math.isnan(degrees[column]) and (key or len(ids) == 1):
                self._update(key, time_s, degrees, names, column)

    def _update(
        self, key: int, time_s: float, degrees: Sequence[float], names: tuple[str, ...], column: int
    ) -> None:
        # Added at the end again: the person seen last is the one whose id may change.
        progress = self._people.pop(key) if key in self._people else _Progress()
        self._people[key] = progress
        middle_s, value = progress.smoothed(time_s, self._sign * degrees[column])
        extent = self._extents.setdefault(key, _Extent())
        extent.frames += 1
        is_settled = len(progress.recent) >= MIN_VALUES or (
            extent.frames >= MIN_VALUES and is_low_rate(self._times_s)
        )
        is_larger = is_settled and extent.include(value)
        if is_larger and self.rule.threshold_deg is None and self.done:
            self._drop_small(key, extent)
        threshold = self._threshold(extent)
        began_s = time_s if math.isnan(progress.start_s) else progress.start_s
        progress.history.add(time_s, degrees, began_s)
        self._follow_back(progress, column)
        ended = progress.advance(middle_s, value, threshold)
        if ended is None:
            return
        crossed_s, back_s, peak = ended
        last = progress.last
        found = Repetition(
            key,
            crossed_s,
            back_s,
            self._sign * peak,
            crossed_s,
            back_s,
            peak_s=(crossed_s + back_s) / 2,  # where the history shows no better one
            is_complete=False,
            rule=str(self.rule),
            threshold_deg=self._sign * threshold,
            number=1 + sum(each.track_id == key for each in self.done),
        )
        found = progress.history.measure(
            found,
            names,
            column,
            -math.inf if last is None else last.end_s,
            is_over=self.rule.is_over,
        )
        if last is not None:
            found = replace(found, period_s=found.start_s - last.start_s)
        found = progress.history.follow_back(found, column, is_over=self.rule.is_over)
        progress.last = found
        self.done = (*self.done, found)

    def _follow_back(self, progress: _Progress, column: int) -> None:
        """Find out when the repetition that was counted last is over."""
        last = progress.last
        if last is not None and not last.is_complete:
            followed = progress.history.follow_back(last, column, is_over=self.rule.is_over)
            self._replace(progress, followed)

    def _complete(self, progress: _Progress) -> None:
        """Leave the last repetition of somebody as it is: no more will be seen of it."""
        if progress.last is not None:
            self._replace(progress, replace(progress.last, is_complete=True))

    def _replace(self, progress: _Progress, changed: Repetition) -> None:
        """Put the last repetition of somebody, with its end, in the place of what it was."""
        last, progress.last = progress.last, changed
        if last is None or changed == last:
            return
        self.done = tuple(
            replace(each, end_s=changed.end_s, is_complete=changed.is_complete)
            if each.crossed_s == last.crossed_s
            and self._id_of(each.track_id) == self._id_of(last.track_id)
            else each
            for each in self.done
        )

    def _threshold(self, extent: _Extent) -> float:
        """Return the threshold for one person, as a value of `_Progress`."""
        if self.rule.threshold_deg is not None:
            return self._sign * self.rule.threshold_deg
        is_enough = extent.high - extent.low >= MIN_RANGE_DEG
        return (extent.low + extent.high) / 2 if is_enough else math.inf

    def _drop_small(self, key: int, extent: _Extent) -> None:
        """Drop what does not reach the middle of a range that has grown, and number the rest."""
        threshold = self._threshold(extent)
        kept: list[Repetition] = []
        number = 0
        for each in self.done:
            if each.track_id != key:
                kept.append(each)
            elif self._sign * each.peak_deg > threshold:
                number += 1
                kept.append(replace(each, number=number))
        self.done = tuple(kept)


def _numbered(done: Sequence[Repetition], id_of: Callable[[int], int]) -> tuple[Repetition, ...]:
    """Return repetitions in the order of time, numbered anew for each person."""
    numbers: Counter[int] = Counter()
    numbered = []
    for each in sorted(done, key=lambda each: each.back_s):
        track_id = id_of(each.track_id)
        numbers[track_id] += 1
        numbered.append(replace(each, track_id=track_id, number=numbers[track_id]))
    return tuple(numbered)
