"""One source to its sinks, in one loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from livepose.core.errors import SourceError
from livepose.core.frame import StreamInfo
from livepose.core.interfaces import Source
from livepose.models.subprocesses import Progress, no_progress
from livepose.pipeline import EndOfChannel, Pipeline
from livepose.session.estimation import open_looking
from livepose.session.frame_loop import Loop, Sinks, Summary
from livepose.session.motion_steps import Memory
from livepose.session.options import Options, SourceKind
from livepose.session.pose_outputs import Outputs, open_outputs
from livepose.session.recorder import Recorder
from livepose.session.replay import open_recorded
from livepose.session.viewer import Viewer
from livepose.sinks.display import display_problem
from livepose.sinks.virtual_camera import VirtualCamera
from livepose.sinks.window import Window
from livepose.sources import open_camera, open_demo, open_video
from livepose.sources.limited import LimitedSource
from livepose.system.interrupts import Interrupts
from livepose.system.malloc import keep_freed_memory

DEMO_FRAMES = 300
_IDLE_S = 0.05


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how a run goes."""

    on_download: Progress = no_progress
    on_begin: Callable[[StreamInfo, str, bool], None] = lambda info, model, shows: None
    """Called with the source, the model's name and whether there is a window."""
    on_frame: Callable[[int], None] = lambda done: None
    """Called with how many frames are done: after each, or from file to file now and then."""


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
    _settle_in()
    listener, interrupts = listener or Listener(), interrupts or Interrupts()
    shows = _wants_window(options)
    with ExitStack() as stack:
        enter = stack.enter_context
        source = enter(_opened(options, shows))
        summary = Summary(source.info.name, is_live=source.info.is_live)
        recorder = enter(_open_recorder(options, source.info))
        window = enter(Window(f"livepose - {source.info.name}")) if shows else None
        info = _expected(source.info, options.max_frames)
        # A window wants the main thread and its next frame soon, and so does a camera, a real
        # one or a virtual one.
        is_watched = shows or info.is_live or options.data.virtual_camera
        looking = open_looking(stack, options, info, is_watched, listener.on_download)
        memory = looking.memory
        camera = None
        if options.data.virtual_camera:
            paces = not info.is_live and not shows
            camera = enter(_open_virtual_camera(info, paces, interrupts))
        is_all = not shows and options.out is None and camera is None
        outputs = enter(
            open_outputs(options, looking.recording, memory, is_watched=is_watched, is_all=is_all)
        )
        viewer = (
            Viewer(window, info, options.style, recorder, interrupts, memory) if window else None
        )
        sinks = Sinks(recorder, viewer, outputs, camera)
        loop = Loop(options.max_frames, options.style, summary, sinks, later=memory.later())
        listener.on_begin(info, looking.recording.model, shows)
        interrupts.defer()
        finishing = None if is_watched else loop
        with Pipeline(
            source, looking.estimator, finishing=finishing, threads=looking.threads
        ) as pipeline:
            summary.stages_s = {"read": pipeline.capture_s} | loop.stages_s
            results = _results(pipeline, viewer, interrupts, loop)
            _go_on(results if is_watched else _progress(pipeline, interrupts), loop, listener)
        loop.flush()
    _sum_up(summary, recorder, outputs, memory)
    return summary


def _settle_in() -> None:
    """Make the process one for frames."""
    # OpenCV's own threads would fight the network's for the cores; what it does here is short.
    cv2.setNumThreads(1)
    keep_freed_memory()


def _open_virtual_camera(info: StreamInfo, paces: bool, interrupts: Interrupts) -> VirtualCamera:
    rate = float(info.frame_rate or 30)
    camera = VirtualCamera(rate, is_paced=paces, is_over=lambda: interrupts.received is not None)
    camera.open(info.width_px, info.height_px)
    return camera


def _sum_up(summary: Summary, recorder: Recorder, outputs: Outputs, memory: Memory) -> None:
    """Take in what is known once all is closed."""
    summary.saved = [*recorder.saved, *outputs.saved]
    summary.complaints += outputs.complaints
    summary.labels, summary.held = memory.labels(), memory.held()


def _open_recorder(options: Options, info: StreamInfo) -> Recorder:
    recorder = Recorder(info, options.quality)
    if options.out is not None:
        recorder.start(
            options.out, overwrite=options.overwrite, from_beginning=options.start_s == 0
        )
    return recorder


def _go_on(done: Iterator[None], loop: Loop, listener: Listener) -> None:
    """Go on until the source ends, or enough is done. What came before it broke off is kept."""
    try:
        for _ in done:
            listener.on_frame(loop.summary.frames)
            if loop.is_over:
                return
    except SourceError as error:
        loop.summary.complaints.append(str(error))


def _results(
    pipeline: Pipeline, viewer: Viewer | None, interrupts: Interrupts, loop: Loop
) -> Iterator[None]:
    """Take results as they come; while none does, the window and Ctrl-C stay alive."""
    while not interrupts.received and not (viewer and viewer.wants_to_quit):
        try:
            posed = pipeline.get(_IDLE_S)
        except EndOfChannel:
            return
        except TimeoutError:
            if viewer is not None:
                viewer.idle()
            continue
        loop.finish([loop.prepare(posed)])
        yield


def _progress(pipeline: Pipeline, interrupts: Interrupts) -> Iterator[None]:
    """Look, now and then, how far the pipeline's own threads are."""
    while not interrupts.received and not pipeline.wait(_IDLE_S):
        yield
    yield


def _opened(options: Options, shows: bool) -> Source:
    source = _open(options, shows)
    if options.max_frames is None or source.info.is_live:  # there, the dropped ones do not count
        return source
    return LimitedSource(source, options.max_frames)


def _open(options: Options, shows: bool) -> Source:
    if options.poses is not None:
        paints = shows or options.out is not None or options.data.virtual_camera
        return open_recorded(Path(options.source), options.poses, needs_pictures=paints)
    if options.kind is SourceKind.CAMERA:
        return open_camera(options.source, size_px=options.size_px, frame_rate=options.frame_rate)
    if options.kind is SourceKind.VIDEO:
        if "://" in options.source:
            raise SourceError(f"{options.source} is an address: give it to --camera")
        return open_video(Path(options.source), options.start_s, options.end_s)
    is_endless = shows and options.out is None
    return open_demo(
        options.size_px or (640, 480),
        frame_rate=options.frame_rate or 30.0,
        frame_count=options.max_frames or (None if is_endless else DEMO_FRAMES),
        scene=options.source or "dance",
    )


def _expected(info: StreamInfo, max_frames: int | None) -> StreamInfo:
    if max_frames is None or (info.frame_count is not None and info.frame_count < max_frames):
        return info
    return replace(info, frame_count=max_frames)


def _wants_window(options: Options) -> bool:
    if options.show is not None:
        return options.show
    is_conversion = options.kind is not SourceKind.CAMERA and options.out is not None
    return not is_conversion and not display_problem()
