"""`livepose edit`: change saved poses by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from livepose.cli.arguments import command
from livepose.cli.terminal import print_note
from livepose.session.options.edit import EditOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class EditArguments:
    """The poses to edit, and how."""

    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")]
    poses: Annotated[
        Path, typer.Argument(metavar="POSES.jsonl", help="The file that --save has written of it.")
    ]
    options: EditOptions


def _edit(arguments: EditArguments) -> int:
    """Change saved poses by hand: points, sides, ids, people.

    livepose edit clip.mp4 poses.jsonl --edit swap_sides:10-20:1
    """
    from livepose.export.jsonl_reader import open_pose_file
    from livepose.export.pose_edits import EditList
    from livepose.session.edit import default_target, write_edited

    options = arguments.options
    pose_file = open_pose_file(arguments.poses)
    target = options.out or default_target(arguments.poses)
    changed = write_edited(pose_file, EditList(options.edits), target, overwrite=options.overwrite)
    print_note(f"wrote {target} ({changed} frames changed)", "green")
    return 0


edit_command = command(EditArguments, _edit)
