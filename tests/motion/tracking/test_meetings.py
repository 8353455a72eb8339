"""Whose the only pose is where two people meet."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.region import Region
from livepose.motion.tracking.tracker import Tracker
from tests.support.people import BLUE, GREEN, RED, SIZE_PX, clothed, poses_of, standing

MEETS = 150
"""The frame in which the network begins to find one person of two."""
Body = np.ndarray
Color = tuple[int, int, int]


def followed(poses: list[Body], color: Color) -> tuple[Tracker, list[list[int]]]:
    """Let somebody in green pass a person in red, and find one pose of the two from then on.

    Args:
        poses: What is found where they meet, frame by frame.
        color: What the clothes there look like.

    Returns:
        The tracker, and the ids in these frames.
    """
    tracker, given = Tracker(), []
    for number in range(MEETS + len(poses)):
        in_front = standing(60 + 8 * max(number - MEETS + 36, 0))
        people, pixels = poses_of(standing(360), in_front), clothed((standing(360), RED))
        if number >= MEETS:
            body = poses[number - MEETS]
            people, pixels = poses_of(body), clothed((body, color))
        else:
            pixels = clothed((standing(360), RED), (in_front, GREEN))
        frame = Frame(pixels, number, number / 30, 0.0)
        found = tracker(PosedFrame(frame, people, Region.letterbox(*SIZE_PX), 0.0)).poses
        given.append(found.track_id.tolist())
    assert given[:MEETS] == [[1, 2]] * MEETS
    return tracker, given[MEETS:]


# In clothes of neither: where a limb of one is in front of the other, colours are mixed.
MIXED = BLUE


def test_a_pose_that_glides_from_one_person_to_the_other_is_given_to_the_other() -> None:
    """It leaves the one who stands, who is where they were, for the one who walks by."""
    tracker, given = followed([standing(360 + 12 * number) for number in range(6)], MIXED)
    assert given[0] == [1]
    assert given[3:] == [[2]] * 3
    still = tracker.tracks[tracker.tracks.ids == 1]
    assert still.predict((MEETS + 5) / 30)[0][0] == pytest.approx(standing(360), abs=15)


def test_whoever_was_found_last_keeps_a_pose_that_is_as_close_to_the_place_of_both() -> None:
    assert followed([standing(352 + 8 * number) for number in range(4)], MIXED)[1] == [[2]] * 4


def test_a_pose_that_stays_with_one_of_two_is_theirs_whatever_color_it_is() -> None:
    assert followed([standing(360)] * 3, MIXED)[1] == [[1]] * 3


def test_a_pose_in_the_clothes_of_a_person_stays_with_them() -> None:
    poses = [standing(352 + 8 * number) for number in range(3)]
    assert followed(poses, RED)[1] == [[1]] * 3
