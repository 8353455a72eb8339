"""Paint what was found: skeletons, boxes, trails, labels. Mirroring happens here only."""

from livepose.draw.color_schemes import ByPerson, BySide, OneColor, Scheme
from livepose.draw.painter import paint
from livepose.draw.style import Background, Style, Thickness

__all__ = [
    "Background",
    "ByPerson",
    "BySide",
    "OneColor",
    "Scheme",
    "Style",
    "Thickness",
    "paint",
]
