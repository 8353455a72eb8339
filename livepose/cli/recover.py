"""`livepose recover`: recover what a killed run has left."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from livepose.cli.execute import FAILURE
from livepose.cli.terminal import print_note
from livepose.core.errors import SinkError


def recover_command(
    path: Annotated[
        Path, typer.Argument(metavar="FOLDER|PART", help="Where to look; by default, here.")
    ] = Path(),
    discard: Annotated[
        bool, typer.Option("--discard", help="Delete what was left instead.")
    ] = False,
) -> int:
    """Recover what a killed run has left: videos with their sound, files of poses.

    A file that has taken the target's place is kept: the recovered one is written beside it.
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
        print_note(f"nothing was left by a killed run in {path.absolute()}")
    return code
