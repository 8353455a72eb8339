"""The One Euro filter: no jitter while a point rests, and little lag while it moves."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, Int32Array, IntpArray
from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.skeleton import Skeleton
from livepose.motion.smoothing.points import (
    body_size_px,
    points_of,
    seen_points,
    tracked_rows,
    with_points,
)

FORGET_S = 0.3
"""A track, or a point of it, that was not seen for longer starts anew where it is seen next."""

MIN_CUTOFF_HZ = 0.1
BETA = 30.0
SPEED_CUTOFF_HZ = 1.5
_THRESHOLD = 0.5
_THRESHOLD_BETA = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class _FilterStates:
    """The filters of M people, row by row; each has K keypoints and the 2 corners of the box."""

    track_id: Int32Array
    time_s: Float64Array
    """(M,) when the person was last there."""
    seen_s: Float64Array
    """(M, K + 2) when the point was last seen, not guessed."""
    raw: Float64Array
    """(M, K + 2, 2) the last input, pixels."""
    velocity: Float64Array
    """(M, K + 2, 2) low-passed, body sizes per second."""
    smooth: Float64Array
    """(M, K + 2, 2) the last output, pixels."""

    @classmethod
    def initial(cls, track_id: Int32Array, points: Float64Array, time_s: float) -> _FilterStates:
        """Make the filters of people who are seen for the first time."""
        times = np.full(points.shape[:2], time_s)
        return cls(track_id, times[:, 0], times, points, np.zeros_like(points), points)

    def __getitem__(self, rows: IntpArray | BoolArray) -> _FilterStates:
        """Return the filters where an (M,) mask is true, or those of row numbers, in order."""
        return _FilterStates(
            self.track_id[rows],
            self.time_s[rows],
            self.seen_s[rows],
            self.raw[rows],
            self.velocity[rows],
            self.smooth[rows],
        )

    def __add__(self, more: _FilterStates) -> _FilterStates:
        """Return these filters, and others behind them."""
        return _FilterStates(
            np.concatenate((self.track_id, more.track_id)),
            np.concatenate((self.time_s, more.time_s)),
            np.concatenate((self.seen_s, more.seen_s)),
            np.concatenate((self.raw, more.raw)),
            np.concatenate((self.velocity, more.velocity)),
            np.concatenate((self.smooth, more.smooth)),
        )


def _alpha(cutoff_hz: float | Float64Array, interval_s: Float64Array) -> Float64Array:
    """Return the weight of a new value in a first-order low-pass: 0..1."""
    ratio = 2 * np.pi * cutoff_hz * interval_s
    return np.asarray(ratio / (1 + ratio))


class OneEuro(MotionStep):
    """Smooth the keypoints and the box of each person as the frames come.

    It is a low-pass whose cutoff rises with speed (Casiez, Roussel, Vogel: "1 Euro Filter", CHI
    2012), in the form of tfjs-models, which also limits how far one outlier can pull:

        velocity += alpha(speed_cutoff) * ((x - last x) / dt - velocity),   speed = |velocity|
        threshold = 0.5 + 5 speed
        smooth += alpha(min_cutoff + beta speed) * threshold * asinh((x - smooth) / threshold)
        alpha(cutoff) = 1 / (1 + 1 / (2 pi cutoff dt)),   with dt from the time stamps

    tfjs-models (`movenet/constants.ts`) divides x and y by the frame's width and height, takes
    the speed of each of them separately, and sets min_cutoff 2.5, beta 300 and speed_cutoff 2.5. On
    a figure that stands still, with sensor noise of sigma 6 to 10, that leaves 60 % of the jitter
    (RMS of the way from frame to frame): beta takes a pixel of noise for a movement.

    So here lengths are in body sizes (the longer side of the box around the person's keypoints),
    which treats people near and far alike. The speed is that of the point: each coordinate of a
    circling hand stops at its turning points, the hand does not, and for the same jitter the error
    that is added is half. With min_cutoff 0.1, beta 30 and speed_cutoff 1.5, 14 to 18 % of the
    jitter are left, and 29 to 36 % of the spread around the mean. On the dancer of the demo (640 x
    480, 30 fps, Lightning) the mean distance from the truth grows from 3.4 px by 0.14 px, at twice
    the speed by 0.34 px, and the wrists are 10 ms late. `scripts/smoothing_table.py` prints these
    figures.

    The corners of the box are smoothed as two more points. A person who was away for over 0.3 s
    starts anew, and so does a point that scored under 0.2 for that long: a guess must not drag on a
    sighting. All is forgotten when time does not go on, when the frame size changes, or when
    the skeleton does. Untracked people pass unchanged, unless there is only one.

    >>> from livepose import Frame, PosedFrame, Poses, Region
    >>> smoother, noise, xs = OneEuro(), np.random.default_rng(0), []
    >>> pixels = np.zeros((480, 640, 3), np.uint8)
    >>> body = np.linspace(100, 400, 34, dtype=np.float32).reshape(1, 17, 2)
    >>> for number in range(60):
    ...     noisy = body + noise.normal(0, 2, body.shape).astype(np.float32)
    ...     poses = Poses.from_keypoints(noisy, np.ones((1, 17), np.float32))
    ...     frame = Frame.from_bgr(pixels, number, number / 30)
    ...     posed = smoother(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    ...     xs.append(posed.poses.xy[0, 0, 0])
    >>> bool(np.std(xs[30:]) < 1)  # pixels, of 2
    True
    """

    def __init__(
        self,
        *,
        min_cutoff_hz: float = MIN_CUTOFF_HZ,
        beta: float = BETA,
        speed_cutoff_hz: float = SPEED_CUTOFF_HZ,
    ) -> None:
        """Set how much is smoothed.

        Args:
            min_cutoff_hz: The cutoff for a point at rest; lower leaves less jitter.
            beta: Hz for each body size per second; higher follows movements more closely.
            speed_cutoff_hz: The cutoff for the speed; higher notices a movement sooner, and noise
                more often.

        Raises:
            OptionError: If a cutoff is not a number above 0, or beta is below 0.
        """
        for name, value in (("min_cutoff_hz", min_cutoff_hz), ("speed_cutoff_hz", speed_cutoff_hz)):
            if not 0 < value < np.inf:
                raise OptionError(f"smoothing needs a {name} above 0, got {value}")
        if not 0 <= beta < np.inf:
            raise OptionError(f"smoothing needs a beta of 0 or more, got {beta}")
        self._min_cutoff_hz = min_cutoff_hz
        self._beta = beta
        self._speed_cutoff_hz = speed_cutoff_hz
        self.reset()

    def reset(self) -> None:
        self._filters: _FilterStates | None = None
        self._time_s = -np.inf
        self._size_px = (0, 0)
        self._skeleton: Skeleton | None = None

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        poses, time_s = posed.poses, posed.frame.time_s
        rows = tracked_rows(poses)
        points, is_seen = points_of(poses)[rows], seen_points(poses)[rows]
        ids = poses.track_id[rows]
        known = self._known_filters(posed)
        if ids.tolist() == known.track_id.tolist():  # by far the most frequent case, and faster
            self._filters = self._next(known, points, is_seen, time_s)
            return replace(posed, poses=with_points(poses, rows, self._filters.smooth))
        # New people stand last, so that the first filter of an id is its past where there is one.
        candidates = known + _FilterStates.initial(ids, points, time_s)
        first = [int(np.flatnonzero(candidates.track_id == track_id)[0]) for track_id in ids]
        after = self._next(candidates[np.array(first, np.intp)], points, is_seen, time_s)
        # The id 0 means "the only person", so it does not outlive a frame with other people.
        is_hidden = ~np.isin(known.track_id, ids)
        is_hidden &= (known.track_id > 0) | (len(poses) == 0)
        self._filters = after + known[is_hidden]
        return replace(posed, poses=with_points(poses, rows, after.smooth))

    def _known_filters(self, posed: PosedFrame) -> _FilterStates:
        """Return the filters that still hold for this frame."""
        frame, skeleton = posed.frame, posed.poses.skeleton
        size_px = (frame.width_px, frame.height_px)
        if frame.time_s <= self._time_s or size_px != self._size_px or skeleton != self._skeleton:
            self.reset()
        self._time_s, self._size_px, self._skeleton = frame.time_s, size_px, skeleton
        if self._filters is None:
            nobody = np.zeros((0, len(skeleton) + 2, 2))
            return _FilterStates.initial(np.zeros(0, np.int32), nobody, 0.0)
        is_known = frame.time_s - self._filters.time_s <= FORGET_S
        return self._filters if is_known.all() else self._filters[is_known]

    def _next(
        self, before: _FilterStates, points: Float64Array, is_seen: BoolArray, time_s: float
    ) -> _FilterStates:
        """Advance the filters of M people by one frame.

        Args:
            before: Their filters.
            points: (M, K + 2, 2) pixels, row by row of the same people.
            is_seen: (M, K + 2), whether a point was seen, not guessed.
            time_s: Of the frame.
        """
        raw, smooth, velocity = before.raw, before.smooth, before.velocity
        returns = (is_seen & (time_s - before.seen_s > FORGET_S))[..., None]
        if np.count_nonzero(returns):
            raw, smooth = np.where(returns, points, raw), np.where(returns, points, smooth)
            velocity = np.where(returns, 0.0, velocity)
        size_px = body_size_px(points)
        interval_s = (time_s - before.time_s)[:, None, None]
        measured = (points - raw) / size_px / np.maximum(interval_s, 1e-9)
        velocity = velocity + _alpha(self._speed_cutoff_hz, interval_s) * (measured - velocity)
        speed = np.hypot(velocity[..., :1], velocity[..., 1:])
        threshold = _THRESHOLD + _THRESHOLD_BETA * speed
        way = threshold * np.arcsinh((points - smooth) / size_px / threshold) * size_px
        smooth = smooth + _alpha(self._min_cutoff_hz + self._beta * speed, interval_s) * way

        seen_s = np.where(is_seen, time_s, before.seen_s)
        times = np.full(len(points), time_s)
        return _FilterStates(before.track_id, times, seen_s, points, velocity, smooth)
