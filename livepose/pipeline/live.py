"""The live pipeline: a capture thread, an inference thread, and results for whoever iterates.

     capture thread             inference thread                   the caller
    [ next frame ] =>  frames  => [ preprocess, infer, ] =>  results  => for posed in ...
                       channel    [       update       ]     channel

**Frames are dropped only before the network.** The `frames` channel of a live source holds one
frame and drops it for a newer one, so the source is never made to wait. The inference thread takes
a frame only when there is room for its result: each result is as new as it can be, and lag cannot
grow. For a file the channel holds a few frames and makes the capture thread wait, so that nothing
is lost. Results are never dropped. To pause is not to read.

**Order.** One frame at a time goes through the estimator, whatever its `in_flight` is: what that
number says of the crop stays as it is, and so do the results. Several frames at once are for files,
and for the `OfflinePipeline`.

**Errors take the same road as the data.** An error of the source ends the `frames` channel behind
its last frame, and the inference thread finds it there in place of a frame. This error, or one of
the estimator, ends the `results` channel: the caller gets every result before it, and then the
error with its traceback. The end of the source travels the same way.

**Closing.** `close` cancels both channels: a thread that waits at one of them wakes and returns. A
camera driver can block in `read()`, so threads are joined with a limit; one that is left behind is
named in the log.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from livepose.core.frame import Frame, PosedFrame
from livepose.core.frame_clock import FrameClock
from livepose.core.interfaces import PoseEstimator, Source
from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.metrics import Samples, timed
from livepose.pipeline.worker_threads import ThreadedPipeline, WorkerThreads

_FILE_AHEAD = 4
"""How many decoded frames of a file may wait: enough to even out slow ones."""
_RESULTS_AHEAD = 2


class Pipeline(ThreadedPipeline):
    """Yields a source's frames with their poses, computed in threads, in order.

    A live source is never made to wait: frames that come while the network is busy are dropped. A
    file waits, and loses nothing. Errors of the source and of the estimator come out of the
    iteration, behind the results before them.

    >>> from livepose import Estimator, load_model, open_source
    >>> found = []
    >>> with open_source("synthetic:dance") as source, load_model("lightning") as model:
    ...     with Pipeline(source, Estimator(model)) as posed_frames:
    ...         for posed in posed_frames:
    ...             found.append((posed.frame.index, len(posed.poses)))
    ...             if len(found) == 3:
    ...                 break
    >>> found
    [(0, 1), (1, 1), (2, 1)]
    """

    def __init__(
        self, source: Source, estimator: PoseEstimator, *, drop_late: bool | None = None
    ) -> None:
        """Connect a source to an estimator; nothing runs before `with`.

        Args:
            source: Iterated in the capture thread. The caller closes it, after this pipeline.
                Frames that it makes without a time are timed by the clock if it is live, and by its
                frame rate, or 30 per second, if not.
            estimator: Called in the inference thread, for one frame at a time.
            drop_late: Whether to drop frames that come while the network is busy; unless given,
                those of a live source are.
        """
        self._source = source
        self._estimator = estimator
        is_live = source.info.is_live if drop_late is None else drop_late
        self._frames: Channel[Frame] = Channel(1 if is_live else _FILE_AHEAD, drop_oldest=is_live)
        self._results: Channel[PosedFrame] = Channel(1 if is_live else _RESULTS_AHEAD)
        self.capture_s = Samples()
        """Seconds to get each frame from the source; a live one is also waited for."""
        self._last_frame_s: float | None = None
        self._threads = WorkerThreads({"inference": self._process_frames, "capture": self._capture})

    @property
    def silent_s(self) -> float:
        """Seconds since the source delivered its last frame; 0 before the first one."""
        return 0.0 if self._last_frame_s is None else time.perf_counter() - self._last_frame_s

    def close(self) -> None:
        """Stop and join the threads; one that does not return in time is left behind, and named."""
        try:
            self._source.stop()
            self._frames.cancel()
            self._results.cancel()
        finally:
            self._threads.join(self._source.info.name)

    def __iter__(self) -> Iterator[PosedFrame]:
        return iter(self._results)

    def get(self, timeout_s: float | None = None) -> PosedFrame:
        """Return the next result.

        Raises:
            TimeoutError: If none came in time.
            EndOfChannel: If the source has ended.
            LivePoseError: If the source or the estimator failed.
        """
        return self._results.get(timeout_s)

    def _capture(self) -> None:
        """Put the source's frames into the frames channel, and behind them its error."""
        clock = FrameClock.of_stream(self._source.info)
        try:
            for frame in timed(self._source, self.capture_s):
                self._last_frame_s = time.perf_counter()
                if not self._frames.put(clock.stamp(frame)):
                    break
                del frame  # it is the channel's now
        except BaseException as error:
            self._frames.end(error)
        finally:
            self._frames.end()

    def _process_frames(self) -> None:
        """Take one frame after the other through the estimator."""
        try:
            # Room first, frame second: a frame taken early would grow old waiting for its turn.
            while self._results.wait_for_room():
                frame = self._frames.get()
                posed = self._estimator.infer(frame, self._estimator.preprocess(frame))
                self._results.put(self._estimator.update(posed))
        except BaseException as error:
            self._results.end(None if isinstance(error, EndOfChannel) else error)
        finally:
            self._frames.cancel()
