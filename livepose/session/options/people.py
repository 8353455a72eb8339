"""Options of the people: who is followed, and how their keypoints are joined."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from livepose.motion.tracking.subject import Select
from livepose.session.option_fields import MOVING, option
from livepose.session.parsing import parse_people


class Smooth(str, Enum):
    """How keypoints are kept from jittering."""

    AUTO = "auto"
    """Butterworth from file to file, One-Euro where frames are shown or sent at once."""
    ONE_EURO = "one-euro"
    """One-Euro filter: smooth at rest, without lag in fast motion; works live."""
    BUTTERWORTH = "butterworth"
    """Zero-lag Butterworth filter, which needs later frames too; for files."""
    NONE = "none"
    KEEP = "keep"
    """As it was when the poses were written."""


class Rotate(str, Enum):
    """How the frame is rotated for the network, in degrees clockwise."""

    NONE = "0"
    RIGHT = "90"
    OVER = "180"
    LEFT = "270"
    AUTO = "auto"
    """The rotation that scores best, searched when the score has been poor for a while."""


@dataclass(frozen=True, slots=True)
class PeopleOptions:
    """Who is followed, and how the keypoints of consecutive frames are joined."""

    panel: ClassVar[str] = "People"

    max_people: int | None = option(
        1,
        "How many people to find, each as precisely as one alone: a number, or all. For "
        "single-person models, such as lightning.",
        flag="--people",
        metavar="N|all",
        minimum=1,
        parse=parse_people,
    )
    """None: as many as there are."""
    select: Select | None = option(
        None,
        "Follow one person, chosen this way; in the window, Tab, 1 to 9 or a click chooses "
        "another.",
        unlisted=(Select.ANY,),
    )
    """None: of one person whoever stands out, of several everybody."""
    smooth: Smooth = option(
        Smooth.AUTO,
        "Reduce jitter: butterworth has no lag and is for files only; auto is butterworth from "
        "file to file, else one-euro.",
        unlisted=(Smooth.KEEP,),
    )
    """For poses that are read from a file, `KEEP` leaves them as they are there."""
    cutoff_hz: float | None = option(
        None,
        "The cut-off frequency of --smooth butterworth (6): a lower one removes more noise, and "
        "more of quick movements.",
        flag="--cutoff",
        metavar="HZ",
        minimum=1,
        maximum=500,
        sources=MOVING,
    )
    swap_guard: bool = option(True, "Correct left and right where the network confuses them.")
    rotate: Rotate = option(
        Rotate.NONE,
        "Rotate the frame for the network, in degrees clockwise: for people lying down or doing "
        "handstands.",
    )
