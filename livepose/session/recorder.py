"""Recordings of one run: the one that was asked for, and those that the `r` key makes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import FrameSink
from livepose.sinks import Quality

if TYPE_CHECKING:
    from livepose.sinks.video import VideoSink

_log = logging.getLogger(__name__)


class Recorder(FrameSink):
    """Writes painted frames to one video file at a time, or to none.

    A file that cannot be written ends neither a window nor the other files of the run.
    """

    def __init__(
        self,
        info: StreamInfo,
        quality: Quality = Quality.FAST,
        check_stop: Callable[[], None] = lambda: None,
        *,
        is_only_output: bool = True,
    ) -> None:
        """Prepare to write.

        Args:
            info: Of the source.
            quality: How much work the encoder spends on a smaller file.
            check_stop: Called while a file is finished; what it raises breaks that off, and the
                file stays beside its target.
            is_only_output: Whether the run has no other output, and ends with an error when its
                file cannot be written.
        """
        self.saved: list[Path] = []
        """The files that were finished."""
        self.errors: list[str] = []
        """Why files could not be written, while the run went on."""
        self._is_only_output = is_only_output
        self._info = info
        self._quality = quality
        self._check_stop = check_stop
        self._sink: VideoSink | None = None
        self._target = Path()

    @property
    def is_recording(self) -> bool:
        return self._sink is not None

    def start(self, target: Path, *, overwrite: bool = False, from_beginning: bool = False) -> Path:
        """Begin a file.

        Args:
            target: Where it will be, once it is finished.
            overwrite: Whether to replace an existing file.
            from_beginning: Whether to keep the source's own times; else the first frame that is
                written is at 0.

        Returns:
            The target.

        Raises:
            SinkError: If it cannot be written.
        """
        from livepose.sinks.video import VideoSink  # with PyAV, which takes long to import

        self._sink = VideoSink(
            target,
            self._info,
            overwrite=overwrite,
            starts_at_first_frame=not from_beginning,
            quality=self._quality,
            check_stop=self._check_stop,
        )
        self._target = target
        return target

    def write(self, frame: Frame) -> None:
        self.write_all((frame,))

    def write_all(self, frames: Sequence[Frame]) -> None:
        """Write frames, if a file is being recorded.

        Raises:
            SinkError: If that fails and the run has no other output. If it has, the recording ends,
                with a warning in the log.
        """
        if self._sink is None:
            return
        try:
            self._sink.write_all(frames)
        except SinkError as error:
            self._sink = None
            if self._is_only_output:
                raise
            self.errors.append(str(error))
            _log.warning("%s; everything else continues", error)

    def stop(self) -> Path | None:
        """Finish the file and move it to its target.

        Returns:
            The target, or None if no frame was written.

        Raises:
            SinkError: If it cannot be finished; `errors` has that too, if the run goes on.
        """
        sink, self._sink = self._sink, None
        if sink is None:
            return None
        try:
            sink.close()
        except KeyboardInterrupt:
            _report_part(sink)
            raise
        except SinkError as error:
            if not self._is_only_output:
                self.errors.append(str(error))
            raise
        if not sink.frames_written:
            return None
        self.saved.append(self._target)
        return self._target

    def close(self) -> None:
        """Finish the file.

        Raises:
            SinkError: If that fails and the run has no other output; else `errors` has it.
        """
        try:
            self.stop()
        except SinkError:
            if self._is_only_output:
                raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file. After an error it stays beside its target, and the log says where."""
        if error is None:
            self.close()
            return
        sink, self._sink = self._sink, None
        if sink is not None:
            _report_part(sink)


def _report_part(sink: VideoSink) -> None:
    part = sink.keep_part()
    if part is not None:
        _log.warning("what was written (%d frames) is in %s", sink.frames_written, part)
