"""`livepose edit`: change saved poses by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from livepose.cli.arguments import command
from livepose.cli.execute import interrupted_code
from livepose.cli.progress import ProgressReporter
from livepose.cli.terminal import print_note, report_unfinished
from livepose.core.errors import OptionError
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.session.options.edit import EditOptions
from livepose.sinks.display import display_problem
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True, kw_only=True)
class EditArguments:
    """The poses to edit, and how."""

    clip: Annotated[Path, typer.Argument(metavar="CLIP", help="The video.")]
    poses: Annotated[
        Path, typer.Argument(metavar="POSES.jsonl", help="The file that --save has written of it.")
    ]
    options: EditOptions


def _edit(arguments: EditArguments) -> int:
    """Change saved poses by hand: points, sides, ids, people; in a window, on a page, or by --edit.

    livepose edit clip.mp4 poses.jsonl
    """
    from livepose.export.jsonl_reader import open_pose_file
    from livepose.export.pose_edits import EditList, parse_edit
    from livepose.session.edit import edit_by_list, edit_on_screen
    from livepose.session.edited_poses import default_target
    from livepose.session.named_source import check_is_clip

    options = arguments.options
    check_is_clip(arguments.clip)
    pose_file = open_pose_file(arguments.poses)
    target = options.out or default_target(arguments.poses)
    if options.edits:
        _check_nothing_is_shown(options)
        edits = EditList(map(parse_edit, options.edits))
        changed = edit_by_list(
            arguments.clip, pose_file, edits, target, overwrite=options.overwrite
        )
        frames = "1 frame" if changed == 1 else f"{changed} frames"
        print_note(f"wrote {target} ({frames} changed)", "green")
        return 0
    interrupts = Interrupts()
    problem = display_problem() if options.show is None and options.web is None else ""
    reporter = ProgressReporter(display_problem=problem, page_name="the editor")
    with exit_after_two_signals(report_unfinished), interrupts.handled():
        has_saved = edit_on_screen(
            options.view_of(arguments.clip),
            pose_file,
            target,
            reporter.callbacks(),
            overwrite=options.overwrite,
            interrupts=interrupts,
        )
    if has_saved:
        print_note(f"wrote {target}", "green")
    else:
        print_note("nothing was edited")
    return 0 if interrupts.received is None else interrupted_code(interrupts)


def _check_nothing_is_shown(options: EditOptions) -> None:
    given = {
        "--show": options.show,
        "--web": options.web is not None,
        "--token": options.token is not None,
        "--allow-origin": options.allowed_origins,
    }
    for flag, is_given in given.items():
        if is_given:
            raise OptionError(f"{flag} has no effect with --edit: nothing is shown then")


edit_command = command(EditArguments, _edit)
