"""Style: how people are painted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from livepose.core.colors import Bgr
from livepose.core.errors import OptionError
from livepose.core.skeleton import Keypoint, keypoint_names
from livepose.draw.color_schemes import ByPerson, BySide, OneColor, Scheme

_CHOICES = (
    "choose sides, people or a colour such as #FF8800, and thin, normal, thick or a width from 1px "
    "to 99px, separated by a comma"
)
_COLOR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")
_WIDTH = re.compile(r"([1-9][0-9]?|0[1-9])px")


class Background(Enum):
    """What is seen behind the skeletons.

    >>> Style(background=Background.DIM) == Style(background="dim")
    True
    """

    KEEP = "keep"
    """The frame as it is."""
    DIM = "dim"
    """The frame, darkened, so that the skeletons stand out."""
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Thickness:
    """How wide a bone is drawn.

    >>> Thickness(share=0.0065, min_px=2).line_px((1280, 720))
    5
    """

    share: float
    """Relative to the shorter side of the frame."""
    min_px: int

    def line_px(self, size_px: tuple[int, int]) -> int:
        """Return the width of a bone on a frame of this width and height."""
        return max(self.min_px, round(self.share * min(size_px)))


SCHEMES: dict[str, Scheme] = {"sides": BySide(), "people": ByPerson()}
"""Colour schemes by name."""
THICKNESSES = {
    "thin": Thickness(0.0035, 1),
    "normal": Thickness(0.0065, 2),
    "thick": Thickness(0.011, 4),
}
"""Line widths by name."""


@dataclass(frozen=True, slots=True, init=False)
class Style:
    """How people are painted.

    >>> style = Style(colors="#FF8800", thickness="3px", background="dim", boxes=True)
    >>> style.colors, style.thickness.line_px((1280, 720)), style.background
    (OneColor(color=(0, 136, 255)), 3, <Background.DIM: 'dim'>)
    """

    min_score: float
    """Keypoints that score less are hidden, and so are their bones. The model card advises 0.3."""
    mirror: bool
    """Show the frame as in a mirror. Left stays left: the poses themselves do not change."""
    colors: Scheme
    outline: Bgr
    """The colour around every line, so that it is visible on any background."""
    thickness: Thickness
    background: Background
    boxes: bool
    """Draw a box around each person, and the id of each tracked person."""
    extremes: bool
    """Write the minimum and maximum so far below each angle."""
    hidden: frozenset[str]
    """Names of keypoints and of parts of the body that are not drawn, nor are their bones. Those
    that a skeleton does not have are passed over."""

    def __init__(
        self,
        min_score: float = 0.3,
        mirror: bool = False,
        colors: Scheme | str = "sides",
        outline: Bgr = (25, 25, 25),
        thickness: Thickness | str = "normal",
        background: Background | str = Background.KEEP,
        boxes: bool = False,
        extremes: bool = False,
        hidden: str | Iterable[str | Keypoint] = (),
    ) -> None:
        """Set how people are painted.

        Args:
            min_score: Keypoints that score less are hidden.
            mirror: Whether to show the frame as in a mirror.
            colors: A scheme, or `sides`, `people` or `#RRGGBB`.
            outline: The colour around every line: blue, green, red.
            thickness: A line width, or `thin`, `normal`, `thick` or `3px`.
            background: `keep`, `dim` or `black`.
            boxes: Whether to draw a box around each person.
            extremes: Whether to write the minimum and maximum so far below each angle.
            hidden: Keypoints and parts of the body that are not drawn: `Keypoint.NOSE`, "nose",
                "hands"; or a text such as "face,hands".

        Raises:
            OptionError: If a word is unknown.
            TypeError: If a keypoint that is not drawn is a number.
        """
        values = {
            "min_score": min_score,
            "mirror": mirror,
            "colors": _parse_colors(colors) if isinstance(colors, str) else colors,
            "outline": outline,
            "thickness": _parse_thickness(thickness) if isinstance(thickness, str) else thickness,
            "background": _parse_background(background),
            "boxes": boxes,
            "extremes": extremes,
            "hidden": keypoint_names(hidden) if hidden else frozenset(),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def scaled(self, scale: float) -> Style:
        """Return this style for a frame that is shown in another size.

        Args:
            scale: How large the frame is shown, 1 being its own size. Only a line width in pixels
                depends on it; the others grow with the frame.
        """
        if self.thickness.share:
            return self
        min_px = max(1, round(scale * self.thickness.min_px))
        return replace(self, thickness=Thickness(0.0, min_px))

    def with_words(self, text: str) -> Style:
        """Return this style with other colours, another line width, or both.

        Args:
            text: As for `parse_style_words`.

        Raises:
            OptionError: If a word is unknown, or if two words are of one kind.
        """
        words = parse_style_words(text)
        return replace(
            self,
            colors=words.colors or self.colors,
            thickness=words.thickness or self.thickness,
        )


def _parse_colors(word: str) -> Scheme:
    colors = parse_style_words(word).colors
    if colors is None:
        raise OptionError(f"{word!r} is not a colour: choose sides, people or #FF8800")
    return colors


def _parse_thickness(word: str) -> Thickness:
    thickness = parse_style_words(word).thickness
    if thickness is None:
        raise OptionError(f"{word!r} is not a line width: choose thin, normal, thick or 3px")
    return thickness


def _parse_background(word: Background | str) -> Background:
    try:
        return Background(word)
    except ValueError:
        known = ", ".join(background.value for background in Background)
        raise OptionError(f"{word!r} is not a background: choose {known}") from None


@dataclass(frozen=True, slots=True)
class StyleWords:
    """Colours and line width, as far as they are given."""

    colors: Scheme | None = None
    thickness: Thickness | None = None


def parse_style_words(text: str) -> StyleWords:
    """Return the colours and the line width that words stand for.

    Args:
        text: `sides`, `people` or `#RRGGBB`; `thin`, `normal`, `thick` or `3px`; or one of each,
            separated by a comma.

    Raises:
        OptionError: If a word is unknown, or if two words are of one kind.

    >>> parse_style_words("#FF8800")
    StyleWords(colors=OneColor(color=(0, 136, 255)), thickness=None)
    """
    colors: list[Scheme] = []
    thicknesses: list[Thickness] = []
    for word in (each.strip().lower() for each in text.split(",")):
        if word in SCHEMES:
            colors.append(SCHEMES[word])
        elif word in THICKNESSES:
            thicknesses.append(THICKNESSES[word])
        elif color := _COLOR.fullmatch(word):
            red, green, blue = (int(part, 16) for part in color.groups())
            colors.append(OneColor((blue, green, red)))
        elif width := _WIDTH.fullmatch(word):
            thicknesses.append(Thickness(0.0, int(width[1])))
        else:
            raise OptionError(f"unknown style {word!r}: {_CHOICES}")
    if len(colors) > 1 or len(thicknesses) > 1:
        raise OptionError(f"the style {text} has two colours or two line widths: {_CHOICES}")
    return StyleWords(colors[0] if colors else None, thicknesses[0] if thicknesses else None)
