"""What each angle is: between which points, and from where it counts.

The names and conventions are those of Sports2D (D. Pagnon and H. Kim, "Sports2D: Compute 2D human
pose and angles from a video or a webcam", Journal of Open Source Software 9(101), 6849, 2024),
as far as 17 points go; docs/angles.md has them in a table, with what differs.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray
from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.core.skeleton import KEYPOINT_COUNT

NECK, HIPS, CHEST, EARS, ORIGIN, EAST = range(KEYPOINT_COUNT, KEYPOINT_COUNT + 6)
"""Points made of keypoints. NECK and HIPS end the line of the trunk, CHEST is between both
shoulders, EARS between the ears that are seen; EAST lies to the right of ORIGIN."""
_ALL_POINTS = KEYPOINT_COUNT + 6
Line = tuple[int, int]
_HORIZON: Line = (ORIGIN, EAST)
_TRUNK: Line = (NECK, HIPS)


class Kind(Enum):
    """How an angle counts."""

    FLEXION = "flexion"
    """0 to 180, 0 is straight: a knee and an elbow bend one way only."""
    SWING = "swing"
    """Of a limb against the trunk, forward is positive; 0 to 180 where front and back look
    alike."""
    SLOPE = "slope"
    """Of a segment from the horizontal, anticlockwise, for who faces right."""
    TILT = "tilt"
    """Of the line from right to left, which has no direction: -90 to 90, and none in profile."""


@dataclass(frozen=True, slots=True)
class Joint:
    """One angle: from one line to another."""

    name: str
    kind: Kind
    base: Line
    line: Line
    keypoint: int
    """Which keypoint it belongs to, 0..16; the nose for what lies in the middle."""
    low_deg: float = -180.0
    """From where it counts until it has a past: a place where it hardly ever is."""


def _joints() -> tuple[Joint, ...]:
    made = []
    for left, side in enumerate(("left", "right")):
        shoulder, elbow, wrist, hip, knee, ankle = range(5 + left, KEYPOINT_COUNT, 2)
        thigh, shank, arm, forearm = (hip, knee), (knee, ankle), (shoulder, elbow), (elbow, wrist)
        made += [
            Joint(f"{side}_knee", Kind.FLEXION, thigh, shank, knee),
            Joint(f"{side}_hip", Kind.SWING, _TRUNK, thigh, hip, -120.0),
            Joint(f"{side}_elbow", Kind.FLEXION, arm, forearm, elbow),
            Joint(f"{side}_shoulder", Kind.SWING, _TRUNK, arm, shoulder, -120.0),
            Joint(f"{side}_thigh", Kind.SLOPE, _HORIZON, thigh, knee, -225.0),
            Joint(f"{side}_shank", Kind.SLOPE, _HORIZON, shank, ankle, -225.0),
            Joint(f"{side}_arm", Kind.SLOPE, _HORIZON, arm, elbow, -225.0),
            Joint(f"{side}_forearm", Kind.SLOPE, _HORIZON, forearm, wrist),
        ]
    made = [joint for pair in zip(made[:8], made[8:], strict=True) for joint in pair]
    made += [
        Joint("trunk", Kind.SLOPE, _HORIZON, (HIPS, NECK), 0, -135.0),
        Joint("head", Kind.SLOPE, _HORIZON, (CHEST, EARS), 0, -135.0),
        Joint("shoulders", Kind.TILT, _HORIZON, (6, 5), 0, -90.0),
        Joint("pelvis", Kind.TILT, _HORIZON, (12, 11), 0, -90.0),
    ]
    return tuple(made)


JOINTS = {joint.name: joint for joint in _joints()}
"""Every angle by its name."""
_BOTH_SIDES = [name.removeprefix("left_") for name in JOINTS if name.startswith("left_")]
_MIDDLE = [name for name in JOINTS if not name.startswith(("left_", "right_"))]


def parse_angles(text: str) -> tuple[str, ...]:
    """Read `knee,left_elbow,trunk` or `all`: a name without its side means both.

    Raises:
        OptionError: a name is not known; the message lists those that are.

    >>> parse_angles("knee, trunk")
    ('left_knee', 'right_knee', 'trunk')
    """
    wanted: set[str] = set()
    for word in (word.strip() for word in text.split(",")):
        if word == "all":
            wanted |= set(JOINTS)
        elif word in JOINTS:
            wanted.add(word)
        elif word in _BOTH_SIDES:
            wanted |= {f"left_{word}", f"right_{word}"}
        else:
            raise OptionError(_unknown(word))
    return tuple(name for name in JOINTS if name in wanted)


def joints_named(names: tuple[str, ...]) -> tuple[Joint, ...]:
    """Find angles by their full names.

    Raises:
        OptionError: there are none, or one is not known.
    """
    if not names:
        raise OptionError("no angle is named: give at least one, such as left_knee")
    for name in names:
        if name not in JOINTS:
            raise OptionError(_unknown(name))
    return tuple(JOINTS[name] for name in names)


def _unknown(word: str) -> str:
    if "ankle" in word or "foot" in word:
        return (
            f"{word!r} cannot be measured: it needs a toe, and the network's points end at the "
            "ankle; shank is the slope of the lower leg"
        )
    if word in _BOTH_SIDES:
        return f"{word!r} is two angles: say left_{word} or right_{word}"
    known = ", ".join((*_BOTH_SIDES, *_MIDDLE))
    return (
        f"{word!r} is not an angle: the known ones are {known}, or all; "
        "left_ or right_ before one of the first eight means that side alone"
    )


Points = npt.NDArray[np.float64]


def body_points(poses: Poses, min_score: float) -> tuple[Points, BoolArray]:
    """Add the points that are made of keypoints: (N, 23, 2) px, and (N, 23) which are seen.

    The trunk's line runs between the middles of shoulders and hips; where one side of it is
    hidden, as in profile, it is the other side's own line.
    """
    people = len(poses)
    xy, is_seen = np.zeros((people, _ALL_POINTS, 2)), np.ones((people, _ALL_POINTS), bool)
    xy[:, :KEYPOINT_COUNT], is_seen[:, :KEYPOINT_COUNT] = poses.xy, poses.visible(min_score)
    flank_seen = is_seen[:, 5:7] & is_seen[:, 11:13]
    ears_seen = is_seen[:, 3:5]
    for point, pair, counts in (
        (NECK, xy[:, 5:7], flank_seen),
        (HIPS, xy[:, 11:13], flank_seen),
        (EARS, xy[:, 3:5], ears_seen),
    ):
        weight = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        xy[:, point] = (pair * weight[..., None]).sum(axis=1)
        is_seen[:, point] = counts.any(axis=1)
    xy[:, CHEST] = xy[:, 5:7].mean(axis=1)
    is_seen[:, CHEST] = is_seen[:, 5:7].all(axis=1)
    return xy, is_seen
