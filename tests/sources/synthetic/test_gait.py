"""How the built-in figure walks: feet that stand, knees that bend, arms that swing."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.sources.synthetic.gait import Walk
from livepose.sources.synthetic.limbs import ANKLES, ARMS, LEGS
from livepose.sources.synthetic.posture import LEG_SEGMENT

WALKS = [(2.7, 4.0), (1.05, 2.6), (3.9, 4.4), (0.6, 2.0)]
"""Distance in body heights, and seconds."""


@pytest.mark.parametrize(("distance", "duration_s"), WALKS)
def test_a_foot_that_stands_flat_does_not_slide(distance: float, duration_s: float) -> None:
    walk = Walk(distance, duration_s)
    postures = [walk.posture(time_s) for time_s in np.arange(0.0, duration_s, 0.01)]
    places = np.stack([p.joints[ANKLES, 0] + p.travelled for p in postures])
    tilts = np.stack([p.toes_up for p in postures])
    heights = np.stack([p.joints[ANKLES, 1] for p in postures])
    is_flat = (np.abs(tilts) < 1e-9) & (heights < 0.0500001)
    stands = is_flat[1:] & is_flat[:-1]
    assert 0.2 < stands.mean() < 0.6
    assert np.abs(np.diff(places, axis=0))[stands].max() < 1e-9
    # No ankle goes into the floor, and at no time both feet are in the air.
    assert heights.min() > 0.0499
    assert (heights.min(axis=1) < 0.106).all()


@pytest.mark.parametrize(("distance", "duration_s"), WALKS)
def test_a_walk_goes_as_far_as_it_should_with_knees_that_bend_back(
    distance: float, duration_s: float
) -> None:
    walk = Walk(distance, duration_s)
    assert walk.posture(duration_s).travelled == pytest.approx(distance, abs=1e-6)
    assert walk.posture(0.0).travelled == pytest.approx(0.0, abs=1e-6)
    knees = []
    for time_s in np.arange(0.0, duration_s, 0.02):
        joints = walk.posture(time_s).joints[:, :2]
        for leg in LEGS:
            hip, knee, ankle = joints[leg]
            thigh, shank = knee - hip, ankle - knee
            assert np.hypot(*thigh) == pytest.approx(LEG_SEGMENT)
            assert np.hypot(*shank) == pytest.approx(LEG_SEGMENT)
            # The heel goes to the buttocks: from thigh to shank the leg turns backward.
            assert thigh[0] * shank[1] - thigh[1] * shank[0] < 0
            knees.append(np.rad2deg(np.arccos(thigh @ shank / LEG_SEGMENT**2)))
    assert min(knees) < 6
    assert 45 < max(knees) < 70


@pytest.mark.parametrize(("distance", "duration_s"), WALKS)
def test_arms_swing_opposite_to_the_legs(distance: float, duration_s: float) -> None:
    walk = Walk(distance, duration_s)
    joints = np.stack([walk.posture(t).joints[:, 0] for t in np.arange(0.0, duration_s, 0.02)])
    for (shoulder, _, wrist), (hip, _, ankle) in zip(ARMS, LEGS, strict=True):
        arm = joints[:, wrist] - joints[:, shoulder]
        leg = joints[:, ankle] - joints[:, hip]
        assert np.corrcoef(arm, leg)[0, 1] < -0.9
