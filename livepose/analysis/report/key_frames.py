"""KeyFrames: pictures of the least and greatest of each angle, and of each repetition."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import nan
from typing import TypeAlias

import numpy as np

from livepose.analysis.moving_median import MIN_VALUES, ROUNDING_S, WINDOW_S, is_low_rate
from livepose.core.angles import degrees_text
from livepose.core.arrays import Float64Array
from livepose.core.frame import PosedFrame
from livepose.core.repetitions import Repetition

PictureMaker: TypeAlias = Callable[[PosedFrame, int], bytes]
"""Makes a JPEG file of the person in this row of a frame, with the skeleton."""
MAX_PEOPLE = 4
MAX_REPETITIONS = 12
"""So many repetitions of a rule and a person have a picture: the first ones."""
_MAX_HELD = 13
"""The most frames that are held with their pixels, to know their medians."""
_SETTLED_S = 0.5
"""A picture is made of an extreme that was not exceeded for so long."""


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """A picture of one person at a moment that counts."""

    track_id: int
    caption: str
    jpeg: bytes


@dataclass(slots=True)
class _Candidate:
    """A frame that is the best one so far; its picture is made when that has settled."""

    value: float
    time_s: float
    posed: PosedFrame | None
    """None once the picture is made: a frame has megabytes."""
    row: int
    medians: Float64Array
    """(A,) the person's angles, of which the value is one."""
    jpeg: bytes = b""


class KeyFrames:
    """Collects the key frames of a run, as its frames come.

    A value counts where it is the median of the 0.2 s around its frame, as in the curves; at low
    frame rates, where there are fewer than three values, that of the 0.2 s up to it, as in the
    table of angles.
    """

    def __init__(self, picture: PictureMaker) -> None:
        """Start with none.

        Args:
            picture: Makes the pictures; called in the thread that adds frames.
        """
        self._picture = picture
        self._held: deque[PosedFrame] = deque(maxlen=_MAX_HELD)
        self._times_s: deque[float] = deque(maxlen=MIN_VALUES)
        """Of the last frames."""
        self._people: dict[int, int] = {}
        """In how many frames each person was, by track id."""
        self._extremes: dict[tuple[int, str, bool], _Candidate] = {}
        """By track id, angle, and whether it is the greatest one."""
        self._turning: dict[tuple[int, str], _Candidate] = {}
        """By track id and angle with a sign: the farthest value since the last repetition."""
        self._repetitions: dict[tuple[str, int, float], _Candidate] = {}
        """By rule, track id and start."""
        self._seen: set[tuple[str, int, float]] = set()
        self._counted: tuple[Repetition, ...] = ()
        self._rules: dict[str, tuple[str, bool]] = {}

    def watch(self, rule: str, angle: str, *, is_over: bool) -> None:
        """Make pictures of the repetitions of a rule too."""
        self._rules[rule] = (angle, is_over)

    def add(self, posed: PosedFrame) -> None:
        """Take in the next frame."""
        time_s = posed.frame.time_s
        if self._held and not posed.follows(self._held[-1]):
            self._held.clear()
            self._times_s.clear()
        self._held.append(posed)
        self._times_s.append(time_s)
        while self._held[0].frame.time_s < time_s - WINDOW_S - ROUNDING_S:
            self._held.popleft()
        middle = self._held[len(self._held) // 2]  # at low rates the last one
        if middle.angles.names:
            self._compare(middle)
        if posed.repetitions is not self._counted and posed.repetitions != self._counted:
            self._add_repetitions(posed.repetitions)
        for candidate in self._extremes.values():
            if candidate.posed is not None and time_s - candidate.time_s > _SETTLED_S:
                self._make(candidate)

    def finished(self, track_id: int, names: Sequence[str]) -> list[KeyFrame]:
        """Return the pictures of one person: those of angles, then those of repetitions.

        Args:
            track_id: Of the person.
            names: Of the angles, in their order.
        """
        found = []
        for name in names:
            for is_high in (False, True):
                candidate = self._extremes.get((track_id, name, is_high))
                if candidate is not None:
                    title = name.replace("_", " ")
                    what = "greatest" if is_high else "least"
                    caption = f"{title} {what}: {degrees_text(candidate.value)} at "
                    caption += f"{candidate.time_s:.2f} s"
                    found.append(KeyFrame(track_id, caption, self._make(candidate)))
        return [*found, *self._of_repetitions(track_id)]

    def _of_repetitions(self, track_id: int) -> list[KeyFrame]:
        """Return the pictures of repetitions; rules that share a frame and an angle share one."""
        candidates: dict[tuple[str, float], _Candidate] = {}
        shared: dict[tuple[str, float], list[Repetition]] = {}
        for each in self._counted:
            candidate = self._repetitions.get((each.rule, each.track_id, each.start_s))
            if each.track_id == track_id and candidate is not None:
                key = (self._rules[each.rule][0], candidate.time_s)
                candidates.setdefault(key, candidate)
                shared.setdefault(key, []).append(each)
        found = []
        for key, repetitions in shared.items():
            what = ", ".join(f"{each.rule} no. {each.number}" for each in repetitions)
            first = repetitions[0]
            caption = f"{what}: {degrees_text(first.peak_deg)} at {first.peak_s:.2f} s"
            found.append(KeyFrame(track_id, caption, self._make(candidates[key])))
        return found

    def _compare(self, middle: PosedFrame) -> None:
        """Compare the angles of everybody in a frame with the extremes so far."""
        names = middle.angles.names
        for row, track_id in enumerate(middle.poses.track_id.tolist()):
            if track_id not in self._people:
                if len(self._people) >= MAX_PEOPLE:
                    continue
                self._people[track_id] = 0
            self._people[track_id] += 1
            medians = self._medians(middle, row, track_id)
            for name, value in zip(names, medians.tolist(), strict=True):
                if value == value:  # no NaN
                    for is_high in (False, True):
                        self._offer((track_id, name, is_high), value, middle, row, medians)
            for rule, (angle, is_over) in self._rules.items():
                value = float(medians[names.index(angle)])
                if value == value:
                    key = (track_id, rule)
                    best = self._turning.get(key)
                    sign = 1 if is_over else -1
                    if best is None or sign * value > sign * best.value:
                        time_s = middle.frame.time_s
                        self._turning[key] = _Candidate(value, time_s, middle, row, medians)

    def _medians(self, middle: PosedFrame, row: int, track_id: int) -> Float64Array:
        """Return the medians of a person's angles over the frames that are held: (A,)."""
        rows = [middle.angles.degrees[row]]
        for posed in self._held:
            ids = posed.poses.track_id.tolist()
            if posed is not middle and track_id in ids and posed.angles.names:
                rows.append(posed.angles.degrees[ids.index(track_id)])
        ordered = np.sort(np.array(rows, np.float64), axis=0)  # NaNs last
        counts = np.count_nonzero(ordered == ordered, axis=0)
        columns = np.arange(len(counts))
        low = ordered[np.maximum(counts - 1, 0) // 2, columns]
        high = ordered[np.minimum(counts // 2, len(rows) - 1), columns]
        is_rare = is_low_rate(self._times_s) and self._people[track_id] >= MIN_VALUES
        is_known = np.isfinite(rows[0]) & ((counts >= MIN_VALUES) | is_rare)
        return np.where(is_known, (low + high) / 2, np.nan)

    def _offer(
        self,
        key: tuple[int, str, bool],
        value: float,
        posed: PosedFrame,
        row: int,
        medians: Float64Array,
    ) -> None:
        sign = 1 if key[2] else -1
        known = self._extremes.get(key)
        if known is None or sign * value > sign * known.value:
            self._extremes[key] = _Candidate(value, posed.frame.time_s, posed, row, medians)

    def _add_repetitions(self, counted: tuple[Repetition, ...]) -> None:
        for each in counted:
            key = (each.rule, each.track_id, each.start_s)
            if key in self._seen or each.rule not in self._rules:
                continue
            self._seen.add(key)
            candidate = self._turning.pop((each.track_id, each.rule), None)
            if candidate is not None and each.number <= MAX_REPETITIONS:
                self._make(candidate)
                self._repetitions[key] = candidate
        self._counted = counted

    def _make(self, candidate: _Candidate) -> bytes:
        if candidate.posed is not None:
            posed = _with_figures(candidate.posed, candidate.row, candidate.medians)
            candidate.jpeg = self._picture(posed, candidate.row)
            candidate.posed = None
        return candidate.jpeg


def _with_figures(posed: PosedFrame, row: int, medians: Float64Array) -> PosedFrame:
    """Return a frame in which the labels of a person show these angles.

    Those that it came with are of the 0.2 s before it, as a live view knows no others: in a
    movement they are some degrees behind the curve, the tables and the caption.
    """
    track_id = posed.poses.track_id[row]
    figures = dict(zip(posed.angles.names, medians.tolist(), strict=True))
    labels = tuple(
        replace(label, text=degrees_text(value))
        if label.track_id == track_id and (value := figures.get(label.angle, nan)) == value
        else label
        for label in posed.overlays.labels
    )
    return replace(posed, overlays=replace(posed.overlays, labels=labels))
