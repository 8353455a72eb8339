"""What the window shows on top of a frame: figures, badges and the keys.

Here they are drawn; which figures there are is a list in `session/viewer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from livepose.core.colors import Bgr
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels
from livepose.draw.canvas import Canvas
from livepose.draw.text import ascent_px, compose_line, line_width_px

_WHITE: Bgr = (245, 245, 245)
_RED: Bgr = (60, 60, 235)
_ORANGE: Bgr = (120, 200, 255)
_MIN_TEXT_PX = 7
"""Digits of this height can just be read."""
_GOOD_TEXT_PX = 9
_GAP = "   "
"""Between two figures, and between figures and badges."""
_FIRST_ROW, _NEXT_ROW = 1.9, 1.5
"""The heights of the rows of the bar, relative to that of the digits."""
_HELP_ROW, _HELP_EDGE = 1.7, 0.7
_SIGNAL_TEXT = 0.07
"""The height of NO SIGNAL, relative to the shorter side of the frame."""
_LARGE_PANEL = 0.8
"""A panel is large from this share of the frame's height."""


@dataclass(frozen=True, slots=True)
class HelpRow:
    """A row of the list of keys."""

    keys: str
    text: str
    short_keys: str
    """The keys as they are called in frames without room for more."""
    short_text: str


def paint_hud(frame: Frame, figures: Sequence[str], badges: Sequence[str] = ()) -> Frame:
    """Draw a bar over the top of a frame: figures, and badges at its right end.

    In narrow frames the text shrinks, then it takes two rows, and then the last figures are left
    out; badges never are.

    Args:
        frame: The frame; it is copied.
        figures: Such as `29.9 fps` and `model 8.1 ms`, the most important first.
        badges: Such as `PAUSED`.
    """
    canvas = _canvas_of(frame)
    width_px, height_px = canvas.size_px
    text_px, rows = _layout(figures, "  ".join(badges), (width_px, height_px))
    _darken(canvas, (0, 0, width_px, _bar_px(text_px, len(rows))), bits=2)
    for number, row in enumerate(rows):
        baseline = _bar_px(text_px, number + 1) - round(0.45 * text_px)
        _write(canvas, row, (text_px // 2, baseline), text_px, _WHITE)
    _write_badges(canvas, badges, text_px)
    return replace(frame, pixels=canvas.pixels)


def hud_height_px(
    size_px: tuple[int, int], figures: Sequence[str], badges: Sequence[str] = ()
) -> int:
    """Return the height of the bar that `paint_hud` draws on a frame of some width and height."""
    text_px, rows = _layout(figures, "  ".join(badges), size_px)
    return _bar_px(text_px, len(rows))


def paint_badges(frame: Frame, badges: Sequence[str]) -> Frame:
    """Draw badges without a bar, in the right upper corner of a frame."""
    if not badges:
        return frame
    canvas = _canvas_of(frame)
    width_px, _ = canvas.size_px
    text_px, _ = _layout((), "  ".join(badges), canvas.size_px)
    left = width_px - line_width_px("  ".join(badges), text_px) - text_px
    _darken(canvas, (left, 0, width_px, _bar_px(text_px, 1)), bits=2)
    _write_badges(canvas, badges, text_px)
    return replace(frame, pixels=canvas.pixels)


def paint_no_signal(frame: Frame, seconds: int) -> Frame:
    """Darken a frame that is not the present, and write over it for how long it has stood still.

    Args:
        frame: The last frame that came; it is copied.
        seconds: Since then.
    """
    canvas = _canvas_of(frame)
    width_px, height_px = canvas.size_px
    _darken(canvas, (0, 0, width_px, height_px), bits=2)
    hours, minutes = seconds // 3600, seconds // 60 % 60
    clock = f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"
    lines = ("NO SIGNAL", f"{seconds} s" if seconds < 60 else clock)
    text_px = max(_GOOD_TEXT_PX, round(_SIGNAL_TEXT * min(width_px, height_px)))
    while text_px > _MIN_TEXT_PX and line_width_px(lines[0], text_px) > 0.9 * width_px:
        text_px -= 1
    for number, line in enumerate(lines):
        left = (width_px - line_width_px(line, text_px)) // 2
        baseline = height_px // 2 + round((1.7 * number - 0.1) * text_px)
        _write(canvas, line, (left, baseline), text_px, _WHITE)
    return replace(frame, pixels=canvas.pixels)


def paint_help(frame: Frame, rows: Sequence[HelpRow]) -> Frame:
    """Draw a panel over the middle of a frame: keys, and what they do.

    Small frames get the short texts, in two columns if that makes them larger.
    """
    canvas = _canvas_of(frame)
    layout = _help_layout(rows, canvas.size_px)
    text_px = layout.text_px
    panel_px = layout.size_px(text_px)
    left, top = ((side - size) // 2 for side, size in zip(canvas.size_px, panel_px, strict=True))
    panel = (left, top, left + panel_px[0], top + panel_px[1])
    # Beside a panel that takes most of the frame, the rest of it would only distract.
    is_large = panel_px[1] > _LARGE_PANEL * canvas.size_px[1]
    _darken(canvas, (0, 0, *canvas.size_px) if is_large else panel, bits=3)
    x, gap_px = left + text_px // 2, _key_gap_px(text_px)
    for column in layout.columns:
        keys_px, texts_px = _column_widths_px(column, text_px)
        for number, (keys, text) in enumerate(column):
            baseline = top + round((_HELP_ROW * number + _HELP_EDGE + 1.3) * text_px)
            _write(canvas, keys, (x, baseline), text_px, _ORANGE)
            _write(canvas, text, (x + keys_px + gap_px, baseline), text_px, _WHITE)
        x += keys_px + gap_px + texts_px + text_px
    return replace(frame, pixels=canvas.pixels)


def side_by_side(left: Frame, right: Frame) -> Frame:
    """Return two frames of the same height next to each other, with a gap between them."""
    gap = np.full((left.height_px, max(4, left.width_px // 80), 3), 40, np.uint8)
    return replace(left, pixels=BgrPixels(np.hstack((left.bgr, gap, right.bgr))))


def _layout(figures: Sequence[str], badge: str, size_px: tuple[int, int]) -> tuple[int, list[str]]:
    """Return the height of the digits in the bar, and its rows of figures.

    Args:
        figures: The most important first.
        badge: What is written at the right end of the first row.
        size_px: Width and height of the frame.
    """
    width_px, height_px = size_px
    # A notice is one long figure: it is broken between its words.
    gap, parts = (_GAP, list(figures)) if len(figures) != 1 else (" ", figures[0].split(" "))
    line, badge = gap.join(parts), _GAP + badge if badge else ""
    for text_px in range(max(_GOOD_TEXT_PX, round(0.027 * min(size_px))), _MIN_TEXT_PX - 1, -1):
        if line_width_px(line + badge, text_px) <= width_px - text_px:
            return text_px, [line]
    text_px = _MIN_TEXT_PX
    has_room_below = 4 * _bar_px(text_px, 2) <= height_px
    row_widths_px = [width_px - text_px - line_width_px(badge, text_px)]
    row_widths_px += [width_px - text_px] * has_room_below
    rows: list[str] = []
    for row_px in row_widths_px:
        row = ""
        while parts and line_width_px(row + gap * bool(row) + parts[0], text_px) <= row_px:
            row += gap * bool(row) + parts.pop(0)
        rows.append(row)
    if parts and not rows[-1]:
        rows[-1] = _shortened(parts[0], row_widths_px[-1])
    return text_px, rows if rows[-1] else rows[:1]


def _shortened(text: str, width_px: int) -> str:
    """Return a text that is too long, cut off to fit into a width."""
    while text and line_width_px(f"{text}...", _MIN_TEXT_PX) > width_px:
        text = text[:-1]
    return f"{text}..." if text else ""


def _bar_px(text_px: int, rows: int) -> int:
    """Return the height of a bar of some rows."""
    return round((_FIRST_ROW + (rows - 1) * _NEXT_ROW) * text_px)


@dataclass(frozen=True, slots=True)
class _HelpLayout:
    """The list of keys as it is written in one frame."""

    columns: tuple[Sequence[tuple[str, str]], ...]
    """In each column the keys and the text of each row."""
    text_px: int
    """The height of digits."""

    def size_px(self, text_px: int) -> tuple[int, int]:
        """Return width and height of the panel, with digits of some height."""
        widths = [sum(_column_widths_px(column, text_px)) for column in self.columns]
        gaps_px = (_key_gap_px(text_px) + text_px) * len(widths)
        rows = max(len(column) for column in self.columns)
        return sum(widths) + gaps_px, round((_HELP_ROW * rows + 2 * _HELP_EDGE) * text_px)

    def fitted(self, size_px: tuple[int, int]) -> _HelpLayout:
        """Return this layout with the largest text that fits into a frame."""
        for text_px in range(max(_MIN_TEXT_PX, round(0.031 * size_px[1])), 1, -1):
            width_px, height_px = self.size_px(text_px)
            if width_px <= size_px[0] and height_px <= size_px[1]:
                return replace(self, text_px=text_px)
        return replace(self, text_px=1)


def _help_layout(rows: Sequence[HelpRow], size_px: tuple[int, int]) -> _HelpLayout:
    """Return the first layout whose text can be read well, or else that with the largest text."""
    full = [(row.keys, row.text) for row in rows]
    short = [(row.short_keys, row.short_text) for row in rows]
    half = (len(rows) + 1) // 2
    choices: list[_HelpLayout] = []
    for columns in ((full,), (short,), (short[:half], short[half:])):
        choices.append(_HelpLayout(tuple(filter(None, columns)), 1).fitted(size_px))
        if choices[-1].text_px >= _GOOD_TEXT_PX:
            return choices[-1]
    return max(choices, key=lambda layout: layout.text_px)


def _key_gap_px(text_px: int) -> int:
    """Return the space between keys and what they do."""
    return max(text_px, round(1.5 * (text_px - 3)))


def _column_widths_px(rows: Sequence[tuple[str, str]], text_px: int) -> list[int]:
    return [max(line_width_px(row[column], text_px) for row in rows) for column in (0, 1)]


def _canvas_of(frame: Frame) -> Canvas:
    """Return a canvas with a copy of a frame, as BGR: that is what windows take."""
    pixels = BgrPixels(frame.bgr)
    canvas = Canvas(pixels)
    canvas.planes[0][:] = pixels.bgr()
    return canvas


def _darken(canvas: Canvas, area: tuple[int, int, int, int], bits: int) -> None:
    """Divide the light of an area (left, top, right, bottom) by two to the power of some bits."""
    left, top, right, bottom = (max(0, edge) for edge in area)
    canvas.planes[0][top:bottom, left:right] >>= bits


def _write(canvas: Canvas, text: str, baseline: tuple[int, int], text_px: int, color: Bgr) -> None:
    if text:
        left, top = baseline[0], baseline[1] - ascent_px(text_px)
        canvas.blend_mask(color, compose_line(text, text_px), left, top)


def _write_badges(canvas: Canvas, badges: Sequence[str], text_px: int) -> None:
    """Write badges at the right end of the first row of the bar."""
    badge = "  ".join(badges)
    left = canvas.size_px[0] - line_width_px(badge, text_px) - text_px // 2
    _write(canvas, badge, (left, _bar_px(text_px, 1) - round(0.45 * text_px)), text_px, _RED)
