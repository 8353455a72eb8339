"""Tracking: same person, same number."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray, Int32Array, IntpArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.motion.tracking.affinity import affinity
from livepose.motion.tracking.appearance import Colors, torso_colors
from livepose.motion.tracking.similarity import MIN_POINTS, iou, oks
from livepose.motion.tracking.tracks import MIN_POINT_SCORE, Tracks

MAX_TRACKS = 18
"""The most people who are known at a time (tfjs-models `maxTracks`)."""
MAX_UNSEEN_S = 1.0
"""Whoever is unseen for longer is forgotten (tfjs-models `maxAge`, in milliseconds there)."""
_MIN_AFFINITY = 0.2
_DOUBLE_OKS = 0.8
_DOUBLE_IOU, _DOUBLE_OKS_IN_BOX = 0.8, 0.5


class Tracker(MotionStep):
    """Gives each person an id, from 1, and keeps it from frame to frame.

    Poses are given to those who explain them best, all together (the Hungarian method, where
    tfjs-models takes the best pair first). Who is hidden is taken to go on as before, so that two
    who cross come out with their own ids. A pose that nobody explains is somebody new, at once: so
    is a person who steps before another, whom the network then takes for the other.

    >>> from livepose import Frame, PosedFrame, Region
    >>> left, right = (np.random.default_rng(0).uniform(x, x + 80, (17, 2)) for x in (50, 400))
    >>> tracker = Tracker()
    >>> for number, people in enumerate([(left, right), (right, left), (right,)]):
    ...     xy = np.array(people, np.float32)
    ...     poses = Poses.from_keypoints(xy, np.full(xy.shape[:2], 0.9, np.float32))
    ...     frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), number, number / 30)
    ...     posed = tracker(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    ...     print(posed.poses.track_id.tolist())
    [1, 2]
    [2, 1]
    [2]
    """

    def __init__(self, *, by_color: bool = True) -> None:
        """Know nobody.

        Args:
            by_color: also tell people by the colour of their torso.
        """
        self._tracks = Tracks()
        self._last_id = 0
        self._by_color = by_color

    def reset(self) -> None:
        self._tracks = Tracks()

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Set the ids; of two poses of the same body, only the better one is kept.

        No two people have the same id. It is 0 for those beyond the 18 who can be known.
        """
        time_s = posed.frame.time_s
        self._forget(time_s)
        poses = suppress_duplicates(posed.poses)
        if len(poses) == len(self._tracks) == 1 and self._tracks.goes_on(poses, time_s):
            # Nearly always so, and then ten times as fast.
            if self._by_color and self._tracks.wants_color(time_s):
                self._tracks.learn_color_of_one(torso_colors(posed.frame.pixels, poses), time_s)
            poses = replace(poses, track_id=self._tracks.ids.copy())
        elif len(poses):
            poses = replace(poses, track_id=self._told_apart(poses, posed.frame.pixels, time_s))
        return replace(posed, poses=poses)

    def _forget(self, time_s: float) -> None:
        unseen_s = time_s - self._tracks.seen_s
        # A time before that in which somebody was seen is another beginning.
        is_known = (unseen_s >= 0) & (unseen_s <= MAX_UNSEEN_S)
        if not is_known.all():
            self._tracks.keep(is_known)

    def _told_apart(self, poses: Poses, pixels: Pixels, time_s: float) -> Int32Array:
        """Give (N,) ids."""
        known, colors = self._tracks, Colors.unknown(len(poses))
        rows = known.all_go_on(poses, time_s) if len(poses) > 1 else np.zeros(0, np.intp)
        if self._by_color and (not len(rows) or known.wants_color(time_s)):
            colors = torso_colors(pixels, poses)
        if len(rows):
            known.learn(rows, poses, colors, time_s)
            return known.ids[rows]
        track_id = self._recognize(poses, colors, time_s)
        self._welcome(np.flatnonzero(track_id == 0), track_id, poses, colors, time_s)
        return track_id

    def _recognize(self, poses: Poses, colors: Colors, time_s: float) -> Int32Array:
        """Give (N,) ids, 0 for who is new."""
        track_id = np.zeros(len(poses), np.int32)
        if len(self._tracks):
            rows, found = _pairs(affinity(self._tracks, poses, colors, time_s))
            if len(rows):
                self._tracks.learn(rows, poses[found], colors[found], time_s)
                track_id[found] = self._tracks.ids[rows]
        return track_id

    def _welcome(
        self, new: IntpArray, track_id: Int32Array, poses: Poses, colors: Colors, time_s: float
    ) -> None:
        """Give new ids, in place, to those whose numbers are in `new`."""
        new = new[: MAX_TRACKS - len(poses) + len(new)]
        if not len(new):
            return
        track_id[new] = self._last_id + 1 + np.arange(len(new))
        self._last_id += len(new)
        if len(self._tracks) + len(new) > MAX_TRACKS:
            last_seen_first = np.argsort(-self._tracks.seen_s, kind="stable")
            self._tracks.keep(last_seen_first[: MAX_TRACKS - len(new)])
        self._tracks.begin(track_id[new], poses[new], colors[new], time_s)


def suppress_duplicates(poses: Poses) -> Poses:
    """Drop the lower-scored of two poses of the same body, as the network sometimes gives.

    They are of the same body where their points are alike (OKS over 0.8), or where the boxes are
    (IoU over 0.8) and the points nearly so (OKS over 0.5).
    """
    if len(poses) < 2:
        return poses
    common = np.minimum(poses.score[:, None], poses.score) >= MIN_POINT_SCORE
    area_px = np.prod(poses.box[:, 2:] - poses.box[:, :2], axis=1)
    alike = oks(poses.xy, common, area_px, poses.xy) * (common.sum(axis=-1) >= MIN_POINTS)
    alike = np.maximum(alike, alike.T)
    is_in_box = iou(poses.box, poses.box) > _DOUBLE_IOU
    is_double = (alike > _DOUBLE_OKS) | (is_in_box & (alike > _DOUBLE_OKS_IN_BOX))
    kept: list[int] = []
    for row in np.argsort(-poses.person_score, kind="stable"):
        if not is_double[row, kept].any():
            kept.append(int(row))
    return poses if len(kept) == len(poses) else poses[np.array(sorted(kept), np.intp)]


def _pairs(likeness: FloatArray) -> tuple[IntpArray, IntpArray]:
    """Pair rows with columns so that the sum of (T, N) likenesses is the largest."""
    if min(likeness.shape) == 1:
        rows, columns = np.unravel_index([likeness.argmax()], likeness.shape)
    else:
        from scipy.optimize import linear_sum_assignment

        # A pair that is none must not cost a true one its place.
        possible = np.where(likeness >= _MIN_AFFINITY, likeness, 0)
        rows, columns = linear_sum_assignment(possible, maximize=True)
    is_good = likeness[rows, columns] >= _MIN_AFFINITY
    return rows[is_good], columns[is_good]
