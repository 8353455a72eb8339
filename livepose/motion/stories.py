"""Two stories of each limb: what the network says is right, or left and right are swapped.

It is Viterbi's algorithm with a Kalman filter to each survivor (Raheli, Polydoros, Tzou:
Per-survivor processing, IEEE Trans. Communications 43, 1995), of nearly constant velocity
(Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 6.2.2).
Lengths are in torsos, costs are negative logarithms of likelihoods.

The axes of arrays are P people, the two stories (plain, swapped) where there is something of each,
the limbs (arms, legs), and the joints of each (root, middle, end): (P, 2, 2, 3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray, IntpArray
from livepose.core.skeleton import OKS_SIGMAS

Floats = npt.NDArray[np.float64]
Ways = npt.NDArray[np.complex128]
"""Where a left joint lies from the right one: x + iy, so that an exchange is a minus."""

T = TypeVar("T", bound=np.generic)

PLAIN, SWAPPED = 0, 1
"""The two stories."""
MIN_SCORE = 0.25
"""A pair of which one is seen less than this has no vote."""
HOLD_S = 0.7
"""Whoever says the same for longer than this is believed."""

_NOISE = 0.35
"""How far a sure point trembles, over COCO's sigma: that is how far people disagree."""
_STILL = 2 * (_NOISE * np.array(OKS_SIGMAS[5::2]).reshape(2, 3)) ** 2
"""Of a difference of two points, along one axis: (2, 3)."""
_RESTLESS = np.array((30.0, 120.0, 250.0))
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


@dataclass(slots=True, eq=False)
class Stories:
    """What is told of P people's arms and legs."""

    place: Ways
    """(P, 2, 2, 3) where each left joint is from its right one, in each story."""
    speed: Ways
    """(P, 2, 2, 3) likewise, a second."""
    place_spread: Floats
    """(P, 2, 3) variance of a place, in either story."""
    both_spread: Floats
    """(P, 2, 3) covariance of place and speed."""
    speed_spread: Floats
    """(P, 2, 3) variance of a speed."""
    lead: Floats
    """(P, 2) by how much it costs more to tell of a limb that it is swapped now."""
    activity: Floats
    """(P, 2) how restless the limb is, over a runner's."""
    held_s: Floats
    """(P, 2) for how long it was taken for swapped."""

    @classmethod
    def begin(cls, apart: Ways) -> Stories:
        """Begin with what the network says of P people: (P, 2, 3). Then go on from there."""
        place, limbs = np.stack((apart, -apart), axis=1), apart.shape[:2]
        return cls(
            place,
            np.zeros_like(place),
            np.full(apart.shape, _FIRST_PLACE),
            np.zeros(apart.shape),
            np.full(apart.shape, _FIRST_SPEED),
            np.full(limbs, _START),
            np.ones(limbs),
            np.zeros(limbs),
        )

    def __getitem__(self, rows: IntpArray) -> Stories:
        return Stories(*(getattr(self, each.name)[rows] for each in fields(self)))

    def __add__(self, more: Stories) -> Stories:
        names = [each.name for each in fields(self)]
        return Stories(*(np.concatenate((getattr(self, n), getattr(more, n))) for n in names))

    def go_on(self, step_s: Floats, apart: Ways, score: Floats) -> BoolArray:
        """Learn from the next frame, and tell which pairs are swapped in it: (P, 2, 3).

        Args:
            step_s: (P,) since the last one.
            apart: (P, 2, 3) from each right joint to the left one, as the network says.
            score: (P, 2, 3) of each pair, that of the one that is seen less.
        """
        step_s = step_s[:, None]
        spread = self._foresee(step_s[..., None], score)
        fit = _Fit.of(apart, self.place, spread, score)
        # Each story of now has the better of two pasts.
        plain, swapped = fit.plain.copy(), fit.swapped.copy()
        swapped[:, PLAIN] += self._beginning(fit, step_s)
        swapped[:, SWAPPED] += self.lead + _STAY_PER_S * step_s
        plain[:, SWAPPED] += self.lead + _RETURN
        has_returned = plain[:, SWAPPED] < plain[:, PLAIN]
        has_gone_on = swapped[:, SWAPPED] < swapped[:, PLAIN]
        goes_along = _chosen(has_gone_on, fit.goes_along)
        self._take_pasts(has_returned, has_gone_on)
        self._learn(apart, goes_along, fit.votes / spread)
        self.lead = _chosen(has_gone_on, swapped) - _chosen(has_returned, plain)
        miss = _chosen(has_returned, fit.plain)
        if (self.lead < 0).any():
            miss = np.where(self.lead < 0, _chosen(has_gone_on, fit.swapped), miss)
        self._adapt(miss, fit.votes, step_s)
        is_swapped = self._keep_time(self.lead < -_MARGIN, step_s, apart)
        return goes_along & is_swapped[..., None]

    def _foresee(self, step_s: Floats, score: Floats) -> Floats:
        """Go on in both stories; gives the variance of what will be seen: (P, 2, 3)."""
        self.place = self.place + step_s[:, None] * self.speed
        push = _RESTLESS * self.activity[..., None] * step_s
        moved = self.both_spread + step_s * self.speed_spread
        spread = step_s * (self.both_spread + moved) + push * (step_s**2 / 3)
        self.place_spread = self.place_spread + spread
        self.both_spread = moved + push * (step_s / 2)
        self.speed_spread = self.speed_spread + push
        noise = _STILL / np.maximum(score, MIN_SCORE) ** 2
        return np.asarray(self.place_spread + noise * np.maximum(self.activity, 1.0)[..., None])

    def _beginning(self, fit: _Fit, step_s: Floats) -> Floats:
        """Give what it costs to say that a swap begins: (P, 2)."""
        apart = np.abs(self.place[:, PLAIN])
        farthest = np.maximum(apart[..., 1], apart[..., 2])
        close = 1 - np.minimum(farthest / _CLOSE, 1.0)
        front = np.minimum((apart[..., 0] / _FRONT) ** 2, 1.0) * (_FLIP_IN_FRONT + close * _BOUNCE)
        cost = front * ~fit.goes_along[:, PLAIN, :, 0] + _MOST * fit.is_worse
        return np.asarray(cost + _FLIP * np.maximum((step_s / _SURE_STEP_S) ** 2, 1.0))

    def _take_pasts(self, has_returned: BoolArray, has_gone_on: BoolArray) -> None:
        """Give each story its past, place and speed. Mostly it is that all was plain."""
        returned, gone_on = has_returned[..., None], has_gone_on[..., None]
        for both in (self.place, self.speed):
            plain = both[:, PLAIN].copy()
            if has_returned.any():
                both[:, PLAIN] = np.where(returned, both[:, SWAPPED], plain)
            both[:, SWAPPED] = np.where(gone_on, both[:, SWAPPED], plain)

    def _learn(self, apart: Ways, goes_along: BoolArray, gain: Floats) -> None:
        """Correct both stories by what was seen: Kalman's update."""
        seen = np.stack((apart, np.where(goes_along, -apart, apart)), axis=1)
        place_gain, speed_gain = gain * self.place_spread, gain * self.both_spread
        off = seen - self.place
        self.place = self.place + place_gain[:, None] * off
        self.speed = self.speed + speed_gain[:, None] * off
        self.speed_spread = self.speed_spread - speed_gain * self.both_spread
        self.both_spread = self.both_spread - place_gain * self.both_spread
        self.place_spread = self.place_spread - place_gain * self.place_spread

    def _adapt(self, miss: Floats, votes: BoolArray, step_s: Floats) -> None:
        """Expect more of a limb that does more than was foreseen: on average a miss is 1."""
        voters = votes[..., 1].astype(np.float64) + votes[..., 2]
        surprise = np.minimum(miss / np.maximum(voters, 1.0) - 1, 3.0) * (voters > 0)
        grown = self.activity * np.exp(step_s / _ADAPT_S * surprise)
        self.activity = np.minimum(np.maximum(grown, _LEAST_ACTIVE), _MOST_ACTIVE)

    def _keep_time(self, is_swapped: BoolArray, step_s: Floats, apart: Ways) -> BoolArray:
        """Begin anew where somebody says the same for long; tell who is swapped: (P, 2)."""
        # A moment without a clear answer, as when legs pass one another, is no new beginning.
        self.held_s = np.maximum(self.held_s + np.where(is_swapped, step_s, -step_s), 0.0)
        is_long = self.held_s > HOLD_S
        if not is_long.any():
            return is_swapped
        fresh = Stories.begin(apart)
        people, limbs = np.nonzero(is_long)
        for both, new in ((self.place, fresh.place), (self.speed, fresh.speed)):
            both[people, :, limbs] = new[people, :, limbs]
        for name in ("place_spread", "both_spread", "speed_spread", "lead", "activity", "held_s"):
            getattr(self, name)[is_long] = getattr(fresh, name)[is_long]
        return is_swapped & ~is_long


def _chosen(is_swapped: BoolArray, both: npt.NDArray[T]) -> npt.NDArray[T]:
    """Take of two stories, the second axis, what is said of each limb: (P, 2, ...)."""
    if not is_swapped.any():
        return both[:, PLAIN]
    at = is_swapped.reshape(is_swapped.shape + (1,) * (both.ndim - 3))
    return np.where(at, both[:, SWAPPED], both[:, PLAIN])


@dataclass(slots=True, eq=False)
class _Fit:
    """How badly what is seen fits what the stories before it foresaw. On average a miss is 1."""

    votes: BoolArray
    """(P, 2, 3) which pairs tell anything."""
    goes_along: BoolArray
    """(P, 2, 2, 3) which pairs are exchanged when the limb is."""
    plain: Floats
    """(P, 2, 2) the misses of a limb, if it is plain now."""
    swapped: Floats
    """(P, 2, 2) if it is swapped now."""
    is_worse: BoolArray
    """(P, 2) whether a swap makes one joint's story much worse."""

    @classmethod
    def of(cls, apart: Ways, place: Ways, spread: Floats, score: Floats) -> _Fit:
        seen, width = apart[:, None], 2 * spread[:, None]
        plain, swapped = np.abs(seen - place) ** 2 / width, np.abs(seen + place) ** 2 / width
        best = np.minimum(plain, swapped)
        votes = (score >= MIN_SCORE) & (np.minimum(best[:, PLAIN], best[:, SWAPPED]) < _GATE)
        # Roots, and what has no vote, are exchanged only if that is better for themselves.
        goes_along = swapped < plain
        counts = votes[:, None, :, 1:]
        goes_along[..., 1:] |= counts
        plain, swapped = (np.minimum(each[..., 1:], _MOST) * counts for each in (plain, swapped))
        worse = swapped[:, PLAIN] - plain[:, PLAIN] > _VETO
        plain, swapped = plain[..., 0] + plain[..., 1], swapped[..., 0] + swapped[..., 1]
        return cls(votes, goes_along, plain, swapped, worse[..., 0] | worse[..., 1])
