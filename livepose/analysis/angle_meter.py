"""AngleMeter: joint angles of everybody in the frame, frame by frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from livepose.analysis.angle_definitions import (
    AngleKind,
    check_measurable,
    find_definitions,
)
from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.body_orientation import Facing, Orientation, measure_orientation
from livepose.analysis.body_points import BodyPoints
from livepose.analysis.moving_median import MovingMedian
from livepose.core.angles import Angles, degrees_text
from livepose.core.arrays import BoolArray, Float64Array, FloatArray, IntpArray
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.overlays import Label
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Skeleton

MIN_SCORE = 0.3
FORGET_AFTER_S = 0.5
"""After a longer gap a person is measured like a new one."""
_RECENT_FRAMES = 64
"""Of so many frames it is remembered what the extremes were: of more than are in flight."""


@dataclass(frozen=True, slots=True, eq=False)
class _LastSeen:
    """What is remembered of one person."""

    orientation: Orientation
    time_s: Float64Array
    """(A,) when each angle was last seen."""
    degrees: Float64Array
    """(A,) its value then."""


class AngleMeter(MotionStep):
    """Measure the angles of everybody in the frame, and keep each person's extremes.

    People without an id (0) are remembered only while they are alone in the frame.

    >>> from livepose import Frame, Poses, Region
    >>> from livepose.core.skeleton import Keypoint as K
    >>> xy = np.zeros((1, 17, 2), np.float32)
    >>> xy[0, [K.LEFT_HIP, K.LEFT_KNEE, K.LEFT_ANKLE]] = (100, 100), (100, 200), (200, 200)
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
            names: Full names, as `parse_angles` returns them.
            min_score: An angle is NaN where one of its keypoints scores less.
            labels: Also write each angle beside its joint.

        Raises:
            OptionError: If a name is unknown, or if the score is not from 0 to 1.
        """
        if not 0 <= min_score <= 1:
            raise OptionError(f"the score of a keypoint is from 0 to 1, got {min_score}")
        self._definitions = find_definitions(tuple(names))
        self._names = tuple(names)
        self._min_score = min_score
        self._has_labels = labels
        kinds = [definition.kind for definition in self._definitions]
        self._is_unsigned = np.array([kind is AngleKind.FLEXION for kind in kinds])
        self._is_swing = np.array([kind is AngleKind.SWING for kind in kinds])
        self._is_tilt = np.array([kind is AngleKind.TILT for kind in kinds])
        self._is_segment = np.array([definition.is_segment for definition in self._definitions])
        self._period = np.array([definition.period_deg for definition in self._definitions])
        self._first_low = np.array([definition.first_low_deg for definition in self._definitions])
        self._use(COCO_SKELETON)
        self._last_seen: dict[int, _LastSeen] = {}
        self._medians: dict[int, MovingMedian] = {}
        self._ranges: Mapping[int, AngleRange] = {}
        self._recent_ranges: deque[tuple[int, Mapping[int, AngleRange]]] = deque(
            maxlen=_RECENT_FRAMES
        )
        """What the extremes were with each of the last frames, by the index of the frame."""

    @property
    def names(self) -> tuple[str, ...]:
        return self._names

    @property
    def ranges(self) -> Mapping[int, AngleRange]:
        """Each person's extremes by track id. The mapping never changes: any thread may read it."""
        return self._ranges

    def ranges_until(self, index: int) -> Mapping[int, AngleRange]:
        """Return each person's extremes up to one of the last frames, by track id.

        Args:
            index: Of the last frame that counts.
        """
        for frame_index, ranges in reversed(self._recent_ranges):
            if frame_index <= index:
                return ranges
        return {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Return the frame with its angles, and with their labels if those were asked for.

        Raises:
            OptionError: If the skeleton of the poses lacks keypoints that an angle needs.
        """
        poses, time_s = posed.poses, posed.frame.time_s
        if len(poses) and poses.skeleton is not self._points.skeleton:
            check_measurable(self._names, poses.skeleton)
            self._use(poses.skeleton)
        xy, is_seen = self._points.locate(poses, self._min_score)
        ids = _remembered(poses)
        orientations = self._orientations(xy, is_seen, ids, time_s)
        facing = np.array([orientation.facing for orientation in orientations], np.intp)
        degrees = self._measure(xy, is_seen, facing)
        last_seen = {key: last for key, last in self._last_seen.items() if key not in ids.values()}
        for row, key in ids.items():
            degrees[row], last_seen[key] = self._unwrap(
                degrees[row], key, orientations[row], time_s
            )
        self._last_seen = {
            key: last
            for key, last in last_seen.items()
            if 0 <= time_s - last.orientation.time_s <= FORGET_AFTER_S
        }
        medians = self._take_medians(degrees, ids, time_s)
        self._extend_ranges(degrees, medians, ids)
        self._recent_ranges.append((posed.frame.index, self._ranges))
        shown = np.where(np.isfinite(medians), medians, degrees).astype(np.float32)
        angles, overlays = Angles(self._names, degrees.astype(np.float32), shown), posed.overlays
        if self._has_labels:
            labels = (*overlays.labels, *self._labels(xy, angles.figures, ids))
            overlays = replace(overlays, labels=labels)
        return replace(posed, angles=angles, overlays=overlays)

    def reset(self) -> None:
        """Forget where everybody was; the extremes are kept."""
        self._last_seen = {}
        self._medians = {}

    def forget(self) -> None:
        """Forget the extremes too, as the frames will be seen again."""
        self.reset()
        self._ranges = {}
        self._recent_ranges.clear()

    def _use(self, skeleton: Skeleton) -> None:
        """Look up the rows of the points that the angles are measured between."""
        points = self._points = BodyPoints(skeleton)
        ends = [(*definition.base, *definition.line) for definition in self._definitions]
        self._lines = np.array([[points.index(name) for name in names] for names in ends]).T
        self._keypoints = [
            skeleton.index(name) if name in skeleton else 0
            for name in (definition.keypoint for definition in self._definitions)
        ]

    def _orientations(
        self, xy: Float64Array, is_seen: BoolArray, ids: dict[int, int], time_s: float
    ) -> list[Orientation]:
        orientations = []
        measured = measure_orientation(self._points, xy, is_seen).tolist()
        for row, (shoulder_width, nose_offset) in enumerate(measured):
            last = self._last_seen.get(ids[row]) if row in ids else None
            before = last.orientation if last else Orientation()
            orientations.append(before.updated(shoulder_width, nose_offset, time_s))
        return orientations

    def _measure(self, xy: Float64Array, is_seen: BoolArray, facing: IntpArray) -> Float64Array:
        """Return (N, A) degrees, each within its first turn.

        The angle from u to v is atan2(u x v, u . v), with y up; a person who faces left is
        mirrored first, so that forward is the same for both.
        """
        mirrored = np.where(facing == Facing.LEFT, -1.0, 1.0)
        xy[:, self._points.index("forward"), 0] = mirrored
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
        degrees = _wrap(degrees, self._first_low, self._period)
        has_length = (base**2).sum(axis=-1) * (line**2).sum(axis=-1) > 1e-12
        is_known = is_seen[:, self._lines].all(axis=1) & has_length
        return np.where(is_known & ~(self._is_tilt & ~is_front), degrees, np.nan)

    def _unwrap(
        self, degrees: Float64Array, key: int, orientation: Orientation, time_s: float
    ) -> tuple[Float64Array, _LastSeen]:
        """Continue each angle from its last value, over 180 too, where the change is small.

        A large change in one frame is a keypoint that was misread, and must not add a turn for
        good.
        """
        last = self._last_seen.get(key)
        if last is None or last.orientation.facing is not orientation.facing:
            shape = degrees.shape
            last = _LastSeen(orientation, np.full(shape, -np.inf), np.zeros(shape))
        change = _wrap(degrees - last.degrees, -self._period / 2, self._period)
        elapsed_s = time_s - last.time_s
        continues = np.abs(change) < self._period / 4
        continues &= (elapsed_s >= 0) & (elapsed_s <= FORGET_AFTER_S)
        continues &= ~self._is_tilt  # a line without a direction never makes a turn
        degrees = np.where(continues, last.degrees + change, degrees)
        is_known = np.isfinite(degrees)
        return degrees, _LastSeen(
            orientation,
            np.where(is_known, time_s, last.time_s),
            np.where(is_known, degrees, last.degrees),
        )

    def _take_medians(
        self, degrees: Float64Array, ids: dict[int, int], time_s: float
    ) -> Float64Array:
        """Return the moving medians of (N, A) degrees; NaN for people without a past."""
        self._medians = {
            key: median
            for key, median in self._medians.items()
            if 0 <= time_s - median.time_s <= FORGET_AFTER_S
        }
        medians = np.full(degrees.shape, np.nan)
        for row, key in ids.items():
            median = self._medians.setdefault(key, MovingMedian())
            medians[row] = median.update(time_s, degrees[row])
        return medians

    def _extend_ranges(
        self, degrees: Float64Array, medians: Float64Array, ids: dict[int, int]
    ) -> None:
        empty = AngleRange.empty(self._names)
        changed = {
            key: self._ranges.get(key, empty).including(degrees[row], medians[row])
            for row, key in ids.items()
        }
        self._ranges = {**self._ranges, **changed}

    def _labels(self, xy: Float64Array, degrees: FloatArray, ids: dict[int, int]) -> list[Label]:
        """Return a label for each known angle, with the range so far below it."""
        _, _, start, end = self._lines
        is_segment = self._is_segment[:, None]
        places = np.where(is_segment, (xy[:, start] + xy[:, end]) / 2, xy[:, start])
        labels = []
        for (row, angle), value in np.ndenumerate(degrees):
            if np.isfinite(value):
                x, y = places[row, angle].tolist()
                note = self._range_text(ids.get(row), angle)
                whose = (self._names[angle], ids.get(row, 0))
                text = degrees_text(float(value))
                labels.append(Label(text, self._keypoints[angle], x, y, note, *whose))
        return labels

    def _range_text(self, key: int | None, angle: int) -> str:
        """Return the minimum and maximum angle so far; nothing for people without a past."""
        if key is None or (extremes := self._ranges.get(key)) is None:
            return ""
        if np.isnan(extremes.low_deg[angle]):
            return ""
        low, high = round(extremes.low_deg[angle]), round(extremes.high_deg[angle])
        return f"{low} to {high}" if low < high else ""


def _remembered(poses: Poses) -> dict[int, int]:
    """Return the track ids, by row, of the people who can be recognized in the next frame."""
    ids = poses.track_id.tolist()
    return {row: key for row, key in enumerate(ids) if key or len(ids) == 1}


def _wrap(degrees: Float64Array, low: Float64Array, period: Float64Array) -> Float64Array:
    """Bring angles into (low, low + period]."""
    return low + period - (low + period - degrees) % period
