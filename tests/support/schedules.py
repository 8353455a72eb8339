"""Random schedules for a channel and the pipelines: delays, errors, ends and cancels.

Each function runs one schedule, which a seed decides, and returns what went wrong, in a sentence;
an empty one if nothing did. What must be true of every schedule:

- Every item that the reader takes is the one behind the last, unless the channel drops items.
- The reader gets all items up to the end or the error, and then that, once.
- After a cancel, or when the reader leaves early, every thread returns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from random import Random

from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import PoseEstimator, Source
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, PreparedInput, Region
from livepose.pipeline import Channel, EndOfChannel, OfflinePipeline, PaintedResult, Pipeline

LIMIT_S = 30.0
"""A wait that takes longer hangs."""
_LONGEST_DELAY_S = 0.002
_PIXELS = BgrPixels.black(2, 2)
_REGION = Region.letterbox(2, 2)


class ScheduleError(Exception):
    """The error that a schedule raises on purpose."""


class Delays:
    """Random short delays: often none, sometimes only the chance for another thread to run."""

    def __init__(self, chance: Random) -> None:
        self._choices = [
            chance.choice((None, None, 0.0, chance.random() * _LONGEST_DELAY_S)) for _ in range(97)
        ]

    def wait(self, number: int) -> None:
        delay_s = self._choices[number % len(self._choices)]
        if delay_s is not None:
            time.sleep(delay_s)


def run_channel(seed: int) -> str:
    """Let one thread write into a channel, and this one read to its end, or leave early."""
    chance = Random(seed)
    drops = chance.random() < 0.3
    channel: Channel[int] = Channel(chance.randint(1, 4), drop_oldest=drops)
    count, delays = chance.randrange(60), Delays(chance)
    error = ScheduleError() if chance.random() < 0.4 else None
    leaves_after = chance.randrange(count + 1) if chance.random() < 0.3 else None
    writer = _start_writer(channel, count, error, chance)
    taken: list[int] = []
    raised: Exception | None = None
    try:
        while leaves_after is None or len(taken) < leaves_after:
            taken.append(channel.get(LIMIT_S))
            delays.wait(len(taken))
    except (ScheduleError, EndOfChannel, TimeoutError) as reason:
        raised = reason
    channel.cancel()
    writer.join(LIMIT_S)
    if writer.is_alive() or isinstance(raised, TimeoutError):
        return f"a thread hangs behind {taken[-3:]}"
    if raised is None:
        return _unordered(taken) if drops else _incomplete(taken, len(taken))
    if isinstance(raised, ScheduleError) != (error is not None):
        return f"{raised!r} came at the end, in the place of {error!r}"
    if not drops:
        return _incomplete(taken, count)
    newest = [count - 1] if count else []
    return _unordered(taken) or ("" if taken[-1:] == newest else "the newest item was dropped")


def _start_writer(
    channel: Channel[int], count: int, error: ScheduleError | None, chance: Random
) -> threading.Thread:
    """Start a thread that puts so many numbers into a channel, and the end behind them."""
    delays = Delays(chance)
    waits_for_room = [chance.random() < 0.3 for _ in range(count)]

    def write() -> None:
        for number, waits in enumerate(waits_for_room):
            delays.wait(number)
            if waits and not channel.wait_for_room():
                return
            if not channel.put(number):
                return
        channel.end(error)

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    return thread


def run_live(seed: int) -> str:
    """Take the results of a live pipeline, to its end or not."""
    chance = Random(seed)
    source, estimator = _RandomSource(chance, is_live=chance.random() < 0.4), _Estimator(chance)
    leaves_after = chance.randrange(20) if chance.random() < 0.3 else None
    delays = Delays(chance)
    taken: list[int] = []
    error: BaseException | None = None
    with Pipeline(source, estimator) as pipeline:
        try:
            while leaves_after is None or len(taken) < leaves_after:
                taken.append(pipeline.get(LIMIT_S).frame.index)
                delays.wait(len(taken))
        except TimeoutError:
            return f"nothing came behind {taken[-3:]}"
        except EndOfChannel:
            pass
        except ScheduleError as raised:
            error = raised
    if leaves_after is not None and len(taken) == leaves_after:
        return _unordered(taken)
    expected = estimator.error_at(source.count) or source.error
    if source.info.is_live:
        # Which frames are dropped is a matter of chance: also whether the failing one is.
        is_known = error is None or error in (source.error, *estimator.errors)
        return _unordered(taken) or ("" if is_known else f"{error!r} came from nowhere")
    if error is not expected:
        return f"{error!r} came in the place of {expected!r}"
    return _incomplete(taken, estimator.count_before_error(source.count))


def run_offline(seed: int) -> str:
    """Wait for an offline pipeline, or close it before its end."""
    chance = Random(seed)
    source = _RandomSource(chance, is_live=False)
    estimator = _Estimator(chance, in_flight=chance.choice((1, 2, 2, 3, 4, 6)))
    consumer = _Consumer(chance, fails=chance.random() < 0.2)
    closes_early = chance.random() < 0.3
    threads = chance.choice((None, 1, 2, 3))
    is_done, error = False, None
    with OfflinePipeline(source, estimator, consumer, threads=threads) as pipeline:
        try:
            is_done = pipeline.wait(chance.random() * 0.02 if closes_early else LIMIT_S)
        except ScheduleError as raised:
            error = raised
    if consumer.overlaps:
        return "two threads wrote at once"
    if not is_done and error is None:
        return _incomplete(consumer.written, len(consumer.written)) if closes_early else "it hangs"
    failures = [
        (source.count, source.error),
        *((number, error) for number, error in estimator.failures.items() if number < source.count),
        *((number, error) for number, error in consumer.failures.items() if number < source.count),
    ]
    count, expected = min(failures, key=lambda failure: failure[0])
    if error is not expected:
        return f"{error!r} came in the place of {expected!r}"
    return _incomplete(consumer.written, count)


SCHEDULES: Mapping[str, Callable[[int], str]] = {
    "channel": run_channel,
    "live pipeline": run_live,
    "offline pipeline": run_offline,
}


def _unordered(taken: Sequence[int]) -> str:
    return "" if list(taken) == sorted(set(taken)) else f"out of order: {taken}"


def _incomplete(taken: Sequence[int], count: int) -> str:
    return "" if list(taken) == list(range(count)) else f"{taken} came instead of {count} items"


class _RandomSource(Source):
    """A few frames with delays between them, and perhaps an error behind them."""

    def __init__(self, chance: Random, *, is_live: bool) -> None:
        self.count = chance.randrange(40)
        self.error = ScheduleError("of the source") if chance.random() < 0.3 else None
        self._delays = Delays(chance)
        self._info = StreamInfo("random", 2, 2, is_live=is_live, frame_rate=Fraction(30))

    @property
    def info(self) -> StreamInfo:
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.count):
            self._delays.wait(index)
            yield Frame(_PIXELS, index, index / 30, time.perf_counter())
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        """Nothing is held."""


class _Estimator(PoseEstimator):
    """Finds nobody, with a delay in each step, and perhaps fails in one step of one frame."""

    def __init__(self, chance: Random, in_flight: int = 1) -> None:
        self.failures: dict[int, ScheduleError] = {}
        self._in_flight = in_flight
        self._delays = [Delays(chance) for _ in range(3)]
        self._failing_step = chance.randrange(3)
        if chance.random() < 0.3:
            self.failures[chance.randrange(40)] = ScheduleError("of the estimator")

    @property
    def in_flight(self) -> int:
        return self._in_flight

    @property
    def errors(self) -> list[ScheduleError]:
        return list(self.failures.values())

    def error_at(self, count: int) -> ScheduleError | None:
        """Return the error of the first of so many frames that fails."""
        return next((error for number, error in self.failures.items() if number < count), None)

    def count_before_error(self, count: int) -> int:
        """Return how many of so many frames come before the one that fails."""
        return min([count, *self.failures])

    def preprocess(self, frame: Frame) -> PreparedInput:
        self._do(0, frame)
        return PreparedInput(_REGION, (ModelInput(_PIXELS.bgr()[None], _REGION),))

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        self._do(1, frame)
        return PosedFrame(frame, Poses.empty(), _REGION, 0.0)

    def update(self, posed: PosedFrame) -> PosedFrame:
        self._do(2, posed.frame)
        return posed

    def _do(self, step: int, frame: Frame) -> None:
        self._delays[step].wait(frame.index)
        if step == self._failing_step and frame.index in self.failures:
            raise self.failures[frame.index]


class _Consumer:
    """Keeps the numbers of frames, with delays, and perhaps fails to paint one."""

    def __init__(self, chance: Random, *, fails: bool) -> None:
        self.written: list[int] = []
        self.overlaps = 0
        self.failures: dict[int, ScheduleError] = {}
        self._delays = (Delays(chance), Delays(chance))
        self._is_writing = threading.Lock()
        if fails:
            self.failures[chance.randrange(40)] = ScheduleError("of the consumer")

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        index = posed.frame.index
        self._delays[0].wait(index)
        if index in self.failures:
            raise self.failures[index]
        return [PaintedResult(posed, None)]

    def write(self, results: Sequence[PaintedResult]) -> None:
        if not self._is_writing.acquire(blocking=False):
            self.overlaps += 1
            return
        try:
            for result in results:
                self._delays[1].wait(result.posed.frame.index)
                self.written.append(result.posed.frame.index)
        finally:
            self._is_writing.release()
