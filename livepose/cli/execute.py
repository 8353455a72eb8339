"""Execute a run from the command line: messages while it goes on, and its exit code."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from livepose.cli.progress import ProgressReporter
from livepose.cli.results import print_keypoints, print_summary
from livepose.cli.terminal import print_note, report_unfinished
from livepose.core.errors import OptionError
from livepose.export import STANDARD_OUTPUT
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.session.decisions import has_result, wants_viewer, wants_window
from livepose.session.option_fields import SourceKind
from livepose.session.options import Options
from livepose.session.phone_camera import is_phone
from livepose.session.recover import folders_of, note_of
from livepose.session.validation import validate
from livepose.sinks.display import display_problem
from livepose.system.interrupts import Interrupts

# What a run consists of is imported when there is one: `--help` and `--version` come sooner.
if TYPE_CHECKING:
    from livepose.session.summary import Summary

FAILURE = 1


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """How a run ended."""

    code: int
    """The exit code."""
    was_quit: bool = False
    """Whether the user closed the window, or asked for the end by a key or a signal."""


def run_stream(options: Options) -> int:
    """Run from a camera, a video, the demo or a file of poses, and return the exit code.

    Raises:
        LivePoseError: If the run cannot be done.
    """
    return watch_stream(options).code


def watch_stream(options: Options) -> Outcome:
    """Run from a camera, a video, the demo or a file of poses, with messages while it goes on.

    Raises:
        OptionError: If nothing would be shown or written.
        LivePoseError: If the run cannot be done; most errors come before a model is loaded.
    """
    interrupts = Interrupts()
    notes = [note_of(folders_of(options))]
    output = options.output
    writes_files = output.out is not None or options.data.files
    has_no_view = not is_phone(options.source.camera) and not wants_viewer(options)
    if output.show is None and not writes_files and has_no_view:
        notes.append(f"nothing is shown: {display_problem()}; --out FILE writes a video")
    try:
        # The demo is also a way to try whether everything works.
        if not has_result(options) and options.source.kind is not SourceKind.DEMO:
            _refuse(options)
        with exit_after_two_signals(report_unfinished), interrupts.handled():
            from livepose.session.run import run

            problem = display_problem() if output.show is None and output.web is None else ""
            with ProgressReporter(*notes, display_problem=problem) as reporter:
                summary = run(options, reporter.callbacks(), interrupts)
            print_summary(summary)
            code = _exit_code(summary, interrupts)
    except KeyboardInterrupt:
        return Outcome(interrupted_code(interrupts), was_quit=True)
    return Outcome(code, was_quit=summary.was_quit or interrupts.received is not None)


def watch_image(options: Options) -> Outcome:
    """Find the people in an image, print their keypoints, and show them if that is asked for.

    Raises:
        LivePoseError: If it cannot be done.
    """
    from livepose.session.image import annotate, show

    interrupts = Interrupts()
    note = note_of(folders_of(options))
    try:
        with exit_after_two_signals(report_unfinished), interrupts.handled():
            with ProgressReporter() as reporter:
                result = annotate(options, progress=reporter.callbacks().on_download)
            if note:
                print_note(note, "yellow")
            print_keypoints(result, is_data=STANDARD_OUTPUT not in options.data.save)
            if wants_window(options):
                print_note("press any key in the window to close it")
                show(result, lambda: interrupts.received is not None)
    except KeyboardInterrupt:
        return Outcome(interrupted_code(interrupts), was_quit=True)
    return Outcome(0, was_quit=interrupts.received is not None)


def _refuse(options: Options) -> NoReturn:
    """Refuse a run that nothing comes of, unless there is something worse to say of it.

    Raises:
        LivePoseError: If the run could not be done anyway.
        OptionError: If it could.
    """
    from livepose.session.opened_source import open_source_of

    validate(options)
    if options.source.video != "-":
        open_source_of(options, has_window=False, is_painted=True).close()
    problem = display_problem() if options.output.show is None else ""
    reason = f" ({problem})" if problem else ""
    raise OptionError(
        f"nothing would be shown or written{reason}: give --out FILE for a video, or --save FILE "
        "for the poses"
    )


def interrupted_code(interrupts: Interrupts) -> int:
    """Print that a run was interrupted, and return the exit code of the signal."""
    print_note("livepose: interrupted")
    return 128 + (interrupts.received or signal.SIGINT)


def _exit_code(summary: Summary, interrupts: Interrupts) -> int:
    for error in summary.errors:
        print_note(f"livepose: {error}", "red")
    if summary.errors:
        return FAILURE
    return 128 + interrupts.received if interrupts.received else 0
