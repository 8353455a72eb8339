"""Panels: large figures and curves in a corner of the frame, and where they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from livepose.core.arrays import Float64Array, FloatArray, read_only

Rectangle = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the frame."""
CURVE_S = 10.0
"""How much of the past a curve shows."""
MAX_COUNTERS = 4
MAX_PLOTS = 4
"""How many plots of angles there are at most; left and right share one."""
MAX_ROWS = 3
"""How many repetitions stand in the table below a counter."""
COUNTER_COLUMNS = ("no.", "start", "over", "turn")
"""Number, start, time over the threshold, turning point."""
_EDGE_X, _EDGE_Y, _FOOT_Y = 0.015, 0.07, 0.085
"""Between a panel and the edge of the frame, where the window has its bars."""
_BAR_PX, _MAX_BAR = 33, 0.14
"""The height of the bar at the foot of a small window, and its greatest share of the frame."""
_DIGIT_WIDTH = 0.96
"""Of a digit and its gap, over its height."""
_COUNTER_PADDING = 0.35
_TABLE_WIDTH = 16
"""The width of a table, over the height of its digits."""
_MAX_TABLE = 0.48
"""The greatest share of the frame's width that a table takes."""
_LABEL_LINE = 1.75
"""The height of a line, over that of its digits."""


class Corner(Enum):
    """A corner of the frame."""

    TOP_LEFT = "top left"
    TOP_RIGHT = "top right"
    BOTTOM_LEFT = "bottom left"
    BOTTOM_RIGHT = "bottom right"

    @property
    def is_left(self) -> bool:
        return self in (Corner.TOP_LEFT, Corner.BOTTOM_LEFT)

    @property
    def is_top(self) -> bool:
        return self in (Corner.TOP_LEFT, Corner.TOP_RIGHT)

    @property
    def mirrored(self) -> Corner:
        """The corner in the same row, on the other side."""
        vertical, side = self.value.split(" ")
        return Corner(f"{vertical} {'right' if side == 'left' else 'left'}")

    def rectangle(self, frame_px: tuple[int, int], panel_px: tuple[int, int]) -> Rectangle:
        """Return where a panel is, of (width, height) pixels, in a frame of (width, height).

        >>> Corner.TOP_RIGHT.rectangle((1000, 500), (200, 100))
        (785, 35, 985, 135)
        """
        edge_x = round(_EDGE_X * frame_px[0])
        foot_px = max(_FOOT_Y * frame_px[1], min(_BAR_PX, _MAX_BAR * frame_px[1]))
        edge_y = round(_EDGE_Y * frame_px[1] if self.is_top else foot_px)
        left = edge_x if self.is_left else frame_px[0] - edge_x - panel_px[0]
        top = edge_y if self.is_top else frame_px[1] - edge_y - panel_px[1]
        return left, top, left + panel_px[0], top + panel_px[1]


@dataclass(frozen=True, slots=True)
class CounterPanel:
    """How often each rule has counted, and the last repetitions.

    >>> panel = CounterPanel((("right_knee", 12),))
    >>> panel.digit_px((1280, 720)) >= 720 / 8
    True
    """

    counts: tuple[tuple[str, int], ...]
    """The label of each rule, such as `right_knee` or `right_knee:>90`, and its count."""
    rows: tuple[tuple[str, ...], ...] = ()
    """The table of the last repetitions, below `columns`."""
    corner: Corner = Corner.TOP_LEFT

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns of the table; with several rules, theirs come first."""
        return COUNTER_COLUMNS if len(self.counts) == 1 else ("rule", *COUNTER_COLUMNS)

    def digit_px(self, frame_px: tuple[int, int]) -> int:
        """Return the height of the digits: more than an eighth of the frame's height."""
        is_portrait = frame_px[1] > frame_px[0]
        return int(np.ceil((0.128 if is_portrait else 0.15) * frame_px[1])) + 1

    def label_px(self, frame_px: tuple[int, int]) -> int:
        """Return the height of the digits of labels and tables."""
        return max(7, round(0.023 * min(frame_px)))

    def counter_px(self, frame_px: tuple[int, int]) -> tuple[float, float]:
        """Return width and height of one counter with its label."""
        digit_px, label_px = self.digit_px(frame_px), self.label_px(frame_px)
        digits = max(2, *(len(str(count)) for _, count in self.counts))
        width_px = (_DIGIT_WIDTH * digits + _COUNTER_PADDING) * digit_px
        return width_px, 1.12 * digit_px + _LABEL_LINE * label_px

    def grid(self, frame_px: tuple[int, int]) -> tuple[int, int]:
        """Return in how many columns and rows the counters stand: from three on, in two columns."""
        has_room = 2 * self.counter_px(frame_px)[0] <= (1 - 2 * _EDGE_X) * frame_px[0]
        columns = 2 if len(self.counts) > 2 and has_room else 1
        return columns, math.ceil(len(self.counts) / columns)

    def has_table(self, frame_px: tuple[int, int]) -> bool:
        """Return whether there is a table: not before the first repetition, nor in tiny frames."""
        is_wide = _TABLE_WIDTH * self.label_px(frame_px) <= _MAX_TABLE * frame_px[0]
        return bool(self.rows) and is_wide

    def size_px(self, frame_px: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the panel."""
        label_px, (columns, rows) = self.label_px(frame_px), self.grid(frame_px)
        width_px, height_px = self.counter_px(frame_px)
        lines = (MAX_ROWS + 1 if self.has_table(frame_px) else 0) + 0.6
        table_px = min(_TABLE_WIDTH * label_px, _MAX_TABLE * frame_px[0])
        return (
            round(max(columns * width_px, table_px)),
            round(rows * height_px + _LABEL_LINE * label_px * lines),
        )

    def rectangle(self, frame_px: tuple[int, int]) -> Rectangle:
        """Return where the panel is in a frame of (width, height) pixels."""
        return self.corner.rectangle(frame_px, self.size_px(frame_px))


def plots_of(names: Sequence[str]) -> list[tuple[str, list[int]]]:
    """Return a title and the columns of each plot of some angles: left and right share one.

    >>> plots_of(["left_knee", "right_knee", "trunk"])
    [('knee', [0, 1]), ('trunk', [2])]
    """
    found: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        side, _, rest = name.partition("_")
        found.setdefault(rest if side in ("left", "right") else name, []).append(column)
    return list(found.items())


@dataclass(frozen=True, slots=True, eq=False)
class CurvePanel:
    """Angles of one person over time: the last ten seconds, and all of the clip in small."""

    names: tuple[str, ...]
    """A names, such as `left_knee`."""
    time_s: Float64Array
    """(T,) of the last ten seconds; the last one is now."""
    degrees: FloatArray
    """(T, A) float32, NaN where unknown."""
    overview_s: Float64Array
    """(M,) times all over the clip so far."""
    overview: FloatArray
    """(M, 2, A) float32: the least and the greatest value around each of them."""
    end_s: float
    """When the clip ends; now, if that is unknown."""
    corner: Corner = Corner.BOTTOM_RIGHT

    def __post_init__(self) -> None:
        for name in ("time_s", "degrees", "overview_s", "overview"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[type[CurvePanel], tuple[object, ...]]:
        """Return how a copy is made: by the constructor, which makes arrays read-only again."""
        series = (self.time_s, self.degrees, self.overview_s, self.overview)
        return CurvePanel, (self.names, *series, self.end_s, self.corner)

    @classmethod
    def empty(cls, names: tuple[str, ...]) -> CurvePanel:
        """Make curves of which nothing is known."""
        nothing = np.zeros(0)
        degrees = np.zeros((0, len(names)), np.float32)
        return cls(names, nothing, degrees, nothing, degrees[:, None].repeat(2, axis=1), 0.0)

    @staticmethod
    def size_px(frame_px: tuple[int, int]) -> tuple[int, int]:
        """Return width and height of the panel in a frame of (width, height)."""
        width_px, height_px = frame_px
        if height_px > width_px:
            return round(0.44 * width_px), round(0.16 * height_px)
        return round(0.36 * width_px), round(0.36 * height_px)

    def rectangle(self, frame_px: tuple[int, int]) -> Rectangle:
        """Return where the panel is in a frame of (width, height) pixels."""
        return self.corner.rectangle(frame_px, self.size_px(frame_px))
