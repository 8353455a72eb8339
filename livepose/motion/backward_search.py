"""Tracks followed backwards in time: for files, as each frame waits for some of those after it.

Somebody who comes in, or was lost for a moment, is often found only when enough of them is seen.
Once it is known where they are, the network of one person can find them in the frames before that.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.body_extents import seen_boxes, squares_around
from livepose.motion.levels import Levels, stretch
from livepose.motion.presence import same_body_oks

REACH_S = 0.5
"""How far back a track is followed."""
_EARLY_S = 0.001
"""Times are not exact: a frame is not let go of for less."""
_MAX_WAITING = 18
"""The most frames that are held with their pixels."""
_MIN_SCORE = 0.3
"""A pose with a lower mean score is no sighting: nobody is sought where nothing is known."""
_MIN_OKS = 0.3
"""How similar a pose must be to that of the frame behind it."""
_SAME_OKS = 0.4
"""A pose that is as similar to somebody who was found already is theirs."""


class BackwardSearch:
    """Find people in the frames before the one in which they were found.

    >>> from livepose import load_model
    >>> with load_model("lightning", "litert") as model:
    ...     BackwardSearch(model).flush()
    []
    """

    def __init__(
        self, model: PoseModel, *, max_people: int | None = None, levels: bool = True
    ) -> None:
        """Start with no frames.

        Args:
            model: Of one person. Not closed here.
            max_people: How many people a frame may have; None for as many as there are.
            levels: Whether to stretch the levels of dark and flat pictures for it.
        """
        self._model = model
        self._max_people = max_people
        self._levels = levels
        self._waiting: deque[PosedFrame] = deque()

    def push(self, posed: PosedFrame) -> list[PosedFrame]:
        """Take the next frame, and return those that are finished, in order."""
        is_next = not self._waiting or posed.follows(self._waiting[-1])
        finished = [] if is_next else self.flush()
        time_s = posed.frame.time_s
        while self._waiting and (
            len(self._waiting) >= _MAX_WAITING
            or time_s - self._waiting[0].frame.time_s > REACH_S + _EARLY_S
        ):
            finished.append(self._waiting.popleft())
        if self._waiting:
            known = set(self._waiting[-1].poses.track_id.tolist())
            for person in posed.poses:
                track_id = int(person.track_id[0])
                if track_id > 0 and track_id not in known:
                    self._search(person, posed)
        self._waiting.append(posed)
        return finished

    def flush(self) -> list[PosedFrame]:
        """Return all frames that are held, in order, and forget them: at the end, or at a cut."""
        finished = list(self._waiting)
        self._waiting.clear()
        return finished

    def _search(self, person: Poses, posed: PosedFrame) -> None:
        """Look for a person of a frame in those before it, the latest first."""
        for number in reversed(range(len(self._waiting))):
            earlier = self._waiting[number]
            is_full = self._max_people is not None and len(earlier.poses) >= self._max_people
            if is_full or person.track_id[0] in earlier.poses.track_id:
                return
            [square] = squares_around(seen_boxes(person), posed.region.quarter_turns)
            found = self._look(earlier.frame, square)
            if not _is_same_person(found, person, earlier.poses):
                return
            person = replace(found, track_id=person.track_id)
            poses = Poses.concatenate((earlier.poses, person))
            self._waiting[number] = replace(earlier, poses=poses, subject_state=posed.subject_state)

    def _look(self, frame: Frame, region: Region) -> Poses:
        model_input = self._model.preprocess(frame.pixels, region)
        table = None
        if self._levels:
            table = Levels().next_table((model_input.rgb,), frame.time_s)
        return self._model.infer(stretch(model_input, table))


def _is_same_person(found: Poses, person: Poses, others: Poses) -> bool:
    """Return whether a pose is that of a person, and of none of the others in its frame."""
    if len(found) != 1 or found.person_score[0] < _MIN_SCORE:
        return False
    if same_body_oks(found, person.xy)[0, 0] < _MIN_OKS:
        return False
    return not np.any(same_body_oks(found, others.xy) > _SAME_OKS)
