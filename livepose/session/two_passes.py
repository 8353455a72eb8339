"""Two passes over a file: everybody is found in the first one, and shown in the second.

In between it is decided who is who, all over the file. The first pass goes through the networks and
writes nothing; the second one reads the file again, takes the poses that were found in the place of
a network's, and does everything else: it mends, smooths, measures, paints and writes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import Closeable, MotionStep, PoseEstimator, Source
from livepose.core.region import PreparedInput
from livepose.motion.backward_search import BackwardSearch
from livepose.motion.first_pass import FirstPass
from livepose.motion.step_chain import StepChain
from livepose.pipeline import OfflinePipeline, PaintedResult
from livepose.sources.limited import LimitedSource
from livepose.system.interrupts import Interrupts

_WAIT_S = 0.05
"""How long to wait for results before signals are looked at again."""


class TwoPasses(Closeable):
    """The first pass, and the estimator of the second."""

    def __init__(
        self,
        finder: PoseEstimator,
        search: BackwardSearch,
        steps: Sequence[MotionStep],
        threads: int,
    ) -> None:
        """Prepare both.

        Args:
            finder: Finds and tracks people, in the first pass.
            search: Follows them backwards in time, there too.
            steps: Applied to each result of the second pass, in this order.
            threads: How many threads take frames side by side.
        """
        self._finder = finder
        self._threads = threads
        self._found = FirstPass(search)
        self.estimator: PoseEstimator = _FoundPoses(self._found, steps, finder.in_flight)
        """Returns for each frame the poses that the first pass has for it."""

    def close(self) -> None:
        """Forget what was found."""
        self._found.close()

    def find(
        self, source: Source, again: Source, interrupts: Interrupts, on_frame: Callable[[int], None]
    ) -> Source:
        """Find everybody, and decide who is who.

        Args:
            source: The frames.
            again: The same, for the second pass.
            interrupts: End the first pass; the second one is of the frames so far.
            on_frame: Called now and then with the number of frames done.

        Returns:
            What is to be read in the second pass. Where the source breaks off in the first one, it
            raises the same error behind its last frame.

        Raises:
            LivePoseError: If a model fails.
        """
        consumer = _Finding(self._found)
        broken_off: SourceError | None = None
        is_done = False
        try:
            with OfflinePipeline(source, self._finder, consumer, threads=self._threads) as pipeline:
                while not interrupts.received and not is_done:
                    is_done = pipeline.wait(_WAIT_S)
                    on_frame(len(self._found))
        except SourceError as error:
            broken_off, is_done = error, True
        self._found.finish()
        return _Again(again if is_done else LimitedSource(again, len(self._found)), broken_off)


class _Finding:
    """A pipeline's `ResultConsumer` in the first pass: nothing is painted or written."""

    def __init__(self, found: FirstPass) -> None:
        self._found = found

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        self._found.push(posed)
        return ()

    def write(self, results: Sequence[PaintedResult]) -> None:
        """Do nothing."""


class _Again(Source):
    """The frames of a source, and then the error with which the first reading of them ended."""

    def __init__(self, source: Source, broken_off: SourceError | None) -> None:
        self._source = source
        self._broken_off = broken_off

    @property
    def info(self) -> StreamInfo:
        return self._source.info

    def __iter__(self) -> Iterator[Frame]:
        yield from self._source
        if self._broken_off is not None:
            raise self._broken_off

    def close(self) -> None:
        self._source.close()


class _FoundPoses(PoseEstimator):
    """Recalls the poses of each frame, in the place of a network."""

    def __init__(self, found: FirstPass, steps: Sequence[MotionStep], in_flight: int) -> None:
        self._found = found
        self._steps = StepChain(steps)
        self._in_flight = in_flight
        # Filled by `preprocess`, emptied by `infer`: one entry per frame, which no threads share.
        self._in_hand: dict[int, PosedFrame] = {}

    @property
    def in_flight(self) -> int:
        return self._in_flight

    def preprocess(self, frame: Frame) -> PreparedInput:
        """Recall what was found in a frame. There is no input, as there is no network.

        Raises:
            SourceError: If the first pass did not come across the frame.
        """
        if frame.index not in self._found:
            raise SourceError(
                f"the clip has changed: frame {frame.index} was not there when it was read first"
            )
        posed = self._in_hand[frame.index] = self._found.recall(frame)
        return PreparedInput(posed.region, ())

    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        return self._in_hand.pop(frame.index)

    def update(self, posed: PosedFrame) -> PosedFrame:
        return self._steps(posed)
