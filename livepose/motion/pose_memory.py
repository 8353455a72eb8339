"""What was found in the frames of a clip: bounded in memory, the rest in a temporary file."""

from __future__ import annotations

import logging
import pickle
import tempfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import IO

import numpy as np

from livepose.core.clip_interfaces import PoseMemory
from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.motion.people_changes import SHORT_S, PeopleChanges
from livepose.motion.tracking.similarity import oks

_log = logging.getLogger(__name__)
_RECORDS_IN_MEMORY = 2000
_MIN_OKS = 0.5
"""Of two poses of one frame, for them to be of the same person."""
_NO_FRAME = Frame(BgrPixels.black(2, 2), 0, 0.0, 0.0)


class SpilledPoseMemory(PoseMemory):
    """Remembers poses by the numbers of their frames, the oldest of them in a temporary file.

    Where that file cannot be written, as on a full disk, they stay in memory, with a warning.

    Parts of a clip that were analysed one by one have ids of their own. Where such a part reaches
    another one, the last frame is analysed a second time, and who is the same there gets one id.

    >>> from livepose import Region
    >>> xy = np.random.default_rng(0).uniform(0, 80, (1, 17, 2)).astype(np.float32)
    >>> poses = Poses.from_keypoints(xy, np.full((1, 17), 0.9, np.float32))
    >>> first, later = (replace(poses, track_id=np.array([id], np.int32)) for id in (1, 2))
    >>> frame = Frame(BgrPixels.black(640, 480), 7, 0.25, 0.0)
    >>> region = Region.letterbox(640, 480)
    >>> with SpilledPoseMemory() as memory:
    ...     [memory.remember(PosedFrame(frame, each, region, 0.0)) for each in (later, first)]
    ...     memory.recall(frame).poses.track_id.tolist()
    [False, True]
    [1]
    """

    def __init__(
        self,
        records_in_memory: int = _RECORDS_IN_MEMORY,
        on_forget: Callable[[], None] = lambda: None,
        on_meeting: Callable[[float], None] = lambda time_s: None,
    ) -> None:
        """Remember nothing yet.

        Args:
            records_in_memory: The poses of how many frames are kept out of the file.
            on_forget: Called when everything is forgotten.
            on_meeting: Called with the time of a frame that was analysed a second time, as parts
                meet in it, once ids are joined.
        """
        self._records_in_memory = records_in_memory
        self._on_forget, self._on_meeting = on_forget, on_meeting
        self._recent: OrderedDict[int, PosedFrame] = OrderedDict()
        self._file: IO[bytes] | None = None
        """Created when it is needed, and without a buffer: what it does not take is known at
        once."""
        self._can_spill = True
        self._places: dict[int, tuple[int, int]] = {}
        """Where in the file a record begins, and its size in bytes."""
        self._end = 0
        self._changes = PeopleChanges()
        self._changes_s: tuple[float, ...] | None = None
        """When people come or are lost; None if it has to be found out."""
        self._began_s = 0.0
        """When the scene, or the part that is analysed, begins."""
        self._same_ids: dict[int, int] = {}
        """An id, and an older one of the same person."""

    def __contains__(self, index: int) -> bool:
        return index in self._recent or index in self._places

    def recall(self, frame: Frame) -> PosedFrame:
        return self._with_joined_ids(replace(self._record(frame.index), frame=frame))

    def remember(self, posed: PosedFrame) -> bool:
        index = posed.frame.index
        if index in self:
            joined = len(self._same_ids)
            self._join(self._record(index).poses, posed.poses)
            self._on_meeting(posed.frame.time_s)
            return len(self._same_ids) > joined
        self._compare_with_the_frame_before(posed)
        # What was counted up to a frame is known from the counters, whatever the order.
        self._recent[index] = replace(posed, frame=_NO_FRAME, repetitions=())
        while self._can_spill and len(self._recent) > self._records_in_memory:
            self._spill_oldest()
        return False

    def has_same_people(self, posed: PosedFrame) -> bool:
        if posed.frame.index not in self:
            return False
        known = self._record(posed.frame.index)
        states = (known.subject_state, posed.subject_state)
        if states.count(SubjectState.EVERYBODY) == 1:
            return False
        people = len(_same_people(known.poses, posed.poses))
        return people == len(known.poses) == len(posed.poses)

    @property
    def people_changes_s(self) -> tuple[float, ...]:
        if self._changes_s is None:
            self._changes_s = self._changes.times_s(self.joined_id)
        return self._changes_s

    def forget(self) -> None:
        self._recent.clear()
        self._places.clear()
        self._same_ids.clear()
        self._changes.clear()
        self._changes_s = None
        self._end = 0
        self._can_spill = True
        self._on_forget()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _record(self, index: int) -> PosedFrame:
        if index in self._recent or self._file is None:
            return self._recent[index]
        start, size_bytes = self._places[index]
        self._file.seek(start)
        # Nobody else can write to this file: it has no name.
        record: PosedFrame = pickle.loads(self._file.read(size_bytes))  # noqa: S301
        return replace(record, frame=_NO_FRAME)

    def _compare_with_the_frame_before(self, posed: PosedFrame) -> None:
        """Note whether other people are in a frame, unless a scene or a part begins with it.

        Who is found within the first half second of it was there: people are looked for anew.
        """
        index, time_s = posed.frame.index, posed.frame.time_s
        if index - 1 not in self._recent or posed.is_scene_start:
            self._began_s = time_s
            return
        before = self._recent[index - 1].poses.track_id.tolist()
        after = posed.poses.track_id.tolist()
        is_found_late = time_s - self._began_s < SHORT_S and set(before) <= set(after)
        if before != after and not is_found_late:
            self._changes.add(index, time_s=time_s, before=before, after=after)
            self._changes_s = None

    def _spill_oldest(self) -> None:
        """Move the oldest record from memory into the file; it stays if that has no room."""
        index, record = next(iter(self._recent.items()))
        data = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="livepose-", buffering=0)  # noqa: SIM115
            self._file.seek(self._end)
            is_whole = self._file.write(data) == len(data)
            reason = "it is full"
        except OSError as error:
            is_whole, reason = False, error.strerror or str(error)
        if not is_whole:
            self._can_spill = False
            _log.warning(
                "poses cannot be moved to a temporary file (%s): all of them stay in memory",
                reason,
            )
            return
        del self._recent[index]
        self._places[index] = (self._end, len(data))
        self._end += len(data)

    def _join(self, known: Poses, again: Poses) -> None:
        """Assign the lower of their two ids to the people of a frame that was analysed twice."""
        for row, column in _same_people(known, again):
            first, second = (
                self.joined_id(int(poses.track_id[person]))
                for poses, person in ((known, row), (again, column))
            )
            if first and second and first != second:
                self._same_ids[max(first, second)] = min(first, second)
                self._changes_s = None

    def joined_id(self, track_id: int) -> int:
        """Return the lowest id that the person with an id has had."""
        while track_id in self._same_ids:
            track_id = self._same_ids[track_id]
        return track_id

    def _with_joined_ids(self, posed: PosedFrame) -> PosedFrame:
        ids = posed.poses.track_id.tolist()
        if self._same_ids.keys().isdisjoint(ids):
            return posed
        joined = np.array([self.joined_id(track_id) for track_id in ids], np.int32)
        overlays = posed.overlays
        trails = tuple(
            replace(trail, track_id=self.joined_id(trail.track_id)) for trail in overlays.trails
        )
        return replace(
            posed,
            poses=replace(posed.poses, track_id=joined),
            overlays=replace(
                overlays,
                trails=trails,
                color_numbers={
                    self.joined_id(track_id): number
                    for track_id, number in overlays.color_numbers.items()
                },
            ),
        )


def _same_people(known: Poses, again: Poses) -> list[tuple[int, int]]:
    """Return the rows of each person in both of two poses of one frame, the most similar first."""
    if not len(known) or not len(again) or known.skeleton != again.skeleton:
        return []
    sides = known.box[:, 2:] - known.box[:, :2]
    everywhere = np.ones(known.score.shape, np.bool_)
    similar = oks(known.xy, everywhere, sides.prod(axis=1), again.xy, known.skeleton)
    pairs = []
    while similar.max() >= _MIN_OKS:
        row, column = np.unravel_index(similar.argmax(), similar.shape)
        pairs.append((int(row), int(column)))
        similar[row, :] = similar[:, column] = 0.0
    return pairs
