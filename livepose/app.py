"""One source to its sinks, in one loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from livepose.core.errors import SourceError
from livepose.core.frame import PosedFrame, StreamInfo
from livepose.core.interfaces import Source
from livepose.draw import Style, paint
from livepose.interrupts import Interrupts
from livepose.models import RuntimeName, load_model
from livepose.models.children import Progress, no_progress
from livepose.motion import Estimator, SmartCrop, WholeFrame
from livepose.pipeline import EndOfChannel, Pipeline, Samples
from livepose.recorder import Recorder
from livepose.sinks.window import Window, display_problem
from livepose.sources import open_camera, open_demo, open_video
from livepose.viewer import Viewer

DEMO_FRAMES = 300
_IDLE_S = 0.05


class SourceKind(Enum):
    """Where the frames come from."""

    CAMERA = "camera"
    VIDEO = "video"
    DEMO = "demo"


@dataclass(frozen=True, slots=True)
class Options:
    """What a run does: the command line, typed."""

    kind: SourceKind
    source: str = ""
    """A camera's number or URL, or a file's path."""
    out: Path | None = None
    model: str = "lightning"
    runtime: RuntimeName = RuntimeName.AUTO
    min_score: float = 0.3
    mirror: bool = False
    show: bool | None = None
    """None: a window, unless a file is written from a file, or there is no display."""
    size_px: tuple[int, int] | None = None
    frame_rate: float | None = None
    crop: bool = True
    overwrite: bool = False
    start_s: float = 0.0
    end_s: float | None = None
    max_frames: int | None = None


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
    saved: list[Path] = field(default_factory=list)
    complaint: str = ""
    """What is wrong with the source, where everything up to there was done."""

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how a run goes."""

    on_download: Progress = no_progress
    on_begin: Callable[[StreamInfo, str, bool], None] = lambda info, model, shows: None
    """Called with the source, the model's name and whether there is a window."""
    on_frame: Callable[[int], None] = lambda done: None


def run(
    options: Options,
    listener: Listener | None = None,
    interrupts: Interrupts | None = None,
) -> Summary:
    """Open what was asked for, and take every frame through it.

    Returns:
        What was done, also when a key, a signal or a broken source ended it early.

    Raises:
        LivePoseError: it cannot be done; nothing half-written stands in a target's place.
    """
    listener = listener or Listener()
    interrupts = interrupts or Interrupts()
    summary = Summary()
    shows = _wants_window(options)
    with ExitStack() as stack:
        source = stack.enter_context(_open(options, shows))
        recorder = stack.enter_context(Recorder(source.info))
        if options.out is not None:
            recorder.start(
                options.out, overwrite=options.overwrite, from_beginning=options.start_s == 0
            )
        window = stack.enter_context(Window(f"livepose - {source.info.name}")) if shows else None
        model = stack.enter_context(
            load_model(options.model, options.runtime, progress=listener.on_download)
        )
        estimator = Estimator(model, crop=SmartCrop() if options.crop else WholeFrame())
        style = Style(min_score=options.min_score, mirror=options.mirror)
        viewer = (
            Viewer(window, source.info, style, recorder, lambda: interrupts.received is not None)
            if window
            else None
        )
        listener.on_begin(source.info, model.name, shows)
        stack.enter_context(interrupts.deferred())
        pipeline = stack.enter_context(Pipeline(source, estimator))
        summary.name, summary.is_live = source.info.name, source.info.is_live
        summary.lag_s = viewer.lag_s if viewer else summary.lag_s
        loop = _Loop(options, style, recorder, viewer, summary)
        summary.stages_s = {"read": pipeline.capture_s} | loop.stages_s
        try:
            for posed in _results(pipeline, viewer, interrupts):
                loop.take(posed)
                listener.on_frame(summary.frames)
                if loop.is_over:
                    break
        except SourceError as error:
            summary.complaint = str(error)  # what came before it is kept
    summary.saved = recorder.saved
    return summary


class _Loop:
    """What happens to each result: paint, record, show, count."""

    def __init__(
        self,
        options: Options,
        style: Style,
        recorder: Recorder,
        viewer: Viewer | None,
        summary: Summary,
    ) -> None:
        self.stages_s = {"inference": Samples(), "draw": Samples(), "write": Samples()}
        self._options = options
        self._style = style
        self._recorder = recorder
        self._viewer = viewer
        self._summary = summary
        self._started_s = 0.0

    @property
    def is_over(self) -> bool:
        if self._viewer is not None and self._viewer.wants_to_quit:
            return True
        return (
            self._options.max_frames is not None
            and self._summary.frames >= self._options.max_frames
        )

    def take(self, posed: PosedFrame) -> None:
        if self._viewer is not None and self._viewer.is_stale(posed):
            return
        summary = self._summary
        self._started_s = self._started_s or time.perf_counter()
        summary.frames += 1
        summary.dropped = posed.frame.index + 1 - summary.frames
        self.stages_s["inference"].add(posed.inference_s)
        if self._viewer is not None or self._recorder.is_recording:
            self._paint_and_pass_on(posed)
        now_s = time.perf_counter()
        if self._viewer is None:
            summary.lag_s.add(now_s - posed.frame.grabbed_s)
        paused_s = self._viewer.paused_s if self._viewer else 0.0
        summary.seconds = now_s - self._started_s - paused_s

    def _paint_and_pass_on(self, posed: PosedFrame) -> None:
        start_s = time.perf_counter()
        painted = paint(posed, self._viewer.style if self._viewer else self._style)
        painted_s = time.perf_counter()
        self.stages_s["draw"].add(painted_s - start_s)
        if self._recorder.is_recording:
            self._recorder.write(painted)
            self.stages_s["write"].add(time.perf_counter() - painted_s)
        if self._viewer is not None:
            self._viewer.show(posed, painted, self._summary.dropped)


def _results(
    pipeline: Pipeline, viewer: Viewer | None, interrupts: Interrupts
) -> Iterator[PosedFrame]:
    """Give results as they come; while none does, the window and Ctrl-C stay alive."""
    while not interrupts.received and not (viewer and viewer.wants_to_quit):
        try:
            yield pipeline.get(_IDLE_S)
        except TimeoutError:
            if viewer is not None:
                viewer.idle()
        except EndOfChannel:
            return


def _open(options: Options, shows: bool) -> Source:
    if options.kind is SourceKind.CAMERA:
        return open_camera(options.source, size_px=options.size_px, frame_rate=options.frame_rate)
    if options.kind is SourceKind.VIDEO:
        return open_video(Path(options.source), options.start_s, options.end_s)
    is_endless = shows and options.out is None
    return open_demo(
        options.size_px or (640, 480),
        frame_rate=options.frame_rate or 30.0,
        frame_count=options.max_frames or (None if is_endless else DEMO_FRAMES),
    )


def _wants_window(options: Options) -> bool:
    if options.show is not None:
        return options.show
    is_conversion = options.kind is not SourceKind.CAMERA and options.out is not None
    return not is_conversion and not display_problem()
