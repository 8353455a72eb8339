"""Two hypotheses about a pair of limbs: the network's left and right are correct, or swapped.

The model. The state of a pair of joints is the position of the left joint relative to the right one
and its velocity, with nearly constant velocity: white noise of spectral density q as acceleration
(Bar-Shalom, Li, Kirubarajan: Estimation with Applications to Tracking and Navigation, 6.2.2). Over
a step t its process noise is q [[t^3 / 3, t^2 / 2], [t^2 / 2, t]]. The measurement is +position
if the network is correct and -position if it has swapped left and right, plus noise.

In each frame, left and right of a limb are either plain (as the network says) or swapped. Viterbi's
algorithm keeps the most likely past of both hypotheses, each with its own Kalman filter (Raheli,
Polydoros, Tzou: Per-survivor processing, IEEE Trans. Communications 43, 1995). The cost of a
hypothesis is a negative logarithm of its likelihood: half the squared innovations over their
variance, plus a cost for each beginning, duration and end of a swap, and for crossing limbs by it.

Lengths are in torsos. A relative position is a complex number, x + iy, so that a swap is a minus
sign. Both hypotheses share one covariance matrix, as it depends on time steps and scores alone.

These are a few numbers for each person: with one person, plain Python is three to four times as
fast as arrays are; with six it takes a third longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import NamedTuple

PLAIN, SWAPPED = 0, 1
"""The two hypotheses: an index into every pair of values below."""
_ROOT = 0
MIN_SCORE = 0.25
"""A pair of which one joint scores less is not a measurement of the limb."""
HOLD_S = 0.7
"""A swap that lasts for longer is what is really to be seen: the network is believed."""

_MEASUREMENT_SIGMAS = 0.35
"""Standard deviation of the position of a joint with a score of 1, over COCO's sigma, which is how
far human annotators differ."""
_ACCELERATION_DENSITY = (30.0, 120.0, 250.0)
"""Spectral density of the acceleration of a runner's root, middle and end: torsos^2 / s^3."""
_INITIAL_VELOCITY_VARIANCE = 9.0
"""torsos^2 / s^2."""
_INITIAL_POSITION_VARIANCE = 4.0
"""torsos^2."""
_MIN_ACTIVITY, _MAX_ACTIVITY = 0.2, 4.0
"""Bounds of the process noise, over a runner's."""
_ADAPT_S = 0.3

_COST_SWAPPED_AT_START = 6.0
_COST_SWAP_BEGINS = 6.0
_RELIABLE_STEP_S = 0.042
"""After a longer step the beginning of a swap costs more, as the square: less can be predicted."""
_COST_FRONTAL = 10.0
"""The more of it when hips or shoulders are seen side by side: a swap is rare in such a view."""
_COST_FRONTAL_CLOSE = 60.0
"""Added to it if the joints are close: legs come together and part again, as in a jumping jack."""
_FRONTAL_DISTANCE, _CLOSE_DISTANCE = 0.3, 0.5
"""Hips at least this far apart are side by side; joints up to this far apart are close."""
_COST_SWAP_ENDS = 1.0
"""Most swaps are short."""
_COST_SWAPPED_PER_S = 25.0
_COST_CROSSED_PER_S = 200.0
"""Added to it while the swap would cross limbs that the network reports as parallel. An occlusion
can make the network's left and right very unlikely: without this cost they are so for `HOLD_S`."""
_PARALLEL_DISTANCE = 0.25
"""Hips at least this far apart are not seen from the side: they show which side is which."""
_DECISION_MARGIN = 2.0
"""By how much the swapped hypothesis must be cheaper to count."""
_VETO_COST = 4.0
"""A swap does not begin where it makes one pair's cost higher by this."""
_MAX_PAIR_COST = 25.0
_GATE_COST = 5.0
"""A pair that costs more under all hypotheses is no measurement: both legs were taken for one."""


Swaps = tuple[bool, bool, bool]
"""Which pairs of a limb are swapped: root, middle and end."""


class _PairCosts(NamedTuple):
    """What the measurement of a pair costs after both past hypotheses; 1 on average."""

    is_measured: bool
    """Whether it says anything about the limb."""
    swaps_with_limb: tuple[bool, bool]
    """Whether the pair is swapped when the limb is, after each past hypothesis."""
    plain: tuple[float, float]
    """The costs if it is plain now, after each past hypothesis."""
    swapped: tuple[float, float]
    """The costs if it is swapped now."""
    inverse_variance: float
    """One over the variance of the innovation; 0 where nothing is to be updated."""


@dataclass(slots=True, eq=False)
class _PairFilter:
    """The Kalman filters of a pair of joints: the left joint's position relative to the right's.

    Where two values stand for one, the first is of the plain hypothesis.
    """

    measurement_noise: float
    """Variance of a measured position with a score of 1, along one axis."""
    process_noise: float
    """Spectral density of the acceleration."""
    is_root: bool
    """A shoulder or a hip: it may be swapped with the limb, but says nothing about it."""
    position: tuple[complex, complex]
    velocity: tuple[complex, complex] = (0j, 0j)
    position_variance: float = _INITIAL_POSITION_VARIANCE
    covariance: float = 0.0
    """Of position and velocity."""
    velocity_variance: float = _INITIAL_VELOCITY_VARIANCE

    def predict(self, step_s: float, activity: float, score: float) -> float:
        """Predict both hypotheses' states, and return the variance of the innovation.

        Args:
            step_s: The time step.
            activity: Scales the process noise.
            score: Of the measurement to come.
        """
        (plain, swapped), (plain_velocity, swapped_velocity) = self.position, self.velocity
        self.position = plain + step_s * plain_velocity, swapped + step_s * swapped_velocity
        noise = self.process_noise * activity * step_s
        covariance = self.covariance + step_s * self.velocity_variance
        self.position_variance += step_s * (self.covariance + covariance) + noise * (step_s**2 / 3)
        self.covariance = covariance + noise * (step_s / 2)
        self.velocity_variance += noise
        measured = self.measurement_noise / max(score, MIN_SCORE) ** 2 * max(activity, 1.0)
        return self.position_variance + measured

    def costs(self, measured: complex, score: float, variance: float) -> _PairCosts:
        """Compare a measurement with the predictions of both hypotheses.

        Args:
            measured: The left joint's position relative to the right's, as the network says.
            score: The lower of the two joints' scores.
            variance: Of the innovation.
        """
        first, second = self.position
        width = 2 * variance
        plain = abs(measured - first) ** 2 / width, abs(measured - second) ** 2 / width
        swapped = abs(measured + first) ** 2 / width, abs(measured + second) ** 2 / width
        is_measured = score >= MIN_SCORE and min(*plain, *swapped) < _GATE_COST
        swaps_with_limb = swapped[PLAIN] < plain[PLAIN], swapped[SWAPPED] < plain[SWAPPED]
        # A root, or a pair that is no measurement, is swapped only if that fits itself better.
        if self.is_root or not is_measured:
            plain = swapped = 0.0, 0.0
        else:
            swaps_with_limb = True, True
            plain = min(plain[PLAIN], _MAX_PAIR_COST), min(plain[SWAPPED], _MAX_PAIR_COST)
            swapped = min(swapped[PLAIN], _MAX_PAIR_COST), min(swapped[SWAPPED], _MAX_PAIR_COST)
        inverse_variance = 1 / variance if is_measured else 0.0
        return _PairCosts(is_measured, swaps_with_limb, plain, swapped, inverse_variance)

    def update(
        self, measured: complex, costs: _PairCosts, past_of_plain: int, past_of_swapped: int
    ) -> None:
        """Select the states of each hypothesis's past, and correct both by the measurement.

        Args:
            measured: As for `costs`.
            costs: Of the measurement.
            past_of_plain: Which hypothesis of the frame before the plain one continues.
            past_of_swapped: Which one the swapped hypothesis continues.
        """
        position_gain = costs.inverse_variance * self.position_variance
        velocity_gain = costs.inverse_variance * self.covariance
        plain, swapped = self.position[past_of_plain], self.position[past_of_swapped]
        is_swapped = costs.swaps_with_limb[past_of_swapped]
        plain_innovation = measured - plain
        swapped_innovation = (-measured if is_swapped else measured) - swapped
        self.position = (
            plain + position_gain * plain_innovation,
            swapped + position_gain * swapped_innovation,
        )
        self.velocity = (
            self.velocity[past_of_plain] + velocity_gain * plain_innovation,
            self.velocity[past_of_swapped] + velocity_gain * swapped_innovation,
        )
        self.velocity_variance -= velocity_gain * self.covariance
        self.covariance -= position_gain * self.covariance
        self.position_variance -= position_gain * self.position_variance


def _are_parallel(measured: Sequence[complex], score: Sequence[float]) -> bool:
    """Return whether both limbs are clearly seen, each on the side of its own shoulder or hip."""
    root, middle, end = measured
    if abs(root) < _PARALLEL_DISTANCE or min(score) < MIN_SCORE:
        return False
    return (root.conjugate() * middle).real > 0 and (root.conjugate() * end).real > 0


class LimbHypotheses:
    """Whether a person's two arms, or two legs, are swapped: three pairs of joints.

    >>> legs = LimbHypotheses(sigmas=(0.107, 0.087, 0.089), measured=(0j, 0.3 + 0j, 0.6 + 0j))
    >>> for _ in range(10):
    ...     swaps = legs.update(1 / 30, (0j, 0.3 + 0j, 0.6 + 0j), (0.9, 0.9, 0.9))
    >>> legs.update(1 / 30, (0j, -0.3 + 0j, -0.6 + 0j), (0.9, 0.9, 0.9))[1:]
    (True, True)
    """

    def __init__(self, sigmas: Sequence[float], measured: Sequence[complex]) -> None:
        """Start with the first measurement of root, middle and end.

        Args:
            sigmas: The OKS sigmas of the three joints.
            measured: The left joints' positions relative to the right ones', in torsos.
        """
        self._sigmas = sigmas
        self._restart(measured)

    def _restart(self, measured: Sequence[complex]) -> None:
        self._pairs = [
            # Twice the variance of a joint: it is the difference of two.
            _PairFilter(
                measurement_noise=2 * (_MEASUREMENT_SIGMAS * self._sigmas[joint]) ** 2,
                process_noise=_ACCELERATION_DENSITY[joint],
                is_root=joint == _ROOT,
                position=(relative, -relative),
            )
            for joint, relative in enumerate(measured)
        ]
        self._cost_difference = _COST_SWAPPED_AT_START
        """By how much the swapped hypothesis costs more than the plain one."""
        self._activity = 1.0
        """The scale of the process noise; 1 is a runner's."""
        self._swapped_s = 0.0
        """For how long the limb was taken for swapped."""

    def update(self, step_s: float, measured: Sequence[complex], score: Sequence[float]) -> Swaps:
        """Update both hypotheses with the next frame, and return which pairs are swapped in it.

        Args:
            step_s: The time since the last frame.
            measured: The left joints' positions relative to the right ones', in torsos.
            score: Of each pair, the lower of the two joints' scores.
        """
        root, middle, end = all_costs = [
            pair.costs(relative, seen, pair.predict(step_s, self._activity, seen))
            for pair, relative, seen in zip(self._pairs, measured, score, strict=True)
        ]
        plain = [a + b for a, b in zip(middle.plain, end.plain, strict=True)]
        swapped = [a + b for a, b in zip(middle.swapped, end.swapped, strict=True)]
        # Viterbi's step: each hypothesis continues the cheaper of two pasts.
        begins = self._cost_of_beginning(all_costs, step_s)
        continues = self._cost_difference + _COST_SWAPPED_PER_S * step_s
        if not root.swaps_with_limb[SWAPPED] and _are_parallel(measured, score):
            continues += _COST_CROSSED_PER_S * step_s
        costs_plain = plain[PLAIN], plain[SWAPPED] + self._cost_difference + _COST_SWAP_ENDS
        costs_swapped = swapped[PLAIN] + begins, swapped[SWAPPED] + continues
        past_of_plain = int(costs_plain[SWAPPED] < costs_plain[PLAIN])
        past_of_swapped = int(costs_swapped[SWAPPED] < costs_swapped[PLAIN])
        for pair, relative, costs in zip(self._pairs, measured, all_costs, strict=True):
            pair.update(relative, costs, past_of_plain, past_of_swapped)
        self._cost_difference = costs_swapped[past_of_swapped] - costs_plain[past_of_plain]
        cost = swapped[past_of_swapped] if self._cost_difference < 0 else plain[past_of_plain]
        self._adapt_process_noise(cost, middle.is_measured + end.is_measured, step_s)
        if not self._is_swapped(step_s, measured):
            return False, False, False
        return (
            root.swaps_with_limb[past_of_swapped],
            middle.swaps_with_limb[past_of_swapped],
            end.swaps_with_limb[past_of_swapped],
        )

    def _cost_of_beginning(self, all_costs: Sequence[_PairCosts], step_s: float) -> float:
        """Return the cost of the hypothesis that a swap begins in this frame."""
        root, middle, end = (abs(pair.position[PLAIN]) for pair in self._pairs)
        cost = _COST_SWAP_BEGINS * max((step_s / _RELIABLE_STEP_S) ** 2, 1.0)
        if not all_costs[_ROOT].swaps_with_limb[PLAIN]:
            closeness = 1 - min(max(middle, end) / _CLOSE_DISTANCE, 1.0)
            frontality = min((root / _FRONTAL_DISTANCE) ** 2, 1.0)
            cost += frontality * (_COST_FRONTAL + closeness * _COST_FRONTAL_CLOSE)
        is_vetoed = any(
            costs.swapped[PLAIN] - costs.plain[PLAIN] > _VETO_COST for costs in all_costs
        )
        return cost + _MAX_PAIR_COST * is_vetoed

    def _adapt_process_noise(self, cost: float, measured_pairs: int, step_s: float) -> None:
        """Raise the process noise if innovations are larger than expected: a pair costs 1."""
        if measured_pairs:
            surprise = min(cost / measured_pairs - 1, 3.0)
            activity = self._activity * exp(step_s / _ADAPT_S * surprise)
            self._activity = min(max(activity, _MIN_ACTIVITY), _MAX_ACTIVITY)

    def _is_swapped(self, step_s: float, measured: Sequence[complex]) -> bool:
        """Return whether the limb is swapped; restart where that is so for too long."""
        is_swapped = self._cost_difference < -_DECISION_MARGIN
        # An undecided moment, as when legs pass each other, does not set the clock to zero.
        self._swapped_s = max(self._swapped_s + (step_s if is_swapped else -step_s), 0.0)
        if self._swapped_s > HOLD_S:
            self._restart(measured)
            return False
        return is_swapped
