"""`livepose recover`: make whole what a run that was killed has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livepose.cli.execute import FAILURE
from livepose.cli.terminal import print_note
from livepose.core.errors import SinkError


def recover_command(
    path: Annotated[
        Path, typer.Argument(metavar="FOLDER|PART", help="Where it is; by default, here.")
    ] = Path(),
    discard: Annotated[bool, typer.Option("--discard", help="Delete it instead.")] = False,
) -> int:
    """Make whole what a run that was killed has left: videos with their sound, files of poses.

    A file that is in the target's place by now is kept: the recovered one is written beside it.
    """
    from livepose.session import recover  # with what few commands need

    found = recover.left_at(path)
    code = 0
    for left in found:
        try:
            if discard:
                recover.discard(left)
                print_note(f"deleted {left.path.name}")
            elif (made := recover.recover(left)) is not None:
                print_note(f"wrote {made.path} ({made.amount})", "green")
        except SinkError as error:
            print_note(f"livepose: {error}", "red")
            code = FAILURE
    if not found:
        print_note(f"no run has left anything in {path.absolute()}")
    return code
