"""`livepose compare`: how two takes of a movement differ."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from livepose.cli.arguments import command
from livepose.cli.execute import FAILURE, interrupted_code
from livepose.cli.progress import ProgressReporter
from livepose.cli.results import print_comparison
from livepose.cli.terminal import print_note, report_unfinished
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.session.options.compare import CompareOptions
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareArguments:
    """The two takes, and how they are compared."""

    a: Annotated[
        Path, typer.Argument(metavar="A", help="A clip, or the .jsonl that --save has written.")
    ]
    b: Annotated[Path, typer.Argument(metavar="B", help="What it is compared with.")]
    options: CompareOptions


def _compare(arguments: CompareArguments) -> int:
    """Compare two takes of a movement: aligned in time, angle by angle, with a score of 0 to 100.

    livepose compare teacher.mp4 pupil.mp4 --out both.mp4 --report both.html
    """
    from livepose.session.compare import compare

    interrupts = Interrupts()
    try:
        with (
            exit_after_two_signals(report_unfinished),
            interrupts.handled(),
            ProgressReporter() as reporter,
        ):
            result = compare(
                arguments.a, arguments.b, arguments.options, reporter.callbacks(), interrupts
            )
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    print_comparison(result)
    for error in result.errors:
        print_note(f"livepose: {error}", "red")
    return FAILURE if result.errors else 0


compare_command = command(CompareArguments, _compare)
