"""How much two aligned takes differ, angle by angle, and what that is worth from 0 to 100."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS, find_definitions
from livepose.analysis.comparison.alignment import Alignment
from livepose.analysis.comparison.limb_directions import convolve
from livepose.analysis.comparison.take import Take
from livepose.core.arrays import Float64Array

RATE = 30.0
"""Moments a second at which takes are compared."""
ALIKE_DEG, DIFFERENT_DEG = 6.0, 35.0
"""An angle that differs by less than the first is as good as alike; by more than the second it has
nothing in common."""
COVERED = 0.6
"""The share of a take's movement that has to be matched."""
COMMON = 0.7
"""The share of the movement that has to be common to both. Somebody who walks differs from somebody
who stands by no more than 35 degrees at any time: without this rule they would be rather alike."""
SCORE_EXPLANATION = (
    "The score is 100 where everything is alike. At each moment, each angle gets 100 points if it "
    f"differs by less than {ALIKE_DEG:.0f}°, none if by more than {DIFFERENT_DEG:.0f}°, and in "
    "between in proportion. The score is their mean, in which angles count by how far they move "
    "(their range in the take in which it is greater, 10° at least). Where what was matched has "
    f"less than {100 * COVERED:.0f} % of the movement of a take, or where less than "
    f"{100 * COMMON:.0f} % of the movement is common to both, the score is lower in proportion. "
    "Place, size and tempo do not count."
)
_SIGMA_S = 0.05
_MAX_GAP_S = 0.2
_LEAST_RANGE_DEG = 10.0
_MOVEMENT_SIGMA_S = 0.15
"""Movement is summed up of angles smoothed by more, so that noise is none."""
_LEAST_MOVEMENT_DEG = 100.0
"""Of a take that moves by less, all angles together, any part is as good."""
_STILL_DEG = 8.0
"""Angles that spread by less, such as those of people who hold a pose, need no common movement."""
_MIN_SHARE = 0.1
"""An angle that is seen in both in less than this share of the moments is not compared."""


@dataclass(frozen=True, slots=True)
class AngleDifference:
    """How much one angle differs."""

    name: str
    """Such as `left_knee`."""
    mean_deg: float
    """The mean of the difference's magnitude."""
    bias_deg: float
    """The mean of B minus A: positive if B's angle is larger."""
    greatest_deg: float
    """The difference, B minus A, where its magnitude is greatest."""
    at_a_s: float
    """When that is, in seconds of A."""
    at_b_s: float
    """When that is, in seconds of B."""
    share: float
    """In which share of the compared moments both are seen."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two takes, aligned and compared at G moments.

    >>> from livepose.analysis.comparison.alignment import align
    >>> from livepose.analysis.comparison.take import make_take
    >>> from livepose.sources.synthetic.source import SyntheticSource
    >>> dance = SyntheticSource()
    >>> take = make_take([(n / 10, dance.truth(n / 10)) for n in range(20)])
    >>> comparison = measure_difference(take, take, align(take, take))
    >>> comparison.score, comparison.worst
    (100.0, None)
    """

    names: tuple[str, ...]
    """A names of angles."""
    a_s: Float64Array
    """(G,) seconds of A, at equal steps."""
    b_s: Float64Array
    """(G,) the same moments in seconds of B."""
    a_deg: Float64Array
    """(G, A) angles of A, smoothed; NaN where not seen. They are the angles that are compared, in
    the frame, with one sign for the whole take."""
    b_deg: Float64Array
    """(G, A) angles of B at the moments that belong to those of A, and on the same turn."""
    difference_deg: Float64Array
    """(G, A) `b_deg` minus `a_deg`."""
    tempo: float
    """How fast B is, A being 1."""
    score: float
    """0..100; see `SCORE_EXPLANATION`. NaN where no angle is seen in both."""
    matched_score: float
    """The score of what was matched: before it is lowered, as that is too little of a take, or as
    too little of the movement is common to both."""
    a_matched: float
    """The share of A's movement that was matched, 0..1."""
    b_matched: float
    """The share of B's."""
    common: float
    """The share of the movement that is common to both, -1..1: 1 where they do the same, 0 where
    one moves and the other one does not, less where they do the opposite."""
    angles: tuple[AngleDifference, ...]
    """Of the angles that are seen in both, those that differ most first."""

    @property
    def worst(self) -> AngleDifference | None:
        """The angle that differs most; None where nothing differs by as much as 0.05 degrees."""
        return next((angle for angle in self.angles if angle.mean_deg >= 0.05), None)


def measure_difference(a: Take, b: Take, alignment: Alignment) -> Comparison:
    """Return how much two takes differ that have been aligned.

    Args:
        a: The first take.
        b: The second take, with the same angles.
        alignment: Of both.
    """
    start_s, end_s = float(alignment.a_s[0]), float(alignment.a_s[-1])
    a_s = start_s + np.arange(int((end_s - start_s) * RATE + 1e-6) + 1) / RATE
    b_s = alignment.to_b(a_s)
    signs = _signs(a, start_s, end_s)
    a_turn = signs * _resampled(a, a.turn_deg, a_s)
    b_turn = signs * _resampled(b, b.turn_deg, b_s)
    periods = np.array([ANGLE_DEFINITIONS[name].period_deg for name in a.names])
    difference = (b_turn - a_turn + periods / 2) % periods - periods / 2
    angles = _summaries(a.names, a_s, b_s, difference)
    a_matched, b_matched = _matched_share(a, a_s), _matched_share(b, b_s)
    matched_score = _score(a_turn, b_turn, difference)
    common = _common_share(a_turn, b_turn, difference)
    a_deg = _on_usual_turn(a_turn, a.names)
    return Comparison(
        names=a.names,
        a_s=a_s,
        b_s=b_s,
        a_deg=a_deg,
        b_deg=_nearest_turn(b_turn, a_deg, periods),
        difference_deg=difference,
        tempo=_tempo(a_s, b_s, a_turn),
        score=matched_score
        * min(1.0, a_matched / COVERED, b_matched / COVERED)
        * min(1.0, max(0.0, common) / COMMON),
        matched_score=matched_score,
        a_matched=a_matched,
        b_matched=b_matched,
        common=common,
        angles=tuple(sorted(angles, key=lambda angle: -angle.mean_deg)),
    )


def _signs(a: Take, start_s: float, end_s: float) -> Float64Array:
    """Return the sign, 1 or -1, with which each turn in the frame is A's angle for the most: (A,).

    There is one for the whole take. Angles as they are measured change their sign where the body
    seems to face the other way, which may be in one take and not in the other.

    Args:
        a: The take.
        start_s: Where what is compared begins.
        end_s: Where it ends.
    """
    is_compared = (a.time_s >= start_s) & (a.time_s <= end_s)
    turns, degrees = np.radians(a.turn_deg[is_compared]), np.radians(a.degrees[is_compared])
    return np.where(np.nansum(np.sin(turns) * np.sin(degrees), axis=0) < 0, -1.0, 1.0)


def _on_usual_turn(degrees: Float64Array, names: tuple[str, ...]) -> Float64Array:
    """Return angles with whole periods added, so that most of each are where bodies have them.

    Args:
        degrees: (G, A).
        names: Of A angles.
    """
    placed = degrees.copy()
    for column, definition in zip(placed.T, find_definitions(names), strict=True):
        known = column[np.isfinite(column)]
        if len(known):
            period = definition.period_deg
            column -= period * np.floor((np.median(known) - definition.first_low_deg) / period)
    return placed


def _summaries(
    names: tuple[str, ...], a_s: Float64Array, b_s: Float64Array, difference: Float64Array
) -> Iterator[AngleDifference]:
    for name, column in zip(names, difference.T, strict=True):
        known = np.flatnonzero(np.isfinite(column))
        if len(known) < max(_MIN_SHARE * len(column), 2):
            continue
        magnitude = np.abs(column[known])
        where = int(known[magnitude.argmax()])
        yield AngleDifference(
            name,
            float(magnitude.mean()),
            float(column[known].mean()),
            float(column[where]),
            float(a_s[where]),
            float(b_s[where]),
            len(known) / len(column),
        )


def _score(a_turn: Float64Array, b_turn: Float64Array, difference: Float64Array) -> float:
    """Return the score of what was matched; `SCORE_EXPLANATION` says how it is made."""
    is_known = np.isfinite(difference)
    if not is_known.any():
        return float("nan")
    points = np.clip((DIFFERENT_DEG - np.abs(difference)) / (DIFFERENT_DEG - ALIKE_DEG), 0, 1)
    weights = is_known * np.maximum(np.fmax(_range(a_turn), _range(b_turn)), _LEAST_RANGE_DEG)
    return float(100 * (np.where(is_known, points, 0) * weights).sum() / weights.sum())


def _common_share(a_turn: Float64Array, b_turn: Float64Array, difference: Float64Array) -> float:
    """Return which share of the movement is common to both takes.

    It is 1 - sum(var(B - A)) / sum(var(A) + var(B)) over the angles, which for one angle and means
    that are alike is the concordance coefficient of L. I. Lin (Biometrics 45, 1989).
    """
    is_known = np.isfinite(difference)
    often = is_known.sum(axis=0) >= max(_MIN_SHARE * len(difference), 2)
    if not often.any():
        return 1.0
    known = is_known[:, often]
    own, other, apart = (
        np.nanvar(np.where(known, values[:, often], np.nan), axis=0)
        for values in (a_turn, b_turn, difference)
    )
    moments = known.sum(axis=0)
    return float(1 - (moments * apart).sum() / (moments * (own + other + _STILL_DEG**2)).sum())


def _matched_share(take: Take, matched_s: Float64Array) -> float:
    """Return which share of a take's movement was matched: of the ways of all angles."""
    grid_s = np.arange(take.time_s[0], take.time_s[-1], 1 / RATE)
    turns = _resampled(take, take.turn_deg, grid_s, _MOVEMENT_SIGMA_S)
    ways = np.abs(np.diff(turns, axis=0))
    moved = np.where(np.isfinite(ways), ways, 0).sum(axis=1)
    is_matched = (grid_s[1:] > matched_s[0]) & (grid_s[:-1] < matched_s[-1])
    total = float(moved.sum())
    return float(moved[is_matched].sum()) / total if total > _LEAST_MOVEMENT_DEG else 1.0


def _tempo(a_s: Float64Array, b_s: Float64Array, a_turn: Float64Array) -> float:
    """Return how fast B is between the moments at which a tenth and nine tenths of A are done.

    Standing still before and behind the movement does not count.
    """
    moved = np.abs(np.diff(np.nan_to_num(a_turn), axis=0)).sum(axis=1).cumsum()
    if not len(moved) or moved[-1] == 0:
        return 1.0
    first, last = np.searchsorted(moved, np.array((0.1, 0.9)) * moved[-1]).tolist()
    passed_b_s = float(b_s[last] - b_s[first])
    return float(a_s[last] - a_s[first]) / passed_b_s if passed_b_s > 0 else 1.0


def _range(degrees: Float64Array) -> Float64Array:
    """Return how far each angle goes; 0 where it is not seen."""
    high = np.fmax.reduce(degrees, axis=0, initial=-np.inf)
    low = np.fmin.reduce(degrees, axis=0, initial=np.inf)
    return np.where(high >= low, high - low, 0.0)


def _resampled(
    take: Take, degrees: Float64Array, at_s: Float64Array, sigma_s: float = _SIGMA_S
) -> Float64Array:
    """Return the angles of a take at other times, smoothed: (G, A); NaN where not seen."""
    found = np.full((len(at_s), degrees.shape[1]), np.nan)
    for column, values in enumerate(degrees.T):
        seen = np.flatnonzero(np.isfinite(values))
        if not len(seen):
            continue
        time_s = take.time_s[seen]
        smoothed = _smoothed(time_s, np.unwrap(values[seen], period=360), sigma_s)
        after = np.searchsorted(time_s, at_s)
        earlier, later = time_s[np.maximum(after - 1, 0)], time_s[np.minimum(after, len(seen) - 1)]
        nearest_s = np.minimum(np.abs(at_s - earlier), np.abs(later - at_s))
        known = np.interp(at_s, time_s, smoothed)
        found[:, column] = np.where(nearest_s <= _MAX_GAP_S / 2, known, np.nan)
    return found


def _nearest_turn(b_deg: Float64Array, a_deg: Float64Array, periods: Float64Array) -> Float64Array:
    """Return the angles of B with whole periods added, so that they are nearest to those of A.

    An arm that went all the way round in A only is where it was, and not 360 degrees away.
    """
    turns = np.round((a_deg - b_deg) / periods)
    # Where one of them is not seen, as before.
    rows = np.where(np.isfinite(turns), np.arange(len(turns))[:, None], 0)
    latest = np.take_along_axis(turns, np.maximum.accumulate(rows, axis=0), axis=0)
    return b_deg + np.nan_to_num(latest) * periods


def _smoothed(time_s: Float64Array, degrees: Float64Array, sigma_s: float) -> Float64Array:
    """Return an angle smoothed with a Gaussian; times need not be at equal steps."""
    step_s = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 1.0
    sigma = sigma_s / max(step_s, 1e-6)
    reach = max(1, round(3 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    # Relative to the mean, as beyond the ends there is nothing.
    share = convolve(np.ones(len(degrees)), kernel)
    return np.asarray(convolve(degrees, kernel) / share, np.float64)
