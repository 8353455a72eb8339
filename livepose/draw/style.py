"""Style: how paintings look."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import Enum

from livepose.core.colors import Bgr
from livepose.core.errors import OptionError
from livepose.draw.color_schemes import ByPerson, BySide, OneColor, Scheme

_CHOICE = (
    "choose sides, people or a colour such as #FF8800, and thin, normal, thick or a width from 1px "
    "to 99px, with a comma between"
)
_COLOR = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")
_PIXELS = re.compile(r"([0-9]{1,2})px")


class Background(Enum):
    """What becomes of the picture under the skeletons."""

    KEEP = "keep"
    DIM = "dim"
    """Darkened, so that the skeletons stand out."""
    BLACK = "black"


@dataclass(frozen=True, slots=True)
class Thickness:
    """How wide a bone is drawn."""

    share: float
    """Over the shorter side of the picture."""
    least_px: int

    def line_px(self, size_px: tuple[int, int]) -> int:
        return max(self.least_px, round(self.share * min(size_px)))


THICKNESSES = {
    "thin": Thickness(0.0035, 1),
    "normal": Thickness(0.0065, 2),
    "thick": Thickness(0.011, 4),
}


@dataclass(frozen=True, slots=True)
class Style:
    """How skeletons look."""

    min_score: float = 0.3
    """Points that score less, and their bones, are not drawn. 0.3 is the model card's advice."""
    mirror: bool = False
    """Show the picture as a mirror does. Left stays left: the poses themselves are not touched."""
    colors: Scheme = field(default_factory=BySide)
    outline: Bgr = (25, 25, 25)
    """Around every line, so that it is seen on any background."""
    thickness: Thickness = THICKNESSES["normal"]
    background: Background = Background.KEEP
    boxes: bool = False
    """Draw a box around each person, and the id of who is tracked."""
    hidden: frozenset[int] = frozenset()
    """Keypoints that are not drawn, nor the bones that end there."""

    def with_words(self, text: str) -> Style:
        """Return this style with other colours, another line width, or both.

        Args:
            text: `sides`, `people` or `#RRGGBB`; `thin`, `normal`, `thick` or `3px`; or one of
                each, with a comma between.

        Raises:
            OptionError: a word is none of these, or there are two of one kind.

        >>> Style().with_words("#FF8800,3px").colors
        OneColor(color=(0, 136, 255))
        """
        words = parse_style_words(text)
        return replace(
            self,
            colors=words.colors or self.colors,
            thickness=words.thickness or self.thickness,
        )


@dataclass(frozen=True, slots=True)
class StyleWords:
    """Colours and line width, as far as they are asked for."""

    colors: Scheme | None = None
    thickness: Thickness | None = None


def parse_style_words(text: str) -> StyleWords:
    """Return what the words of a style ask for.

    Args:
        text: `sides`, `people` or `#RRGGBB`; `thin`, `normal`, `thick` or `3px`; or one of each,
            with a comma between.

    Raises:
        OptionError: If a word is unknown, or there are two of one kind.

    >>> parse_style_words("#FF8800")
    StyleWords(colors=OneColor(color=(0, 136, 255)), thickness=None)
    """
    words = StyleWords()
    for word in text.split(","):
        look = _look(word.strip().lower())
        kind = "thickness" if isinstance(look, Thickness) else "colors"
        if getattr(words, kind) is not None:
            raise OptionError(f"the style {text} has two words of one kind: {_CHOICE}")
        words = replace(words, **{kind: look})  # type: ignore[arg-type]
    return words


def _look(word: str) -> Scheme | Thickness:
    """Read one word of a style."""
    if word in THICKNESSES:
        return THICKNESSES[word]
    pixels = _PIXELS.fullmatch(word)
    if pixels and int(pixels[1]):
        return Thickness(0.0, int(pixels[1]))
    schemes: dict[str, Scheme] = {"sides": BySide(), "people": ByPerson()}
    if word in schemes:
        return schemes[word]
    color = _COLOR.fullmatch(word)
    if color is None:
        raise OptionError(f"{word!r} is no word for a style: {_CHOICE}")
    red, green, blue = (int(part, 16) for part in color.groups())
    return OneColor((blue, green, red))
