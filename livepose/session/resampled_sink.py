"""ResampledSink: a file that gets its frames at a constant rate."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.motion.resampling import Resampler


class ResampledSink(PoseSink):
    """Resamples frames on their way to a file."""

    def __init__(self, sink: PoseSink, rate: float) -> None:
        """Take over an open file, and close it at the end.

        Args:
            sink: What writes the file.
            rate: Frames per second.
        """
        self.sink = sink
        self._resampler = Resampler(rate)

    def write(self, posed: PosedFrame) -> None:
        for each in self._resampler.push(posed):
            self.sink.write(each)

    def close(self) -> None:
        """Write what is left, and close the file also if that fails.

        Raises:
            SinkError: If it cannot be written.
        """
        with self.sink:
            for each in self._resampler.flush():
                self.sink.write(each)

    def keep_parts(self) -> Sequence[Path]:
        with suppress(SinkError):
            for each in self._resampler.flush():
                self.sink.write(each)
        return self.sink.keep_parts()
