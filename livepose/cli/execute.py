"""A run from the command line: messages while it goes on, and its exit code."""

from __future__ import annotations

import signal
from pathlib import Path

from livepose.cli.parsing import refuse_idle
from livepose.cli.terminal import Live, print_keypoints, print_summary, say
from livepose.core.interfaces import PoseModel
from livepose.models import load_model
from livepose.models.subprocesses import Progress
from livepose.session.frame_loop import Summary
from livepose.session.image import LOOKS, Photo, annotate, show
from livepose.session.options import Options
from livepose.session.pose_outputs import check_outputs
from livepose.session.run import run
from livepose.sinks.display import display_problem
from livepose.system.interrupts import Interrupts

FAILURE = 1


def run_stream(options: Options) -> int:
    """Run from a camera, a video, the demo or a file of poses to wherever is asked.

    Raises:
        LivePoseError: it cannot be done; most of that is found out before a model is loaded.
    """
    refuse_idle(options)
    check_outputs(options)
    interrupts = Interrupts()
    note = ""
    if options.show is None and options.out is None and display_problem():
        note = f"nothing is shown: {display_problem()}; --out FILE writes a video"
    try:
        with interrupts.handled(), Live(note) as live:
            summary = run(options, live.listener(), interrupts)
    except KeyboardInterrupt:
        return _say_interrupted(interrupts)
    print_summary(summary)
    return _exit_code(summary, interrupts)


def _say_interrupted(interrupts: Interrupts) -> int:
    say("livepose: interrupted")
    return 128 + (interrupts.received or signal.SIGINT)


def _exit_code(summary: Summary, interrupts: Interrupts) -> int:
    for complaint in summary.complaints:
        say(f"livepose: {complaint}", "red")
    if summary.complaints:
        return FAILURE
    return 128 + interrupts.received if interrupts.received else 0


def run_photo(options: Options) -> int:
    """Find the people in a picture, print their points, and show it.

    Raises:
        LivePoseError: it cannot be done.
    """
    refuse_idle(options)
    interrupts = Interrupts()
    shows = options.show or (options.show is None and options.out is None and not display_problem())
    try:
        with interrupts.handled():
            with Live() as live:
                photo = _annotated(options, live.listener().on_download)
            print_keypoints(photo)
            if shows:
                say("any key in the window closes it")
                show(photo, lambda: interrupts.received is not None)
    except KeyboardInterrupt:
        return _say_interrupted(interrupts)
    return 0


def _annotated(options: Options, progress: Progress) -> Photo:
    def load() -> PoseModel:
        return load_model(
            options.model,
            options.runtime,
            pictures=LOOKS,
            people_px=options.people.people_px,
            progress=progress,
        )

    return annotate(
        Path(options.source),
        load,
        target=options.out,
        style=options.style,
        crop=options.crop,
        overwrite=options.overwrite,
        people=options.people,
        data=options.data,
    )
