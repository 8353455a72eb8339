"""What a viewer shows: painted frames with figures, badges, guides and notices over them."""

from __future__ import annotations

import time
from abc import abstractmethod
from dataclasses import replace
from pathlib import Path

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.interfaces import Closeable
from livepose.core.viewer_state import ReadingState, TransportState, ViewerState
from livepose.draw import Style, paint
from livepose.draw.display_size import shrunk_to_fit
from livepose.draw.guides import Guides, paint_large_number
from livepose.draw.hud import (
    HelpRow,
    hud_height_px,
    paint_badges,
    paint_help,
    paint_hud,
    paint_no_signal,
)
from livepose.session.help_rows import help_rows
from livepose.session.plain_picture import plain_picture
from livepose.session.reading_aids import reading_at, with_guides, with_reading
from livepose.session.viewer_figures import ViewerFigures
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.delay_line import DelayLine
from livepose.sinks.input_events import Action
from livepose.sinks.window import KEY_BINDINGS

THRESHOLD_STEP = 0.05
_NOTICE_S = 2.0
_HINT = "h: keys"
_HINT_S = 5.0


class FrameDisplay(Closeable):
    """Draws frames for a screen, and changes how they look."""

    def __init__(self, setup: ViewerSetup) -> None:
        """Show nothing yet; `close` closes the window."""
        self.style = setup.style
        self.figures = ViewerFigures(has_network=not setup.is_replay)
        self._window = setup.window
        self._info = setup.info
        self._recorder = setup.recorder
        self._steps = setup.steps
        self._delay = DelayLine(setup.delay_s) if setup.delay_s else None
        self._is_paused = False
        self._shows_help = False
        self._shows_hud = True
        self._hint_until_s = 0.0
        self._notice = ("", 0.0)
        self._area_px: tuple[int, int] | None = None
        self._shown: tuple[PosedFrame, Frame] | None = None
        self._earlier: PosedFrame | None = None
        """The frame that was shown before the one that is."""
        self._guides = Guides.NONE
        self._pointer: tuple[int, int] | None = None
        """Where the mouse is, in pixels of the painted frame."""
        self._page_pointer: tuple[float, float] | None = None
        """Where that of a page is, in pixels of the frame itself."""
        self._silent_s: int | None = None
        """Whole seconds without a picture, while there is no signal."""

    @property
    @abstractmethod
    def actions(self) -> frozenset[Action]:
        """What can be done here."""

    @property
    def help_rows(self) -> tuple[HelpRow, ...]:
        """The keys that do something here."""
        return help_rows(KEY_BINDINGS, self.actions)

    @property
    @abstractmethod
    def saved(self) -> list[Path]:
        """The files that keys have saved so far."""

    @abstractmethod
    def _failed_saves(self) -> int:
        """Return how many files that keys have asked for did not come to be."""

    def paint(self, posed: PosedFrame, full_size: Frame | None = None) -> Frame:
        """Return a painted frame that is no larger than the window shows it.

        Args:
            posed: A frame and its poses.
            full_size: The same, painted for others, which is taken where the window is as large.
        """
        if not self._window.is_painted and self._has_full_frame():
            return plain_picture(posed, self.style)
        self._area_px = self._window.area_px
        fitted = posed if self._area_px is None else shrunk_to_fit(posed, self._area_px)
        top_px = self._top_px((fitted.frame.width_px, fitted.frame.height_px))
        if fitted is posed:
            return full_size or paint(posed, self.style, top_px=top_px)
        style = self.style.scaled(fitted.frame.width_px / posed.frame.width_px)
        return paint(fitted, style, top_px=top_px)

    def _top_px(self, size_px: tuple[int, int]) -> int:
        """Return the height of the line at the top, if ids have to stand below it."""
        if not (self.style.boxes and self._shows_hud):
            return 0
        return hud_height_px(size_px, self._texts(time.perf_counter()), self._badges())

    def close(self) -> None:
        self._window.close()

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        now_s = time.perf_counter()
        if self._shown is None:
            self._hint_until_s = now_s + _HINT_S
        if self._shown is not None and self._shown[0].frame.index != posed.frame.index:
            self._earlier = self._shown[0]
        self._shown = (posed, painted)
        number = self._countdown_number(now_s)
        if self._window.wants_data:
            state = self._state(now_s, number)
            self._window.show_data(posed, self._picture(posed, painted), state)
        if not self._window.is_painted:
            return
        if self._guides is not Guides.NONE:
            # Where people stood in a picture of another moment is not known any more.
            stood = posed if self._has_full_frame() else replace(posed, poses=posed.poses[:0])
            painted = with_guides(painted, stood, self._guides, self.style)
        if number is not None:
            painted = paint_large_number(painted, number)
        if self._silent_s is not None:
            painted = paint_no_signal(painted, self._silent_s)
        notice, until_s = self._notice
        if now_s < until_s:
            shown = paint_hud(painted, [notice], self._badges())
        elif self._shows_hud:
            shown = paint_hud(painted, self._texts(now_s), self._badges())
        else:
            shown = paint_badges(painted, self._badges())
        shown = self._with_controls(shown)
        self._window.write(paint_help(shown, self.help_rows) if self._shows_help else shown)

    def _with_controls(self, painted: Frame) -> Frame:
        """Return a frame with what is drawn for the mouse: what a joint says, while it stands."""
        if not self._can_be_read() or self._pointer is None or self._shown is None:
            return painted
        posed = self._shown[0]
        return with_reading(painted, posed, self._pointer, self._neighbours(), self.style)

    def _reading(self) -> ReadingState | None:
        """Return what the joint says that somebody points at on a page."""
        if not self._can_be_read() or self._page_pointer is None or self._shown is None:
            return None
        reading = reading_at(self._page_pointer, self._shown[0], self._neighbours(), self.style)
        if reading is None:
            return None
        return ReadingState(reading.lines, reading.x_px, reading.y_px)

    def _can_be_read(self) -> bool:
        """Return whether the picture is paused, and is the one that the poses belong to."""
        return self._is_paused and self._delay is None

    def _neighbours(self) -> tuple[PosedFrame, ...]:
        """Return frames next to the one that is shown."""
        return () if self._earlier is None else (self._earlier,)

    def _change_guides(self) -> None:
        self._guides = self._guides.following
        if self._guides is Guides.PLUMB and not self._has_full_frame():
            self._guides = Guides.GRID

    def _rep_counts(self) -> list[str]:
        """Return how many repetitions were counted up to the frame that is shown."""
        return self._steps.rep_counts()

    def _texts(self, now_s: float) -> list[str]:
        """Return what the line at the top says, the most important first."""
        hint = [_HINT] if now_s < self._hint_until_s else []
        is_silent = self._silent_s is not None
        return [*hint, *self.figures.texts(self._rep_counts(), is_silent=is_silent)]

    def _countdown_number(self, now_s: float) -> int | None:
        """Return the number of a countdown that is to be seen; None if there is none."""
        return None

    def _state(self, now_s: float, countdown: int | None) -> ViewerState:
        """Return what is shown beside the frame, as data."""
        notice, until_s = self._notice
        return ViewerState(
            fps=self.figures.fps,
            model_ms=self.figures.model_ms,
            lag_ms=self.figures.lag_ms,
            dropped=self.figures.dropped,
            counts=self._rep_counts(),
            badges=self._badges(),
            notice=notice if now_s < until_s else "",
            notice_s=max(0.0, until_s - now_s),
            is_paused=self._stands_still(),
            is_recording=self._recorder.is_recording,
            silent_s=self._silent_s,
            countdown=countdown,
            min_score=self.style.min_score,
            mirror=self.style.mirror,
            boxes=self.style.boxes,
            is_painted=not self._has_full_frame(),
            saved=[path.name for path in self.saved],
            failed_saves=self._failed_saves(),
            transport=self._transport_state(),
            guides=self._guides.value,
            reading=self._reading(),
            editing=None,
        )

    def _stands_still(self) -> bool:
        return self._is_paused

    def _transport_state(self) -> TransportState | None:
        """Return where the clip is; None where it cannot be sought."""
        return None

    def _picture(self, posed: PosedFrame, painted: Frame) -> Frame:
        """Return the frame as it is behind the skeletons; where it is gone, what is shown."""
        if self._window.is_painted and self._has_full_frame():
            return plain_picture(posed, self.style)
        return painted

    def _badges(self) -> list[str]:
        is_lost = self._shown is not None and self._shown[0].subject_state is SubjectState.LOST
        states = {
            "LOST": is_lost,
            "REC": self._recorder.is_recording and self._silent_s is None,
            "REC waiting": self._recorder.is_recording and self._silent_s is not None,
            "PAUSED": self._is_paused,
        }
        return [*(badge for badge, is_on in states.items() if is_on), *self._delay_badges()]

    def _delay_badges(self) -> list[str]:
        """Return how old the picture is, if it is shown with a delay."""
        if self._delay is None:
            return []
        wait_s = self._delay.wait_s(time.perf_counter())
        ago = f"{self._delay.delay_s:g} s ago"
        return [f"{ago} in {wait_s:.0f} s" if wait_s else ago]

    def _redraw(self) -> None:
        if self._shown is not None:
            self._display(*self._shown)

    def _toggle_help(self) -> None:
        self._shows_help = not self._shows_help

    def _toggle_hud(self) -> None:
        self._shows_hud = not self._shows_hud
        self._hint_until_s = 0.0
        if self.style.boxes and self._has_full_frame():
            self._restyle(self.style)  # ids stand below the line at the top

    def _toggle_extremes(self) -> None:
        self._restyle(replace(self.style, extremes=not self.style.extremes))

    def _toggle_mirror(self) -> None:
        self._restyle(replace(self.style, mirror=not self.style.mirror))

    def _toggle_boxes(self) -> None:
        self._restyle(replace(self.style, boxes=not self.style.boxes))

    def _move_threshold(self, by: float) -> None:
        self._set_threshold(self.style.min_score + by)

    def _set_threshold(self, threshold: float) -> None:
        min_score = round(min(max(threshold, 0.0), 1.0), 2)
        self._notify(f"threshold {min_score:.2f}")
        self._restyle(replace(self.style, min_score=min_score))

    def _restyle(self, style: Style) -> None:
        self.style = style
        if self._shown is not None:
            posed = self._shown[0]
            self._shown = (posed, self.paint(posed))

    def _follow_resizing(self) -> None:
        """Paint the frame that stands still anew, if the window shows it in another size."""
        if self._shown is not None and self._window.area_px != self._area_px:
            self._restyle(self.style)
            self._redraw()

    def _has_full_frame(self) -> bool:
        """Return whether the frame that is shown can be painted again."""
        return self._delay is None

    def _notify(self, notice: str, seconds: float = _NOTICE_S) -> None:
        self._notice = (notice, time.perf_counter() + seconds)
