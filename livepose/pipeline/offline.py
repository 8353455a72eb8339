"""The offline pipeline: threads that each take frames all the way from the source to the files.

Each of the threads does this, again and again, with a batch of frames:

    [ read, preprocess ]  => [ infer ] => [ update, paint ]  =>  [ write ]
      one thread at a time    all at        in the order of       in the order of
      (a lock); numbers       once          the batches           the batches
      the batches                           (a Sequencer)         (another Sequencer)

So one thread may write batch 0 while another updates batch 1 and a third one infers batch 2. There
is no channel of frames and no capture thread: one thread for each step would spend more on handing
frames over than it gains. On two cores, two threads like these process a fifth more frames per
second.

**Order.** `update` and `paint` are called once for each frame, in the order of the frames. `paint`
may keep a result until later ones are known. `write` gets what it returns, in order, and is never
called twice at once. The first frame is a batch of its own, and updated before the second one is
begun: where somebody is in it helps to find them in those behind it. From then on, as many frames
as `estimator.in_flight` are begun before the first of them is updated, so the same file gives the
same results on every run.

**Errors.** A step that fails cuts its batch short: the frames before the failing one go on, and the
error travels behind them to the batch's turn to write. There they are written, and the error ends
the pipeline: `wait` raises it with its traceback. Later batches are never written. The end of the
source travels the same way.

**Closing.** `close` lets no further batch be updated, and waits for all threads, however long they
take. Batches that are painted by then are written: the consumer may have kept some of their frames,
and would miss the rest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Protocol, TypeVar

from livepose.core.frame import Frame, PosedFrame
from livepose.core.frame_clock import FrameClock
from livepose.core.interfaces import PoseEstimator, Source
from livepose.core.region import PreparedInput
from livepose.pipeline.channel import Channel, EndOfChannel
from livepose.pipeline.metrics import Samples, timed
from livepose.pipeline.sequencer import Sequencer
from livepose.pipeline.worker_threads import ThreadedPipeline, WorkerThreads

T = TypeVar("T")
R = TypeVar("R")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class PaintedResult:
    """A result on its way from `ResultConsumer.paint` to `write`."""

    posed: PosedFrame
    painted: Frame | None
    """None where nobody looks at it."""


class ResultConsumer(Protocol):
    """What an `OfflinePipeline` does with its results, in its own threads."""

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        """Take the next result, and paint those that are final now: it, or some before it.

        Called in order, while `write` may be busy with earlier ones.
        """

    def write(self, results: Sequence[PaintedResult]) -> None:
        """Write some results. Called in order, by one thread at a time."""


class OfflinePipeline(ThreadedPipeline):
    """Runs a source's frames through an estimator into a consumer, and loses none.

    >>> from livepose import Estimator, load_model
    >>> from livepose.pipeline import OfflinePipeline, PaintedResult
    >>> from livepose.sources import open_demo
    >>> class PersonCounter:
    ...     def __init__(self):
    ...         self.counts = []
    ...     def paint(self, posed):
    ...         return [PaintedResult(posed, None)]
    ...     def write(self, results):
    ...         self.counts += [len(result.posed.poses) for result in results]
    >>> counter = PersonCounter()
    >>> with open_demo(frame_count=3) as source, load_model("lightning") as model:
    ...     with OfflinePipeline(source, Estimator(model), counter) as pipeline:
    ...         is_done = pipeline.wait(60)
    >>> is_done, counter.counts
    (True, [1, 1, 1])
    """

    def __init__(
        self,
        source: Source,
        estimator: PoseEstimator,
        consumer: ResultConsumer,
        *,
        threads: int | None = None,
    ) -> None:
        """Connect a source, an estimator and a consumer; nothing runs before `with`.

        Args:
            source: Read by all threads, one at a time. The caller closes it, after this pipeline.
            estimator: Called by all threads.
            consumer: Called by all threads.
            threads: How many threads work side by side: at most, and unless given, as many as the
                estimator may have frames in flight. Each takes an equal share of those at a time.
        """
        self._estimator = estimator
        self._consumer = consumer
        self.capture_s = Samples()
        """Seconds to get each frame from the source."""
        clock = FrameClock.of_stream(source.info)
        self._frames = map(clock.stamp, timed(source, self.capture_s))
        self._reading = threading.Lock()
        self._batch_numbers = count()
        self._updating, self._writing = Sequencer(), Sequencer()
        # Nothing is put into it: it carries the end, or the error, to whoever waits.
        self._outcome: Channel[None] = Channel(1)
        self._is_closed = False
        self._unreported_error: BaseException | None = None
        threads = min(threads or estimator.in_flight, estimator.in_flight)
        self._batch_size = estimator.in_flight // threads
        self._threads = WorkerThreads(
            {f"inference-{n}": self._process_batches for n in range(1, threads + 1)}
        )

    def close(self) -> None:
        """Stop the threads and wait for them; what is painted by then is written.

        An error that nobody has waited for is logged.
        """
        self._is_closed = True
        try:
            self._outcome.cancel()
            self._updating.stop()
        finally:
            self._threads.join_all()
        error, self._unreported_error = self._unreported_error, None
        if error is not None:
            _log.warning("%s", error)

    def wait(self, timeout_s: float) -> bool:
        """Wait until all frames are written.

        Returns:
            Whether they are.

        Raises:
            LivePoseError: If the source, the estimator or the consumer failed.
        """
        try:
            self._outcome.get(timeout_s)
        except TimeoutError:
            return False
        except EndOfChannel:
            return True
        except BaseException as error:
            if error is self._unreported_error:
                self._unreported_error = None
            raise
        return True

    def _process_batches(self) -> None:
        """Take one batch after the other all of its way."""
        number = 0
        is_turn = False
        try:
            while not self._is_closed:
                with self._reading:
                    number = next(self._batch_numbers)
                    if number == 1 and not self._updating.wait_for(number):
                        self._end_writing(number)
                        break
                    frames, error = take_batch(self._frames, self._batch_size if number else 1)
                    prepared, error = map_until_error(self._preprocess, frames, error)
                inferred, error = map_until_error(self._infer, prepared, error)
                if not self._updating.wait_for(number):
                    self._end_writing(number)
                    break
                # Both are mostly Python: done one after the other, they need not compete for the
                # interpreter, while the other thread is in the network or the encoder.
                updated, error = map_until_error(self._estimator.update, inferred, error)
                ready, error = map_until_error(self._consumer.paint, updated, error)
                painted = [result for results in ready for result in results]
                self._updating.advance()
                is_turn = self._writing.wait_for(number)
                if not is_turn:
                    break
                if painted:
                    self._consumer.write(painted)
                if error is not None:
                    raise error
                is_turn = False
                self._writing.advance()
        except BaseException as error:
            # The frames before this batch come first.
            if is_turn or self._writing.wait_for(number):
                failure = None if isinstance(error, EndOfChannel) else error
                self._unreported_error = failure
                self._outcome.end(failure)
            self._writing.stop()
        finally:
            self._updating.stop()

    def _end_writing(self, number: int) -> None:
        """Let nobody write any more once all batches before this one are written."""
        self._writing.wait_for(number)
        self._writing.stop()

    def _preprocess(self, frame: Frame) -> tuple[Frame, PreparedInput]:
        return frame, self._estimator.preprocess(frame)

    def _infer(self, prepared: tuple[Frame, PreparedInput]) -> PosedFrame:
        return self._estimator.infer(*prepared)


def take_batch(frames: Iterator[T], size: int) -> tuple[list[T], BaseException | None]:
    """Return the next frames, and what came behind them if they are fewer than `size`.

    That is the source's error, or `EndOfChannel` where the source has ended.
    """
    batch: list[T] = []
    try:
        while len(batch) < size:
            batch.append(next(frames))
    except StopIteration:
        return batch, EndOfChannel()
    except BaseException as error:
        return batch, error
    return batch, None


def map_until_error(
    function: Callable[[T], R], items: Sequence[T], error: BaseException | None
) -> tuple[list[R], BaseException | None]:
    """Call a function for each item, up to the first for which it fails.

    Args:
        function: What is called.
        items: In their order.
        error: What came behind the items.

    Returns:
        The results, and the error that comes behind them: the function's, else the one given.
    """
    results: list[R] = []
    try:
        for item in items:
            results.append(function(item))
    except BaseException as earlier:
        return results, earlier
    return results, error
