"""Where the poses of a run go beside the picture: files, other programs, a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from livepose.core.errors import OptionError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.export import Recording, check_measured, check_name, open_exporter
from livepose.export.jsonl import line_of
from livepose.export.report import Report, check_report
from livepose.export.target import check_place
from livepose.memory import Memory
from livepose.options import Options, SourceKind


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


def check_outputs(options: Options) -> None:
    """Say no to what can be told of the names alone, before any work is done.

    Raises:
        OptionError: a format or an address is not known, or a file is given twice, or is an input,
            or holds angles and none are measured.
        SinkError: one cannot be there; `TargetExists` where there is something already.
        RuntimeMissing: the report's package is not installed.
    """
    files = _files_of(options)
    for number, path in enumerate(files):
        _check_is_no_input(path, options)
        if path.resolve() in [other.resolve() for other in files[:number]]:
            raise OptionError(f"{path} is given twice: each file needs a name of its own")
    for path in options.data.save:
        check_name(path, overwrite=options.overwrite)
        if options.poses is None:  # where they come from a file, it may have angles of its own
            check_measured(path, options.data.angles)
    if options.data.report is not None:
        check_report(options.data.report, overwrite=options.overwrite)
    for url in options.data.send:
        from livepose.send.address import parse  # with sockets, which few runs need

        parse(url)


def open_outputs(options: Options, recording: Recording, memory: Memory) -> Outputs:
    """Open all that was asked for, or nothing: where one is refused, none is left behind.

    Raises:
        OptionError: a format or an address is not known, or a file is given twice, or is an input.
        SinkError: one cannot be written to; `TargetExists` where there is something already.
        RuntimeMissing: a format's package is not installed.
    """
    check_outputs(options)
    files = _files_of(options)
    for path in options.data.save:
        check_measured(path, recording.angle_names)
    new = [path for path in files if not path.exists()]
    try:
        with ExitStack() as stack:
            sinks = [stack.enter_context(sink) for sink in _opened(options, recording, memory)]
            stack.pop_all()
    except BaseException:
        for path in new:
            _remove(path)
        raise
    return Outputs(sinks, files)


def _opened(options: Options, recording: Recording, memory: Memory) -> Iterator[PoseSink]:
    data = options.data
    # What is sent leaves nothing behind where another is refused, and a report is long to come.
    for url in data.send:
        from livepose.send import open_sender

        yield open_sender(url, line_of)
    for path in data.save:
        yield open_exporter(
            path,
            recording,
            min_score=data.min_score,
            overwrite=options.overwrite,
            height_m=data.height_m,
        )
    if data.report is not None:
        name, counters = recording.info.name, memory.repetitions
        yield Report(data.report, name, counters=counters, overwrite=options.overwrite)


def _files_of(options: Options) -> tuple[Path, ...]:
    report = options.data.report
    return (*options.data.save, *((report,) if report is not None else ()))


def _check_is_no_input(path: Path, options: Options) -> None:
    is_file = options.kind in (SourceKind.VIDEO, SourceKind.PICTURE)
    for source in (Path(options.source) if is_file else None, options.poses):
        check_place(path, source)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
