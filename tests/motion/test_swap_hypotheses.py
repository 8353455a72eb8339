"""The swap hypotheses: the Kalman filter against its textbook form, and what limbs decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from livepose.motion.swap_hypotheses import HOLD_S, PLAIN, SWAPPED, LimbHypotheses, _PairFilter

LEG_SIGMAS = (0.107, 0.087, 0.089)
SURE = (0.9, 0.9, 0.9)
STRIDE = (0.02 + 0j, 0.3 + 0.1j, 0.6 + 0.1j)
"""Legs in a stride, seen from the side: hips, knees, ankles, in torsos."""
NONE, WHOLE_LEG = (False, False, False), (True, True)


def swapped(measured: Sequence[complex]) -> tuple[complex, ...]:
    """Return what a network reports that swaps knees and ankles, but not the hips."""
    return (measured[0], *(-each for each in measured[1:]))


@pytest.mark.parametrize("activity", [0.5, 1.0, 3.0])
def test_prediction_and_update_are_those_of_a_kalman_filter(activity: float) -> None:
    q, r, step_s, score, seen = 120.0, 0.01, 1 / 30, 0.5, 0.35 + 0.2j
    pair = _PairFilter(r, q, False, (0.3 + 0.1j, -0.3 - 0.1j), velocity=(1 + 2j, 0j))
    state = np.array([[0.3, 0.1], [1.0, 2.0]])  # position and velocity, along x and y
    covariance = np.diag([pair.position_variance, pair.velocity_variance])

    transition = np.array([[1, step_s], [0, 1]])
    process = np.array([[step_s**3 / 3, step_s**2 / 2], [step_s**2 / 2, step_s]])
    state = transition @ state
    covariance = transition @ covariance @ transition.T + q * activity * process
    variance = covariance[0, 0] + r / score**2 * max(activity, 1.0)
    gain = covariance[:, :1] / variance
    innovation = np.array([[seen.real, seen.imag]]) - state[:1]
    cost = (innovation**2).sum() / (2 * variance)
    state = state + gain @ innovation
    covariance = (np.eye(2) - gain @ np.array([[1.0, 0.0]])) @ covariance

    assert pair.predict(step_s, activity, score) == pytest.approx(variance)
    costs = pair.costs(seen, score, variance)
    assert costs.plain[PLAIN] == pytest.approx(cost)
    pair.update(seen, costs, PLAIN, SWAPPED)
    assert [pair.position[PLAIN].real, pair.position[PLAIN].imag] == pytest.approx(state[0])
    assert [pair.velocity[PLAIN].real, pair.velocity[PLAIN].imag] == pytest.approx(state[1])
    assert (pair.position_variance, pair.covariance, pair.velocity_variance) == pytest.approx(
        (covariance[0, 0], covariance[0, 1], covariance[1, 1])
    )


def test_swapping_a_measurement_exchanges_the_costs_of_the_hypotheses() -> None:
    pair = _PairFilter(0.01, 120.0, False, (0.3 + 0.1j, -0.3 - 0.1j))
    variance = pair.predict(1 / 30, 1.0, 0.9)
    plain, opposite = (pair.costs(seen, 0.9, variance) for seen in (0.31 + 0.1j, -0.31 - 0.1j))
    assert plain.plain == pytest.approx(opposite.swapped)
    assert plain.swapped == pytest.approx(opposite.plain)
    assert plain.plain[PLAIN] < plain.swapped[PLAIN]


@pytest.mark.parametrize(
    ("measured", "score"), [(0.3 + 0.1j, 0.24), (9 + 9j, 0.9)], ids=["hardly seen", "impossible"]
)
def test_a_pair_that_is_no_measurement_costs_nothing_and_updates_nothing(
    measured: complex, score: float
) -> None:
    pair = _PairFilter(0.01, 120.0, False, (0.3 + 0.1j, -0.3 - 0.1j), position_variance=0.01)
    costs = pair.costs(measured, score, pair.predict(1 / 30, 1.0, score))
    assert not costs.is_measured
    assert (costs.plain, costs.swapped) == ((0, 0), (0, 0))
    before = pair.position
    pair.update(measured, costs, PLAIN, SWAPPED)
    assert pair.position == before


def test_a_root_says_nothing_about_its_limb_but_may_be_swapped_with_it() -> None:
    root = _PairFilter(0.01, 30.0, True, (0.3 + 0j, -0.3 + 0j))
    costs = root.costs(-0.3 + 0j, 0.9, root.predict(1 / 30, 1.0, 0.9))
    assert costs.is_measured
    assert (costs.plain, costs.swapped) == ((0, 0), (0, 0))
    assert costs.swaps_with_limb == (True, False)


def standing_legs(frames: int = 30) -> LimbHypotheses:
    legs = LimbHypotheses(LEG_SIGMAS, STRIDE)
    for _ in range(frames):
        assert legs.update(1 / 30, STRIDE, SURE) == NONE
    return legs


def test_a_swap_is_found_in_its_first_frame_and_so_is_its_end() -> None:
    legs = standing_legs()
    assert [legs.update(1 / 30, swapped(STRIDE), SURE)[1:] for _ in range(3)] == [WHOLE_LEG] * 3
    assert legs.update(1 / 30, STRIDE, SURE) == NONE


def test_hips_are_swapped_with_the_legs_only_if_they_were() -> None:
    frontal = (0.3 + 0j, 0.5 + 0.1j, 0.8 + 0.1j)
    for hips, expected in ((0.3 + 0j, False), (-0.3 + 0j, True)):
        legs = LimbHypotheses(LEG_SIGMAS, frontal)
        for _ in range(60):
            legs.update(1 / 30, frontal, SURE)
        results = [legs.update(1 / 30, (hips, *swapped(frontal)[1:]), SURE) for _ in range(4)]
        assert results[-1] == (expected, True, True)


def test_a_swap_that_lasts_too_long_is_believed() -> None:
    legs = standing_legs()
    results = [any(legs.update(1 / 30, swapped(STRIDE), SURE)) for _ in range(40)]
    assert sum(results) == pytest.approx(HOLD_S * 30, abs=1)
    assert not any(results[sum(results) :])


def test_legs_that_pass_each_other_at_constant_speed_are_not_swapped() -> None:
    legs = LimbHypotheses(LEG_SIGMAS, (0.02 + 0j, 0.3 + 0j, 0.6 + 0j))
    for share in np.linspace(1, -1, 31):
        relative = (0.02 + 0j, 0.3 * share + 0.02j, 0.6 * share + 0.02j)
        assert legs.update(1 / 30, relative, SURE) == NONE


PARALLEL = (0.32 + 0j, 0.62 + 0j, 0.66 + 0j)
"""The legs of a person who stands and faces the camera."""


def legs_after_an_occlusion(rate: int) -> LimbHypotheses:
    """Let somebody walk past in front, whose legs are taken for the person's for half a second."""
    passing = (0.1 + 0j, -0.62 + 0j, -0.66 + 0j)
    legs = LimbHypotheses(LEG_SIGMAS, passing)
    for _ in range(rate // 2):
        assert legs.update(1 / rate, passing, SURE) == NONE
    return legs


@pytest.mark.parametrize("rate", [25, 30, 60])
def test_parallel_legs_are_believed_within_0_1_s_after_an_occlusion(rate: int) -> None:
    legs = legs_after_an_occlusion(rate)
    results = [any(legs.update(1 / rate, PARALLEL, SURE)) for _ in range(rate)]
    assert sum(results) <= 0.1 * rate
    assert not any(results[sum(results) :])


@pytest.mark.parametrize(
    ("measured", "score"),
    [(PARALLEL, (0.9, 0.9, 0.2)), ((0.1 + 0j, *PARALLEL[1:]), SURE)],
    ids=["hardly seen", "from the side"],
)
def test_legs_that_may_be_no_parallel_ones_are_believed_later(
    measured: Sequence[complex], score: Sequence[float]
) -> None:
    legs = legs_after_an_occlusion(30)
    assert all(any(legs.update(1 / 30, measured, score)) for _ in range(9))


def test_legs_that_a_swap_crosses_are_parallel_again() -> None:
    legs = LimbHypotheses(LEG_SIGMAS, PARALLEL)
    for _ in range(30):
        assert legs.update(1 / 30, PARALLEL, SURE) == NONE
    results = [legs.update(1 / 30, swapped(PARALLEL), SURE) for _ in range(6)]
    assert results[1:] == [(False, *WHOLE_LEG)] * 5
    assert legs.update(1 / 30, PARALLEL, SURE) == NONE
