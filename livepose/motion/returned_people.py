"""Returned people: in files, who comes back has their id from the first frame on.

The tracker takes whoever comes in for somebody new, until their clothes are known: that takes some
frames. In a file these can wait, so that nobody has another id in them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from livepose.core.frame import PosedFrame

_MAX_WAITING = 18
"""In so many frames it may turn out that somebody new is somebody who was lost: as many are held
with their pixels. In ten crowds of ten people at 30 fps, it took 4 to 10 frames; clothes are known
after a number of frames, at any rate."""


class ReturnedPeople:
    """Return their ids to people who come back, in the frames before they were recognized too.

    Frames wait only while somebody new is in view, and somebody else is lost.

    >>> from livepose import Frame, Poses, Region
    >>> people, results = ReturnedPeople(), []
    >>> for number, track_id in enumerate((1, 1, None, None, 2, 2, 1)):
    ...     xy = np.full((1, 17, 2), 20, np.float32)
    ...     poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    ...     poses = replace(poses, track_id=np.array([track_id or 0], np.int32))
    ...     frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), number, number / 30)
    ...     region = Region.letterbox(64, 48)
    ...     posed = PosedFrame(frame, poses if track_id else poses[:0], region, 0.0)
    ...     results += people.push(replace(posed, recognized=((2, 1),) if number == 6 else ()))
    >>> [posed.poses.track_id.tolist() for posed in results]
    [[1], [1], [], [], [1], [1], [1]]
    """

    def __init__(self) -> None:
        self._waiting: deque[PosedFrame] = deque()
        self._known: set[int] = set()
        """The ids of everybody so far."""
        self._frames = 0
        self._appeared: dict[int, int] = {}
        """The frame in which those appeared who may turn out to be somebody who was lost, by their
        ids."""

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        is_next = not self._waiting or posed.follows(self._waiting[-1])
        finished = [] if is_next else self.flush()
        for new_id, track_id in posed.recognized:
            self._waiting = deque(_renamed(held, new_id, track_id) for held in self._waiting)
            self._appeared.pop(new_id, None)
            self._known.discard(new_id)
        ids = set(posed.poses.track_id.tolist()) - {0}
        if not self._known <= ids:
            self._appeared |= dict.fromkeys(ids - self._known, self._frames)
        self._known |= ids
        self._waiting.append(posed)
        self._frames += 1
        self._appeared = {
            track_id: number
            for track_id, number in self._appeared.items()
            if self._frames - number <= _MAX_WAITING
        }
        first = min(self._appeared.values(), default=self._frames)
        while len(self._waiting) > self._frames - first:
            finished.append(self._waiting.popleft())
        return finished

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are held, in order, and forget them: at the end, or at a cut."""
        finished = list(self._waiting)
        self._waiting.clear()
        self._known.clear()
        self._appeared.clear()
        return finished


def _renamed(posed: PosedFrame, new_id: int, track_id: int) -> PosedFrame:
    """Return a frame in which somebody has another id, if nobody else has that one."""
    ids = posed.poses.track_id
    if new_id not in ids or track_id in ids:
        return posed
    ids = np.where(ids == new_id, np.int32(track_id), ids)
    return replace(posed, poses=replace(posed.poses, track_id=ids))
