"""What happens to each result of a pipeline: paint, write its poses, record, show, count."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import FrameSink, PoseSink
from livepose.draw import Style, paint
from livepose.pipeline import PaintedResult, Samples
from livepose.pipeline.made_ahead import MadeAhead
from livepose.session.recorder import Recorder
from livepose.session.summary import Summary

if TYPE_CHECKING:
    from livepose.motion.deferred import DeferredSteps
    from livepose.session.viewer import Viewer


class FrameLoop:
    """A pipeline's `ResultConsumer`: takes each result to all of a run's outputs.

    Live, both methods are called in the main thread, which owns the window. Offline, the pipeline's
    threads call them: `paint` for one frame may run beside `write` for the frames before it.
    """

    def __init__(
        self,
        summary: Summary,
        style: Style,
        *,
        recorder: Recorder,
        viewer: Viewer | None = None,
        pose_outputs: PoseSink | None = None,
        virtual_camera: FrameSink | None = None,
        deferred_steps: DeferredSteps | None = None,
        max_frames: int | None = None,
        is_replay: bool = False,
        on_repetition: Callable[[], None] | None = None,
    ) -> None:
        """Connect the outputs of a run.

        Args:
            summary: Updated with each result.
            style: How skeletons look; with a viewer, whose keys change it, the viewer's is used.
            recorder: Takes painted frames while it records.
            viewer: Shows painted frames.
            pose_outputs: Takes poses.
            virtual_camera: Takes painted frames.
            deferred_steps: Motion steps that wait for later frames; painted is what they return.
            max_frames: After this many frames the loop is over.
            is_replay: Whether the poses were saved before: then no time of a network is counted.
            on_repetition: Called, in the thread that writes, when a repetition has been counted.
        """
        self.summary = summary
        self.stages_s = {"inference": Samples(), "draw": Samples(), "write": Samples()}
        self._style = style
        self._recorder = recorder
        self._viewer = viewer
        self._pose_outputs = pose_outputs
        self._virtual_camera = virtual_camera
        self._deferred_steps = deferred_steps
        self._max_frames = max_frames
        self._is_replay = is_replay
        self._on_repetition = on_repetition
        self._repetitions = 0
        if viewer is not None:
            summary.lag_s = viewer.figures.lag_s
        self._started_s = 0.0
        self.last_index = -1
        """Of the last frame that was written."""
        self.last_time_s = -math.inf
        self._next_index = 0
        self._paused_s = 0.0

    def count_from(self, started_s: float) -> None:
        """Count the seconds of the run from a time before its first result."""
        self._started_s = started_s

    @property
    def is_over(self) -> bool:
        """Whether enough frames are done, or the viewer wants to quit."""
        if self._viewer is not None and self._viewer.wants_to_quit:
            return True
        return self._max_frames is not None and self.summary.frames >= self._max_frames

    def paint(self, posed: PosedFrame) -> Sequence[PaintedResult]:
        """Take the next result, and paint those that are final, if they are recorded or published.

        The viewer paints for itself: its window is often smaller than the frame.
        Deferred steps keep a result until later ones are known, and then return several.
        """
        self._started_s = self._started_s or time.perf_counter()
        final = [posed] if self._deferred_steps is None else self._deferred_steps.push(posed)
        return [PaintedResult(each, self._painted(each)) for each in final]

    def flush(self) -> None:
        """Paint and write what the deferred steps still hold, as no more will come."""
        if self._deferred_steps is None:
            return
        results = (
            PaintedResult(posed, self._painted(posed)) for posed in self._deferred_steps.flush()
        )
        if self._viewer is None and self._recorder.is_recording:
            # One thread paints while this one writes, as in the pipeline.
            with MadeAhead(results) as painted:
                for result in painted:
                    self.write([result])
        else:
            for result in results:
                self.write([result])

    def _painted(self, posed: PosedFrame) -> Frame | None:
        if not self._recorder.is_recording and self._virtual_camera is None:
            return None
        if self._viewer is not None and self._viewer.is_stale(posed):
            return None
        start_s = time.perf_counter()
        painted = paint(posed, self._viewer.style if self._viewer else self._style)
        self.stages_s["draw"].add(time.perf_counter() - start_s)
        return painted

    def _add_to_summary(self, posed: PosedFrame) -> None:
        if not self._is_replay:
            self.stages_s["inference"].add(posed.inference_s)
        if posed.frame.is_corrupt:
            self.summary.corrupt_frames.append(posed.frame.index)
        self.summary.add_tracks(posed)

    def write(self, results: Sequence[PaintedResult]) -> None:
        """Write the poses, record, show and count."""
        if self.is_over:
            return
        summary = self.summary
        wanted = [result for result in results if not self._skip_stale(result.posed)]
        if not wanted:
            return
        for result in wanted:
            frame = result.posed.frame
            self.last_index, self.last_time_s = frame.index, frame.time_s
            summary.dropped += self._count_dropped(frame.index)
            self._add_to_summary(result.posed)
            if self._pose_outputs is not None:
                self._pose_outputs.write(result.posed)
            if self._on_repetition is not None:
                counted = len(result.posed.repetitions)
                if counted > self._repetitions:
                    self._on_repetition()
                self._repetitions = counted
        self._record_and_show(wanted)
        now_s = time.perf_counter()
        for result in wanted:
            summary.frames += 1
            summary.frames_with_people += len(result.posed.poses) > 0
            if self._viewer is None:
                summary.lag_s.add(now_s - result.posed.frame.grabbed_s)
        summary.seconds = now_s - self._started_s - self._viewer_paused_s()

    def _skip_stale(self, posed: PosedFrame) -> bool:
        """Return whether a result was in flight when the viewer paused: it is skipped."""
        if self._viewer is None or not self._viewer.is_stale(posed):
            return False
        self._next_index = posed.frame.index + 1
        return True

    def _count_dropped(self, index: int) -> int:
        """Return how many frames before this one were dropped, those of a pause not counted."""
        was_paused = self._viewer_paused_s() > self._paused_s
        dropped = 0 if was_paused else index - self._next_index
        self._next_index, self._paused_s = index + 1, self._viewer_paused_s()
        return dropped

    def _viewer_paused_s(self) -> float:
        return self._viewer.paused_s if self._viewer else 0.0

    def _record_and_show(self, results: Sequence[PaintedResult]) -> None:
        painted = [result.painted for result in results if result.painted is not None]
        start_s = time.perf_counter()
        if self._recorder.is_recording:
            self._recorder.write_all(painted)
            passed_s = time.perf_counter() - start_s
            for _ in painted:
                self.stages_s["write"].add(passed_s / len(painted))
        for result in results:
            if self._viewer is not None:
                self._show(self._viewer, result)
            if self._virtual_camera is not None and result.painted is not None:
                self._virtual_camera.write(result.painted)

    def _show(self, viewer: Viewer, result: PaintedResult) -> None:
        start_s = time.perf_counter()
        shown = viewer.paint(result.posed, result.painted)
        self.stages_s["draw"].add(time.perf_counter() - start_s)
        viewer.show(result.posed, shown, self.summary.dropped)
