"""Resampler: poses and angles at a constant rate, for tools that expect one."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np

from livepose.core.angles import LEAP_DEG, Angles
from livepose.core.arrays import BoolArray, Float64Array
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.motion.smoothing.akima import akima
from livepose.motion.smoothing.points import points_of, seen_points

MAX_GAP_S = 0.2
"""Between frames that are farther apart nothing is interpolated."""
_AROUND = 2
"""So many frames on each side of the two neighbours shape the curve between them."""
_SAME_TIME_S = 1e-6


class Resampler:
    """Return frames at a constant rate, interpolated between those that come at any times.

    A place, a box or an angle lies on Akima's curve through the three values before it and the
    three after it; where one of those is not seen, on the line between the two nearest. Scores are
    the lower ones of the two. Gaps stay gaps: a person who is missing in one of the two frames is
    missing in between, and so is everybody where frames are more than 0.2 s apart.

    Frames are numbered anew from 0. Their source frame and pixels are those of the nearest frame.

    >>> from livepose import Frame, Region
    >>> resampler, results = Resampler(100), []
    >>> for number in range(4):
    ...     xy = np.full((1, 17, 2), 30 * number, np.float32)
    ...     poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    ...     frame = Frame.from_bgr(np.zeros((8, 8, 3), np.uint8), number, number / 25)
    ...     results += resampler.push(PosedFrame(frame, poses, Region.letterbox(8, 8), 0.0))
    >>> results += resampler.flush()
    >>> [round(posed.frame.time_s, 2) for posed in results[:3]], len(results)
    ([0.0, 0.01, 0.02], 13)
    >>> results[6].poses["nose"].round(2).tolist()
    [[45.0, 45.0, 1.0]]
    """

    def __init__(self, rate: float) -> None:
        """Set the rate.

        Args:
            rate: Frames per second.

        Raises:
            OptionError: If the rate is not a number above 0.
        """
        if not 0 < rate < math.inf:
            raise OptionError(f"frames are resampled at a rate above 0, got {rate}")
        self._rate = rate
        self._frames: deque[PosedFrame] = deque(maxlen=2 * _AROUND + 2)
        self._start_s = 0.0
        self._count = 0
        """How many frames have been returned since `_start_s`."""
        self._first_index = 0
        self._pending = 0
        """How many of the last frames the resampled ones have not reached yet."""

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those between frames that are known well enough."""
        results: list[PosedFrame] = []
        if self._frames and not posed.follows(self._frames[-1]):
            results = self.flush()
        if not self._frames:
            self._start_s, self._count = posed.frame.time_s, 0
        else:
            self._pending += 1
        self._frames.append(posed)
        if self._pending > _AROUND:
            results += self._advance()
        return results

    def flush(self) -> list[PosedFrame]:
        """Return what is left up to the last frame, and forget all frames."""
        results: list[PosedFrame] = []
        while self._pending:
            results += self._advance()
        if self._frames:
            last = self._frames[-1]
            if abs(self._next_s() - last.frame.time_s) < _SAME_TIME_S:
                results.append(self._numbered(last, last))
        self._first_index += self._count
        self._count = 0
        self._frames.clear()
        return results

    def _advance(self) -> list[PosedFrame]:
        """Return the frames between the two that come next."""
        after = len(self._frames) - self._pending
        self._pending -= 1
        start, end = self._frames[after - 1], self._frames[after]
        results: list[PosedFrame] = []
        if self._next_s() > end.frame.time_s - _SAME_TIME_S:
            return results
        interval = _Interval.between(list(self._frames), after)
        while (now_s := self._next_s()) < end.frame.time_s - _SAME_TIME_S:
            is_start = abs(now_s - start.frame.time_s) < _SAME_TIME_S
            middle_s = (start.frame.time_s + end.frame.time_s) / 2
            nearest = start if now_s <= middle_s else end
            results.append(self._numbered(start if is_start else interval.at(now_s), nearest))
        return results

    def _next_s(self) -> float:
        return self._start_s + self._count / self._rate

    def _numbered(self, posed: PosedFrame, nearest: PosedFrame) -> PosedFrame:
        """Return a frame with the next number and time, and with the pixels of the nearest one."""
        now_s, index, source = self._next_s(), self._first_index + self._count, nearest.frame
        self._count += 1
        utc_s = None if source.utc_s is None else source.utc_s + now_s - source.time_s
        frame = replace(
            source,
            index=index,
            time_s=now_s,
            utc_s=utc_s,
            skipped_frames=source.source_frame - index,
        )
        return replace(posed, frame=frame)


@dataclass(frozen=True, slots=True, eq=False)
class _Interval:
    """Two frames one after the other, and what lies around them."""

    start: PosedFrame
    end: PosedFrame
    poses: Poses
    """Those of `start` who are in `end` too, with the lower scores."""
    times_s: Float64Array
    """(T,) of the frames around, whose values shape a curve."""
    curves: Float64Array
    """(T, C) the values of all people, one after the other."""
    has_curve: BoolArray
    """(C,) whether a value is known at all of these times."""
    ends: Float64Array
    """(2, C) the values in the two frames."""
    can_interpolate: BoolArray
    """(C,)."""

    @classmethod
    def between(cls, frames: list[PosedFrame], after: int) -> _Interval:
        """Match the people of a frame with those of the one before it, and those around."""
        start, end = frames[after - 1], frames[after]
        shared = _shared_ids(start, end)
        run = _run_around(frames, after, shared)
        values, known = zip(*(_values_of(posed, shared) for posed in run), strict=True)
        curves, is_known = np.stack(values), np.stack(known)
        times_s = np.array([posed.frame.time_s for posed in run])
        before = next(number for number, posed in enumerate(run) if posed is start)
        ends = curves[before : before + 2]
        rows = _rows_of(start, shared)
        first, second = start.poses[rows], end.poses[_rows_of(end, shared)]
        poses = replace(
            first,
            score=np.minimum(first.score, second.score),
            person_score=np.minimum(first.person_score, second.person_score),
            swapped=first.swapped | second.swapped,
            filled=first.filled | second.filled,
            edited=first.edited | second.edited,
        )
        # A place that was guessed is still a place; an angle that was not measured is none.
        leaps = np.zeros(ends.shape[1], np.bool_)
        angle_columns = _angle_columns(start, len(shared))
        leaps[angle_columns] = np.abs(np.diff(ends[:, angle_columns], axis=0))[0] > LEAP_DEG
        return cls(
            start,
            end,
            poses,
            times_s,
            curves,
            is_known.all(axis=0) & ~leaps,
            ends,
            np.isfinite(ends).all(axis=0) & ~leaps,
        )

    def at(self, time_s: float) -> PosedFrame:
        """Return the frame at a time between the two."""
        people, names = len(self.poses), self.start.angles.names
        if not people:
            angles = Angles(names, np.zeros((0, len(names)), np.float32))
            return replace(self.start, poses=self.poses, angles=angles)
        start_s, end_s = self.start.frame.time_s, self.end.frame.time_s
        share = (time_s - start_s) / (end_s - start_s)
        values = np.where(
            self.can_interpolate, (1 - share) * self.ends[0] + share * self.ends[1], np.nan
        )
        if self.has_curve.any() and len(self.times_s) > 2:
            on_curve = akima(self.times_s, self.curves[:, self.has_curve], np.array([time_s]))
            values[self.has_curve] = on_curve[0]
        rows = values.reshape(people, -1)
        points = rows[:, : rows.shape[1] - len(names)].reshape(people, -1, 2).astype(np.float32)
        xy = np.ascontiguousarray(points[:, :-2])
        box = np.ascontiguousarray(points[:, -2:]).reshape(people, 4)
        degrees = np.ascontiguousarray(rows[:, rows.shape[1] - len(names) :], np.float32)
        return replace(
            self.start,
            poses=replace(self.poses, xy=xy, raw_xy=xy, box=box),
            angles=Angles(names, degrees),
        )


def _shared_ids(start: PosedFrame, end: PosedFrame) -> list[int]:
    """Return who is in both frames, in the order of the first one."""
    if end.frame.time_s - start.frame.time_s > MAX_GAP_S or start.angles.names != end.angles.names:
        return []
    both = set(end.poses.track_id.tolist())
    ids = [key for key in start.poses.track_id.tolist() if key in both]
    is_alone = len(start.poses) == len(end.poses) == 1
    return [key for key in ids if key or is_alone]


def _rows_of(posed: PosedFrame, ids: list[int]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    row_of_id = {key: row for row, key in enumerate(posed.poses.track_id.tolist())}
    return np.array([row_of_id[key] for key in ids], np.intp)


def _run_around(frames: list[PosedFrame], after: int, ids: list[int]) -> list[PosedFrame]:
    """Return the frames without a gap around two neighbours in which all of some people are."""
    first, end = after - 1, after + 1
    while first > max(0, after - 1 - _AROUND) and _holds(frames[first - 1], frames[first], ids):
        first -= 1
    while end < min(len(frames), after + 1 + _AROUND) and _holds(frames[end - 1], frames[end], ids):
        end += 1
    return frames[first:end]


def _holds(earlier: PosedFrame, later: PosedFrame, ids: list[int]) -> bool:
    return bool(ids) and set(ids) <= set(_shared_ids(earlier, later))


def _values_of(posed: PosedFrame, ids: list[int]) -> tuple[Float64Array, BoolArray]:
    """Return all values of some people, and which of them are known: points, then angles."""
    rows = _rows_of(posed, ids)
    width = 2 * len(posed.poses.skeleton) + 4
    points = points_of(posed.poses)[rows].reshape(len(ids), width)
    seen = np.repeat(seen_points(posed.poses)[rows], 2, axis=1)
    degrees = posed.angles.degrees[rows] if posed.angles.names else np.zeros((len(ids), 0))
    values = np.concatenate((points, degrees), axis=1, dtype=np.float64)
    known = np.concatenate((seen, np.isfinite(degrees)), axis=1)
    return values.ravel(), known.ravel()


def _angle_columns(posed: PosedFrame, people: int) -> BoolArray:
    """Return which of the values of some people are angles."""
    columns = np.zeros((people, 2 * len(posed.poses.skeleton) + 4 + len(posed.angles.names)), bool)
    columns[:, columns.shape[1] - len(posed.angles.names) :] = True
    return columns.ravel()
