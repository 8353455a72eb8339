"""Where the poses of a run go: files, other programs, a report."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.core.errors import ReaderLeft, SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.pixels import BgrPixels
from livepose.export import (
    FORMATS,
    STANDARD_OUTPUT,
    RecordingMetadata,
    format_of,
    open_exporter,
)
from livepose.export.metadata import describe
from livepose.session.options import Options

if TYPE_CHECKING:
    from livepose.analysis.repetitions import Repetitions
    from livepose.session.report_pictures import ReportPictures

_log = logging.getLogger(__name__)

_BATCH_S = 0.1
_BATCH_FILM_S = 0.5
"""A killed run loses no more of the film, however fast it is."""


class PoseOutputs(PoseSink):
    """Writes each frame's poses to several places; one that fails does not stop the others.

    From file to file a frame takes 3 ms, in which the network, the codecs and the painting each
    fill the processor's caches anew. So files are written for a tenth of a second's frames at a
    time, which takes a third of the time. `close` writes what waits; a killed run loses it.
    """

    def __init__(
        self,
        senders: Sequence[PoseSink],
        files: Mapping[Path, PoseSink],
        *,
        batches_writes: bool,
        is_only_output: bool = False,
    ) -> None:
        """Take over open sinks, and close them at the end.

        Args:
            senders: Each gets every frame at once.
            files: What writes each file; gets frames at once too, or several together.
            batches_writes: Whether frames may wait for others before they are written to files.
            is_only_output: Whether the run has no other output.
        """
        self.saved: list[Path] = []
        """The files that were finished; known once all are closed."""
        self.errors: list[str] = []
        """Why files could not be written, while the others were."""
        self._senders, self._files = tuple(senders), dict(files)
        self._batch_s = _BATCH_S if batches_writes else 0.0
        self._is_only_output = is_only_output
        self._waiting: list[PosedFrame] = []
        self._written_s = time.perf_counter()

    def write(self, posed: PosedFrame) -> None:
        """Pass a frame on. A file that cannot be written is dropped, with a warning in the log.

        Raises:
            SinkError: If the last file was dropped and the run has no other output; `ReaderLeft` if
                that was standard output, and its reader has ended.
        """
        for sender in self._senders:
            sender.write(posed)
        if not self._files:
            return
        self._write_to([path for path, sink in self._files.items() if sink.needs_pixels], [posed])
        # Only the size of the frame is kept: its pixels are megabytes.
        black = BgrPixels.black(posed.frame.width_px, posed.frame.height_px)
        self._waiting.append(replace(posed, frame=replace(posed.frame, pixels=black)))
        film_s = posed.frame.time_s - self._waiting[0].frame.time_s
        is_long = film_s >= _BATCH_FILM_S
        if is_long or time.perf_counter() - self._written_s >= self._batch_s:
            self._write_files()
            if self._is_only_output and not self._files:
                raise SinkError(self.errors[-1])

    def close(self) -> None:
        """Write what waits and close every sink, also if one of them fails."""
        with ExitStack() as stack:
            for sender in self._senders:
                stack.callback(self._close, sender)
            for path in reversed(self._files):
                stack.callback(self._close_file, path)
            self._write_files()

    def keep_parts(self) -> list[Path]:
        """Write what waits and leave all files unfinished; the log says where they are."""
        files = dict(self._files)
        with suppress(SinkError):
            self._write_files()
        parts = [part for sink in files.values() for part in sink.keep_parts()]
        self._files.clear()
        for sender in self._senders:
            self._close(sender)
        if parts:
            _log.warning("what was written is in %s", _listed(parts))
        return parts

    def raise_errors(self) -> None:
        """Raise the first error, if there was one.

        Raises:
            SinkError: If a file could not be written.
        """
        if self.errors:
            raise SinkError(self.errors[0])

    def _write_files(self) -> None:
        batch, self._waiting = self._waiting, []
        self._write_to([path for path, sink in self._files.items() if not sink.needs_pixels], batch)
        self._written_s = time.perf_counter()

    def _write_to(self, paths: Sequence[Path], batch: Sequence[PosedFrame]) -> None:
        """Write frames to some files; one that cannot be written is dropped."""
        for path in paths:
            sink = self._files[path]
            try:
                for posed in batch:
                    sink.write(posed)
            except ReaderLeft:
                del self._files[path]
                sink.close()
                if self._is_only_output and not self._files and not self.errors:
                    raise
            except SinkError as error:
                del self._files[path]
                message = _with_places(error, sink.keep_parts())
                self.errors.append(message)
                if self._files or not self._is_only_output:
                    _log.warning("%s; everything else continues", message)

    def _close_file(self, path: Path) -> None:
        sink = self._files.pop(path, None)
        if sink is not None and self._close(sink) and path != STANDARD_OUTPUT:
            self.saved += _paths_of(sink, path)

    def _close(self, sink: PoseSink) -> bool:
        """Close a sink, and return whether that went well."""
        try:
            sink.close()
        except SinkError as error:
            self.errors.append(_with_places(error, sink.keep_parts()))
            return False
        return True


def open_pose_outputs(
    options: Options,
    metadata: RecordingMetadata,
    repetitions: Sequence[Repetitions],
    *,
    batches_writes: bool,
    is_only_output: bool = False,
    feedback: PoseSink | None = None,
    on_listening: Callable[[str], None] = lambda url: None,
) -> PoseOutputs:
    """Open all outputs of poses that were asked for, or none: if one is refused, no file is left.

    Args:
        options: Of the run.
        metadata: Whose poses.
        repetitions: The counters that a report is about.
        batches_writes: Whether frames may wait for others before they are written to files.
        is_only_output: Whether nothing but poses comes of the run: then it ends when no file can be
            written any more.
        feedback: Where poses go back to the source of the frames, if they do.
        on_listening: Called with the address of each server, with the token that was made for it.

    Raises:
        OptionError: If a format or an address is unknown, a file is given twice, or a file is an
            input of the run.
        SinkError: If an output cannot be written to; `TargetExists` if a file exists already.
        RuntimeMissing: If the package that a format needs is not installed.
    """
    with ExitStack() as stack:
        senders = [stack.enter_context(sender) for sender in _open_senders(options, on_listening)]
        if feedback is not None:
            senders.insert(0, feedback)  # it is nearest: somebody looks at it
        sinks = _open_files(options, metadata, repetitions)
        opened = [stack.enter_context(sink) for sink in sinks]
        stack.pop_all()
    return PoseOutputs(
        senders,
        dict(zip(options.data.files, opened, strict=True)),
        batches_writes=batches_writes,
        is_only_output=is_only_output and not senders,
    )


def _open_senders(options: Options, on_listening: Callable[[str], None]) -> Iterator[PoseSink]:
    for url in options.streaming.send:
        from livepose.export.jsonl import frame_line
        from livepose.send import open_sender  # with sockets, which few runs need

        yield open_sender(
            url,
            frame_line,
            allowed_origins=options.streaming.allowed_origins,
            token=options.output.token,
            on_listening=on_listening,
        )


def _open_files(
    options: Options, metadata: RecordingMetadata, repetitions: Sequence[Repetitions]
) -> Iterator[PoseSink]:
    """Open what writes each file, in the order of `DataOptions.files`."""
    data = options.data
    for path in data.save:
        rate = data.resample_rate if FORMATS[format_of(path)].has_own_rate else None
        exporter = open_exporter(
            path,
            metadata if rate is None else _at_rate(metadata, rate),
            min_score=data.min_score,
            overwrite=options.output.overwrite,
            height_m=data.height_m,
            csv_header=data.csv_header,
        )
        if rate is None:
            yield exporter
        else:
            from livepose.session.resampled_sink import ResampledSink  # few runs resample

            yield ResampledSink(exporter, rate)
    for path in data.reports:
        from livepose.analysis.report.report import Report

        yield Report(
            path,
            metadata.info.name,
            counters=repetitions,
            overwrite=options.output.overwrite,
            picture=_picture_maker(path, options),
            notes=list(describe(metadata, "degrees").items()),
        )


def _picture_maker(path: Path, options: Options) -> ReportPictures | None:
    """Return what makes the pictures of a page; None for an image, which has none."""
    if path.suffix.lower() != ".html":
        return None
    from livepose.session.report_pictures import ReportPictures
    from livepose.session.style import style_of

    return ReportPictures(style_of(options))


def _at_rate(metadata: RecordingMetadata, rate: float) -> RecordingMetadata:
    """Return what a resampled file says of its recording."""
    frame_rate = Fraction(rate).limit_denominator(1001)
    info = replace(metadata.info, frame_rate=frame_rate, frame_count=None)
    return replace(metadata, info=info)


def _paths_of(sink: PoseSink, path: Path) -> list[Path]:
    """Return the files that an exporter has written: one, or one for each person."""
    each_person = [ending for ending, known in FORMATS.items() if known.is_for_each_person]
    if not path.name.lower().endswith(tuple(each_person)):
        return [path]
    from livepose.export.opensim import OpenSimExporter
    from livepose.session.resampled_sink import ResampledSink

    sink = sink.sink if isinstance(sink, ResampledSink) else sink
    return sink.paths if isinstance(sink, OpenSimExporter) else [path]


def _with_places(error: SinkError, parts: Sequence[Path]) -> str:
    """Return why a file could not be written, and where what there is of it can be found."""
    return f"{error}; what was written is in {_listed(parts)}" if parts else str(error)


def _listed(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))
