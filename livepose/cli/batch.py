"""`livepose batch`: many files, in several processes."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Annotated

import click
import typer
from typer.core import TyperCommand

from livepose.batch.options import RAY_ALONE, BatchOptions, is_ray_address
from livepose.cli.arguments import command
from livepose.cli.execute import FAILURE, interrupted_code
from livepose.cli.terminal import report_unfinished
from livepose.core.errors import SourceError
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCommand:
    """What is typed behind `livepose batch`."""

    inputs: Annotated[
        list[str],
        typer.Argument(
            metavar="INPUT...",
            help="Files, folders with everything in them, patterns such as 'films/**/*.mp4'; "
            "- reads a list from standard input.",
        ),
    ]
    options: BatchOptions


def _batch(given: BatchCommand) -> int:
    """Process many videos and images: one run for each, in several processes.

    livepose batch films --out-dir annotated  |  livepose batch films --out-dir poses --save csv

    A file that fails is reported, and the others go on. --resume skips what an earlier batch has
    done, if it is whole and neither the file nor the options have changed.
    """
    # With all that a run needs, and other commands do not.
    from livepose.batch.run import run_batch
    from livepose.cli.batch_progress import BatchReporter, print_batch

    interrupts = Interrupts()
    listed = _read_list() if "-" in given.inputs else []
    try:
        watch = exit_after_two_signals(report_unfinished)
        with watch, interrupts.handled(), BatchReporter() as reporter:
            summary = run_batch(
                given.inputs,
                given.options,
                listed=listed,
                monitor=reporter,
                interrupts=interrupts,
            )
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    print_batch(summary)
    if interrupts.received is not None:
        return interrupted_code(interrupts)
    return FAILURE if summary.failed else 0


def _read_list() -> list[str]:
    """Return the names on standard input.

    Raises:
        SourceError: If it is a terminal, on which nobody types a list.
    """
    if sys.stdin.isatty():
        raise SourceError("- reads a list of files from standard input, which is a terminal")
    from livepose.batch.inputs import split_list

    return split_list(os.fsdecode(sys.stdin.buffer.read()))


class _BatchWords(TyperCommand):
    """Takes `--ray` without an address, which Typer cannot."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the usual address behind `--ray` where none stands there."""
        words: list[str] = []
        # Behind -- there are only names.
        end = args.index("--") if "--" in args else len(args)
        for number, (word, following) in enumerate(zip(args, [*args, ""][1:], strict=True)):
            words.append(word)
            if word == "--ray" and number < end and not is_ray_address(following):
                words.append(RAY_ALONE)
        return super().parse_args(ctx, words)


batch_app = typer.Typer(add_completion=False)
batch_app.command(cls=_BatchWords)(command(BatchCommand, _batch))
