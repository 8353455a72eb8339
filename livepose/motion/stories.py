"""Two stories of one limb: what the network says is right, or left and right are swapped.

It is Viterbi's algorithm with a Kalman filter to each survivor (Raheli, Polydoros, Tzou:
Per-survivor processing, IEEE Trans. Communications 43, 1995), of nearly constant velocity
(Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 6.2.2).
Lengths are in torsos, costs are negative logarithms of likelihoods. Single numbers, not arrays: for
twelve of them Python is faster than NumPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from livepose.core.skeleton import OKS_SIGMAS

PLAIN, SWAPPED = 0, 1
"""The two stories."""

MIN_SCORE = 0.25
"""A pair of which one is seen less than this has no vote."""
HOLD_S = 0.7
"""Whoever says the same for longer than this is believed."""
TRUST_S = 0.2
"""For how long the network must have been right, before anything is put right."""

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
_MARGIN = 3.0
"""By how much the swap must be the better story."""
_VETO = 4.0
"""No swap begins that makes one joint's story worse by this."""
_MOST = 25.0
"""The most that the leap of one joint costs."""
_GATE = 5.0
"""What fits no story better than this has no vote: both legs were taken for the same one."""
_NEVER = 1e6


class Pair:
    """Where the left one of two joints lies from the right one, in either story.

    Places are x + iy, so that an exchange is a minus.
    """

    def __init__(self, left_keypoint: int, restless: float) -> None:
        # Of a difference of two points, along one axis.
        self._noise = self._still = 2 * (_NOISE * OKS_SIGMAS[left_keypoint]) ** 2
        self._restless = restless
        self.believe(0j, False)

    def believe(self, apart: complex, is_seen: bool) -> None:
        """Begin anew with what the network says."""
        self.place = [apart, apart]
        self._speed = [0j, 0j]
        self._spread = (self._noise if is_seen else _FIRST_PLACE, 0.0, _FIRST_SPEED)

    def foresee(self, step_s: float, activity: float, score: float) -> None:
        self._noise = self._still * max(1.0, activity) / max(score, MIN_SCORE) ** 2
        for story in PLAIN, SWAPPED:
            self.place[story] += step_s * self._speed[story]
        a, b, c = self._spread
        push = self._restless * activity * step_s
        self._spread = (
            a + step_s * (2 * b + step_s * c) + push * step_s**2 / 3,
            b + step_s * c + push * step_s / 2,
            c + push,
        )

    def miss(self, past: int, apart: complex) -> float:
        """Tell how badly a place fits a story: 1 on average."""
        off = apart - self.place[past]
        return (off.real**2 + off.imag**2) / (2 * (self._spread[0] + self._noise))

    def learn(self, pasts: Sequence[int], aparts: Sequence[complex], is_seen: bool) -> None:
        """Give each story its past, and correct it by what is seen: Kalman's update."""
        a, b, c = self._spread
        gain = is_seen / (a + self._noise)
        place, speed = self.place, self._speed
        offs = [apart - place[past] for past, apart in zip(pasts, aparts, strict=True)]
        self.place = [place[past] + a * gain * off for past, off in zip(pasts, offs, strict=True)]
        self._speed = [speed[past] + b * gain * off for past, off in zip(pasts, offs, strict=True)]
        self._spread = (a - a * a * gain, b - a * b * gain, c - b * b * gain)


class View(NamedTuple):
    """What a frame means to one past."""

    misses: tuple[list[float], list[float]]
    """Of the middle and the end, if all is plain, and if all is swapped; 0 without a vote."""
    goes_along: list[bool]
    """Which pairs are exchanged when the limb is."""


def _view(misses: Sequence[tuple[float, float]], votes: Sequence[bool]) -> View:
    # Roots, and what has no vote, are exchanged only if that is better for themselves.
    goes_along = [swapped < plain for plain, swapped in misses]
    goes_along[1:] = [a or b for a, b in zip(goes_along[1:], votes[1:], strict=True)]
    counted = [pair if vote else (0.0, 0.0) for pair, vote in zip(misses, votes, strict=True)][1:]
    plain, swapped = ([min(pair[now], _MOST) for pair in counted] for now in (PLAIN, SWAPPED))
    return View((plain, swapped), goes_along)


class Limb:
    """An arm and the other one, or the legs: the pairs of the root, the middle and the end."""

    def __init__(self, left_keypoints: Sequence[int]) -> None:
        self._pairs = [Pair(*kind) for kind in zip(left_keypoints, _RESTLESS, strict=True)]
        self._cost = [0.0, _NEVER]
        self._activity = 1.0
        self._trusted_s = 0.0
        self._held_s = 0.0

    def believe(self, aparts: Sequence[complex], scores: Sequence[float]) -> None:
        """Begin anew with what the network says; arguments are those of `go_on`."""
        for pair, apart, score in zip(self._pairs, aparts, scores, strict=True):
            pair.believe(apart, score >= MIN_SCORE)
        self._cost = [0.0, _NEVER]
        self._activity = 1.0
        self._trusted_s = self._held_s = 0.0

    def go_on(
        self, step_s: float, aparts: Sequence[complex], scores: Sequence[float]
    ) -> list[bool]:
        """Learn from the next frame, and tell which pairs are swapped in it.

        Args:
            step_s: since the last one.
            aparts: from each right joint to the left one, as the network says.
            scores: of each pair, that of the one that is seen less.
        """
        for pair, score in zip(self._pairs, scores, strict=True):
            pair.foresee(step_s, self._activity, score)
        misses = [
            [(pair.miss(past, apart), pair.miss(past, -apart)) for past in (PLAIN, SWAPPED)]
            for pair, apart in zip(self._pairs, aparts, strict=True)
        ]
        votes = [
            score >= MIN_SCORE and min(map(min, of_pair)) < _GATE
            for of_pair, score in zip(misses, scores, strict=True)
        ]
        views = [_view([of_pair[past] for of_pair in misses], votes) for past in (PLAIN, SWAPPED)]
        pasts = self._choose(views, step_s)
        goes_along = views[pasts[SWAPPED]].goes_along
        for pair, apart, goes, is_seen in zip(self._pairs, aparts, goes_along, votes, strict=True):
            pair.learn(pasts, (apart, -apart if goes else apart), is_seen)
        better = SWAPPED if self._cost[SWAPPED] < self._cost[PLAIN] else PLAIN
        self._adapt(sum(views[pasts[better]].misses[better]), sum(votes[1:]), step_s)
        if not self._is_swapped(step_s):
            return [False] * len(votes)
        # What was held for a short time says less than what contradicts it for longer.
        if self._trusted_s < TRUST_S or self._held_s > min(self._trusted_s, HOLD_S):
            self.believe(aparts, scores)
            return [False] * len(votes)
        return goes_along

    def _choose(self, views: Sequence[View], step_s: float) -> tuple[int, int]:
        """Give each story the better of two pasts."""
        root, *others = (abs(pair.place[PLAIN]) for pair in self._pairs)
        begins = _FLIP * max(1.0, (step_s / _SURE_STEP_S) ** 2)
        if not views[PLAIN].goes_along[0]:
            reach = min(1.0, max(others) / _CLOSE)
            begins += min(1.0, (root / _FRONT) ** 2) * (_FLIP_IN_FRONT + (1 - reach) * _BOUNCE)
        if any(b - a > _VETO for a, b in zip(*views[PLAIN].misses, strict=True)):
            begins += _MOST
        changes = ((0.0, begins), (_RETURN, _STAY_PER_S * step_s))
        pasts, costs = [], []
        for now in (PLAIN, SWAPPED):
            roads = [
                self._cost[past] + changes[past][now] + sum(views[past].misses[now])
                for past in (PLAIN, SWAPPED)
            ]
            costs.append(min(roads))
            pasts.append(SWAPPED if roads[SWAPPED] < roads[PLAIN] else PLAIN)
        self._cost = costs
        return pasts[PLAIN], pasts[SWAPPED]

    def _adapt(self, miss: float, voters: int, step_s: float) -> None:
        """Expect more of a limb that does more than was foreseen: on average a miss is 1."""
        least = min(self._cost)
        self._cost = [cost - least for cost in self._cost]
        if voters:
            grown = self._activity * exp(step_s / _ADAPT_S * min(miss / voters - 1, 3.0))
            self._activity = min(max(grown, _LEAST_ACTIVE), _MOST_ACTIVE)

    def _is_swapped(self, step_s: float) -> bool:
        """Tell whether the swap is clearly the better story, and keep the time."""
        is_swapped = self._cost[PLAIN] - self._cost[SWAPPED] > _MARGIN
        # A moment without a clear answer, as when legs pass one another, is no new beginning.
        self._held_s = max(0.0, self._held_s + (step_s if is_swapped else -step_s))
        self._trusted_s += 0.0 if is_swapped else step_s
        return is_swapped
