"""Poses -> a painted frame: skeletons, boxes, trails, labels. Only this room mirrors."""

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
