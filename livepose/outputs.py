"""Where the poses of a run go beside the picture: files, other programs, a report."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export import Recording, open_exporter
from livepose.export.jsonl import line_of
from livepose.export.report import Report
from livepose.memory import Memory
from livepose.options import Options
from livepose.send import open_sender


class Outputs(PoseSink):
    """Writes each frame's poses to several places."""

    def __init__(self, sinks: Sequence[PoseSink] = (), files: Sequence[Path] = ()) -> None:
        self.saved = tuple(files)
        """What was written, once all is closed."""
        self._stack = ExitStack()
        self._sinks = [self._stack.enter_context(sink) for sink in sinks]

    def write(self, posed: PosedFrame) -> None:
        for sink in self._sinks:
            sink.write(posed)

    def close(self) -> None:
        """Finish every one, also when one of them fails."""
        self._stack.close()


def open_outputs(options: Options, recording: Recording, memory: Memory) -> Outputs:
    """Open all that was asked for.

    Raises:
        OptionError: a format or an address is not known.
        SinkError: one cannot be written to; `TargetExists` where there is something already.
        RuntimeMissing: a format's package is not installed.
    """
    data = options.data
    with ExitStack() as stack:
        sinks = [
            stack.enter_context(
                open_exporter(
                    path,
                    recording,
                    min_score=data.min_score,
                    overwrite=options.overwrite,
                    height_m=data.height_m,
                )
            )
            for path in data.save
        ]
        if data.report is not None:
            report = Report(
                data.report,
                recording.info.name,
                counters=memory.repetitions,
                overwrite=options.overwrite,
            )
            sinks.append(stack.enter_context(report))
        sinks += [stack.enter_context(open_sender(url, line_of)) for url in data.send]
        stack.pop_all()
    files = (*data.save, *((data.report,) if data.report else ()))
    return Outputs(sinks, files)
