"""Capture thread, inference threads, and the results for whoever iterates."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Protocol

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import Closeable, PoseEstimator, Source
from livepose.core.region import PreparedInput
from livepose.pipeline.batches import do_with_all, take_some
from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.metrics import Samples
from livepose.pipeline.sequencer import Turns

_log = logging.getLogger(__name__)

_FILE_AHEAD = 4
"""How many decoded frames of a file may wait: enough to even out slow ones."""
_RESULTS_AHEAD = 2
JOIN_LIMIT_S = 2.0
_THREAD_PREFIX = "livepose-"


class Finishing(Protocol):
    """What is done with results in the pipeline's own threads."""

    def prepare(self, posed: PosedFrame) -> Any:
        """Do what is short; called in order, while `finish` may be at the frames before."""

    def finish(self, prepared: Sequence[Any]) -> None:
        """Do the rest with what `prepare` gave of some frames; in order, never twice at once."""


class Pipeline(Closeable):
    """Source -> frames channel -> estimator -> results channel.

    A live source is never made to wait: the frames channel holds the newest frame alone, and the
    inference thread takes one only when its result will be wanted, so lag cannot grow. A file
    waits, and loses nothing. Errors of the source and of the estimator come out of the iteration,
    behind the results before them.

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
        self,
        source: Source,
        estimator: PoseEstimator,
        *,
        drop_late: bool | None = None,
        finishing: Finishing | None = None,
        threads: int | None = None,
    ) -> None:
        """Join a source to an estimator; nothing runs before `with`.

        Args:
            source: iterated in the capture thread; the caller closes it, after this pipeline.
            estimator: called in the inference threads.
            drop_late: drop frames that come while the network is busy; as the source is live,
                unless given.
            finishing: does what is left to do with each result, where that needs no place in the
                caller's thread: then nothing is to be iterated, and `wait` tells when all is done.
                There is no capture thread then either: two threads on two cores, each of which
                takes a frame all of its way, give a fifth more frames a second than a thread for
                each step.
            threads: that look side by side; as many as the estimator may have frames in flight
                unless given. Each takes as many frames at a time as they then may.
        """
        self._source = source
        self._estimator = estimator
        is_live = source.info.is_live if drop_late is None else drop_late
        self._frames: Channel[Frame] = Channel(1 if is_live else _FILE_AHEAD, drop_oldest=is_live)
        self._results: Channel[PosedFrame] = Channel(1 if is_live else _RESULTS_AHEAD)
        self.capture_s = Samples()
        """Seconds to get each frame from the source; a live one is also waited for."""
        self._finishing = finishing
        self._unread: Iterator[Frame] | None = None
        self._taking = threading.Lock()
        self._numbers = count()
        self._remembering, self._ending = Turns(), Turns()
        threads = min(threads or estimator.in_flight, estimator.in_flight)
        # A live frame that waited for others would grow old.
        self._at_a_time = 1 if is_live else estimator.in_flight // threads
        work = {f"inference-{n}": self._infer for n in range(1, threads + 1)}
        if finishing is None:
            work["capture"] = self._capture
        self._threads = [
            # Daemons, because a camera driver can block in read() for as long as it likes.
            threading.Thread(target=target, name=_THREAD_PREFIX + name, daemon=True)
            for name, target in work.items()
        ]

    def __enter__(self) -> Pipeline:
        for thread in self._threads:
            thread.start()
        return self

    def close(self) -> None:
        """Stop and join the threads; one that does not return in time is left behind, and named."""
        self._frames.cancel()
        self._results.cancel()
        self._remembering.stop()
        self._ending.stop()
        deadline_s = time.monotonic() + JOIN_LIMIT_S
        for thread in self._threads:
            if thread.ident is None:
                continue  # never started
            thread.join(max(0.0, deadline_s - time.monotonic()))
            if self._finishing is not None:
                # It may be writing; what it writes to must not be closed under its hands.
                while thread.is_alive():
                    thread.join(JOIN_LIMIT_S)
            if thread.is_alive():
                _log.warning(
                    "%s is left behind: %s does not return", thread.name, self._source.info.name
                )

    def __iter__(self) -> Iterator[PosedFrame]:
        return iter(self._results)

    def get(self, timeout_s: float | None = None) -> PosedFrame:
        """Take the next result.

        Raises:
            TimeoutError: none came in time.
            EndOfChannel: the source has ended.
            LivePoseError: the source or the estimator failed.
        """
        return self._results.get(timeout_s)

    def wait(self, timeout_s: float) -> bool:
        """Wait for all that `finishing` does; True when it is done.

        Raises:
            LivePoseError: the source, the estimator or `finishing` failed.
        """
        try:
            self._results.get(timeout_s)
        except TimeoutError:
            return False
        except EndOfChannel:
            return True
        raise AssertionError("nothing is to be waited for without `finishing`")

    def _capture(self) -> None:
        try:
            while self._frames.put(self._read()):
                pass
        except EndOfChannel:
            pass
        except BaseException as error:
            self._frames.end(error)
        finally:
            self._frames.end()

    def _read(self) -> Frame:
        """Get the source's next frame.

        Raises:
            EndOfChannel: there is none.
        """
        started_s = time.perf_counter()
        if self._unread is None:
            self._unread = iter(self._source)
        frame = next(self._unread, None)
        if frame is None:
            raise EndOfChannel
        self.capture_s.add(time.perf_counter() - started_s)
        return frame

    def _infer(self) -> None:
        """Look at some frames after others; what has an order is done in the order of frames."""
        number = 0
        try:
            # Room first, frame second: a frame taken early would grow old waiting for its turn.
            while self._results.wait_for_room():
                with self._taking:
                    number = next(self._numbers)
                    frames, error = take_some(self._at_a_time, self._take)
                    taken, error = do_with_all(frames, self._plan, error)
                looked, error = do_with_all(taken, self._look, error)
                if not self._remembering.wait_for(number):
                    break
                # Both are mostly Python: done one after the other, they need not wrestle for the
                # interpreter, while the other thread is in the network or the encoder.
                remembered, error = do_with_all(looked, self._estimator.update, error)
                done, error = do_with_all(remembered, self._prepare, error)
                self._remembering.pass_on()
                if not self._ending.wait_for(number):
                    break
                if done:
                    self._hand_out(done)
                if error is not None:
                    raise error
                self._ending.pass_on()
        except BaseException as error:
            # The frames before this one come first.
            if self._ending.wait_for(number):
                self._results.end(None if isinstance(error, EndOfChannel) else error)
        finally:
            self._remembering.stop()
            self._ending.stop()
            self._frames.cancel()

    def _take(self) -> Frame:
        """Get the next frame.

        Raises:
            EndOfChannel: there is none.
        """
        return self._frames.get() if self._finishing is None else self._read()

    def _plan(self, frame: Frame) -> tuple[Frame, PreparedInput]:
        return frame, self._estimator.preprocess(frame)

    def _look(self, taken: tuple[Frame, PreparedInput]) -> PosedFrame:
        return self._estimator.infer(*taken)

    def _prepare(self, posed: PosedFrame) -> Any:
        return posed if self._finishing is None else self._finishing.prepare(posed)

    def _hand_out(self, results: Sequence[Any]) -> None:
        if self._finishing is not None:
            self._finishing.finish(results)
            return
        for result in results:
            self._results.put(result)
