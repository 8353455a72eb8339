"""What is changed in saved poses: the options of `livepose edit`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.session.option_fields import option
from livepose.session.options import Options, OutputOptions, SourceOptions, StreamingOptions
from livepose.session.parsing import parse_target
from livepose.system.web_address import WebAddress


def check_edit(text: str) -> str:
    """Return the text of an edit as it is.

    Raises:
        OptionError: If it is none.
    """
    from livepose.export.pose_edits import parse_edit  # for those who edit: not at each start

    parse_edit(text)
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOptions:
    """What is changed, and where it is written."""

    panel: ClassVar[str] = "Edit"

    edits: tuple[str, ...] = option(
        (),
        "Change this, without a window: move:FRAME:PERSON:KEYPOINT:X,Y, swap_sides:FRAMES:PERSON, "
        "swap_ids:FRAMES:PERSON,PERSON, delete:FRAMES:PERSON or delete:FRAMES:all; frames are 12 "
        "or 10-20. May be given more than once.",
        flag="--edit",
        metavar="EDIT",
        parse=check_edit,
        is_repeatable=True,
    )
    """As `parse_edit` takes them."""
    out: Path | None = option(
        None,
        "Where the edited poses are written; by default to NAME.edited.jsonl beside the others.",
        short_flag="-o",
        metavar="FILE.jsonl",
        parse=parse_target,
    )
    overwrite: bool = option(False, "Replace an existing file.")
    show: bool | None = option(None, "Show a window. By default if there is a display.")
    web: WebAddress | None = option(
        None,
        "Serve a page on which the poses are edited: at http://localhost:PORT/, or, with a host "
        "such as 0.0.0.0, to other machines. Without a display, a page is served anyway.",
        metavar="[HOST:]PORT",
        parse=WebAddress.parse,
    )
    token: str | None = option(
        None,
        "The secret that clients of --web have to know. By default one is generated where other "
        "machines can connect.",
        metavar="TOKEN",
    )
    allowed_origins: tuple[str, ...] = option(
        (),
        "Serve the page behind a proxy of this origin, such as https://example.org. May be given "
        "more than once.",
        flag="--allow-origin",
        metavar="ORIGIN",
        is_repeatable=True,
    )

    def view_of(self, clip: Path) -> Options:
        """Return the options of a run that shows a clip as the editor does."""
        return Options(
            SourceOptions(video=str(clip)),
            OutputOptions(show=self.show, web=self.web, token=self.token),
            streaming=StreamingOptions(allowed_origins=self.allowed_origins),
        )
