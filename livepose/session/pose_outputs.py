"""Where the poses of a run go beside the picture: files, other programs, a report."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

from livepose.analysis.report.report import Report
from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.pixels import BgrPixels
from livepose.export import RecordingMetadata, check_angles, open_exporter
from livepose.export.jsonl import frame_line
from livepose.session.motion_steps import Memory
from livepose.session.options import Options

_log = logging.getLogger(__name__)

_GATHER_S = 0.1


class Outputs(PoseSink):
    """Writes each frame's poses to several places.

    From file to file a frame is done in 3 ms, of which the network, the codecs and the painting
    fill the processor's caches anew each time: files are written for a tenth of a second's frames
    together, which takes a third of the time. `close` writes what waits; a killed run loses it.
    """

    def __init__(
        self,
        senders: Sequence[PoseSink],
        files: Mapping[Path, PoseSink],
        *,
        gathers: bool,
        is_all: bool = False,
    ) -> None:
        """Own what is open.

        Args:
            senders: take each frame at once.
            files: what writes each file; takes it at once too, or together with others.
            gathers: whether frames for files may wait for others.
            is_all: whether nothing else comes of the run.
        """
        self.saved: list[Path] = []
        """What was written, once all is closed."""
        self.complaints: list[str] = []
        """What could not be written, while the others were."""
        self._senders, self._files = tuple(senders), dict(files)
        self._waits_s = _GATHER_S if gathers else 0.0
        self._is_all = is_all
        self._waiting: list[PosedFrame] = []
        self._done_s = time.perf_counter()

    def write(self, posed: PosedFrame) -> None:
        """Pass a frame on; a file that cannot be written goes on without.

        Raises:
            SinkError: it was the last one, and nothing else comes of the run.
        """
        for sender in self._senders:
            sender.write(posed)
        if not self._files:
            return
        self._waiting.append(_without_picture(posed))
        if time.perf_counter() - self._done_s >= self._waits_s:
            self._write_files()
            if self._is_all and not self._files:
                raise SinkError(self.complaints[-1])

    def close(self) -> None:
        """Write what waits, and finish every one, also where one of them fails."""
        with ExitStack() as stack:
            for sender in self._senders:
                stack.callback(self._close, sender)
            for path in reversed(self._files):
                stack.callback(self._finish, path)
            self._write_files()

    def check(self) -> None:
        """Say what could not be written.

        Raises:
            SinkError: so it was.
        """
        if self.complaints:
            raise SinkError(self.complaints[0])

    def _write_files(self) -> None:
        gathered, self._waiting = self._waiting, []
        for path, sink in list(self._files.items()):
            try:
                for posed in gathered:
                    sink.write(posed)
            except SinkError as error:
                self.complaints.append(str(error))
                del self._files[path]
                if self._files or not self._is_all:
                    _log.warning("%s; all else goes on", error)
                with suppress(SinkError):  # that it failed is said already
                    sink.close()
        self._done_s = time.perf_counter()

    def _finish(self, path: Path) -> None:
        sink = self._files.pop(path, None)
        if sink is not None and self._close(sink):
            self.saved.append(path)

    def _close(self, sink: PoseSink) -> bool:
        try:
            sink.close()
        except SinkError as error:
            self.complaints.append(str(error))
            return False
        return True


def _without_picture(posed: PosedFrame) -> PosedFrame:
    """Keep a frame's size: its pixels are megabytes."""
    black = BgrPixels.black(posed.frame.width_px, posed.frame.height_px)
    return replace(posed, frame=replace(posed.frame, pixels=black))


def open_outputs(
    options: Options,
    recording: RecordingMetadata,
    memory: Memory,
    *,
    is_watched: bool,
    is_all: bool = False,
) -> Outputs:
    """Open all that was asked for, or nothing: where one is refused, none is left behind.

    Args:
        options: of the run.
        recording: whose poses.
        memory: counts what a report is about.
        is_watched: whether frames come at their own time; then none of them waits for others.
        is_all: whether nothing else comes of the run; then it ends with the last that fails.

    Raises:
        OptionError: a format or an address is not known, or a file is given twice, or is an input.
        SinkError: one cannot be written to; `TargetExists` where there is something already.
        RuntimeMissing: a format's package is not installed.
    """
    files = options.data.files
    for path in options.data.save:
        check_angles(path, recording.angle_names)
    new = [path for path in files if not path.exists()]
    try:
        with ExitStack() as stack:
            senders = [stack.enter_context(sender) for sender in _senders(options)]
            opened = [stack.enter_context(s) for s in _file_sinks(options, recording, memory)]
            stack.pop_all()
    except BaseException:
        for path in new:
            _remove(path)
        raise
    return Outputs(
        senders,
        dict(zip(files, opened, strict=True)),
        gathers=not is_watched,
        is_all=is_all and not senders,
    )


def _senders(options: Options) -> Iterator[PoseSink]:
    for url in options.streaming.send:
        from livepose.send import open_sender

        yield open_sender(url, frame_line)


def _file_sinks(
    options: Options, recording: RecordingMetadata, memory: Memory
) -> Iterator[PoseSink]:
    data = options.data
    for path in data.save:
        yield open_exporter(
            path,
            recording,
            min_score=data.min_score,
            overwrite=options.output.overwrite,
            height_m=data.height_m,
        )
    if data.report is not None:
        name, counters = recording.info.name, memory.repetitions
        yield Report(data.report, name, counters=counters, overwrite=options.output.overwrite)


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
