"""The dance: smooth, in a loop, with arms of one length and feet that stand."""

from __future__ import annotations

import itertools

import numpy as np

from livepose.sources.synthetic.dance import LOOP_S, joints_at
from livepose.sources.synthetic.limbs import ANKLES, ARMS

MOMENTS_S = np.arange(0.0, LOOP_S, 0.1)


def test_it_moves_smoothly_on_over_the_seam_of_its_loop() -> None:
    joints = np.stack([joints_at(i / 30) for i in range(int(LOOP_S * 30) + 2)])
    step = np.hypot(*np.moveaxis(np.diff(joints, axis=0), -1, 0))
    # A hand of a person of 1.75 m moves at 3 m/s at the most: 0.06 body heights a frame.
    assert step.max() < 0.06
    assert np.allclose(joints[int(LOOP_S * 30)], joints[0])


def test_a_foot_that_stands_does_not_slide() -> None:
    ankles = np.stack([joints_at(time_s)[ANKLES] for time_s in np.linspace(3.5, 4.5, 9)])
    assert np.ptp(ankles, axis=0).max() < 1e-9


def test_bones_keep_their_length_in_the_arms() -> None:
    joints = np.stack([joints_at(time_s) for time_s in MOMENTS_S])
    for start, end in [pair for arm in ARMS for pair in itertools.pairwise(arm)]:
        assert np.ptp(np.hypot(*(joints[:, start] - joints[:, end]).T)) < 1e-9
