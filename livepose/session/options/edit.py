"""What is changed in saved poses: the options of `livepose edit`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.session.option_fields import option


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
    )
    overwrite: bool = option(False, "Replace an existing file.")
