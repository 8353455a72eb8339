"""The first of two passes over a file: everybody is found, and then it is decided who is who."""

from __future__ import annotations

from dataclasses import replace

from livepose.core.arrays import Int32Array
from livepose.core.clip_interfaces import PoseMemory
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import Closeable
from livepose.motion.backward_search import BackwardSearch
from livepose.motion.linking.identities import linked_ids
from livepose.motion.linking.sightings import Sightings
from livepose.motion.pose_memory import SpilledPoseMemory


class FirstPass(Closeable):
    """Remembers the tracked people of all frames, and returns them with ids that are mended.

    While frames come, a tracker knows the past only: who is hidden may get a new id, and two who
    cross may exchange theirs. Once a scene is over, its people are told apart by all of it. No
    pixels are kept; the poses of a long file are in a temporary file, of which a few are in memory.

    >>> from livepose import load_model, open_source
    >>> from livepose.motion.top_down import TopDownEstimator
    >>> with open_source("synthetic:visitors") as source, load_model("lightning") as model:
    ...     with load_model("multipose") as detector:
    ...         estimator = TopDownEstimator(model, detector)
    ...         with FirstPass(BackwardSearch(model)) as first:
    ...             frames = [frame for frame, _ in zip(source, range(3))]
    ...             for frame in frames:
    ...                 first.push(estimator(frame))
    ...             first.finish()
    ...             people = [len(first.recall(frame).poses) for frame in frames]
    >>> people
    [0, 0, 0]
    """

    def __init__(self, search: BackwardSearch) -> None:
        """Start with no frames.

        Args:
            search: Follows tracks backwards in time, before it is decided who is who.
        """
        self._search = search
        self._memory: PoseMemory = SpilledPoseMemory()
        self._sightings = Sightings()
        self._scene: list[int] = []
        """The indices of the frames of the scene in hand."""
        self._ids: dict[int, Int32Array] = {}
        self._last_ids: dict[int, int] = {}
        """The highest id up to each frame."""
        self._last_id = 0

    def __len__(self) -> int:
        """Return how many frames it has."""
        return len(self._ids) + len(self._scene)

    def __contains__(self, index: int) -> bool:
        """Return whether it has the frame of an index."""
        return index in self._ids

    def push(self, posed: PosedFrame) -> None:
        """Take the next frame, in which people are tracked, and not smoothed yet."""
        if posed.is_scene_start:
            self.finish()
        for each in self._search.push(posed):
            self._add(each)

    def finish(self) -> None:
        """Decide who is who in the frames so far: at the end, or at a cut."""
        for each in self._search.flush():
            self._add(each)
        before = self._last_id
        for index, ids in zip(self._scene, linked_ids(self._sightings), strict=True):
            ids[ids > 0] += before
            self._last_id = max(self._last_id, int(ids.max(initial=0)))
            self._ids[index], self._last_ids[index] = ids, self._last_id
        self._sightings, self._scene = Sightings(), []

    def recall(self, frame: Frame) -> PosedFrame:
        """Return a frame with the people who were found in it, and their ids.

        Raises:
            KeyError: If it is not known, or not decided who is who in it.
        """
        ids = self._ids[frame.index]
        posed = self._memory.recall(frame)
        poses = replace(posed.poses, track_id=ids)[ids > 0]
        last_id = self._last_ids[frame.index]
        return replace(posed, poses=poses, last_track_id=last_id, recognized=())

    def close(self) -> None:
        """Forget everything."""
        self._memory.close()

    def _add(self, posed: PosedFrame) -> None:
        self._sightings.add(posed.poses, posed.frame.pixels, posed.frame.time_s)
        self._scene.append(posed.frame.index)
        self._memory.remember(posed)
