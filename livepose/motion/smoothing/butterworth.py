"""A zero-lag Butterworth filter, for files: each frame waits for some of those after it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, IntpArray, median
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.motion.smoothing import MAX_CUTOFF_SHARE
from livepose.motion.smoothing.outliers import (
    REACH,
    bridge_excursions,
    bridge_gaps,
    find_excursions,
    find_outliers,
)
from livepose.motion.smoothing.points import (
    body_size_px,
    points_of,
    seen_points,
    tracked_rows,
    with_points,
)
from livepose.motion.smoothing.zero_phase import zero_phase_matrix

CUTOFF_HZ = 6.0
DELAY_S = 0.3
"""How far the filter looks ahead; what lies beyond has a weight of under a thousandth."""
MAX_WAITING = 18
"""The most frames, with their pixels, that a frame waits for."""
MAX_WAITING_LOW = 72
"""The same, with a cutoff so low that it needs to look farther ahead."""
BATCH_SIZE = 8
"""How many frames are smoothed together, which costs little more than one."""
PAST_S = 0.5
MAX_SAMPLES = 256
"""The most frames whose points are kept: the past and those that wait."""
GAP_S = 0.2
"""A person or a point that is away for longer is not bridged."""
MIN_SAMPLES = 6
"""A shorter run passes unchanged."""
MAX_UNEVENNESS = 0.05
"""Intervals that differ by less are even: time stamps in whole milliseconds are."""
_MIN_STEP_S = 0.001
"""Points at uneven times are resampled at no smaller steps."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """The points of one frame, of M people."""

    time_s: float
    row_of_id: dict[int, int]
    """Of each person, by track id."""
    points: Float64Array
    """(M, K + 2, 2) pixels."""
    is_seen: BoolArray
    """(M, K + 2)."""
    is_outlier: BoolArray
    """(M, K + 2); filled in once enough later frames are there."""
    is_away: BoolArray
    """(M, K + 2) somewhere else for up to 0.3 s; what was found once stays."""


class Butterworth:
    """Smooth the keypoints and the box of each person without lag, some frames later.

    It is a second-order Butterworth low-pass, run forward and then backward in time: of order 4 in
    all, and with no phase shift. The cutoff is 6 Hz in each direction, as in Sports2D and Pose2Sim
    (`butterworth_filter_1d`): together they halve an oscillation of 6 Hz, and -3 dB are at 4.8 Hz.
    A higher cutoff with -3 dB at 6 Hz (Winter's 1 / 0.802) leaves more noise and is farther from
    the truth on the demo's dancer, so it is not used.

    A frame can be smoothed once 0.3 s of later ones are there, or 18 of them; eight are smoothed at
    a time, and returned one by one. For a dancer of 300 px with noise of 1.5 px that differs from
    filtering the whole file at once by under 0.01 px up to 60 fps and by up to 0.1 px at 120 fps;
    at 240 fps, where 18 frames are 75 ms, by 1 px.

    Points that are misread for a frame or two, or that are elsewhere for up to 0.3 s, are found
    first (see `outliers`). They are bridged, as is a person, or a point (its score under 0.2), that
    is away for up to 0.2 s: such a point is placed between its sightings, and keeps its score. A
    longer absence splits the track, and guesses are smoothed apart from sightings. A run of under 6
    frames passes unchanged, and so does everything at frame rates up to 13.3, where 6 Hz is close
    to or above the Nyquist frequency. Where intervals differ by over 5 %, the points are resampled
    evenly and back. Untracked people pass unchanged, unless there is only one.

    The frames that are held are finished first when time does not go on, or when the frame size
    or the skeleton changes.

    >>> from livepose import Frame, Poses, Region
    >>> smoother, results = Butterworth(), []
    >>> body = np.linspace((100, 100), (200, 400), 17, dtype=np.float32)[None]
    >>> for number in range(30):
    ...     poses = Poses.from_keypoints(body + number % 2, np.ones((1, 17), np.float32))
    ...     frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), number, number / 30)
    ...     results += smoother.push(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    >>> len(results), len(results + smoother.flush())
    (14, 30)
    >>> bool(abs(results[13].poses.xy - (body + 0.5)).max() < 0.01)  # jitter of 1 px is gone
    True
    """

    def __init__(self, *, cutoff_hz: float = CUTOFF_HZ) -> None:
        """Set how much is smoothed.

        Args:
            cutoff_hz: Lower leaves less noise, and less of quick movements; below 6 Hz, frames wait
                for longer, in proportion.

        Raises:
            OptionError: If the cutoff is not a number above 0.
        """
        if not 0 < cutoff_hz < np.inf:
            raise OptionError(f"smoothing needs a cutoff above 0 Hz, got {cutoff_hz}")
        self._cutoff_hz = cutoff_hz
        # A lower cutoff remembers for longer, in inverse proportion.
        scale = max(1.0, CUTOFF_HZ / cutoff_hz)
        self._delay_s, self._past_s = scale * DELAY_S, scale * PAST_S
        self._max_waiting = min(round(scale * MAX_WAITING), MAX_WAITING_LOW)
        self._waiting: deque[PosedFrame] = deque()
        self._finished: deque[PosedFrame] = deque()
        self._samples: deque[_Sample] = deque(maxlen=round(scale * MAX_SAMPLES))
        self._checked_s: dict[int, float] = {}
        """By track id, the time before which outliers are known."""

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        is_next = not self._waiting or posed.follows(self._waiting[-1])
        flushed = [] if is_next else self.flush()
        poses, time_s = posed.poses, posed.frame.time_s
        rows = tracked_rows(poses)
        is_seen = seen_points(poses)[rows]
        self._samples.append(
            _Sample(
                time_s,
                {track_id: row for row, track_id in enumerate(poses.track_id[rows].tolist())},
                points_of(poses)[rows],
                is_seen,
                np.zeros(is_seen.shape, np.bool_),
                np.zeros(is_seen.shape, np.bool_),
            )
        )
        self._waiting.append(posed)
        finishable = max(len(self._waiting) - self._max_waiting, 0)
        for held in islice(self._waiting, finishable, None):
            if time_s - held.frame.time_s < self._delay_s:
                break
            finishable += 1
        if finishable >= BATCH_SIZE:
            self._finished += self._finish(finishable)
        # One for each frame that comes, so that painting them is as much work with every frame.
        count = max(len(self._finished) - BATCH_SIZE + 1, min(len(self._finished), 1))
        return [*flushed, *(self._finished.popleft() for _ in range(count))]

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are held, in order, and forget them: at the end, or at a cut."""
        finished = [*self._finished, *self._finish(len(self._waiting))]
        self._finished.clear()
        self._samples.clear()
        self._checked_s.clear()
        return finished

    def _finish(self, count: int) -> list[PosedFrame]:
        """Smooth the oldest frames that wait, and hold them no longer."""
        batch = [self._waiting.popleft() for _ in range(count)]
        while batch and self._samples[0].time_s < batch[0].frame.time_s - self._past_s:
            self._samples.popleft()
        rows_of = [tracked_rows(posed.poses) for posed in batch]
        ids_of = [
            posed.poses.track_id[rows].tolist() for posed, rows in zip(batch, rows_of, strict=True)
        ]
        times_of_id: dict[int, list[float]] = {}
        for posed, ids in zip(batch, ids_of, strict=True):
            for track_id in ids:
                times_of_id.setdefault(track_id, []).append(posed.frame.time_s)
        smooth = {
            (track_id, time_s): points
            for track_id, times_s in times_of_id.items()
            for time_s, points in self._smooth_person(track_id, times_s)
        }
        finished = []
        for posed, rows, ids in zip(batch, rows_of, ids_of, strict=True):
            if ids:
                points = np.array([smooth[track_id, posed.frame.time_s] for track_id in ids])
                posed = replace(posed, poses=with_points(posed.poses, rows, points))
            finished.append(posed)
        return finished

    def _smooth_person(
        self, track_id: int, times_s: Sequence[float]
    ) -> Iterable[tuple[float, Float64Array]]:
        """Yield one person's smoothed points, (K + 2, 2), at times at which they are there."""
        samples = [
            (sample, row)
            for sample in self._samples
            if (row := sample.row_of_id.get(track_id)) is not None
        ]
        sample_times_s = np.array([sample.time_s for sample, _ in samples])
        for run in _runs(sample_times_s, np.arange(len(samples))):
            first_s, last_s = sample_times_s[run[0]], sample_times_s[run[-1]]
            wanted_s = [time_s for time_s in times_s if first_s <= time_s <= last_s]
            if wanted_s:
                of_run = samples[int(run[0]) : int(run[-1]) + 1]
                points = self._smooth_run(track_id, of_run, np.array(wanted_s))
                yield from zip(wanted_s, points, strict=True)

    def _smooth_run(
        self, track_id: int, samples: Sequence[tuple[_Sample, int]], at_s: Float64Array
    ) -> Float64Array:
        """Return a person's smoothed points in a run without long gaps: (M, K + 2, 2).

        Args:
            track_id: Of the person.
            samples: Of the run, each with the person's row.
            at_s: (M,) times of samples.
        """
        times_s = np.array([sample.time_s for sample, _ in samples])
        # `array` takes half as long as `stack`.
        points = np.array([sample.points[row] for sample, row in samples])
        is_seen = np.array([sample.is_seen[row] for sample, row in samples])
        at = np.searchsorted(times_s, at_s)
        if not self._is_filterable(times_s):
            return np.asarray(points[at])
        size_px = median(body_size_px(points))
        is_away = self._find_excursions(samples, times_s, points, is_seen, size_px)
        points, is_seen = bridge_excursions(times_s, points, is_seen, is_away)
        is_outlier = self._find_outliers(track_id, samples, times_s, points, is_seen)
        points, is_seen = bridge_gaps(times_s, points, is_seen & ~is_outlier, GAP_S)
        result: Float64Array = points[at].copy()
        # Points that were seen in the same frames are smoothed together: mostly all of them.
        columns_of_pattern: dict[bytes, list[int]] = {}
        for column, pattern in enumerate(is_seen.T):
            columns_of_pattern.setdefault(pattern.tobytes(), []).append(column)
        for columns in columns_of_pattern.values():
            is_seen_at = is_seen[:, columns[0]]
            if is_seen_at.all():
                runs = len(at) * [np.arange(len(times_s))]
            else:
                runs = [_run_at(times_s, is_seen_at, here) for here in at.tolist()]
            for bounds in dict.fromkeys((int(run[0]), int(run[-1])) for run in runs):
                numbers = [n for n, run in enumerate(runs) if bounds == (run[0], run[-1])]
                run = runs[numbers[0]]
                values = points[run][:, columns].reshape(len(run), -1)
                smooth = _smooth_at(times_s[run], values, at_s[numbers], self._cutoff_hz)
                result[np.ix_(numbers, columns)] = smooth.reshape(len(numbers), -1, 2)
        return result

    def _is_filterable(self, times_s: Float64Array) -> bool:
        """Return whether a run has enough frames, and a frame rate that the cutoff fits to."""
        if len(times_s) < MIN_SAMPLES:
            return False
        return self._cutoff_hz * median(np.diff(times_s)) <= MAX_CUTOFF_SHARE / 2

    @staticmethod
    def _find_excursions(
        samples: Sequence[tuple[_Sample, int]],
        times_s: Float64Array,
        points: Float64Array,
        is_seen: BoolArray,
        size_px: float,
    ) -> BoolArray:
        """Return which points of a person's run are away, now or when they were last looked at.

        The size of a body that bends changes, and with it what a jump is: without memory, a point
        could be bridged for some frames around it, and not for the others.
        """
        known = np.array([sample.is_away[row] for sample, row in samples])
        is_away = known | find_excursions(times_s, points, is_seen & ~known, size_px)
        if is_away.any():
            for (sample, row), flags in zip(samples, is_away, strict=True):
                sample.is_away[row] = flags
        return is_away

    def _find_outliers(
        self,
        track_id: int,
        samples: Sequence[tuple[_Sample, int]],
        times_s: Float64Array,
        points: Float64Array,
        is_seen: BoolArray,
    ) -> BoolArray:
        """Return which points of a person's run are outliers: (T, K + 2).

        What is known of a sample with enough later ones is kept, so that it is found out once.
        """
        is_outlier = np.array([sample.is_outlier[row] for sample, row in samples])
        first = int(np.searchsorted(times_s, self._checked_s.get(track_id, -np.inf)))
        start = max(first - REACH, 0)
        size_px = median(body_size_px(points[start:]))
        found = find_outliers(points[start:], is_seen[start:], size_px)
        is_outlier[first:] = found[first - start :]
        end = max(len(samples) - REACH, first)
        for (sample, row), flags in zip(samples[first:end], is_outlier[first:end], strict=True):
            sample.is_outlier[row] = flags
        if end < len(samples):
            self._checked_s[track_id] = float(times_s[end])
        return is_outlier


def _run_at(times_s: Float64Array, is_seen: BoolArray, here: int) -> IntpArray:
    """Return the samples that a point is smoothed with: its sightings around, or its guesses.

    Args:
        times_s: (T,) of a person's samples, without a long gap.
        is_seen: (T,) whether the point was seen.
        here: The sample to be smoothed, 0..T - 1.

    Returns:
        Indices of samples, in order, without a long gap.
    """
    seen = np.flatnonzero(is_seen)
    if len(seen) == len(times_s):
        return seen
    run = _without_gaps(times_s, seen, here)
    if len(run):
        return run
    before, after = seen[seen < here], seen[seen > here]
    first = int(before[-1]) + 1 if len(before) else 0
    end = int(after[0]) if len(after) else len(times_s)
    return _without_gaps(times_s, np.arange(first, end), here)


def _without_gaps(times_s: Float64Array, members: IntpArray, here: int) -> IntpArray:
    """Return the members around a sample up to the next long gaps; none if it is in a gap."""
    runs = _runs(times_s, members)
    return next((run for run in runs if run[0] <= here <= run[-1]), members[:0])


def _runs(times_s: Float64Array, members: IntpArray) -> list[IntpArray]:
    """Return members in order, parted at long gaps."""
    if not len(members):
        return []
    gaps = np.flatnonzero(np.diff(times_s[members]) > GAP_S) + 1
    return np.split(members, gaps) if len(gaps) else [members]


def _smooth_at(
    times_s: Float64Array, values: Float64Array, at_s: Float64Array, cutoff_hz: float
) -> Float64Array:
    """Smooth a run, (T,) times and (T, C) values, and return the values at (M,) times: (M, C)."""
    intervals_s = np.diff(times_s)
    if len(times_s) < MIN_SAMPLES or cutoff_hz * median(intervals_s) > MAX_CUTOFF_SHARE / 2:
        return _interpolate(times_s, values, at_s)
    step_s = median(intervals_s)
    if np.abs(intervals_s - step_s).max() <= MAX_UNEVENNESS * step_s and step_s >= _MIN_STEP_S:
        matrix = zero_phase_matrix(len(values), cutoff_hz, round(1 / step_s, 2))
        return np.asarray(matrix[np.searchsorted(times_s, at_s)] @ values)
    duration_s = float(np.ptp(times_s))
    count = round(duration_s / max(step_s, _MIN_STEP_S)) + 1
    if count < MIN_SAMPLES:
        return _interpolate(times_s, values, at_s)
    from scipy.interpolate import CubicSpline, PchipInterpolator  # it takes 0.4 s to be imported

    # The ends are met exactly. This curve never overshoots, as a spline does at gaps.
    grid_s = np.linspace(times_s[0], times_s[-1], count)
    even = PchipInterpolator(times_s, values)(grid_s)
    matrix = zero_phase_matrix(count, cutoff_hz, round((count - 1) / duration_s, 2))
    return np.asarray(CubicSpline(grid_s, matrix @ even)(at_s))


def _interpolate(times_s: Float64Array, values: Float64Array, at_s: Float64Array) -> Float64Array:
    """Return the values at (M,) times on straight lines: (M, C)."""
    return np.stack([np.interp(at_s, times_s, column) for column in values.T], axis=1)
