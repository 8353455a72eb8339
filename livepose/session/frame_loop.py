"""What happens to each result, and what is counted of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from livepose.analysis.angle_meter import AngleRange
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import FrameSink, PoseSink
from livepose.draw import Style, paint
from livepose.motion.deferred import DeferredSteps
from livepose.pipeline import Samples
from livepose.session.recorder import Recorder
from livepose.session.viewer import Viewer


@dataclass(slots=True)
class Summary:
    """What a run did."""

    name: str = ""
    frames: int = 0
    dropped: int = 0
    seconds: float = 0.0
    """From the first result to the last, on the wall clock."""
    is_live: bool = False
    stages_s: dict[str, Samples] = field(default_factory=dict)
    lag_s: Samples = field(default_factory=Samples)
    frames_with_people: int = 0
    labels: list[str] = field(default_factory=list)
    """What was counted."""
    held: Mapping[int, AngleRange] = field(default_factory=dict)
    """How far each angle went, by track id."""
    saved: list[Path] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What is wrong with the source, where everything up to there was done, and which files could
    not be written, where all else was done."""

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds if self.seconds > 0 else 0.0


Prepared = tuple[PosedFrame, Frame | None]
"""A result, and its painted picture where anybody looks at it."""


@dataclass(frozen=True, slots=True)
class Sinks:
    """Who takes each result."""

    recorder: Recorder
    """Takes painted frames while it records."""
    viewer: Viewer | None
    """Shows them, if there is one."""
    outputs: PoseSink | None = None
    """Takes the poses."""
    camera: FrameSink | None = None
    """Takes painted frames too."""


class Loop:
    """What happens to each result: paint, record, show, count."""

    def __init__(
        self,
        max_frames: int | None,
        style: Style,
        summary: Summary,
        sinks: Sinks,
        *,
        later: DeferredSteps | None = None,
    ) -> None:
        """Join what a result goes through.

        Args:
            max_frames: after so many it is over; None for no end.
            style: how it is painted, where no viewer says so.
            summary: counts.
            sinks: take it.
            later: smooths with what comes after, and is painted behind that.
        """
        self.stages_s = {"inference": Samples(), "draw": Samples(), "write": Samples()}
        self._max_frames = max_frames
        self._style = style
        self.summary = summary
        self._recorder, self._viewer = sinks.recorder, sinks.viewer
        self._outputs, self._camera = sinks.outputs, sinks.camera
        if self._viewer is not None:
            summary.lag_s = self._viewer.lag_s
        self._later = later
        self._started_s = 0.0
        self._next_index = 0
        self._paused_s = 0.0

    @property
    def is_over(self) -> bool:
        if self._viewer is not None and self._viewer.wants_to_quit:
            return True
        return self._max_frames is not None and self.summary.frames >= self._max_frames

    def prepare(self, posed: PosedFrame) -> Prepared:
        """Paint, where anybody looks."""
        return posed, None if self._later is not None else self._painted(posed)

    def finish(self, prepared: Sequence[Prepared]) -> None:
        """Write down, record, show, count."""
        if self._later is None:
            self._finish(prepared)
            return
        for posed, _ in prepared:
            for ready in self._later.push(posed):
                self._finish([(ready, self._painted(ready))])

    def flush(self) -> None:
        """Finish what waited for more frames to come: there are none."""
        for ready in self._later.flush() if self._later is not None else ():
            self._finish([(ready, self._painted(ready))])

    def _painted(self, posed: PosedFrame) -> Frame | None:
        if self._viewer is None and not self._recorder.is_recording and self._camera is None:
            return None
        if self._viewer is not None and self._viewer.is_stale(posed):
            return None
        start_s = time.perf_counter()
        painted = paint(posed, self._viewer.style if self._viewer else self._style)
        self.stages_s["draw"].add(time.perf_counter() - start_s)
        return painted

    def _finish(self, prepared: Sequence[Prepared]) -> None:
        if self.is_over:
            return
        summary = self.summary
        wanted = [each for each in prepared if not self._passes_over(each[0])]
        if not wanted:
            return
        for posed, _ in wanted:
            summary.dropped += self._missed(posed.frame.index)
            self._started_s = self._started_s or time.perf_counter()
            self.stages_s["inference"].add(posed.inference_s)
            if self._outputs is not None:
                self._outputs.write(posed)
        self._pass_on([(posed, painted) for posed, painted in wanted if painted is not None])
        now_s = time.perf_counter()
        for posed, _ in wanted:
            summary.frames += 1
            summary.frames_with_people += len(posed.poses) > 0
            if self._viewer is None:
                summary.lag_s.add(now_s - posed.frame.grabbed_s)
        summary.seconds = now_s - self._started_s - self._viewer_paused_s()

    def _passes_over(self, posed: PosedFrame) -> bool:
        """Pass over what was in flight when the viewer paused; True where that is so."""
        if self._viewer is None or not self._viewer.is_stale(posed):
            return False
        self._next_index = posed.frame.index + 1
        return True

    def _missed(self, index: int) -> int:
        """Count the frames before this one that were dropped; those of a pause were not wanted."""
        was_paused = self._viewer_paused_s() > self._paused_s
        missed = 0 if was_paused else index - self._next_index
        self._next_index, self._paused_s = index + 1, self._viewer_paused_s()
        return missed

    def _viewer_paused_s(self) -> float:
        return self._viewer.paused_s if self._viewer else 0.0

    def _pass_on(self, painted: Sequence[tuple[PosedFrame, Frame]]) -> None:
        start_s = time.perf_counter()
        if self._recorder.is_recording:
            self._recorder.write_all([frame for _, frame in painted])
            passed_s = time.perf_counter() - start_s
            for _ in painted:
                self.stages_s["write"].add(passed_s / len(painted))
        for posed, frame in painted:
            if self._viewer is not None:
                self._viewer.show(posed, frame, self.summary.dropped)
            if self._camera is not None:
                self._camera.write(frame)
