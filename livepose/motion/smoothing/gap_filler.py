"""Short gaps in tracks, filled from both sides: for files, as each frame waits for later ones."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.poses import Poses
from livepose.motion.smoothing.outliers import bridge_gaps
from livepose.motion.smoothing.points import points_of, seen_points

MAX_GAP_S = 0.3
"""From one sighting to the next: what lies in a longer gap is not filled."""
_PAST_S = 0.6
"""How far back points are kept: what was seen before a gap shows how it was moving."""
_PAST_FRAMES = 8
"""How many frames before a gap that is counted in frames show how a point was moving."""
_MAX_WAITING = 18
"""The most frames that are held with their pixels: at over 60 fps, only shorter gaps are filled."""


@dataclass(frozen=True, slots=True, eq=False)
class _Sample:
    """Where the network saw people in one frame."""

    time_s: float
    row_of_id: dict[int, int]
    points: Float64Array
    """(N, K + 2, 2) pixels: keypoints and the corners of the box."""
    is_seen: BoolArray
    """(N, K + 2)."""
    poses: Poses


class GapFiller:
    """Fill gaps of up to 0.3 s in the tracks of keypoints and people, and mark what is filled.

    A gap lies between two sightings of the same keypoint of the same person: in between, it scored
    under 0.2, or the whole person was not found, or only predicted. It is placed on a curve through
    the sightings before and after the gap, gets the lower one of their scores, and is marked in
    `poses.filled`.

    >>> from livepose import Frame, Region
    >>> filler, results = GapFiller(), []
    >>> for number in range(12):
    ...     xy = np.full((1, 17, 2), 100 + 2 * number, np.float32)
    ...     poses = Poses.from_keypoints(xy, np.full((1, 17), 0.8, np.float32))
    ...     poses = replace(poses, track_id=np.ones(1, np.int32))
    ...     poses = poses[:0] if number in (5, 6) else poses  # not found in two frames
    ...     frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), number, number / 30)
    ...     results += filler.push(PosedFrame(frame, poses, Region.letterbox(64, 48), 0.0))
    >>> results += filler.flush()
    >>> [round(float(posed.poses.xy[0, 0, 0])) for posed in results[4:8]]
    [108, 110, 112, 114]
    >>> [bool(posed.poses.filled.all()) for posed in results[4:8]]
    [False, True, True, False]
    """

    def __init__(self, *, max_frames: int | None = None) -> None:
        """Start with no frames.

        Args:
            max_frames: How many frames a gap may have, however long they take; None for gaps of up
                to 0.3 s.
        """
        self._max_frames = max_frames
        self._max_gap_s = MAX_GAP_S if max_frames is None else np.inf
        self._max_waiting = _MAX_WAITING if max_frames is None else max_frames + 1
        self._waiting: deque[PosedFrame] = deque()
        self._samples: deque[_Sample] = deque()

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        is_next = not self._waiting or posed.follows(self._waiting[-1])
        finished = [] if is_next else self.flush()
        poses, time_s = posed.poses, posed.frame.time_s
        # All of somebody who was predicted is marked as filled: they were not seen.
        seen_rows = np.flatnonzero((poses.track_id > 0) & ~poses.filled.all(axis=1)).tolist()
        row_of_id = {int(poses.track_id[row]): row for row in seen_rows}
        self._samples.append(
            _Sample(time_s, row_of_id, points_of(poses), seen_points(poses), poses)
        )
        self._waiting.append(posed)
        while (
            time_s - self._waiting[0].frame.time_s >= self._max_gap_s
            or len(self._waiting) > self._max_waiting
        ):
            finished.append(self._finish_oldest())
        return finished

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are held, in order, and forget them: at the end, or at a cut."""
        finished = [self._finish_oldest() for _ in range(len(self._waiting))]
        self._samples.clear()
        return finished

    def _finish_oldest(self) -> PosedFrame:
        posed = self._waiting.popleft()
        time_s = posed.frame.time_s
        past_frames = 0 if self._max_frames is None else self._max_frames + _PAST_FRAMES
        while (
            self._samples[0].time_s < time_s - _PAST_S
            and len(self._samples) > len(self._waiting) + 1 + past_frames
        ):
            self._samples.popleft()
        here = len(self._samples) - len(self._waiting) - 1
        samples = list(self._samples)
        before, after = samples[:here], samples[here + 1 :]
        ids_before = set(chain.from_iterable(each.row_of_id for each in before))
        ids_after = set(chain.from_iterable(each.row_of_id for each in after))
        poses = posed.poses
        for track_id in sorted(ids_before & ids_after):
            row = samples[here].row_of_id.get(track_id)
            if row is None or not samples[here].is_seen[row].all():
                poses = self._with_filled(poses, row, track_id, samples, here)
        return posed if poses is posed.poses else replace(posed, poses=poses)

    def _with_filled(
        self, poses: Poses, row: int | None, track_id: int, samples: list[_Sample], here: int
    ) -> Poses:
        """Return the poses of a frame with a person's gaps filled, as far as they are short.

        Args:
            poses: Of the frame.
            row: Of the person; None if the person is missing.
            track_id: Of the person.
            samples: Of the frames before and after, and of the frame itself.
            here: Which of them is that of the frame.
        """
        times_s = np.array([each.time_s for each in samples])
        point_count = len(poses.skeleton) + 2
        points = np.zeros((len(samples), point_count, 2))
        is_seen = np.zeros((len(samples), point_count), np.bool_)
        for number, sample in enumerate(samples):
            found_row = sample.row_of_id.get(track_id)
            if found_row is not None:
                points[number], is_seen[number] = (
                    sample.points[found_row],
                    sample.is_seen[found_row],
                )
        points, is_good = bridge_gaps(times_s, points, is_seen, self._max_gap_s, self._max_frames)
        is_filled = (is_good & ~is_seen)[here, :-2]
        score = np.minimum(
            _nearest_scores(samples[here - 1 :: -1], track_id),
            _nearest_scores(samples[here + 1 :], track_id),
        )
        if row is None:
            if not is_good[here, -2:].all():
                return poses
            others = poses[poses.track_id != track_id]
            return _with_person(others, track_id, points[here], is_filled, score)
        if not is_filled.any():
            return poses
        xy, raw_xy, scores = poses.xy.copy(), poses.raw_xy.copy(), poses.score.copy()
        filled = poses.filled.copy()
        xy[row, is_filled] = raw_xy[row, is_filled] = points[here, :-2][is_filled]
        scores[row, is_filled] = score[is_filled]
        filled[row, is_filled] = True
        return replace(poses, xy=xy, raw_xy=raw_xy, score=scores, filled=filled)


def _with_person(
    poses: Poses, track_id: int, points: Float64Array, is_filled: BoolArray, score: FloatArray
) -> Poses:
    """Return poses with a person added whose points are filled; others lie where the box begins."""
    xy = np.where(is_filled[:, None], points[:-2], points[-2]).astype(np.float32)
    score = np.where(is_filled, score, np.float32(0))
    person = replace(
        Poses.from_keypoints(xy[None], score[None], poses.skeleton),
        box=points[-2:].reshape(1, 4).astype(np.float32),
        track_id=np.array([track_id], np.int32),
        filled=np.ones((1, len(score)), np.bool_),
    )
    return Poses.concatenate((poses, person))


def _nearest_scores(samples: list[_Sample], track_id: int) -> FloatArray:
    """Return each keypoint's score where it is seen first in some samples: (K,), 0 if nowhere."""
    score = np.zeros(samples[0].poses.score.shape[1], np.float32)
    for sample in samples:
        row = sample.row_of_id.get(track_id)
        if row is not None:
            is_next = (score == 0) & sample.is_seen[row, :-2]
            score[is_next] = sample.poses.score[row, is_next]
    return score
