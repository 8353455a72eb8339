"""Joint angles from poses, with what they need of the past: no jump at 180, and their extremes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from livepose.analysis.angle_definitions import (
    EARS,
    EAST,
    HIPS,
    NECK,
    ORIGIN,
    Kind,
    Points,
    body_points,
    joints_named,
    parse_angles,
)
from livepose.analysis.body_orientation import Facing, View, signs_of_facing
from livepose.core.angles import Angles
from livepose.core.arrays import BoolArray, Int32Array
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.overlays import Label
from livepose.core.poses import Poses

__all__ = ["AngleMeter", "AngleRange", "parse_angles"]

Degrees = npt.NDArray[np.float64]
MIN_SCORE = 0.3
FORGOTTEN_S = 0.5
"""After a longer gap a person is measured as if just come."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleRange:
    """The extremes of one person's angles so far."""

    names: tuple[str, ...]
    low_deg: Degrees
    """(A,); NaN where it was never seen."""
    high_deg: Degrees
    """(A,) likewise."""
    frames: Int32Array
    """(A,) how often it was seen."""

    @property
    def range_deg(self) -> Degrees:
        """(A,) the range of motion."""
        return self.high_deg - self.low_deg

    def then(self, degrees: Degrees) -> AngleRange:
        """Take in one more frame's (A,) angles."""
        return replace(
            self,
            low_deg=np.fmin(self.low_deg, degrees),
            high_deg=np.fmax(self.high_deg, degrees),
            frames=self.frames + np.isfinite(degrees).astype(np.int32),
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Memory:
    view: View
    time_s: Degrees
    """(A,) when each angle was last seen."""
    degrees: Degrees
    """(A,) what it was then."""


class AngleMeter(MotionStep):
    """Measures angles of everybody in the picture, and holds the extremes of each.

    Who has no id (0) is remembered only while alone in the picture.

    >>> from livepose import Frame, Poses, Region
    >>> xy = np.zeros((1, 17, 2), np.float32)  # and now left hip, knee and ankle:
    >>> xy[0, [11, 13, 15]] = (100, 100), (100, 200), (200, 200)
    >>> poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    >>> frame = Frame.from_bgr(np.zeros((9, 9, 3), np.uint8))
    >>> posed = AngleMeter(["left_knee"])(PosedFrame(frame, poses, Region.letterbox(9, 9), 0.0))
    >>> print(posed.angles.degrees)
    [[90.]]
    """

    def __init__(
        self, names: Sequence[str], *, min_score: float = MIN_SCORE, labels: bool = False
    ) -> None:
        """Choose what is measured.

        Args:
            names: full names, as `parse_angles` gives them.
            min_score: an angle is NaN where one of its points scores less.
            labels: also write each angle beside its joint.

        Raises:
            OptionError: a name is not known, or the score is not within 0..1.
        """
        if not 0 <= min_score <= 1:
            raise OptionError(f"the score of a point is from 0 to 1, got {min_score}")
        self._joints = joints_named(tuple(names))
        self._names = tuple(names)
        self._min_score = min_score
        self._has_labels = labels
        self._lines = np.array([(*joint.base, *joint.line) for joint in self._joints]).T
        kinds = [joint.kind for joint in self._joints]
        self._is_unsigned = np.array([kind is Kind.FLEXION for kind in kinds])
        self._is_swing = np.array([kind is Kind.SWING for kind in kinds])
        self._is_tilt = np.array([kind is Kind.TILT for kind in kinds])
        self._period = np.where(self._is_tilt, 180.0, 360.0)
        self._first_low = np.array([joint.low_deg for joint in self._joints])
        self._memories: dict[int, _Memory] = {}
        self._held: Mapping[int, AngleRange] = MappingProxyType({})

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def held(self) -> Mapping[int, AngleRange]:
        """The extremes by track id; what is given does not change, so any thread may read it."""
        return self._held

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Give the frame with its angles, and their labels if those were asked for."""
        xy, is_seen = body_points(posed.poses, self._min_score)
        ids = _remembered(posed.poses)
        time_s = posed.frame.time_s
        views = self._views(xy, is_seen, ids, time_s)
        degrees = self._measure(xy, is_seen, np.array([view.facing for view in views], np.int64))
        memories = {key: m for key, m in self._memories.items() if key not in ids.values()}
        for row, key in ids.items():
            degrees[row], memories[key] = self._unwrapped(degrees[row], key, views[row], time_s)
        self._memories = {
            key: memory
            for key, memory in memories.items()
            if 0 <= time_s - memory.view.time_s <= FORGOTTEN_S
        }
        self._hold(degrees, ids)
        marks = posed.overlays
        if self._has_labels:
            marks = replace(marks, labels=(*marks.labels, *self._labels(xy, degrees, ids)))
        return replace(
            posed, angles=Angles(self._names, degrees.astype(np.float32)), overlays=marks
        )

    def reset(self) -> None:
        """Forget where everybody was; the extremes stay held."""
        self._memories = {}

    def _views(
        self, xy: Points, is_seen: BoolArray, ids: dict[int, int], time_s: float
    ) -> list[View]:
        signs = signs_of_facing(
            xy[:, 5] - xy[:, 6],
            xy[:, NECK] - xy[:, HIPS],
            xy[:, 0] - xy[:, EARS],
            is_seen[:, (NECK, 0)] & is_seen[:, (HIPS, EARS)],
        )
        views = []
        for row, (breadth, turn) in enumerate(signs.tolist()):
            memory = self._memories.get(ids[row]) if row in ids else None
            views.append((memory.view if memory else View()).then(breadth, turn, time_s))
        return views

    def _measure(self, xy: Points, is_seen: BoolArray, facing: npt.NDArray[np.int64]) -> Degrees:
        """Give (N, A) degrees, each within its first turn.

        The angle from u to v is atan2(u x v, u . v), with y up; a person who faces left is
        mirrored first, so that forward is the same for both.
        """
        mirrored = np.where(facing == Facing.LEFT, -1.0, 1.0)
        xy[:, ORIGIN], xy[:, EAST, 0] = 0.0, mirrored
        upright = np.stack((mirrored, -np.ones_like(mirrored)), axis=-1)[:, None]
        base_start, base_end, start, end = self._lines
        base = (xy[:, base_end] - xy[:, base_start]) * upright
        line = (xy[:, end] - xy[:, start]) * upright
        cross = base[..., 0] * line[..., 1] - base[..., 1] * line[..., 0]
        dot = (base * line).sum(axis=-1)
        degrees = np.degrees(np.arctan2(cross, dot))
        is_front = (facing == Facing.FRONT)[:, None]
        degrees = np.where(
            self._is_unsigned | (self._is_swing & is_front), np.abs(degrees), degrees
        )
        degrees = _wrapped(degrees, self._first_low, self._period)
        has_length = (base**2).sum(axis=-1) * (line**2).sum(axis=-1) > 1e-12
        is_known = is_seen[:, self._lines].all(axis=1) & has_length
        return np.where(is_known & ~(self._is_tilt & ~is_front), degrees, np.nan)

    def _unwrapped(
        self, degrees: Degrees, key: int, view: View, time_s: float
    ) -> tuple[Degrees, _Memory]:
        """Go on from the last turn where the way from the last angle is short.

        A long way in one frame is a point that was misread, and must not add a turn for good.
        """
        last = self._memories.get(key)
        if last is None or last.view.facing is not view.facing:
            last = _Memory(view, np.full(degrees.shape, -np.inf), np.zeros(degrees.shape))
        way = _wrapped(degrees - last.degrees, -self._period / 2, self._period)
        elapsed_s = time_s - last.time_s
        goes_on = (np.abs(way) < self._period / 4) & (elapsed_s >= 0) & (elapsed_s <= FORGOTTEN_S)
        goes_on &= ~self._is_tilt  # which have no direction that a turn could go on in
        degrees = np.where(goes_on, last.degrees + way, degrees)
        is_known = np.isfinite(degrees)
        return degrees, _Memory(
            view,
            np.where(is_known, time_s, last.time_s),
            np.where(is_known, degrees, last.degrees),
        )

    def _hold(self, degrees: Degrees, ids: dict[int, int]) -> None:
        unknown = np.full(len(self._names), np.nan)
        nobody = AngleRange(self._names, unknown, unknown, np.zeros(len(self._names), np.int32))
        changed = {key: self._held.get(key, nobody).then(degrees[row]) for row, key in ids.items()}
        self._held = MappingProxyType({**self._held, **changed})

    def _labels(self, xy: Points, degrees: Degrees, ids: dict[int, int]) -> list[Label]:
        """Say each angle that is known, and below it how far it went so far."""
        _, _, start, end = self._lines
        is_segment = np.array([j.kind in (Kind.SLOPE, Kind.TILT) for j in self._joints])
        places = np.where(is_segment[:, None], (xy[:, start] + xy[:, end]) / 2, xy[:, start])
        labels = []
        for (row, angle), value in np.ndenumerate(degrees):
            if np.isfinite(value):
                keypoint, (x, y) = self._joints[angle].keypoint, places[row, angle].tolist()
                note = self._range(ids.get(row), angle)
                labels.append(Label(f"{round(value)}°", keypoint, x, y, note))
        return labels

    def _range(self, key: int | None, angle: int) -> str:
        """Write the least and the greatest angle so far; nothing for who has no past."""
        if key is None or (held := self._held.get(key)) is None:
            return ""
        low, high = round(held.low_deg[angle]), round(held.high_deg[angle])
        return f"{low} to {high}" if low < high else ""


def _remembered(poses: Poses) -> dict[int, int]:
    """Give row -> id of those who can be known again."""
    ids = poses.track_id.tolist()
    return {row: key for row, key in enumerate(ids) if key or len(ids) == 1}


def _wrapped(degrees: Degrees, low: Degrees, period: Degrees) -> Degrees:
    """Bring angles into (low, low + period]."""
    return low + period - (low + period - degrees) % period
