"""A body in side view: assembled, bent and projected, with known lengths and angles."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.skeleton import COCO_SKELETON
from livepose.sources.synthetic.limbs import ANKLES, ARMS, EARS, HIPS, LEGS
from livepose.sources.synthetic.posture import (
    HEADING_LEFT,
    HEADING_RIGHT,
    LEG_SEGMENT,
    knee_bend,
    project,
    smoothstep,
    turn_in_place,
)


def test_smoothstep_goes_from_0_to_1_and_stays_there() -> None:
    assert smoothstep(np.array((-1.0, 0.0, 0.25, 0.5, 1.0, 2.0))).tolist() == [
        *(0.0, 0.0, 0.15625, 0.5, 1.0, 1.0)
    ]


@pytest.mark.parametrize("degrees", [0.0, 8.0, 60.0, 108.0])
def test_a_knee_bend_bends_both_knees_by_its_angle(degrees: float) -> None:
    joints = knee_bend(degrees).joints[:, :2]
    for leg in LEGS:
        hip, knee, ankle = joints[leg]
        thigh, shank = knee - hip, ankle - knee
        assert np.hypot(*thigh) == pytest.approx(LEG_SEGMENT)
        assert np.hypot(*shank) == pytest.approx(LEG_SEGMENT)
        cosine = thigh @ shank / LEG_SEGMENT**2
        assert np.rad2deg(np.arccos(np.clip(cosine, -1, 1))) == pytest.approx(degrees, abs=1e-5)


@pytest.mark.parametrize("leftward", [1, -1])
def test_a_turn_begins_and_ends_with_both_feet_on_the_floor_and_lifts_one_at_a_time(
    leftward: int,
) -> None:
    heights = np.stack(
        [turn_in_place(share, leftward).joints[ANKLES, 1] for share in np.linspace(0, 1, 11)]
    )
    assert heights[0] == pytest.approx(0.05) and heights[-1] == pytest.approx(0.05)
    is_lifted = heights > 0.0501
    first = 0 if leftward > 0 else 1
    assert is_lifted[1, first] and not is_lifted[1, 1 - first]
    assert is_lifted[-2, 1 - first] and not is_lifted[-2, first]


def test_facing_right_the_right_side_is_near_and_facing_left_the_left_one() -> None:
    posture = knee_bend(8.0)
    for heading, near in ((HEADING_RIGHT, 1), (HEADING_LEFT, 0)):
        xy, nearness = project(posture, heading)
        assert xy.shape == (17, 2) and nearness.shape == (17,)
        for pair in (EARS, HIPS, ANKLES):
            assert nearness[pair[near]] > 0 > nearness[pair[1 - near]]
        for limb in (*ARMS, *LEGS):
            assert np.sign(nearness[limb]).tolist() == [np.sign(nearness[limb[0]])] * 3


def test_facing_the_other_way_mirrors_the_figure() -> None:
    posture = knee_bend(60.0)
    right, _ = project(posture, HEADING_RIGHT)
    left, _ = project(posture, HEADING_LEFT)
    mirrored = left[COCO_SKELETON.mirrored_order()] * (-1, 1)
    assert right == pytest.approx(mirrored, abs=1e-12)
