"""Execute a run from the command line: messages while it goes on, and its exit code."""

from __future__ import annotations

import signal

from livepose.cli.terminal import ProgressReporter, print_keypoints, print_note, print_summary
from livepose.session.options import Options
from livepose.session.run import run
from livepose.session.summary import Summary
from livepose.session.validation import wants_window
from livepose.sinks.display import display_problem
from livepose.system.interrupts import Interrupts

FAILURE = 1


def run_stream(options: Options) -> int:
    """Run from a camera, a video, the demo or a file of poses, and return the exit code.

    Raises:
        LivePoseError: If the run cannot be done; most errors come before a model is loaded.
    """
    interrupts = Interrupts()
    note = ""
    if options.output.show is None and options.output.out is None and not wants_window(options):
        note = f"nothing is shown: {display_problem()}; --out FILE writes a video"
    try:
        with interrupts.handled(), ProgressReporter(note) as reporter:
            summary = run(options, reporter.callbacks(), interrupts)
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    print_summary(summary)
    return _exit_code(summary, interrupts)


def run_image(options: Options) -> int:
    """Find the people in an image, print their keypoints, show them, and return the exit code.

    Raises:
        LivePoseError: If it cannot be done.
    """
    from livepose.session.image import annotate, show  # few runs need it

    interrupts = Interrupts()
    try:
        with interrupts.handled():
            with ProgressReporter() as reporter:
                result = annotate(options, progress=reporter.callbacks().on_download)
            print_keypoints(result)
            if wants_window(options):
                print_note("press any key in the window to close it")
                show(result, lambda: interrupts.received is not None)
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    return 0


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
