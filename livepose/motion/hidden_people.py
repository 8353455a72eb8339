"""Hidden people: where somebody is whom another person hides for a moment.

Who stands behind somebody who passes is not found, or their pose is a mixture of two bodies. They
have not gone: who hardly moved before is where they were, for as long as that is likely.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.motion.body_extents import seen_boxes
from livepose.motion.presence import same_body_oks
from livepose.motion.tracking.tracker import Tracker
from livepose.motion.tracking.tracks import Tracks

_HIDDEN_S = 0.2
"""For how long somebody is believed to be where they should be."""
_MIN_FRAMES = 8
"""Who was seen in fewer frames may have been nobody."""
_MAX_SPEED = 0.2
"""In body lengths per second: who walks has other poses than the last one."""
_HIDDEN_SHARE = 0.3
"""Of the keypoints of somebody hidden, in the box of a person who is seen: arms are held out."""
_SAME_OKS = 0.4
"""Somebody who appeared meanwhile, with a pose as similar, is the same person."""


def hidden_people(tracks: Tracks, poses: Poses, time_s: float) -> Poses:
    """Return those who are hidden by others for now, where they should be; marked as filled.

    Args:
        tracks: Of everybody.
        poses: Of those who are seen, with their ids.
        time_s: Of the frame.
    """
    unseen_s = time_s - tracks.seen_s
    sizes_px = (tracks.box[:, 2:] - tracks.box[:, :2]).max(axis=1, initial=0)
    is_missing = (unseen_s > 0) & (unseen_s <= _HIDDEN_S) & (tracks.frames >= _MIN_FRAMES)
    is_missing &= np.linalg.norm(tracks.velocity, axis=1) < _MAX_SPEED * sizes_px
    is_missing &= ~np.isin(tracks.ids, poses.track_id)
    if not is_missing.any() or not len(poses):
        return Poses.empty(tracks.skeleton)
    missing = tracks[is_missing]
    expected = missing.predicted_poses(time_s)
    boxes = seen_boxes(poses)[:, None]
    is_inside = (expected.xy[:, None] > boxes[..., :2]) & (expected.xy[:, None] < boxes[..., 2:])
    shares = is_inside.all(axis=-1).mean(axis=-1)
    born_s = dict(zip(tracks.ids.tolist(), tracks.born_s.tolist(), strict=True))
    appeared_s = np.array([born_s.get(track_id, time_s) for track_id in poses.track_id.tolist()])
    is_new = appeared_s > missing.seen_s[:, None]
    is_found = ((same_body_oks(expected, poses.xy) > _SAME_OKS) & is_new).any(axis=1)
    return expected[np.flatnonzero((shares.max(axis=1) > _HIDDEN_SHARE) & ~is_found)]


class HiddenPeople(MotionStep):
    """Add those to each frame who are hidden by others for now; marked as filled.

    >>> from livepose import Tracker, load_model, open_source
    >>> from livepose.motion.hidden_people import HiddenPeople
    >>> from livepose.motion.estimator import Estimator
    >>> tracker = Tracker()
    >>> with open_source("synthetic:dance") as source, load_model("multipose") as model:
    ...     estimator = Estimator(model, steps=(tracker, HiddenPeople(tracker)))
    ...     len(estimator(next(iter(source))).poses)
    1
    """

    def __init__(self, tracker: Tracker) -> None:
        """Start with nobody.

        Args:
            tracker: The step before this one, which knows where people were.
        """
        self._tracker = tracker

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        tracks = self._tracker.tracks
        if not len(posed.poses) or len(tracks) <= len(posed.poses):
            return posed
        hidden = hidden_people(tracks, posed.poses, posed.frame.time_s)
        if not len(hidden):
            return posed
        return replace(posed, poses=Poses.concatenate((posed.poses, hidden)))

    def reset(self) -> None:
        """Do nothing: the tracker is reset by itself."""
