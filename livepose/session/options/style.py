"""Options of the style: how painted frames look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from livepose.core.skeleton import keypoint_names
from livepose.draw import Background, ByPerson, BySide, Style
from livepose.draw.style import StyleWords, parse_style_words
from livepose.session.option_fields import MOVING, option

_DEFAULT_STYLE = Style()


@dataclass(frozen=True, slots=True)
class StyleOptions:
    """How the painted frames look."""

    panel: ClassVar[str] = "Style"

    words: StyleWords = option(
        StyleWords(),
        "Colours and line width: sides, people or #RRGGBB; thin, normal, thick or 3px; "
        "for example people,thick.",
        flag="--style",
        metavar="WORDS",
        parse=parse_style_words,
    )
    min_score: float = option(
        _DEFAULT_STYLE.min_score,
        "Draw keypoints with at least this score, 0 to 1.",
        flag="--threshold",
        metavar="X",
        minimum=0,
        maximum=1,
    )
    background: Background = option(Background.KEEP, "Keep, dim or black out the background.")
    boxes: bool = option(False, "Draw a box with an id around each person.")
    extremes: bool = option(
        False, "Below each angle, show its minimum and maximum so far.", sources=MOVING
    )
    hidden: frozenset[str] = option(
        frozenset(),
        "Do not draw these keypoints: face, hands, arms, legs, or single names.",
        flag="--hide",
        metavar="PARTS",
        parse=keypoint_names,
    )
    blur_faces: bool = option(False, "Make faces unrecognisable.")
    trail: frozenset[str] = option(
        frozenset(),
        "Draw the path of these keypoints, such as wrists or left_ankle.",
        metavar="PARTS",
        parse=keypoint_names,
        sources=MOVING,
    )
    against: Path | None = option(
        None,
        "Overlay the skeleton of saved poses, such as a teacher's .jsonl, on the person, as a "
        "ghost that waits and follows; its colours show how much they differ.",
        metavar="FILE",
        sources=MOVING,
    )
    lead_s: float = option(
        0.0,
        "Show the ghost this many seconds ahead of the person.",
        flag="--lead",
        metavar="S",
        minimum=0,
        maximum=10,
        sources=MOVING,
    )
    mirror: bool = option(False, "Mirror the frame; left and right in the data stay the same.")

    def to_style(self, *, is_multi_person: bool) -> Style:
        """Return the painter's style.

        Args:
            is_multi_person: Several people are told apart by colour, one person's sides are.
        """
        return Style(
            min_score=self.min_score,
            mirror=self.mirror,
            colors=self.words.colors or (ByPerson() if is_multi_person else BySide()),
            thickness=self.words.thickness or _DEFAULT_STYLE.thickness,
            background=self.background,
            boxes=self.boxes,
            extremes=self.extremes,
            hidden=self.hidden,
        )
