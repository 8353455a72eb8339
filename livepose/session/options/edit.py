"""What is changed in saved poses: the options of `livepose edit`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.export.pose_edits import EDIT_FORMS, PoseEdit, parse_edit
from livepose.session.option_fields import option


@dataclass(frozen=True, slots=True, kw_only=True)
class EditOptions:
    """What is changed, and where it is written."""

    panel: ClassVar[str] = "Edit"

    edits: tuple[PoseEdit, ...] = option(
        (),
        f"Change this, without a window: {EDIT_FORMS}; frames are 12 or 10-20. May be given more "
        "than once.",
        flag="--edit",
        metavar="EDIT",
        parse=parse_edit,
        is_repeatable=True,
    )
    out: Path | None = option(
        None,
        "Where the edited poses are written; by default to NAME.edited.jsonl beside the others.",
        short_flag="-o",
        metavar="FILE.jsonl",
    )
    overwrite: bool = option(False, "Replace an existing file.")
