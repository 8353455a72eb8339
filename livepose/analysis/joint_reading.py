"""What can be read off one joint: its angles, its place and its speed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.angle_meter import AngleMeter
from livepose.core.angles import LEAP_DEG, degrees_text
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses

_MAX_GAP_S = 0.2
"""A frame that is farther away says nothing of the speed in this one."""
_LEAP_SHARE = 0.5
"""A point that moves by more of the diagonal of the person's box between two frames is another one:
it was exchanged, or misread."""


@dataclass(frozen=True, slots=True)
class JointReading:
    """One joint of one person in one frame."""

    name: str
    """Of the keypoint: `left_knee`."""
    x_px: float
    y_px: float
    angles: tuple[tuple[str, float], ...] = ()
    """Names and degrees of the angles that are measured there, as far as their points are seen."""
    speed_px_s: float | None = None
    """Pixels per second; None where the person is in no frame next to this one, and where the point
    or its angle leaps."""

    @property
    def lines(self) -> list[str]:
        """The reading in words.

        >>> JointReading("left_knee", 411.6, 380.2, (("left_knee", 92.6),), 231.4).lines
        ['left_knee  93°', 'x 412  y 380 px', '231 px/s']
        """
        joined = [
            degrees_text(degrees) if name == self.name else f"{name} {degrees_text(degrees)}"
            for name, degrees in self.angles
        ]
        lines = ["  ".join((self.name, *joined)), f"x {self.x_px:.0f}  y {self.y_px:.0f} px"]
        return lines if self.speed_px_s is None else [*lines, f"{self.speed_px_s:.0f} px/s"]


def joint_at(
    poses: Poses, x_px: float, y_px: float, *, reach_px: float, min_score: float
) -> tuple[int, int] | None:
    """Return the row of the person and the keypoint nearest to a place; None if none is near.

    Args:
        poses: Everybody.
        x_px: The place.
        y_px: The place.
        reach_px: How far away a keypoint may be.
        min_score: A keypoint with a lower score is not seen.
    """
    if not len(poses):
        return None
    away = np.hypot(poses.xy[..., 0] - x_px, poses.xy[..., 1] - y_px)
    away = np.where(poses.visible(min_score), away, np.inf)
    person, keypoint = np.unravel_index(int(away.argmin()), away.shape)
    return (int(person), int(keypoint)) if away[person, keypoint] <= reach_px else None


def read_joint(
    posed: PosedFrame, person: int, keypoint: int, neighbours: tuple[PosedFrame, ...] = ()
) -> JointReading:
    """Return what can be read off a joint.

    Args:
        posed: The frame.
        person: The row of the person.
        keypoint: The joint.
        neighbours: Frames before and after it, for the speed: the earliest and the latest count.
    """
    name = posed.poses.skeleton.names[keypoint]
    x_px, y_px = posed.poses.xy[person, keypoint].tolist()
    return JointReading(
        name, x_px, y_px, _angles(posed, person, name), _speed(posed, person, keypoint, neighbours)
    )


def _angles(posed: PosedFrame, person: int, name: str) -> tuple[tuple[str, float], ...]:
    names = [each.name for each in ANGLE_DEFINITIONS.values() if each.keypoint == name]
    skeleton = posed.poses.skeleton
    names = [
        each
        for each in names
        if all(point in skeleton for point in ANGLE_DEFINITIONS[each].keypoints)
    ]
    if not names:
        return ()
    measured = _measured(posed, person)
    others = [each for each in names if each not in measured]
    if others:
        degrees = AngleMeter(others)(posed).angles.degrees[person].tolist()
        measured.update(zip(others, degrees, strict=True))
    found = [(each, measured[each]) for each in names]
    # Of a joint and a segment that end there, the joint says more.
    joints = [pair for pair in found if not ANGLE_DEFINITIONS[pair[0]].is_segment]
    return tuple(pair for pair in joints or found if not math.isnan(pair[1]))


def _measured(posed: PosedFrame, person: int) -> dict[str, float]:
    """Return a person's angles as the frame shows them, NaN where they were not seen."""
    angles = posed.angles
    row = angles.figures[person].tolist() if person < len(angles.figures) else []
    return dict(zip(angles.names, row, strict=False))


def _speed(
    posed: PosedFrame, person: int, keypoint: int, neighbours: tuple[PosedFrame, ...]
) -> float | None:
    track_id = int(posed.poses.track_id[person])
    places = [(posed.frame.time_s, posed.poses.xy[person, keypoint])]
    for each in neighbours:
        rows = np.flatnonzero(each.poses.track_id == track_id)
        if len(rows) == 1 and track_id and _follows(posed, person, each, int(rows[0]), keypoint):
            places.append((each.frame.time_s, each.poses.xy[rows[0], keypoint]))
    places.sort(key=lambda place: place[0])
    if len(places) < 2 or places[-1][0] <= places[0][0]:
        return None
    (first_s, first), (last_s, last) = places[0], places[-1]
    return float(np.hypot(*(last - first))) / (last_s - first_s)


def _follows(one: PosedFrame, person: int, other: PosedFrame, row: int, keypoint: int) -> bool:
    """Return whether a point has moved between two frames, and has not jumped to another place."""
    if abs(other.frame.time_s - one.frame.time_s) > _MAX_GAP_S:
        return False
    step_px = np.hypot(*(other.poses.xy[row, keypoint] - one.poses.xy[person, keypoint]))
    left, top, right, bottom = one.poses.box[person].tolist()
    if step_px > _LEAP_SHARE * math.hypot(right - left, bottom - top):
        return False
    name = one.poses.skeleton.names[keypoint]
    before = dict(_angles(other, row, name))
    for each, value in _angles(one, person, name):
        change = value - before.get(each, value)
        # From 179 to -179 degrees is two, as each frame is measured by itself.
        if abs(math.remainder(change, ANGLE_DEFINITIONS[each].period_deg)) > LEAP_DEG:
            return False
    return True
