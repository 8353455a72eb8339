"""One run: frames from one source through a model to the window and the files.

`run` opens the parts, lets one of two pipelines drive the frames through them, closes the parts and
returns what was done. Where somebody waits for each frame (a window, a camera, a virtual camera),
that is the live `Pipeline`, and results are taken in the main thread. Else it is the
`OfflinePipeline`, whose threads do all the work, while the main thread waits for them.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import cv2

from livepose.core.errors import SourceError
from livepose.core.frame import USUAL_RATE, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.pacing import Pacer
from livepose.pipeline import EndOfChannel, OfflinePipeline, Pipeline
from livepose.session.callbacks import RunCallbacks
from livepose.session.decisions import can_seek, is_realtime, wants_page, wants_viewer, wants_window
from livepose.session.estimation import Estimation, open_estimation
from livepose.session.frame_loop import FrameLoop
from livepose.session.kept_models import KeptModels
from livepose.session.opened_source import open_source_of, with_frame_count
from livepose.session.option_fields import CAMERA_OR_DEMO
from livepose.session.options import Options
from livepose.session.pose_outputs import PoseOutputs, open_pose_outputs
from livepose.session.recorder import Recorder
from livepose.session.style import style_of
from livepose.session.summary import Summary
from livepose.session.validation import validate
from livepose.session.validation.smoothing import check_cutoff
from livepose.system.interrupts import Interrupts
from livepose.system.malloc import keep_freed_memory

if TYPE_CHECKING:
    from livepose.session.viewer import Viewer
    from livepose.sinks.screen import Screen
    from livepose.sinks.virtual_camera import VirtualCamera

_FIRST_FRAMES = 30
"""Fewer frames of a source that broke off do not replace a file that was there before."""
_WAIT_S = 0.05
"""How long to wait for results before keys and signals are looked at again."""


def run(
    options: Options,
    callbacks: RunCallbacks | None = None,
    interrupts: Interrupts | None = None,
    kept: KeptModels | None = None,
) -> Summary:
    """Open what the options ask for, and take every frame through it.

    >>> from livepose.session.options import Options, OutputOptions, SourceOptions
    >>> demo = SourceOptions(demo=True, max_frames=3)
    >>> summary = run(Options(demo, OutputOptions(show=False)))
    >>> summary.name, summary.frames, summary.errors
    ('demo', 3, [])

    Args:
        options: What to do.
        callbacks: Called as the run goes on.
        interrupts: Ends the run after the frame in hand; repeated, also what then takes long.
        kept: Models that stay loaded from run to run; by default the run loads its own.

    Returns:
        What was done, also when a key, a signal or a broken source ended the run early.

    Raises:
        LivePoseError: If it cannot be done, or if the source breaks off in the first frames and
            files would be replaced; no unfinished file stands in a target's place.
        KeyboardInterrupt: If a signal comes before the first frame, or a second one at any time.
            The log says where unfinished files are.
    """
    callbacks, interrupts = callbacks or RunCallbacks(), interrupts or Interrupts()
    _configure_process()
    validate(options)
    if can_seek(options):
        from livepose.session.clip import run_clip

        return run_clip(options, callbacks, interrupts)
    with ExitStack() as stack, interrupts.deferred_at_exit():
        parts = _open_parts(options, callbacks, interrupts, kept, stack)
        info, viewer, estimation = parts.info, parts.viewer, parts.estimation
        summary = Summary(info.name, is_live=info.is_live)
        loop = FrameLoop(
            summary,
            style_of(options),
            recorder=parts.recorder,
            viewer=viewer,
            pose_outputs=parts.pose_outputs,
            virtual_camera=parts.virtual_camera,
            deferred_steps=estimation.steps.deferred,
            max_frames=options.source.max_frames,
            is_replay=estimation.is_replay,
            on_repetition=callbacks.on_repetition if options.data.sound else None,
        )
        callbacks.on_begin(info, estimation.description, viewer is not None)
        interrupts.defer()
        broken_off: SourceError | None = None
        try:
            if is_realtime(options):
                _run_live(parts, loop, callbacks, interrupts)
            else:
                _run_offline(parts, loop, callbacks, interrupts, options)
        except SourceError as error:
            # All frames before the source broke off are done, and are kept.
            broken_off = error
            summary.errors.append(str(error))
        interrupts.check_repeated()
        loop.flush()
        if broken_off is not None and summary.frames < _FIRST_FRAMES and _replaces_files(options):
            raise SourceError(
                f"{broken_off}; existing files were not replaced, as the run broke off at its start"
            ) from broken_off
        summary.add_damage(info, summary.corrupt_frames)
        callbacks.on_frame(summary.frames)
    summary.was_quit = viewer is not None and viewer.wants_to_quit
    clips = () if viewer is None or viewer.clips is None else (viewer.clips,)
    for files in (parts.recorder, parts.pose_outputs, *clips):
        summary.saved += files.saved
        summary.errors += files.errors
    summary.saved += [] if viewer is None else viewer.screenshots
    summary.errors += _missing_recordings(viewer, options)
    summary.add_measurements(estimation.steps, loop.last_index, loop.last_time_s)
    return summary


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The opened parts of a run."""

    source: Source
    info: StreamInfo
    """Of the source, with no more frames than are taken."""
    recorder: Recorder
    estimation: Estimation
    pose_outputs: PoseOutputs
    viewer: Viewer | None
    virtual_camera: VirtualCamera | None


def _open_parts(
    options: Options,
    callbacks: RunCallbacks,
    interrupts: Interrupts,
    kept: KeptModels | None,
    stack: ExitStack,
) -> _Parts:
    """Open what the options ask for; the stack closes it, in the opposite order."""
    has_window, runs_live = wants_viewer(options), is_realtime(options)
    is_painted = has_window or options.output.out is not None or options.streaming.virtual_camera
    source = stack.enter_context(
        open_source_of(
            options,
            has_window=has_window,
            is_painted=is_painted or _has_pictures(options),
            open_phone=callbacks.open_phone,
        )
    )
    info = with_frame_count(source.info, options.source.max_frames)
    if info.frame_rate is not None:
        check_cutoff(options, float(info.frame_rate))
    with interrupts.held():
        recorder = stack.enter_context(_open_recorder(options, source.info, interrupts))
    window = lost_display = page = viewer = virtual_camera = None
    if wants_window(options):
        from livepose.session.lost_display import LostDisplay
        from livepose.sinks.window import Window

        lost_display = stack.enter_context(LostDisplay(recorder))
        window = stack.enter_context(Window(f"livepose - {info.name}"))
    if wants_page(options):
        page = stack.enter_context(callbacks.open_page(options, window))
    estimation = stack.enter_context(
        open_estimation(
            options, source.info, is_realtime=runs_live, progress=callbacks.on_download, kept=kept
        )
    )
    steps = estimation.steps
    if options.streaming.virtual_camera:
        is_paced = not info.is_live and not has_window
        virtual_camera = stack.enter_context(_open_virtual_camera(info, is_paced, interrupts))
    with interrupts.held():
        pose_outputs = stack.enter_context(
            open_pose_outputs(
                options,
                estimation.metadata,
                steps.repetitions,
                batches_writes=not runs_live,
                is_only_output=not is_painted,
                feedback=source.feedback,
                on_listening=callbacks.on_listening,
            )
        )
    if lost_display is not None:
        lost_display.files.append(pose_outputs)
    screen = page or window
    if screen is not None:
        viewer = _open_viewer(screen, info, recorder, interrupts, estimation, options)
        stack.enter_context(viewer)
    if page is not None and viewer is not None:
        page.attach(viewer, info, estimation.description)
        callbacks.on_page(page.url)
    return _Parts(source, info, recorder, estimation, pose_outputs, viewer, virtual_camera)


def _open_viewer(
    screen: Screen,
    info: StreamInfo,
    recorder: Recorder,
    interrupts: Interrupts,
    estimation: Estimation,
    options: Options,
) -> Viewer:
    from livepose.session.viewer import Viewer
    from livepose.session.viewer_setup import ViewerSetup

    output = options.output
    setup = ViewerSetup(
        *(screen, info, style_of(options), recorder, interrupts, estimation.steps),
        countdown_s=output.countdown_s,
        delay_s=output.delay_s,
        folder=output.save_dir or Path(),
        is_replay=estimation.is_replay,
    )
    viewer: Viewer
    if output.replay_s and options.source.kind in CAMERA_OR_DEMO:
        from livepose.session.clip_saver import ClipSaver
        from livepose.session.replay_viewer import ReplayViewer

        clips = ClipSaver(estimation.metadata, output.quality, interrupts.check_repeated)
        viewer = ReplayViewer(setup, clips, output.replay_s)
    else:
        viewer = Viewer(setup)
    if output.countdown_s and output.out is not None:
        viewer.countdown.set_for(partial(_start_recording, recorder, options))
    return viewer


def _run_live(
    parts: _Parts, loop: FrameLoop, callbacks: RunCallbacks, interrupts: Interrupts
) -> None:
    """Take results as they come, in the main thread, until the source ends or the loop is over.

    Where the source is not live, and nobody else keeps the time, each frame is written when it is
    due.
    """
    viewer = parts.viewer
    keeps_time = parts.info.is_live or viewer is not None or parts.virtual_camera is not None
    pacer = None if keeps_time else Pacer()
    with Pipeline(parts.source, parts.estimation.estimator) as pipeline:
        loop.summary.stages_s = {"read": pipeline.capture_s, **loop.stages_s}
        while not interrupts.received and not loop.is_over:
            try:
                posed = pipeline.get(_WAIT_S)
            except EndOfChannel:
                return
            except TimeoutError:
                if viewer is not None:
                    viewer.idle(pipeline.silent_s)
                callbacks.on_frame(loop.summary.frames)
                continue
            painted = loop.paint(posed)
            if pacer is not None:
                due_s = pacer.due_s(posed.frame.time_s, time.perf_counter())
                while not interrupts.received and (left_s := due_s - time.perf_counter()) > 0:
                    time.sleep(min(left_s, _WAIT_S))
            loop.write(painted)
            callbacks.on_frame(loop.summary.frames)


def _run_offline(
    parts: _Parts,
    loop: FrameLoop,
    callbacks: RunCallbacks,
    interrupts: Interrupts,
    options: Options,
) -> None:
    """Let the pipeline's threads do everything, and wait for them."""
    estimation, source = parts.estimation, parts.source
    threads = estimation.threads
    with ExitStack() as stack:
        if estimation.two_passes is not None:
            loop.count_from(time.perf_counter())
            again = stack.enter_context(
                open_source_of(options, has_window=False, is_painted=True, reports=False)
            )
            source = estimation.two_passes.find(source, again, interrupts, callbacks.on_first_pass)
        was_interrupted = interrupts.received is not None
        pipeline = stack.enter_context(
            OfflinePipeline(source, estimation.estimator, loop, threads=threads)
        )
        loop.summary.stages_s = {"read": pipeline.capture_s, **loop.stages_s}
        is_done = False
        # What an interrupted first pass has found is written; another signal is for nothing else.
        while not is_done and not (
            interrupts.is_repeated if was_interrupted else interrupts.received
        ):
            is_done = pipeline.wait(_WAIT_S)
            callbacks.on_frame(loop.summary.frames)


def _configure_process() -> None:
    # OpenCV's own threads would compete with the network's for the cores; its work here is short.
    cv2.setNumThreads(1)
    keep_freed_memory()


def _replaces_files(options: Options) -> bool:
    """Return whether a file that the run writes exists, or a folder; pipes and devices are none."""
    targets = [*options.data.files, *([options.output.out] if options.output.out else [])]
    return any(target.is_file() or target.is_dir() for target in targets)


def _has_pictures(options: Options) -> bool:
    """Return whether a report shows frames."""
    return any(path.suffix.lower() == ".html" for path in options.data.reports)


def _open_recorder(options: Options, info: StreamInfo, interrupts: Interrupts) -> Recorder:
    output, streaming = options.output, options.streaming
    others = options.data.files or streaming.send or streaming.virtual_camera
    is_only_output = not (others or wants_viewer(options))
    recorder = Recorder(
        info, output.quality, interrupts.check_repeated, is_only_output=is_only_output
    )
    if not output.countdown_s:
        _start_recording(recorder, options)
    return recorder


def _start_recording(recorder: Recorder, options: Options) -> None:
    """Begin the video that was asked for, if one was."""
    output = options.output
    if output.out is not None:
        is_whole = options.source.start_s == 0 and not output.countdown_s
        recorder.start(output.out, overwrite=output.overwrite, from_beginning=is_whole)


def _missing_recordings(viewer: Viewer | None, options: Options) -> list[str]:
    """Return what is to be said of a recording that did not come to begin."""
    if viewer is None or options.output.out is None or not viewer.countdown.is_set:
        return []
    return [f"{options.output.out} was not begun: the run ended during --countdown"]


def _open_virtual_camera(info: StreamInfo, is_paced: bool, interrupts: Interrupts) -> VirtualCamera:
    from livepose.sinks.virtual_camera import VirtualCamera

    camera = VirtualCamera(
        float(info.frame_rate or USUAL_RATE),
        is_paced=is_paced,
        is_over=lambda: interrupts.received is not None,
    )
    camera.open(info.width_px, info.height_px)
    return camera
