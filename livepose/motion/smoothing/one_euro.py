"""One Euro: takes the tremble out of points while they rest, and follows them when they move."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from livepose.core.arrays import BoolArray, Int32Array, IntpArray
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.skeleton import KEYPOINT_COUNT
from livepose.motion.smoothing.points import (
    Coordinates,
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
class _Filters:
    """M people's filters, row by row."""

    track_id: Int32Array
    time_s: Coordinates
    """(M,) when the person was last there."""
    seen_s: Coordinates
    """(M, 19) when the point was last seen, and not guessed."""
    raw: Coordinates
    """(M, 19, 2) where it was, pixels."""
    velocity: Coordinates
    """(M, 19, 2) low-passed, body sizes a second."""
    smooth: Coordinates
    """(M, 19, 2) what was given, pixels."""

    @classmethod
    def fresh(cls, track_id: Int32Array, points: Coordinates, time_s: float) -> _Filters:
        times = np.full(points.shape[:2], time_s)
        return cls(track_id, times[:, 0], times, points, np.zeros_like(points), points)

    def __getitem__(self, rows: IntpArray | BoolArray) -> _Filters:
        return _Filters(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __add__(self, more: _Filters) -> _Filters:
        names = [field.name for field in fields(self)]
        return _Filters(*(np.concatenate((getattr(self, n), getattr(more, n))) for n in names))


_NOBODY = _Filters.fresh(np.zeros(0, np.int32), np.zeros((0, KEYPOINT_COUNT + 2, 2)), 0.0)


def _share(cutoff_hz: float | Coordinates, interval_s: Coordinates) -> Coordinates:
    """Give how much of the way to a new value a first-order low-pass goes: 0..1."""
    turns = 2 * np.pi * cutoff_hz * interval_s
    return np.asarray(turns / (1 + turns))


class OneEuro(MotionStep):
    """Smooths the points and the box of each person, as the frames come.

    A low-pass whose cutoff rises with speed (Casiez, Roussel, Vogel: "1 Euro Filter", CHI 2012), in
    the form of tfjs-models, which also limits how far one outlier can pull:

        velocity += share(speed_cutoff) * ((x - last x) / dt - velocity),   speed = |velocity|
        threshold = 0.5 + 5 speed
        smooth += share(min_cutoff + beta speed) * threshold * asinh((x - smooth) / threshold)
        share(cutoff) = 1 / (1 + 1 / (2 pi cutoff dt)),   dt as the time stamps have it

    tfjs-models (`movenet/constants.ts`) divides x and y by the picture's width and height, takes
    the speed of each of them alone, and sets min_cutoff 2.5, beta 300 and speed_cutoff 2.5. On a
    figure that stands still, with sensor noise of sigma 6 to 10, that leaves 60 % of the tremble
    (RMS of the way from frame to frame): beta takes a pixel of noise for a movement.

    So here lengths are body sizes (the longer side of the box around the person's 17 points), which
    makes somebody near and somebody far alike. The speed is that of the point: a coordinate stops
    at each turn of a circling hand, the hand does not, and for the same calm the error that is
    added is half. With min_cutoff 0.1, beta 30 and speed_cutoff 1.5 there are left of the tremble
    14 to 18 %, and of the spread around the mean 29 to 36 %. On the dancer of the demo (640 x 480,
    30 fps, Lightning) the mean distance from the truth grows from 3.4 px by 0.14 px, at twice the
    speed by 0.34 px, and the wrists are 10 ms late. `scripts/smoothing_table.py` prints all this.

    The box is smoothed as two more points. A person who was away for over 0.3 s starts anew, and so
    does a point that scored under 0.2 for that long: a guess must not drag on a sighting. All is
    forgotten when time does not go on, or when the picture's size changes. Untracked people pass
    unchanged, unless there is only one.

    Raises:
        OptionError: a parameter is not usable.

    >>> from livepose import Frame, PosedFrame, Poses, Region
    >>> smoother, noise, xs = OneEuro(), np.random.default_rng(0), []
    >>> picture = np.zeros((480, 640, 3), np.uint8)
    >>> body = np.linspace(100, 400, 34, dtype=np.float32).reshape(1, 17, 2)
    >>> for number in range(60):
    ...     trembling = body + noise.normal(0, 2, body.shape).astype(np.float32)
    ...     poses = Poses.from_keypoints(trembling, np.ones((1, 17), np.float32))
    ...     frame = Frame.from_bgr(picture, number, number / 30)
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
            min_cutoff_hz: of what rests; lower is calmer.
            beta: Hz for each body size a second; higher follows movements more closely.
            speed_cutoff_hz: of the speed; higher notices a movement sooner, and noise more often.
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
        self._filters = _NOBODY
        self._time_s = -np.inf
        self._size_px = (0, 0)

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        self._begin(posed.frame)
        poses, time_s = posed.poses, posed.frame.time_s
        rows = tracked_rows(poses)
        points, is_seen = points_of(poses)[rows], seen_points(poses)[rows]
        ids = poses.track_id[rows]
        if ids.tolist() == self._filters.track_id.tolist():  # as nearly always, and much faster
            self._filters = self._next(self._filters, points, is_seen, time_s)
            return replace(posed, poses=with_points(poses, rows, self._filters.smooth))
        # Those who are new stand last, so that the first of an id is its past where there is one.
        known = self._filters + _Filters.fresh(ids, points, time_s)
        first = [int(np.flatnonzero(known.track_id == track_id)[0]) for track_id in ids]
        before = known[np.array(first, np.intp)]
        after = self._next(before, points, is_seen, time_s)
        # An id of 0 says nothing but "the only one", so it does not outlive a frame with others.
        hidden = ~np.isin(self._filters.track_id, ids)
        hidden &= (self._filters.track_id > 0) | (len(poses) == 0)
        self._filters = after + self._filters[hidden]
        return replace(posed, poses=with_points(poses, rows, after.smooth))

    def _begin(self, frame: Frame) -> None:
        """Forget what says nothing about this frame."""
        size_px = (frame.width_px, frame.height_px)
        if frame.time_s <= self._time_s or size_px != self._size_px:
            self.reset()
        self._time_s, self._size_px = frame.time_s, size_px
        is_known = frame.time_s - self._filters.time_s <= FORGET_S
        if not is_known.all():
            self._filters = self._filters[is_known]

    def _next(
        self, before: _Filters, points: Coordinates, is_seen: BoolArray, time_s: float
    ) -> _Filters:
        """Take the filters of M people, who have a row each, one frame further."""
        raw, smooth, velocity = before.raw, before.smooth, before.velocity
        returns = (is_seen & (time_s - before.seen_s > FORGET_S))[..., None]
        if np.count_nonzero(returns):
            raw, smooth = np.where(returns, points, raw), np.where(returns, points, smooth)
            velocity = np.where(returns, 0.0, velocity)
        size_px = _body_px(points)
        interval_s = (time_s - before.time_s)[:, None, None]
        moved = (points - raw) / size_px / np.maximum(interval_s, 1e-9)
        velocity = velocity + _share(self._speed_cutoff_hz, interval_s) * (moved - velocity)
        speed = np.hypot(velocity[..., :1], velocity[..., 1:])
        threshold = _THRESHOLD + _THRESHOLD_BETA * speed
        way = threshold * np.arcsinh((points - smooth) / size_px / threshold) * size_px
        smooth = smooth + _share(self._min_cutoff_hz + self._beta * speed, interval_s) * way

        seen_s = np.where(is_seen, time_s, before.seen_s)
        times = np.full(len(points), time_s)
        return _Filters(before.track_id, times, seen_s, points, velocity, smooth)


def _body_px(points: Coordinates) -> Coordinates:
    """Give the longer side of the box around the keypoints: (M, 1, 1) pixels, at least one."""
    body = points[:, :KEYPOINT_COUNT]  # and not `ptp`, which takes twice as long
    extent = np.maximum.reduce(body, 1) - np.minimum.reduce(body, 1)
    return np.asarray(np.maximum.reduce(extent, 1, initial=1.0)[:, None, None])
