"""A clip of which nothing is written: it is played and sought, in a window or on a page."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from livepose.analysis.angle_ranges import joined_ranges
from livepose.core.clip_interfaces import SeekableSource
from livepose.core.errors import OptionError, SourceError
from livepose.export.pose_file import PoseFile
from livepose.motion.pose_memory import SpilledPoseMemory
from livepose.pipeline.playback import Playback
from livepose.session.callbacks import RunCallbacks
from livepose.session.decisions import wants_page, wants_window
from livepose.session.estimation import Estimation, open_estimation
from livepose.session.lost_display import LostDisplay
from livepose.session.motion_steps import MotionSteps
from livepose.session.options import Options
from livepose.session.page_screen import PageScreen
from livepose.session.player import Player
from livepose.session.recorder import Recorder
from livepose.session.style import style_of
from livepose.session.summary import Summary
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.screen import Screen
from livepose.sinks.window import Window
from livepose.sources import open_seekable
from livepose.system.addresses import local_path
from livepose.system.interrupts import Interrupts


def open_clip(options: Options) -> SeekableSource:
    """Open the video of a run.

    Raises:
        SourceError: If it cannot be opened, or if saved poses do not belong to it.
    """
    wanted = options.source
    video = local_path(wanted.video or "")
    if "://" in video:
        raise SourceError(f"{video} is an address: open it with --camera")
    path = Path(video)
    if options.poses is None:
        return open_seekable(
            path,
            wanted.start_s,
            wanted.end_s,
            frame_rate=wanted.frame_rate,
            max_frames=wanted.max_frames,
        )
    from livepose.session.replay import check_source_clip, recorded_part

    start_s, end_s, rate = recorded_part(path, options.poses)
    with ExitStack() as stack:
        source = stack.enter_context(
            open_seekable(path, start_s, end_s, frame_rate=rate, max_frames=wanted.max_frames)
        )
        check_source_clip(path, source.info, options.poses)
        stack.pop_all()
    return source


def _edited_from(poses: PoseFile | None) -> list[int]:
    """Return the first frames of the edits of saved poses."""
    if poses is None or not poses.metadata.edits:
        return []
    from livepose.session.edited_poses import edited_from

    return edited_from(poses)


def run_clip(options: Options, callbacks: RunCallbacks, interrupts: Interrupts) -> Summary:
    """Show a clip until its user quits, or, unless it stays open, until it has ended.

    Args:
        options: Of the run; they have been checked.
        callbacks: Called as the run goes on.
        interrupts: Ends the run.

    Returns:
        What was shown, each frame counted once, and what was recorded.

    Raises:
        LivePoseError: If the clip or the model cannot be opened, or fails.
    """
    with ExitStack() as stack, interrupts.deferred_at_exit():
        parts = _open_parts(options, callbacks, interrupts, stack)
        source, estimation, memory = parts.source, parts.estimation, parts.memory
        info, summary = source.info, Summary(source.info.name)
        callbacks.on_begin(info, estimation.description, True)
        interrupts.defer()
        with Playback(source, estimation.estimator, memory) as playback:
            summary.stages_s = {"read": playback.read_s}
            if not estimation.is_replay:
                summary.stages_s["inference"] = playback.inference_s
            setup = _viewer_setup(parts, options, interrupts)
            player = Player(setup, playback, summary, edited_from=_edited_from(options.poses))
            if parts.page is not None:
                parts.page.attach(player, info, estimation.description)
                callbacks.on_page(parts.page.url)
            try:
                player.play(
                    stays_open=options.output.keep_open,
                    on_frame=callbacks.on_frame,
                    on_repetition=callbacks.on_repetition if options.data.sound else lambda: None,
                )
            except SourceError as error:
                summary.errors.append(str(error))
        interrupts.check_repeated()
        if source.problem is not None:
            summary.errors.append(str(source.problem))
        summary.add_damage(info, sorted(playback.corrupt_frames))
        callbacks.on_frame(summary.frames)
    summary.was_quit = player.wants_to_quit
    summary.saved = [*player.screenshots, *parts.recorder.saved]
    summary.errors += parts.recorder.errors
    _add_measurements(summary, estimation.steps, playback, memory)
    return summary


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """The opened parts of a run."""

    source: SeekableSource
    recorder: Recorder
    screen: Screen
    """The page if there is one, else the window."""
    page: PageScreen | None
    estimation: Estimation
    memory: SpilledPoseMemory


def _open_parts(
    options: Options, callbacks: RunCallbacks, interrupts: Interrupts, stack: ExitStack
) -> _Parts:
    """Open the clip, what shows it and what analyses it; the stack closes it.

    Raises:
        LivePoseError: If one of them cannot be opened.
    """
    source = stack.enter_context(open_clip(options))
    info = source.info
    with interrupts.held():
        recorder = stack.enter_context(
            Recorder(info, options.output.quality, interrupts.check_repeated, is_only_output=False)
        )
    window = page = None
    if wants_window(options):
        stack.enter_context(LostDisplay(recorder))
        window = stack.enter_context(Window(f"livepose - {info.name}"))
    if wants_page(options):
        page = stack.enter_context(callbacks.open_page(options, window))
    screen = page or window
    if screen is None:
        raise OptionError("a clip that is played needs a window or a page")
    estimation = stack.enter_context(
        open_estimation(options, info, is_realtime=True, progress=callbacks.on_download)
    )
    steps = estimation.steps
    memory = stack.enter_context(
        SpilledPoseMemory(on_forget=steps.forget_results, on_meeting=steps.recount)
    )
    steps.keep_all(memory.joined_id)
    return _Parts(source, recorder, screen, page, estimation, memory)


def _viewer_setup(parts: _Parts, options: Options, interrupts: Interrupts) -> ViewerSetup:
    return ViewerSetup(
        parts.screen,
        parts.source.info,
        style_of(options),
        parts.recorder,
        interrupts,
        parts.estimation.steps,
        folder=options.output.save_dir or Path(),
        is_replay=parts.estimation.is_replay,
    )


def _add_measurements(
    summary: Summary, steps: MotionSteps, playback: Playback, memory: SpilledPoseMemory
) -> None:
    """Add the angles and counts of all that was analysed, each person's together."""
    summary.add_measurements(steps)
    # A person alone is one person, also where parts that were analysed one by one never met.
    is_one_person = playback.most_people <= 1 and not playback.cuts
    summary.angle_ranges = joined_ranges(
        summary.angle_ranges, (lambda track_id: 1) if is_one_person else memory.joined_id
    )
