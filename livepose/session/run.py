"""One source to its sinks, in one loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import cv2

from livepose.core.errors import OptionError, SourceError
from livepose.core.frame import StreamInfo
from livepose.core.interfaces import Source
from livepose.models.subprocesses import Progress, no_progress
from livepose.pipeline import EndOfChannel, Pipeline
from livepose.session.estimation import open_looking
from livepose.session.frame_loop import Loop, Sinks, Summary
from livepose.session.motion_steps import Memory
from livepose.session.options import Options
from livepose.session.pose_outputs import Outputs, open_outputs
from livepose.session.recorder import Recorder
from livepose.session.replay import open_recorded
from livepose.session.style import style_of
from livepose.session.validation import is_realtime, validate, wants_window
from livepose.session.viewer import Viewer
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
    validate(options)
    shows = wants_window(options)
    style = style_of(options)
    with ExitStack() as stack:
        enter = stack.enter_context
        source = enter(_opened(options, shows))
        summary = Summary(source.info.name, is_live=source.info.is_live)
        recorder = enter(_open_recorder(options, source.info))
        window = enter(Window(f"livepose - {source.info.name}")) if shows else None
        info = _expected(source.info, options.source.max_frames)
        is_watched = is_realtime(options)
        looking = open_looking(stack, options, info, is_watched, listener.on_download)
        memory = looking.memory
        camera = None
        if options.streaming.virtual_camera:
            paces = not info.is_live and not shows
            camera = enter(_open_virtual_camera(info, paces, interrupts))
        is_all = not shows and options.output.out is None and camera is None
        outputs = enter(
            open_outputs(options, looking.recording, memory, is_watched=is_watched, is_all=is_all)
        )
        viewer = Viewer(window, info, style, recorder, interrupts, memory) if window else None
        sinks = Sinks(recorder, viewer, outputs, camera)
        loop = Loop(options.source.max_frames, style, summary, sinks, later=memory.later())
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
    recorder = Recorder(info, options.output.quality)
    if options.output.out is not None:
        recorder.start(
            options.output.out,
            overwrite=options.output.overwrite,
            from_beginning=options.source.start_s == 0,
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
    source, max_frames = _open(options, shows), options.source.max_frames
    if max_frames is None or source.info.is_live:  # there, the dropped ones do not count
        return source
    return LimitedSource(source, max_frames)


def _open(options: Options, shows: bool) -> Source:
    source, out = options.source, options.output.out
    if source.video is not None and options.poses is not None:
        paints = shows or out is not None or options.streaming.virtual_camera
        return open_recorded(Path(source.video), options.poses, needs_pictures=paints)
    if source.camera is not None:
        return open_camera(source.camera, size_px=source.size_px, frame_rate=source.frame_rate)
    if source.video is not None:
        if "://" in source.video:
            raise SourceError(f"{source.video} is an address: give it to --camera")
        return open_video(Path(source.video), source.start_s, source.end_s)
    if source.image is not None:
        raise OptionError("one image is not a run: annotate it")
    is_endless = shows and out is None
    return open_demo(
        source.size_px or (640, 480),
        frame_rate=source.frame_rate or 30.0,
        frame_count=source.max_frames or (None if is_endless else DEMO_FRAMES),
        scene=source.scene or "dance",
    )


def _expected(info: StreamInfo, max_frames: int | None) -> StreamInfo:
    if max_frames is None or (info.frame_count is not None and info.frame_count < max_frames):
        return info
    return replace(info, frame_count=max_frames)
