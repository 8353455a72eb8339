"""The bar at the foot of the window: where a clip is, its time, its speed, its loop and marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.colors import Bgr
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels
from livepose.draw.canvas import Canvas
from livepose.draw.text import ascent_px, compose_line, line_width_px, text_height_px

_WHITE: Bgr = (245, 245, 245)
_GREY: Bgr = (150, 150, 150)
_ORANGE: Bgr = (60, 170, 255)
_GREEN: Bgr = (110, 220, 120)
_BLUE: Bgr = (255, 190, 120)
_YELLOW: Bgr = (90, 225, 250)
_PINK: Bgr = (200, 130, 250)
_TEXT_ROW, _TRACK_ROW = 1.7, 1.8
"""The heights of the two rows, relative to that of the digits."""
_MIN_TEXT_PX = 7


class MarkKind(Enum):
    """What happens at a mark."""

    CUT = auto()
    """A scene begins: a line across the track."""
    REPETITION = auto()
    """A repetition is done: a dot above the track."""
    PEOPLE = auto()
    """Somebody comes into sight or is lost: a triangle below the track."""
    EDIT = auto()
    """Poses were edited by hand from here on: a square below the track."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment on the bar."""

    time_s: float
    kind: MarkKind


@dataclass(frozen=True, slots=True)
class TransportBar:
    """What the bar shows of a clip.

    >>> bar = TransportBar(time_s=12.345, index=370, start_s=0.0, end_s=45.2)
    >>> bar.label
    '0:12.345  frame 370'
    """

    time_s: float
    """Of the frame that is shown, on the clock of the clip."""
    index: int
    """The number of that frame."""
    start_s: float
    """The time of the first frame."""
    end_s: float
    """The time of the last frame."""
    origin_s: float = 0.0
    """The time that is written as 0:00."""
    target_s: float | None = None
    """The time that the clip is going to, if that frame is not shown yet."""
    speed: float = 1.0
    is_playing: bool = False
    is_looping: bool = False
    loop_s: tuple[float, float] | None = None
    """The times of the first and the last frame of the loop; None without a mark."""
    marks: Sequence[Mark] = ()

    @property
    def label(self) -> str:
        """The time and the number of the frame."""
        return f"{clock(self.time_s - self.origin_s)}  frame {self.index}"

    def share(self, time_s: float) -> float:
        """Return how far along the track a time is, 0..1."""
        length_s = self.end_s - self.start_s
        if length_s <= 0:
            return 0.0
        return min(max((time_s - self.start_s) / length_s, 0.0), 1.0)


@dataclass(frozen=True, slots=True)
class BarLayout:
    """Where the bar is in a frame, in pixels.

    >>> layout = BarLayout.of(640, 480)
    >>> layout.holds(320, 470), layout.holds(320, 100), round(layout.share_at(320), 2)
    (True, False, 0.5)
    """

    text_px: int
    """The height of digits."""
    top: int
    track_y: int
    left: int
    """Where the track begins."""
    right: int
    """Where the track ends."""

    @classmethod
    def of(cls, width_px: int, height_px: int) -> BarLayout:
        """Return the layout for frames of a size."""
        text_px = text_height_px((width_px, height_px))
        while text_px > _MIN_TEXT_PX and line_width_px("0:00:00.000 frame 00000", text_px) > (
            0.8 * width_px
        ):
            text_px -= 1
        height = round((_TEXT_ROW + _TRACK_ROW) * text_px)
        top = height_px - height
        track_y = top + round((_TEXT_ROW + 0.45 * _TRACK_ROW) * text_px)
        return cls(text_px, top, track_y, text_px, width_px - text_px - 1)

    def holds(self, x_px: int, y_px: int) -> bool:
        """Return whether a place is on the bar."""
        return y_px >= self.top

    def share_at(self, x_px: int) -> float:
        """Return how far along the track a place is, 0..1."""
        return min(max((x_px - self.left) / max(self.right - self.left, 1), 0.0), 1.0)

    def x_at(self, share: float) -> int:
        """Return where on the track a share of it is."""
        return self.left + round(share * (self.right - self.left))


def clock(time_s: float) -> str:
    """Return a time as minutes, seconds and milliseconds.

    >>> clock(12.345), clock(3671.5), clock(-0.25)
    ('0:12.345', '1:01:11.500', '-0:00.250')
    """
    sign = "-" if time_s < 0 else ""
    minutes, milliseconds = divmod(round(abs(time_s) * 1000), 60_000)
    seconds = f"{milliseconds // 1000:02}.{milliseconds % 1000:03}"
    hours, minutes = divmod(minutes, 60)
    return f"{sign}{hours}:{minutes:02}:{seconds}" if hours else f"{sign}{minutes}:{seconds}"


def paint_transport_bar(frame: Frame, bar: TransportBar) -> Frame:
    """Draw the bar over the foot of a frame.

    Args:
        frame: The frame; it is copied.
        bar: What is shown.
    """
    pixels = BgrPixels(frame.bgr)
    canvas = Canvas(pixels)
    canvas.planes[0][:] = pixels.bgr()
    layout = BarLayout.of(*canvas.size_px)
    bgr = canvas.planes[0]
    bgr[max(layout.top, 0) :] >>= 2
    _write_texts(canvas, layout, bar)
    _draw_track(bgr, layout, bar)
    return replace(frame, pixels=canvas.pixels)


def _write_texts(canvas: Canvas, layout: BarLayout, bar: TransportBar) -> None:
    """Write time and frame on the left, and on the right speed and length as far as they fit."""
    text_px = layout.text_px
    baseline = layout.top + round(1.35 * text_px)
    _draw_state(canvas.planes[0], layout, baseline, bar.is_playing)
    left = layout.left + round(1.6 * text_px)
    _write(canvas, bar.label, left, baseline, text_px, _WHITE)
    free_px = layout.right - left - line_width_px(bar.label, text_px) - 2 * text_px
    length = clock(bar.end_s - bar.origin_s)
    speed = "" if bar.speed == 1.0 and not bar.is_looping else f"{bar.speed:g}x"
    loop = "loop" if bar.is_looping else ""
    for words in ((speed, loop, length), (speed, loop), (speed,), ()):
        text = "  ".join(filter(None, words))
        width_px = line_width_px(text, text_px)
        if text and width_px <= free_px:
            _write(canvas, text, layout.right - width_px, baseline, text_px, _ORANGE)
            return


def _draw_state(bgr: UInt8Array, layout: BarLayout, baseline: int, is_playing: bool) -> None:
    """Draw a triangle while the clip plays, and two bars while it stands."""
    side, left, top = layout.text_px, layout.left, baseline - layout.text_px
    if is_playing:
        corners = np.array(((left, top), (left, top + side), (left + side, top + side // 2)))
        cv2.fillPoly(bgr, [corners.astype(np.int32)], _WHITE, cv2.LINE_AA)
        return
    width = max(2, side // 3)
    for x in (left, left + side - width):
        bgr[max(top, 0) : top + side, x : x + width] = _WHITE


def _draw_track(bgr: UInt8Array, layout: BarLayout, bar: TransportBar) -> None:
    y, half = layout.track_y, max(1, layout.text_px // 8)

    def area(from_s: float, to_s: float, half_height: int) -> UInt8Array:
        x0, x1 = (layout.x_at(bar.share(time_s)) for time_s in (from_s, to_s))
        return bgr[y - half_height : y + half_height + 1, x0 : x1 + 1]

    if bar.loop_s is not None:
        area(*bar.loop_s, 3 * half)[:] = _ORANGE if bar.is_looping else _GREY
    area(bar.start_s, bar.end_s, half)[:] = _GREY
    area(bar.start_s, bar.time_s, half)[:] = _WHITE
    # A crowd has more marks than the track has columns: each is drawn once.
    places = ((layout.x_at(bar.share(mark.time_s)), mark.kind) for mark in bar.marks)
    for x, kind in dict.fromkeys(places):
        _draw_mark(bgr, layout, x, kind)
    reach = round(0.62 * layout.text_px)
    knob = layout.x_at(bar.share(bar.time_s if bar.target_s is None else bar.target_s))
    bgr[y - reach : y + reach + 1, max(knob - half - 1, 0) : knob + half + 2] = 0
    bgr[y - reach : y + reach + 1, max(knob - half, 0) : knob + half + 1] = _ORANGE


def _draw_mark(bgr: UInt8Array, layout: BarLayout, x: int, kind: MarkKind) -> None:
    y, size = layout.track_y, max(2, round(0.22 * layout.text_px))
    away = 2 * size + 1
    if kind is MarkKind.CUT:
        cv2.line(bgr, (x, y - away), (x, y + away), _BLUE, max(1, size // 2))
    elif kind is MarkKind.REPETITION:
        cv2.circle(bgr, (x, y - away), size, _GREEN, -1, cv2.LINE_AA)
    elif kind is MarkKind.PEOPLE:
        corners = ((x, y + away - size), (x - size, y + away + size), (x + size, y + away + size))
        cv2.fillPoly(bgr, [np.array(corners, np.int32)], _YELLOW, cv2.LINE_AA)
    else:
        top = y + away - size
        cv2.rectangle(bgr, (x - size, top), (x + size, top + 2 * size), _PINK, -1)


def _write(canvas: Canvas, text: str, x: int, baseline: int, text_px: int, color: Bgr) -> None:
    canvas.blend_mask(color, compose_line(text, text_px), x, baseline - ascent_px(text_px))
