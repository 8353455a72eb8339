"""A multi-person tracker: the same person keeps the same id."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, Int32Array, IntpArray
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.tracking.affinity import (
    FOREIGN_FRAMES,
    affinity,
    match_after_shape_change,
)
from livepose.motion.tracking.appearance import Colors, clothes_colors
from livepose.motion.tracking.assignment import assign
from livepose.motion.tracking.away import Away
from livepose.motion.tracking.continuation import continue_single, continued_rows
from livepose.motion.tracking.meetings import Meetings
from livepose.motion.tracking.similarity import MIN_COMMON_POINTS, iou, oks, shares_inside
from livepose.motion.tracking.slides import Slides
from livepose.motion.tracking.tracks import (
    CROWDED_SHARE,
    MIN_POINT_SCORE,
    OTHER_CLOTHES,
    SAME_CLOTHES,
    Tracks,
)

MAX_TRACKS = 18
"""The most people who are tracked at a time, unless told otherwise (tfjs-models `maxTracks`)."""
MAX_UNSEEN_S = 1.0
"""A person who is unseen for longer is lost, unless told otherwise (tfjs-models `maxAge`)."""
_MIN_AFFINITY = 0.2
_STAND_IN_SHARE = 0.5
"""Of the box of somebody who is another person, in that person's."""
_NEAR = 2.0
"""Of the longer side of a body: so far apart are the centres of two people who met just now."""
# Two poses are of the same body where their OKS is above the first, or where the IoU of their boxes
# and their OKS are above the other two.
_DUPLICATE_OKS = 0.8
_CLOSE_SHARE = 0.1
"""Of the longest side of all boxes: so far apart, boxes are of two bodies."""
_DUPLICATE_IOU, _DUPLICATE_OKS_IN_BOX = 0.8, 0.5


class Tracker(MotionStep):
    """Assign each person an id, from 1, that stays the same from frame to frame.

    Poses are assigned to tracks by the largest sum of affinities (the Hungarian method, where
    tfjs-models takes the best pair first). A hidden person is predicted to move on as before, so
    that two people who cross keep their own ids. A pose that no track explains starts a new track
    at once: so does a person who steps in front of another, whom the network then finds instead.

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

    def __init__(
        self,
        *,
        by_color: bool = True,
        max_tracks: int = MAX_TRACKS,
        max_unseen_s: float = MAX_UNSEEN_S,
        recognizes_returned: bool = False,
    ) -> None:
        """Start with no tracks.

        Args:
            by_color: Also tell people apart by the colours of torso and shoulders.
            max_tracks: The most people who are tracked at a time.
            max_unseen_s: A person who is unseen for longer is lost.
            recognizes_returned: Whether people who were lost and are back in the same clothes get
                their ids back.
        """
        self._recognizes_returned = by_color and recognizes_returned
        self._max_tracks = max_tracks
        self._max_unseen_s = max_unseen_s
        self._tracks = Tracks.empty(COCO_SKELETON)
        self._away = Away(COCO_SKELETON)
        self._last_id = 0
        self._recognized: tuple[tuple[int, int], ...] = ()
        self._by_color = by_color
        self._slides = Slides()
        self._meetings = Meetings()
        self._tracks_before_reset = self._tracks
        self._shape_changes = 0
        self._has_new_shape = False

    @property
    def tracks(self) -> Tracks:
        """A copy of the tracks: of the people who are seen, and of those who are hidden."""
        return self._tracks.copy()

    def keep_waiting(self, waiting: Int32Array, time_s: float) -> None:
        """Count people as present for whom a frame has no time: not to be seen in it says nothing.

        Args:
            waiting: (W,) their ids.
            time_s: Of the frame, which is tracked after this.
        """
        self._tracks.present_s[np.isin(self._tracks.ids, waiting)] = time_s

    def reset(self) -> None:
        self._tracks_before_reset = self._tracks
        self._tracks = Tracks.empty(self._tracks.skeleton)
        self._away = Away(self._tracks.skeleton)
        self._slides.reset()
        self._meetings.reset()

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Return a frame whose poses have ids; of two poses of one body only the better is kept.

        No two people have the same id. It is 0 for those beyond the most who are tracked.
        """
        poses, time_s = suppress_duplicates(posed.poses), posed.frame.time_s
        self._recognized = ()
        if poses.skeleton != self._tracks.skeleton:
            self._tracks = Tracks.empty(poses.skeleton)
            self._away = Away(poses.skeleton)
        if posed.frame.shape_changes != self._shape_changes:
            self._shape_changes = posed.frame.shape_changes
            self._has_new_shape = True
            if len(self._tracks):  # nobody has reset it
                self._tracks_before_reset = self._tracks
        if self._has_new_shape and len(poses):
            self._has_new_shape = False
            self._move_tracks(posed, poses)
        self._forget_unseen(time_s)
        if len(poses) == len(self._tracks) == 1 and continue_single(self._tracks, poses, time_s):
            # By far the most frequent case, and ten times as fast.
            if self._by_color and (self._is_doubted() or self._tracks.needs_single_color(time_s)):
                colors = clothes_colors(posed.frame.pixels, poses)
                self._tracks.update_single_color(colors, time_s)
                self._return_ids(np.zeros(1, np.intp), poses, colors, time_s)
            poses = replace(poses, track_id=self._tracks.ids.copy())
        elif len(poses):
            poses = replace(poses, track_id=self._track(poses, posed.frame.pixels, time_s))
        return replace(posed, poses=poses, last_track_id=self._last_id, recognized=self._recognized)

    def _is_doubted(self) -> bool:
        """Return whether somebody who was lost may have joined another person's track."""
        return bool(len(self._away)) and bool((self._tracks.foreign_frames > 0).any())

    def _forget_unseen(self, time_s: float) -> None:
        # A person seen at a later time belongs to another run: time went back.
        present_s = self._tracks.present_s
        if all(0 <= time_s - seen_s <= self._max_unseen_s for seen_s in present_s.tolist()):
            return
        unseen_s = time_s - present_s
        if self._recognizes_returned:
            self._away.add(self._tracks[unseen_s > self._max_unseen_s], time_s)
        self._tracks = self._tracks[(unseen_s >= 0) & (unseen_s <= self._max_unseen_s)]

    def _return_ids(self, rows: IntpArray, poses: Poses, colors: Colors, time_s: float) -> None:
        """Return their ids to people who were lost and are back in the same clothes.

        Args:
            rows: (M,) of the tracks that the poses have joined.
            poses: Of M people.
            colors: Of M people.
            time_s: Of the frame.
        """
        self._slides.forget(*self._away.take_over(self._tracks, rows, poses, colors, time_s))
        self._recognized = self._away.recognize(self._tracks, time_s)

    def _move_tracks(self, posed: PosedFrame, poses: Poses) -> None:
        """Move the tracks from before a change of the frame's shape to where people are now."""
        self._tracks = self._tracks_before_reset
        self._forget_unseen(posed.frame.time_s)
        colors = clothes_colors(posed.frame.pixels, poses)
        rows, pose_rows = match_after_shape_change(self._tracks, poses, colors)
        self._tracks = self._tracks[rows].moved_to(poses[pose_rows])

    def _track(self, poses: Poses, pixels: Pixels, time_s: float) -> Int32Array:
        """Match poses with tracks, start new tracks, and return (N,) ids."""
        tracks, colors = self._tracks, Colors.unknown(len(poses))
        rows = continued_rows(tracks, poses, time_s) if len(poses) > 1 else None
        if self._by_color and (rows is None or self._is_doubted() or tracks.needs_color(time_s)):
            colors = clothes_colors(pixels, poses)
        if rows is not None:
            self._undo_exchange(rows, poses, colors, time_s)
            tracks.update(rows, poses, colors, time_s)
            if colors.is_known.any():
                self._return_ids(rows, poses, colors, time_s)
            return tracks.ids[rows]
        track_id = self._match(poses, colors, time_s)
        self._start_tracks(np.flatnonzero(track_id == 0), track_id, poses, colors, time_s)
        return track_id

    def _match(self, poses: Poses, colors: Colors, time_s: float) -> Int32Array:
        """Update the tracks that explain a pose; return (N,) ids, 0 for a new person."""
        track_id = np.zeros(len(poses), np.int32)
        if len(self._tracks):
            affinities = affinity(self._tracks, poses, colors, time_s)
            if len(self._tracks) > 1:
                self._meetings.add_frame(self._tracks.copy())
                self._meetings.settle(affinities, self._tracks, poses, colors, time_s)
            rows, pose_rows = _assign(affinities)
            is_unseen = np.ones(len(self._tracks), np.bool_)
            is_unseen[rows] = False
            self._slides.undo(self._tracks, is_unseen)
            if len(rows):
                self._undo_exchange(rows, poses[pose_rows], colors[pose_rows], time_s)
                self._away.doubt(self._tracks, rows, time_s)
                before = self._tracks.copy()
                self._tracks.update(rows, poses[pose_rows], colors[pose_rows], time_s)
                self._slides.add_frame(before, self._tracks, rows, poses[pose_rows])
                self._return_ids(rows, poses[pose_rows], colors[pose_rows], time_s)
                track_id[pose_rows] = self._tracks.ids[rows]
                self._end_stand_ins(before, rows)
        return track_id

    def _end_stand_ins(self, before: Tracks, rows: IntpArray) -> None:
        """End the tracks of people who were only another name for somebody who is back.

        Args:
            before: Everybody, before the frame.
            rows: (M,) of those who are seen in it.
        """
        ids = self._tracks.ids
        is_stand_in = _is_stand_in(before, self._tracks, rows)
        owners = is_stand_in.sum(axis=1)
        for row in np.flatnonzero(owners == 1).tolist():
            owner = rows[is_stand_in[row].argmax()]
            self._recognized += ((int(ids[row]), int(ids[owner])),)
        self._tracks = self._tracks[owners == 0]

    def _undo_exchange(self, rows: IntpArray, poses: Poses, colors: Colors, time_s: float) -> None:
        """Return an id that somebody else has taken along to its owner, once they stand apart.

        It is so where somebody is in other clothes than before, and somebody else in those: the two
        have exchanged ids, or the other one has got a new one. It happens to those who are close to
        one another: who stands farther off in the same clothes is somebody else.

        Args:
            rows: (M,) of the tracks that the poses are about to join; changed in place.
            poses: Of M people.
            colors: Of M people.
            time_s: Of the frame.
        """
        tracks = self._tracks
        if len(tracks) < 2 or not colors.is_known.any():
            return
        is_apart = (shares_inside(poses.box, poses.box) > CROWDED_SHARE).sum(axis=1) == 1
        is_compared = tracks.known_clothes()[:, None] & colors.is_known
        distance = np.linalg.norm(tracks.color[:, None] - colors.value, axis=-1)
        is_other = ~(is_compared & (distance <= OTHER_CLOTHES)).any(axis=-1)
        # Who is close to somebody may show their clothes for a frame.
        is_other &= is_compared.any(axis=-1) & (is_apart | (tracks.foreign_frames > 1)[:, None])
        is_surely_other = is_other & (is_apart | (tracks.foreign_frames >= FOREIGN_FRAMES)[:, None])
        is_own = is_compared.any(axis=-1) & ~(is_compared & (distance > SAME_CLOTHES)).any(axis=-1)
        is_own &= _is_near(tracks.predict(time_s)[1], poses.box)
        pose_of = dict(zip(rows.tolist(), range(len(rows)), strict=True))
        for taker, pose in pose_of.items():
            for owner in np.flatnonzero(is_own[:, pose]).tolist():
                own = pose_of.get(owner)
                if own is None:
                    # Whoever appeared after the owner was lost is the owner.
                    is_newcomer = tracks.born_s[taker] > tracks.present_s[owner]
                    is_taken = is_surely_other[taker, pose] or (is_newcomer and is_apart[pose])
                else:
                    is_elder = tracks.born_s[owner] < tracks.born_s[taker]
                    is_taken = is_other[owner, own] and (is_other[taker, pose] or is_elder)
                if is_taken and owner != taker:
                    if own is None and not is_newcomer and self._stays_in_place(taker):
                        rows[pose] = owner
                        return
                    self._slides.forget(int(tracks.ids[owner]), int(tracks.ids[taker]))
                    tracks.exchange_identities(owner, taker)
                    return

    def _stays_in_place(self, row: int) -> bool:
        """Place somebody where they were before they got the poses of another, if that is known."""
        seen_s = self._tracks.seen_s
        return bool(seen_s[row] < seen_s.max()) or self._slides.undo_one(self._tracks, row)

    def _start_tracks(
        self, new: IntpArray, track_id: Int32Array, poses: Poses, colors: Colors, time_s: float
    ) -> None:
        """Start tracks for the poses of (M,) rows, as far as there is room.

        Args:
            new: (M,) rows of the poses.
            track_id: (N,) ids; the new ones are set in place.
            poses: Of N people.
            colors: Of N people.
            time_s: Of the frame.
        """
        new = new[: self._max_tracks - len(poses) + len(new)]
        if not len(new):
            return
        track_id[new] = self._last_id + 1 + np.arange(len(new))
        self._last_id += len(new)
        if len(self._tracks) + len(new) > self._max_tracks:
            last_seen_first = np.argsort(-self._tracks.seen_s, kind="stable")
            self._tracks = self._tracks[last_seen_first[: self._max_tracks - len(new)]]
        newcomers = Tracks.of_newcomers(track_id[new], poses[new], colors[new], time_s)
        self._tracks = Tracks.concatenate(self._tracks, newcomers)


def suppress_duplicates(
    poses: Poses,
    preference: FloatArray | None = None,
    *,
    max_oks: float = _DUPLICATE_OKS,
) -> Poses:
    """Drop one of two poses of the same body, which the network sometimes returns.

    The one that is preferred is kept: unless told otherwise, the one that scores higher.

    It is non-maximum suppression by OKS. Two poses are of the same body where their keypoints are
    similar (OKS over 0.8), or where their boxes are (IoU over 0.8) and the keypoints nearly so (OKS
    over 0.5).
    """
    if len(poses) < 2 or not _has_close_pair(poses.box):
        return poses
    common = np.minimum(poses.score[:, None], poses.score) >= MIN_POINT_SCORE
    area_px = np.prod(poses.box[:, 2:] - poses.box[:, :2], axis=1)
    similar = oks(poses.xy, common, area_px, poses.xy, poses.skeleton)
    similar = similar * (common.sum(axis=-1) >= MIN_COMMON_POINTS)
    similar = np.maximum(similar, similar.T)
    has_same_box = iou(poses.box, poses.box) > _DUPLICATE_IOU
    is_duplicate = (similar > max_oks) | (has_same_box & (similar > _DUPLICATE_OKS_IN_BOX))
    kept: list[int] = []
    preference = poses.person_score if preference is None else preference
    for row in np.argsort(-preference, kind="stable"):
        if not is_duplicate[row, kept].any():
            kept.append(int(row))
    return poses if len(kept) == len(poses) else poses[np.array(sorted(kept), np.intp)]


def _has_close_pair(box: FloatArray) -> bool:
    """Return whether any two of (N, 4) boxes overlap, or nearly so: others are of two bodies."""
    margin_px = _CLOSE_SHARE * (box[:, 2:] - box[:, :2]).max()
    gap_px = np.maximum(box[:, None, :2], box[:, :2]) - np.minimum(box[:, None, 2:], box[:, 2:])
    is_close = (gap_px < margin_px).all(axis=-1)
    return int(np.count_nonzero(is_close)) > len(box)


def _is_stand_in(before: Tracks, tracks: Tracks, rows: IntpArray) -> BoolArray:
    """Return who of T people was only another name for which of M who have their own again: (T, M).

    Whoever appears behind another person may be taken for somebody new for some frames. Nobody is
    left of those once the person is on their own track, in the same place and no other clothes.

    Args:
        before: Everybody, before the frame.
        tracks: The same rows, updated with it.
        rows: (M,) of those who are seen in it.
    """
    is_unseen = tracks.present_s < tracks.present_s.max()
    appeared_later = tracks.born_s[:, None] > before.present_s[rows]
    is_inside = shares_inside(tracks.box, tracks.box[rows]) > _STAND_IN_SHARE
    distance = np.linalg.norm(tracks.color[:, None] - tracks.color[rows], axis=-1)
    is_known = tracks.known_clothes()
    is_other = (is_known[:, None] & is_known[rows] & (distance > OTHER_CLOTHES)).any(axis=-1)
    return np.asarray(is_unseen[:, None] & appeared_later & is_inside & ~is_other)


def _is_near(first: FloatArray, second: FloatArray) -> BoolArray:
    """Return which of T boxes are so close to N others that they may have met just now: (T, N)."""
    centers = [(box[:, :2] + box[:, 2:]) / 2 for box in (first, second)]
    distance_px = np.linalg.norm(centers[0][:, None] - centers[1], axis=-1)
    sizes_px = [(box[:, 2:] - box[:, :2]).max(axis=1) for box in (first, second)]
    return np.asarray(distance_px < _NEAR * np.maximum(sizes_px[0][:, None], sizes_px[1]))


def _assign(affinities: FloatArray) -> tuple[IntpArray, IntpArray]:
    """Pair rows with columns so that the sum of (T, N) affinities is the largest.

    Returns:
        (M,) rows and (M,) columns; pairs under the least affinity are left out.
    """
    if min(affinities.shape) == 1:
        rows, columns = np.unravel_index([affinities.argmax()], affinities.shape)
    else:
        # An impossible pair must not cost a possible one its place.
        possible = np.where(affinities >= _MIN_AFFINITY, affinities, 0)
        rows, columns = assign(possible)
    is_possible = affinities[rows, columns] >= _MIN_AFFINITY
    return rows[is_possible], columns[is_possible]
