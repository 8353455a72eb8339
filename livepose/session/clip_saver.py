"""Save the frames that a window has kept: a video as it was shown, and its poses beside it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from livepose.core.errors import LivePoseError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import Closeable
from livepose.draw import Style, paint
from livepose.export import RecordingMetadata, open_exporter
from livepose.pipeline.background_task import BackgroundTask
from livepose.sinks import Quality
from livepose.sinks.frame_ring import KeptFrame

_log = logging.getLogger(__name__)


class ClipSaver(Closeable):
    """Writes one clip after the other, in a thread, so that nothing waits for it.

    Of `NAME.mp4` the poses are in `NAME.jsonl`: frame 0 and time 0 are those of the clip.
    """

    def __init__(
        self,
        metadata: RecordingMetadata,
        quality: Quality = Quality.FAST,
        check_stop: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to write.

        Args:
            metadata: Of the run that the frames are from.
            quality: How much work the encoder spends on a smaller file.
            check_stop: Called with each frame; what it raises breaks the clip off, and its parts
                stay beside its target.
        """
        self.saved: list[Path] = []
        """The files that were finished."""
        self.errors: list[str] = []
        """Why clips could not be written."""
        self._metadata = metadata
        self._quality = quality
        self._check_stop = check_stop
        self._task: BackgroundTask | None = None
        self._result = ""

    @property
    def is_saving(self) -> bool:
        return self._task is not None

    def save(self, kept: Sequence[KeptFrame], style: Style, target: Path) -> None:
        """Begin to write a clip.

        Args:
            kept: Its frames, at least one.
            style: How skeletons look.
            target: Of the video; it ends in `.mp4`.

        Raises:
            ValueError: If another clip is being saved.
        """
        if self._task is not None:
            raise ValueError("one clip is saved at a time")
        self._task = BackgroundTask("clip", lambda: self._save(kept, style, target))

    def finished(self) -> str:
        """Return what to say of a clip that has been finished since the last call, or ""."""
        if self._task is None or not self._task.is_done:
            return ""
        self.close()
        return self._result

    def close(self) -> None:
        """Wait for the clip that is being saved, if there is one."""
        task, self._task = self._task, None
        if task is None:
            return
        try:
            task.join()
        except LivePoseError as error:
            self.errors.append(str(error))
            _log.warning("%s; everything else continues", error)
            self._result = "saving failed: see the terminal"

    def _save(self, kept: Sequence[KeptFrame], style: Style, target: Path) -> None:
        from livepose.sinks.video import VideoSink  # with PyAV, which takes long to import

        first = kept[0].posed.frame
        data = target.with_suffix(".jsonl")
        info = replace(
            self._metadata.info,
            width_px=first.width_px,
            height_px=first.height_px,
            frame_count=len(kept),
            origin_s=0.0,
            path=None,
        )
        with ExitStack() as stack:
            exporter = stack.enter_context(open_exporter(data, replace(self._metadata, info=info)))
            video = stack.enter_context(
                VideoSink(target, info, starts_at_first_frame=True, quality=self._quality)
            )
            try:
                for number, each in enumerate(kept):
                    self._check_stop()
                    posed = _renumbered(each.decoded(), number, first.time_s)
                    video.write(paint(posed, style))
                    exporter.write(posed)
            except (KeyboardInterrupt, LivePoseError):
                part = video.keep_part()
                if part is not None:  # else the error says where it is
                    frames = video.frames_written
                    _log.warning("what was written (%d frames) is in %s", frames, part)
                raise
        self.saved += [target, data]
        self._result = f"saved {target.name}"


def _renumbered(posed: PosedFrame, number: int, start_s: float) -> PosedFrame:
    """Return a frame with its number in a clip, and its time since the start of the clip."""
    frame = replace(
        posed.frame, index=number, time_s=posed.frame.time_s - start_s, skipped_frames=0
    )
    return replace(posed, frame=frame, is_scene_start=posed.is_scene_start or number == 0)
