"""What is read off a joint, with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.analysis.joint_reading import joint_at, read_joint
from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint


def posed(time_s: float, x: float = 0.0, track_id: int = 1, score: float = 0.9) -> PosedFrame:
    """Return a person whose left knee is bent by 90 degrees, moved to the right."""
    xy = np.zeros((1, 17, 2), np.float32)
    xy[0, Keypoint.LEFT_HIP] = 100 + x, 100
    xy[0, Keypoint.LEFT_KNEE] = 100 + x, 200
    xy[0, Keypoint.LEFT_ANKLE] = 200 + x, 200
    poses = Poses.from_keypoints(xy, np.full((1, 17), score, np.float32))
    poses = replace(poses, track_id=np.array([track_id], np.int32))
    frame = Frame(BgrPixels.black(640, 480), round(time_s * 10), time_s, 0.0)
    return PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)


def test_a_joint_says_its_angle_place_and_speed() -> None:
    neighbours = (posed(0.0, x=-20.0), posed(0.2, x=40.0))
    reading = read_joint(posed(0.1), 0, Keypoint.LEFT_KNEE, neighbours)
    assert (reading.name, reading.x_px, reading.y_px) == ("left_knee", 100.0, 200.0)
    assert dict(reading.angles) == {"left_knee": pytest.approx(90.0)}
    assert reading.speed_px_s == pytest.approx(60.0 / 0.2)
    assert reading.lines == ["left_knee  90°", "x 100  y 200 px", "300 px/s"]


def test_one_neighbour_is_enough_and_somebody_else_is_none() -> None:
    one, knee = posed(0.1), Keypoint.LEFT_KNEE
    assert read_joint(one, 0, knee, (posed(0.0, x=-20.0),)).speed_px_s == pytest.approx(200.0)
    for others in ((), (posed(0.0, track_id=2),), (one,)):
        assert read_joint(one, 0, knee, others).speed_px_s is None
    assert len(read_joint(one, 0, knee).lines) == 2


def test_a_leap_of_a_point_or_of_its_angle_and_a_long_gap_are_no_speed() -> None:
    now, knee = posed(0.1), Keypoint.LEFT_KNEE
    far, late = posed(0.0, x=-200.0), posed(0.4, x=90.0)
    assert read_joint(now, 0, knee, (far, posed(0.2, x=20.0))).speed_px_s == pytest.approx(200.0)
    assert read_joint(now, 0, knee, (far,)).speed_px_s is None
    assert read_joint(now, 0, knee, (posed(0.0, x=-20.0), late)).speed_px_s == pytest.approx(200.0)
    straight = posed(0.0)
    xy = straight.poses.xy.copy()
    xy[0, Keypoint.LEFT_ANKLE] = 101, 100  # folded up
    folded = replace(straight, poses=replace(straight.poses, xy=xy))
    assert read_joint(now, 0, knee, (folded,)).speed_px_s is not None
    xy = now.poses.xy.copy()
    xy[0, Keypoint.LEFT_ANKLE] = 100, 300  # straight
    stretched = replace(now, poses=replace(now.poses, xy=xy))
    assert read_joint(stretched, 0, knee, (folded,)).speed_px_s is None


def test_an_arm_that_is_held_level_goes_from_179_to_minus_179_degrees_with_a_speed() -> None:
    def arm(time_s: float, wrist_y: float) -> PosedFrame:
        level = posed(time_s)
        xy = level.poses.xy.copy()
        xy[0, Keypoint.LEFT_ELBOW], xy[0, Keypoint.LEFT_WRIST] = (200, 150), (100, wrist_y)
        return replace(level, poses=replace(level.poses, xy=xy))

    reading = read_joint(arm(0.1, 148.0), 0, Keypoint.LEFT_WRIST, (arm(0.0, 152.0),))
    assert reading.speed_px_s == pytest.approx(40.0)


def test_a_point_without_a_joint_has_a_place_and_the_angle_of_its_segment() -> None:
    reading = read_joint(posed(0.1), 0, Keypoint.LEFT_ANKLE)
    assert [name for name, _ in reading.angles] == ["left_shank"]
    assert read_joint(posed(0.1), 0, Keypoint.LEFT_EYE).angles == ()


def test_the_angle_that_is_read_off_is_the_one_that_was_measured_in_the_frame() -> None:
    angles = Angles(("left_knee",), np.array([[271.0]], np.float32))
    measured = replace(posed(0.1), angles=angles)
    assert read_joint(measured, 0, Keypoint.LEFT_KNEE).lines[0] == "left_knee  271°"
    steadier = replace(angles, shown=np.array([[268.0]], np.float32))
    shown = read_joint(replace(measured, angles=steadier), 0, Keypoint.LEFT_KNEE)
    assert shown.lines[0] == "left_knee  268°"
    unseen = replace(posed(0.1), angles=Angles(("left_knee",), np.array([[np.nan]], np.float32)))
    assert read_joint(unseen, 0, Keypoint.LEFT_KNEE).angles == ()


def test_the_nearest_joint_that_is_seen_is_found_within_reach() -> None:
    poses = posed(0.0).poses
    knee = (0, Keypoint.LEFT_KNEE)
    assert joint_at(poses, 105, 203, reach_px=10, min_score=0.3) == knee
    assert joint_at(poses, 150, 150, reach_px=10, min_score=0.3) is None
    assert joint_at(poses, 105, 203, reach_px=10, min_score=0.95) is None
    assert joint_at(Poses.empty(), 1, 1, reach_px=10, min_score=0.3) is None
