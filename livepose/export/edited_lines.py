"""Lines of a recording in which something was changed by hand; all else stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from livepose.core.angles import Angles
from livepose.core.poses import Poses
from livepose.export.jsonl import tracked_people
from livepose.export.pose_edits import PoseEdit


def edited_header(text: bytes, edits: Sequence[PoseEdit]) -> bytes:
    """Return the first line with more edits behind those that it lists.

    Args:
        text: The line, with its line end.
        edits: At least one.
    """
    header = orjson.loads(text)
    header["edits"] = [*header.get("edits", ()), *map(str, edits)]
    return orjson.dumps(header) + b"\n"


def edited_line(text: bytes, poses: Poses, angles: Angles) -> bytes:
    """Return the line of a frame with other people.

    Args:
        text: The line.
        poses: The people.
        angles: Of them.
    """
    line = orjson.loads(text)
    line["people"] = tracked_people(poses, angles)
    return orjson.dumps(line, option=orjson.OPT_SERIALIZE_NUMPY) + b"\n"
