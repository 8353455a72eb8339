"""Two stories of each limb: what the network says is right, or left and right are swapped.

It is Viterbi's algorithm with a Kalman filter to each survivor (Raheli, Polydoros, Tzou:
Per-survivor processing, IEEE Trans. Communications 43, 1995), of nearly constant velocity
(Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 6.2.2).
Lengths are in torsos, costs are negative logarithms of likelihoods. Where a left joint lies from
the right one is a complex number, x + iy, so that an exchange is a minus.

These are a few numbers for each person: with one, Python itself is three to four times as fast as
arrays are; with six it takes a third longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

PLAIN, SWAPPED = 0, 1
"""The two stories."""
_ROOT = 0
MIN_SCORE = 0.25
"""A pair of which one is seen less than this has no vote."""
HOLD_S = 0.7
"""Whoever says the same for longer than this is believed."""

_NOISE = 0.35
"""How far a sure point trembles, over COCO's sigma: that is how far people disagree."""
_RESTLESS = (30.0, 120.0, 250.0)
"""Spectral density of the acceleration of a runner's root, middle and end: torsos^2 / s^3."""
_FIRST_SPEED = 9.0
"""Variance of a speed of which nothing is known: torsos^2 / s^2."""
_FIRST_PLACE = 4.0
"""Variance of a place of which nothing is known: torsos^2."""
_LEAST_ACTIVE, _MOST_ACTIVE = 0.2, 4.0
"""How restless a limb can be, over a runner's."""
_ADAPT_S = 0.3

_START = 6.0
"""What it costs to say that all was swapped from the beginning."""
_FLIP = 6.0
"""What it costs to say that a swap begins."""
_SURE_STEP_S = 0.042
"""After a longer step it costs more, as its square: less can be foreseen."""
_FLIP_IN_FRONT = 10.0
"""The more of it when hips or shoulders are seen side by side: there a swap is rare."""
_BOUNCE = 60.0
"""And if the joints are close then: legs come together and part again, as in a jumping jack."""
_FRONT, _CLOSE = 0.3, 0.5
"""From how far apart hips are side by side; up to how far apart joints are close."""
_RETURN = 1.0
"""What it costs to say that a swap ends: most are short."""
_STAY_PER_S = 25.0
"""What it costs to say that a swap goes on."""
_MARGIN = 2.0
"""By how much the swap must be the better story."""
_VETO = 4.0
"""No swap begins that makes one joint's story worse by this."""
_MOST = 25.0
"""The most that the leap of one joint costs."""
_GATE = 5.0
"""What fits no story better than this has no vote: both legs were taken for the same one."""


Swaps = tuple[bool, bool, bool]
"""Of a limb's root, middle and end: which pairs are swapped."""


class _Fit(NamedTuple):
    """How badly what is seen of a pair fits what both stories foresaw. On average a miss is 1."""

    votes: bool
    """Whether it tells anything."""
    goes_along: tuple[bool, bool]
    """Whether it is exchanged when the limb is, after each story."""
    plain: tuple[float, float]
    """The misses, if it is plain now."""
    swapped: tuple[float, float]
    """If it is swapped now."""
    gain: float
    """Of what is learned, over the variance: one over that of what is seen."""


@dataclass(slots=True, eq=False)
class _Pair:
    """What is told of a pair of joints: of the left one, seen from the right one."""

    still: float
    """Variance of a place that is surely seen, along one axis."""
    restless: float
    is_root: bool
    """A shoulder or a hip: it is exchanged with the limb, but tells nothing about it."""
    place: tuple[complex, complex]
    """In each story."""
    speed: tuple[complex, complex] = (0j, 0j)
    place_spread: float = _FIRST_PLACE
    """Variance of a place, in either story."""
    both_spread: float = 0.0
    """Covariance of place and speed."""
    speed_spread: float = _FIRST_SPEED
    """Variance of a speed."""

    def foresee(self, step_s: float, activity: float, score: float) -> float:
        """Go on in both stories; gives the variance of what will be seen."""
        (plain, swapped), (plain_speed, swapped_speed) = self.place, self.speed
        self.place = plain + step_s * plain_speed, swapped + step_s * swapped_speed
        push = self.restless * activity * step_s
        moved = self.both_spread + step_s * self.speed_spread
        self.place_spread += step_s * (self.both_spread + moved) + push * (step_s**2 / 3)
        self.both_spread = moved + push * (step_s / 2)
        self.speed_spread += push
        return self.place_spread + self.still / max(score, MIN_SCORE) ** 2 * max(activity, 1.0)

    def fit(self, apart: complex, score: float, spread: float) -> _Fit:
        """Compare what is seen, whose variance is to be `spread`, with both stories."""
        first, second = self.place
        width = 2 * spread
        plain = abs(apart - first) ** 2 / width, abs(apart - second) ** 2 / width
        swapped = abs(apart + first) ** 2 / width, abs(apart + second) ** 2 / width
        votes = score >= MIN_SCORE and min(*plain, *swapped) < _GATE
        goes_along = swapped[PLAIN] < plain[PLAIN], swapped[SWAPPED] < plain[SWAPPED]
        # Roots, and what has no vote, are exchanged only if that is better for themselves.
        if self.is_root or not votes:
            plain = swapped = 0.0, 0.0
        else:
            goes_along = True, True
            plain = min(plain[PLAIN], _MOST), min(plain[SWAPPED], _MOST)
            swapped = min(swapped[PLAIN], _MOST), min(swapped[SWAPPED], _MOST)
        return _Fit(votes, goes_along, plain, swapped, 1 / spread if votes else 0.0)

    def learn(self, apart: complex, fit: _Fit, before_plain: int, before_swapped: int) -> None:
        """Give each story its past, and correct both by what was seen: Kalman's update."""
        place_gain, speed_gain = fit.gain * self.place_spread, fit.gain * self.both_spread
        plain, swapped = self.place[before_plain], self.place[before_swapped]
        plain_off = apart - plain
        swapped_off = (-apart if fit.goes_along[before_swapped] else apart) - swapped
        self.place = plain + place_gain * plain_off, swapped + place_gain * swapped_off
        self.speed = (
            self.speed[before_plain] + speed_gain * plain_off,
            self.speed[before_swapped] + speed_gain * swapped_off,
        )
        self.speed_spread -= speed_gain * self.both_spread
        self.both_spread -= place_gain * self.both_spread
        self.place_spread -= place_gain * self.place_spread


class LimbHypotheses:
    """What is told of both arms of somebody, or of both legs."""

    def __init__(self, sigmas: Sequence[float], apart: Sequence[complex]) -> None:
        """Begin with what the network says of roots, middles and ends. Then go on from there.

        Args:
            sigmas: COCO's, of the three.
            apart: where the left ones lie from the right ones.
        """
        self._sigmas = sigmas
        self._begin(apart)

    def _begin(self, apart: Sequence[complex]) -> None:
        self._pairs = [
            # Of a difference of two points.
            _Pair(2 * (_NOISE * self._sigmas[at]) ** 2, _RESTLESS[at], at == _ROOT, (way, -way))
            for at, way in enumerate(apart)
        ]
        self._lead = _START
        """By how much it costs more to tell that it is swapped now."""
        self._activity = 1.0
        """How restless the limb is, over a runner's."""
        self._held_s = 0.0
        """For how long it was taken for swapped."""

    def go_on(self, step_s: float, apart: Sequence[complex], score: Sequence[float]) -> Swaps:
        """Learn from the next frame, and tell which pairs are swapped in it.

        Args:
            step_s: since the last one.
            apart: from each right joint to the left one, as the network says.
            score: of each pair, that of the one that is seen less.
        """
        root, middle, end = fits = [
            pair.fit(way, seen, pair.foresee(step_s, self._activity, seen))
            for pair, way, seen in zip(self._pairs, apart, score, strict=True)
        ]
        plain = [a + b for a, b in zip(middle.plain, end.plain, strict=True)]
        swapped = [a + b for a, b in zip(middle.swapped, end.swapped, strict=True)]
        # Each story of now has the better of two pasts.
        stays = self._lead + _STAY_PER_S * step_s
        costs_plain = plain[PLAIN], plain[SWAPPED] + self._lead + _RETURN
        costs_swapped = swapped[PLAIN] + self._beginning(fits, step_s), swapped[SWAPPED] + stays
        before_plain = int(costs_plain[SWAPPED] < costs_plain[PLAIN])
        before_swapped = int(costs_swapped[SWAPPED] < costs_swapped[PLAIN])
        for pair, way, fit in zip(self._pairs, apart, fits, strict=True):
            pair.learn(way, fit, before_plain, before_swapped)
        self._lead = costs_swapped[before_swapped] - costs_plain[before_plain]
        miss = swapped[before_swapped] if self._lead < 0 else plain[before_plain]
        self._adapt(miss, middle.votes + end.votes, step_s)
        if not self._is_swapped(step_s, apart):
            return False, False, False
        return (
            root.goes_along[before_swapped],
            middle.goes_along[before_swapped],
            end.goes_along[before_swapped],
        )

    def _beginning(self, fits: Sequence[_Fit], step_s: float) -> float:
        """Give what it costs to say that a swap begins."""
        root, middle, end = (abs(pair.place[PLAIN]) for pair in self._pairs)
        cost = _FLIP * max((step_s / _SURE_STEP_S) ** 2, 1.0)
        if not fits[_ROOT].goes_along[PLAIN]:
            close = 1 - min(max(middle, end) / _CLOSE, 1.0)
            cost += min((root / _FRONT) ** 2, 1.0) * (_FLIP_IN_FRONT + close * _BOUNCE)
        is_worse = any(fit.swapped[PLAIN] - fit.plain[PLAIN] > _VETO for fit in fits)
        return cost + _MOST * is_worse

    def _adapt(self, miss: float, voters: int, step_s: float) -> None:
        """Expect more of a limb that does more than was foreseen: on average a miss is 1."""
        if voters:
            surprise = min(miss / voters - 1, 3.0)
            grown = self._activity * exp(step_s / _ADAPT_S * surprise)
            self._activity = min(max(grown, _LEAST_ACTIVE), _MOST_ACTIVE)

    def _is_swapped(self, step_s: float, apart: Sequence[complex]) -> bool:
        """Tell whether it is; where somebody says so for long, that is a new beginning."""
        is_swapped = self._lead < -_MARGIN
        # A moment without a clear answer, as when legs pass one another, is no new beginning.
        self._held_s = max(self._held_s + (step_s if is_swapped else -step_s), 0.0)
        if self._held_s > HOLD_S:
            self._begin(apart)
            return False
        return is_swapped
