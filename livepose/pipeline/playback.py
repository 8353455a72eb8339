"""The playback pipeline: a clip whose frames are asked for by their numbers, and a thread for them.

     the caller               playback thread
    [ ask(N) ] =>  newest  => [ read N, recall or analyse its poses;  ]  =>  results  =>  get()
                   request    [ then frames ahead, frames behind,     ]      near N
                              [ and times that are not known yet      ]

**The newest request counts.** While an older one is still being read for, that is given up between
two frames. When the frame that was asked for is there, the thread works ahead in the direction of
play, so that the next frames are ready when they are due, and then behind, for steps back.

**Nothing is analysed twice**, but for one frame where two parts meet. What was found is remembered,
and only the pixels are read again. A frame that follows one that was just analysed is tracked on
from it. Any other one begins a new part there: time leaps, and the estimator begins a new scene,
with new ids. The first frame of a part is the last one of the part before it, if that is known, and
a part ends with the first frame of the next one; the memory joins the ids there.

**Errors** end the thread, and `get` raises them.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from livepose.core.arrays import Float64Array
from livepose.core.clip_interfaces import PoseMemory, SeekableSource
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseEstimator
from livepose.pipeline.channel import MAX_WAIT_S
from livepose.pipeline.metrics import Samples
from livepose.pipeline.worker_threads import ThreadedPipeline, WorkerThreads

_BACK_FRAMES = 8
"""How many frames are analysed at once when one goes back to where nothing is known."""
_KEPT_RESULTS = 16
"""As many as are made ready ahead, and those next to the one that is shown."""
_DETECTION_TRIES = 2


class Playback(ThreadedPipeline):
    """The frames of a clip with their poses, by their numbers.

    >>> from pathlib import Path
    >>> from livepose import Estimator, load_model
    >>> from livepose.motion.pose_memory import SpilledPoseMemory
    >>> from livepose.sources.seekable import SeekableVideo
    >>> def follow(path: Path, order: Sequence[int]) -> list[int]:
    ...     with SeekableVideo(path) as video, SpilledPoseMemory() as memory:
    ...         with Playback(video, Estimator(load_model("lightning")), memory) as playback:
    ...             indices = []
    ...             for index in order:
    ...                 playback.ask(index)
    ...                 posed = playback.get(timeout_s=10.0)
    ...                 indices.append(-1 if posed is None else posed.frame.index)
    ...             return indices
    """

    def __init__(
        self, source: SeekableSource, estimator: PoseEstimator, memory: PoseMemory
    ) -> None:
        """Connect a source to an estimator; nothing runs before `with`.

        Args:
            source: Used in the playback thread. The caller closes it, after this.
            estimator: Called in the playback thread, for one frame at a time.
            memory: Used in the playback thread. The caller closes it, after this.
        """
        self._source = source
        self._estimator = estimator
        self._memory = memory
        self._changed = threading.Condition()
        self._results: dict[int, PosedFrame] = {}
        self._wanted = 0
        self._ahead: Sequence[int] = ()
        self._goes_back = False
        self._request = 0
        """Counts other frames that were asked for: work for an older one is given up."""
        self._asked = 0
        """Counts whatever was asked for."""
        self._is_idle = False
        self._is_closed = False
        self._searches: deque[tuple[int, Callable[[], None], Callable[[], bool]]] = deque()
        """Frames in which somebody else is to be looked for, as `search_anew` got them."""
        self._error: BaseException | None = None
        self._tracked_to: int | None = None
        """The frame that the estimator has analysed last."""
        self.times_s: Float64Array = source.times_s
        """When each frame is shown, as far as that is known."""
        self.has_all_times = False
        self.numbering = source.numbering
        """Changes when frames get other numbers; `wanted` is then at the same time as before."""
        self.joins = 0
        """How often people have got other ids, also in frames that are ready or were shown."""
        self.analysed_frames = self.frames_with_people = self.most_people = 0
        self.corrupt_frames: list[int] = []
        self.cuts: tuple[int, ...] = ()
        """The frames with which scenes begin, but for the first one."""
        self.people_changes_s: tuple[float, ...] = ()
        """When people come into sight or are lost."""
        self.read_s, self.inference_s = Samples(), Samples()
        self._threads = WorkerThreads({"playback": self._work})

    @property
    def wanted(self) -> int:
        """The frame that was asked for last."""
        return self._wanted

    @property
    def problem(self) -> SourceError | None:
        """What is wrong with the source, as far as it has been read."""
        return self._source.problem

    def ask(self, index: int, ahead: Sequence[int] = (), *, goes_back: bool = False) -> None:
        """Ask for a frame, in the place of the one that was asked for before.

        Args:
            index: The number of the frame.
            ahead: Those that are needed next, which are made ready when there is time.
            goes_back: Whether frames behind it may be needed soon.
        """
        with self._changed:
            is_new = (index, ahead, goes_back) != (self._wanted, self._ahead, self._goes_back)
            if not is_new:
                return
            self._ahead, self._goes_back = ahead, goes_back
            self._asked += 1
            self._is_idle = False
            if index != self._wanted:
                self._wanted = index
                self._request += 1
            self._changed.notify_all()

    def get(self, timeout_s: float) -> PosedFrame | None:
        """Return the frame that was asked for last; None if it does not come in time.

        Raises:
            LivePoseError: If the source or the estimator failed.
        """
        with self._changed:
            self._changed.wait_for(
                lambda: self._wanted in self._results or self._error is not None, timeout_s
            )
            if self._wanted in self._results:
                return self._results[self._wanted]
            if self._error is not None:
                raise self._error
            return None

    def has(self, index: int) -> bool:
        """Return whether a frame is ready."""
        return index in self._results

    def peek(self, index: int) -> PosedFrame | None:
        """Return a frame if it is ready, and else None."""
        return self._results.get(index)

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until all that was asked for is done; return whether it is, in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._is_idle, timeout_s)

    def search_anew(
        self, index: int, request: Callable[[], None], is_answered: Callable[[], bool]
    ) -> None:
        """Look for somebody else in a frame; if they are found, forget all poses.

        Args:
            index: The number of the frame, which is analysed a second time.
            request: Called before that, in the playback thread: says whom to look for.
            is_answered: Called after it, in the playback thread: whether they were found.
        """
        with self._changed:
            self._searches.append((index, request, is_answered))
            self._is_idle = False
            self._request += 1
            self._asked += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            self._request += 1
            self._changed.notify_all()
        self._threads.join_all()

    def _work(self) -> None:
        try:
            while not self._is_closed:
                with self._changed:
                    self._is_idle = False
                    asked = self._asked
                if self._work_once():
                    continue
                with self._changed:
                    if asked == self._asked:
                        self._is_idle = True
                        self._changed.notify_all()
                        self._changed.wait(MAX_WAIT_S)
        except BaseException as error:
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _work_once(self) -> bool:
        """Do what is most urgent; return whether anything was done."""
        if self._searches:
            self._search(*self._searches.popleft())
            return True
        is_current = partial(self._is_current, self._request)
        for index in (self._wanted, *self._ahead):
            if index not in self._results and self._make(index, is_current):
                return True
        if self._goes_back and self._source.prepare(self._wanted):
            return True
        if self.has_all_times:
            return False
        self._learn_times()
        return True

    def _is_current(self, request: int) -> bool:
        return request == self._request

    def _search(
        self, index: int, request: Callable[[], None], is_answered: Callable[[], bool]
    ) -> None:
        """Analyse a frame again, and forget everything if other people are found in it."""
        frame = self._source.frame(index, lambda: not self._is_closed)
        if self._source.numbering != self.numbering:
            self._renumber(frame)
        if frame is None:
            return
        request()
        posed = self._estimate_fully(frame)
        if is_answered() and not self._memory.has_same_people(posed):
            self._forget()
            with self._changed:
                self._results.clear()
                self.joins += 1
        self._remember(posed)

    def _forget(self) -> None:
        self._memory.forget()
        self._tracked_to = None
        self.analysed_frames = self.frames_with_people = self.most_people = 0
        self.corrupt_frames, self.cuts, self.people_changes_s = [], (), ()

    def _learn_times(self) -> None:
        self._source.learn_times()
        self.times_s = self._source.times_s
        self.has_all_times = self._source.has_all_times

    def _make(self, index: int, is_current: Callable[[], bool]) -> bool:
        """Make a frame with its poses ready; return whether something was done for it."""
        is_known = index in self._memory
        for each in range(self._first_to_analyse(index), index + 1):
            started_s = time.perf_counter()
            try:
                frame = self._source.frame(each, is_current)
            except IndexError:  # it is behind the end
                self._learn_times()
                return False
            if self._source.numbering != self.numbering:
                self._renumber(frame)
                return True
            if frame is None:
                return True
            self.read_s.add(time.perf_counter() - started_s)
            if each != index or not is_known:
                self._analyse(frame)
            self._publish(self._memory.recall(frame))
        if not is_known and index + 1 in self._memory:
            frame = self._source.frame(index + 1, is_current)
            if frame is not None and frame.index == index + 1:
                self._analyse(frame)
        return True

    def _first_to_analyse(self, index: int) -> int:
        """Return from which frame on the estimator has to go, to come to a frame."""
        if index in self._memory or self._tracked_to == index - 1:
            return index
        if index - 1 in self._memory:
            return index - 1
        first = index
        if index + 1 in self._memory:
            while first > max(0, index - _BACK_FRAMES) and first - 1 not in self._memory:
                first -= 1
        return first

    def _analyse(self, frame: Frame) -> None:
        """Let the estimator go on to a frame, and remember what is found."""
        follows = self._tracked_to == frame.index - 1
        posed = self._estimate(frame) if follows else self._estimate_fully(frame)
        if posed.is_scene_start and follows:
            self.cuts = tuple(sorted({*self.cuts, frame.index}))
        self._remember(posed)

    def _estimate_fully(self, frame: Frame) -> PosedFrame:
        """Estimate so often that whoever is to be followed is found in this frame."""
        posed = self._estimate(frame)
        tries = _DETECTION_TRIES
        while posed.needs_detection and tries:
            posed, tries = self._estimate(frame), tries - 1
        return posed

    def _remember(self, posed: PosedFrame) -> None:
        frame = posed.frame
        if frame.index not in self._memory:
            self.analysed_frames += 1
            self.frames_with_people += len(posed.poses) > 0
            self.most_people = max(self.most_people, len(posed.poses))
            self.inference_s.add(posed.inference_s)
            if frame.is_corrupt:
                self.corrupt_frames.append(frame.index)
        self._tracked_to = frame.index
        if self._memory.remember(posed):
            with self._changed:
                self._results.clear()
                self.joins += 1
        self.people_changes_s = self._memory.people_changes_s

    def _estimate(self, frame: Frame) -> PosedFrame:
        estimator = self._estimator
        return estimator.update(estimator.infer(frame, estimator.preprocess(frame)))

    def _renumber(self, frame: Frame | None) -> None:
        """Go on with other numbers, at the same time."""
        self._forget()
        self._learn_times()
        with self._changed:
            self._results.clear()
            self._ahead = ()
            if frame is not None:
                self._wanted = frame.index
            self.numbering = self._source.numbering
            self._changed.notify_all()

    def _publish(self, posed: PosedFrame) -> None:
        with self._changed:
            self._results[posed.frame.index] = posed
            while len(self._results) > _KEPT_RESULTS:
                del self._results[max(self._results, key=self._distance)]
            if len(self.times_s) <= posed.frame.index:
                self.times_s = self._source.times_s
            self._changed.notify_all()

    def _distance(self, index: int) -> float:
        """Return how far a frame is from what is needed next, in frames."""
        if index in self._ahead:
            return 0
        return abs(index - self._wanted)
