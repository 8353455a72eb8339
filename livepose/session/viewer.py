"""The live view: painted frames in a window, with figures, keys, pause and pacing.

The way of a key: `KEY_BINDINGS` in `sinks/window` turns it into an `Action`. The viewer polls the
window, and looks up in its table of handlers what the action does.
"""

from __future__ import annotations

import logging
import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
from livepose.core.interfaces import Closeable
from livepose.core.pacing import Pacer
from livepose.core.viewer_state import ReadingState, TransportState, ViewerState
from livepose.draw import Style, paint
from livepose.draw.display_size import shrunk_to_fit
from livepose.draw.guides import Guides, paint_large_number
from livepose.draw.hud import paint_badges, paint_help, paint_hud, paint_no_signal
from livepose.motion.tracking.subject import (
    AtPoint,
    PersonNumber,
    SelectCommand,
    SelectRequest,
    TrackId,
)
from livepose.pipeline import Rate, Samples
from livepose.session.countdown import Countdown
from livepose.session.help_rows import help_rows
from livepose.session.motion_steps import MotionSteps
from livepose.session.plain_picture import plain_picture
from livepose.session.reading_aids import reading_at, with_guides, with_reading
from livepose.session.recorder import Recorder
from livepose.sinks.delay_line import DelayLine
from livepose.sinks.image import write_image
from livepose.sinks.input_events import (
    SEEKING,
    Action,
    Click,
    Digit,
    FramePoint,
    FramePointer,
    InputEvent,
    PersonId,
    Pointer,
    Threshold,
)
from livepose.sinks.screen import Screen
from livepose.sinks.window import KEY_BINDINGS
from livepose.system.interrupts import Interrupts

if TYPE_CHECKING:
    from livepose.session.clip_saver import ClipSaver

_log = logging.getLogger(__name__)

_THRESHOLD_STEP = 0.05
_IDLE_S = 0.03
_NOTICE_S = 2.0
_FAILURE_NOTICE_S = 10.0
_SHOWN_SAMPLES = 30
_NO_SIGNAL_S = 1.0
"""A camera without a picture for so long, and for the time of three pictures, has no signal."""
_HINT = "h: keys"
_HINT_S = 5.0
_HELP_ROWS = help_rows(KEY_BINDINGS)


@dataclass(frozen=True, slots=True)
class ViewerSetup:
    """What a viewer of any kind is connected to."""

    window: Screen
    info: StreamInfo
    """Of the source: frames of a live one are shown at once, others at their times."""
    style: Style
    """How skeletons look, until keys change it."""
    recorder: Recorder
    """Started and stopped by a key."""
    interrupts: Interrupts
    """They end a pause, and everything."""
    steps: MotionSteps
    """Their selector takes commands of whom to follow; their counts are displayed."""
    countdown_s: float = 0.0
    """How long is counted down before a recording."""
    delay_s: float = 0.0
    """The picture of so many seconds ago is shown."""
    folder: Path = Path()
    """Where keys save files."""


class Viewer(Closeable):
    """Shows frames at their own speed, and does what the keys and the mouse ask for."""

    def __init__(self, setup: ViewerSetup) -> None:
        """Connect a window to what its keys act on; `close` closes the window."""
        self.style = setup.style
        self.countdown = Countdown(setup.countdown_s)
        self.screenshots: list[Path] = []
        """What was saved of them."""
        self.clips: ClipSaver | None = None
        """What has saved clips, if seconds are kept."""
        self.paused_s = 0.0
        """Seconds spent in pauses."""
        self.lag_s = Samples()
        """Live: from the captured frame to the screen. From a file: how late a frame is shown."""
        self._window = setup.window
        self._info = setup.info
        self._recorder = setup.recorder
        self._interrupts = setup.interrupts
        self._steps = setup.steps
        self._folder = setup.folder
        self._unsaved = 0
        """How many screenshots have failed, and how many recordings had nothing in them."""
        self._delay = DelayLine(setup.delay_s) if setup.delay_s else None
        self._was_quit = False
        self._pacer = Pacer()
        self._rate = Rate()
        self._inference_s = Samples(_SHOWN_SAMPLES)
        self._recent_lag_s = Samples(_SHOWN_SAMPLES)
        self._people_counts: deque[tuple[int, int]] = deque(maxlen=_SHOWN_SAMPLES)
        """How many people the network saw in a frame, and how many were predicted."""
        self._dropped = 0
        self._is_paused = False
        self._shows_help = False
        self._shows_hud = True
        self._hint_until_s = 0.0
        self._resumed_s = 0.0
        self._notice = ("", 0.0)
        self._failed_recordings = 0
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
        self._handlers: dict[Action, Callable[[], None]] = {
            Action.PAUSE: self._toggle_pause,
            Action.MIRROR: self._toggle_mirror,
            Action.RAISE_THRESHOLD: lambda: self._move_threshold(_THRESHOLD_STEP),
            Action.LOWER_THRESHOLD: lambda: self._move_threshold(-_THRESHOLD_STEP),
            Action.HUD: self._toggle_hud,
            Action.EXTREMES: self._toggle_extremes,
            Action.HELP: self._toggle_help,
            Action.SCREENSHOT: self._save_screenshot,
            Action.RECORD: self._toggle_recording,
            Action.NEXT_PERSON: lambda: self._request(SelectCommand.NEXT),
            Action.EVERYBODY: lambda: self._request(SelectCommand.EVERYBODY),
            Action.FULL_SCREEN: setup.window.toggle_full_screen,
            Action.GUIDES: self._change_guides,
            Action.REPLAY: self._refuse_replay,
            Action.SAVE_CLIP: self._refuse_replay,
            Action.BOXES: self._toggle_boxes,
            Action.REFRESH: lambda: None,
            **{action: self._refuse_to_seek for action in SEEKING},
        }

    @property
    def wants_to_quit(self) -> bool:
        """Whether q, Esc, the window's X or a signal has asked for the end."""
        return self._was_quit or self._interrupts.received is not None

    @property
    def actions(self) -> frozenset[Action]:
        """What can be done here."""
        refusals = (self._refuse_to_seek, self._refuse_replay)
        done = {action for action, handler in self._handlers.items() if handler not in refusals}
        return frozenset({*done, Action.STEP})

    @property
    def saved(self) -> list[Path]:
        """The files that keys have saved so far."""
        return [*self.screenshots, *self._recorder.saved]

    def _failed_saves(self) -> int:
        """Return how many files that keys have asked for did not come to be."""
        return self._unsaved + len(self._recorder.errors)

    def is_stale(self, posed: PosedFrame) -> bool:
        """Return whether a live frame is older than the end of a pause: newer ones are wanted."""
        return self._info.is_live and posed.frame.grabbed_s < self._resumed_s

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
        if fitted is posed:
            return full_size or paint(posed, self.style)
        return paint(fitted, self.style.scaled(fitted.frame.width_px / posed.frame.width_px))

    def show(self, posed: PosedFrame, painted: Frame, dropped: int) -> None:
        """Show what `paint` returned when it is due; while paused, return only once it is over."""
        self._dropped = dropped
        self._inference_s.add(posed.inference_s)
        self._people_counts.append((len(posed.detections), posed.predicted_people))
        due_s = self._wait_until_due(posed.frame)
        self._notify_of_failed_recordings()
        self._silent_s = None
        if self._delay is not None:
            painted = self._delay.push(painted, time.perf_counter())
        self._display(posed, painted)
        self._handle(self._window.poll())
        now_s = time.perf_counter()
        self._rate.tick(now_s)
        lag_s = max(0.0, now_s - due_s)
        self.lag_s.add(lag_s)
        self._recent_lag_s.add(lag_s)
        self._stay_while_paused()

    def idle(self, silent_s: float = 0.0) -> None:
        """Keep the window responsive while no frame comes, and show that a camera sends none.

        Args:
            silent_s: Seconds since the source delivered its last frame.
        """
        self._handle(self._window.poll(_IDLE_S))
        self._follow_resizing()
        if not self._info.is_live:
            return
        rate = self._rate.per_second()
        is_silent = silent_s > max(_NO_SIGNAL_S, 3 / rate if rate else 0.0)
        shown_s, self._silent_s = self._silent_s, int(silent_s) if is_silent else None
        if self._silent_s != shown_s:
            self._redraw()

    def close(self) -> None:
        self._window.close()

    def _wait_until_due(self, frame: Frame) -> float:
        """Return the moment from which lag is counted."""
        if self._info.is_live:
            return frame.grabbed_s
        due_s = self._pacer.due_s(frame.time_s, time.perf_counter())
        while not self.wants_to_quit and (left_s := due_s - time.perf_counter()) > 0.002:
            self._handle(self._window.poll(min(left_s, _IDLE_S)))
        return due_s

    def _stay_while_paused(self) -> None:
        if not self._is_paused:
            return
        began_s = time.perf_counter()
        is_step = False
        while self._is_paused and not self.wants_to_quit and not is_step:
            event = self._window.poll(_IDLE_S)
            self._handle(event)
            self._follow_resizing()
            is_step = event is Action.STEP
        self._pacer.restart()
        self._rate = Rate()
        self._resumed_s = time.perf_counter()
        self.paused_s += self._resumed_s - began_s

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        now_s = time.perf_counter()
        if self._shown is None:
            self._hint_until_s = now_s + _HINT_S
        if self._shown is not None and self._shown[0].frame.index != posed.frame.index:
            self._earlier = self._shown[0]
        self._shown = (posed, painted)
        number = self._advance_countdown(now_s)
        if self._window.wants_data:
            state = self._state(now_s, number)
            self._window.show_data(posed, self._picture(posed, painted), state)
        if not self._window.is_painted:
            return
        if self._guides is not Guides.NONE:
            painted = with_guides(painted, posed, self._guides, self.style)
        if number is not None:
            painted = paint_large_number(painted, number)
        if self._silent_s is not None:
            painted = paint_no_signal(painted, self._silent_s)
        notice, until_s = self._notice
        if now_s < until_s:
            shown = paint_hud(painted, [notice], self._badges())
        elif self._shows_hud:
            shown = paint_hud(painted, self._figures(now_s), self._badges())
        else:
            shown = paint_badges(painted, self._badges())
        shown = self._with_controls(shown)
        self._window.write(paint_help(shown, _HELP_ROWS) if self._shows_help else shown)

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

    def _rep_counts(self) -> list[str]:
        """Return how many repetitions were counted up to the frame that is shown."""
        return self._steps.rep_counts()

    def _figures(self, now_s: float) -> list[str]:
        """Return what the line at the top says, the most important first."""
        figures = [_HINT] if now_s < self._hint_until_s else []
        if self._silent_s is not None:  # rates and lag are those of pictures
            return [*figures, "no picture", *self._rep_counts(), f"{self._dropped} dropped"]
        figures += [f"{self._rate.per_second():.1f} fps", *self._rep_counts()]
        if any(predicted for _, predicted in self._people_counts):
            frames = len(self._people_counts)
            seen = round(sum(seen for seen, _ in self._people_counts) / frames)
            people = round(sum(map(sum, self._people_counts)) / frames)
            if seen < people > 1:
                figures.append(f"{people} people, {seen} a frame")
        figures.append(f"model {1000 * self._inference_s.mean():.1f} ms")
        if len(self._recent_lag_s):
            figures.append(f"lag {1000 * self._recent_lag_s.mean():.0f} ms")
        return [*figures, f"{self._dropped} dropped"]

    def _state(self, now_s: float, countdown: int | None) -> ViewerState:
        """Return what is shown beside the frame, as data."""
        notice, until_s = self._notice
        return ViewerState(
            fps=self._rate.per_second(),
            model_ms=1000 * self._inference_s.mean(),
            lag_ms=1000 * self._recent_lag_s.mean() if len(self._recent_lag_s) else None,
            dropped=self._dropped,
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

    def _handle(self, event: InputEvent | None) -> None:
        """Do what a key or a click asks for."""
        if isinstance(event, Digit | Click | FramePoint | PersonId):
            self._select_subject(event)
        elif isinstance(event, Pointer | FramePointer):
            self._point(event)
        elif isinstance(event, Threshold):
            self._set_threshold(event.min_score)
            self._redraw()
        elif event is Action.QUIT:
            self._was_quit = True
        elif event in self._handlers:
            try:
                self._handlers[event]()
            except SinkError as error:  # a screenshot that fails is no reason to lose the rest
                _log.warning("%s", error)
                self._unsaved += 1
                self._notify("saving failed: see the terminal")
            self._redraw()

    def _point(self, event: Pointer | FramePointer) -> None:
        """Show what the joint says that somebody points at, if the frame stands still."""
        place = event.x_px, event.y_px
        if isinstance(event, Pointer):
            self._pointer = place
        else:
            self._page_pointer = place
        if self._can_be_read():
            self._redraw()

    def _select_subject(self, event: Digit | Click | FramePoint | PersonId) -> None:
        if isinstance(event, Digit):
            self._request(PersonNumber(event.number))
        elif isinstance(event, PersonId):
            self._request(TrackId(event.track_id))
        elif isinstance(event, FramePoint):
            self._request(AtPoint(event.x_px, event.y_px))
        elif self._shown is not None:
            # The frame may be shown smaller, and mirrored; poses are not.
            frame, painted = self._shown[0].frame, self._shown[1]
            x_px = painted.width_px - event.x_px if self.style.mirror else event.x_px
            scale = frame.width_px / painted.width_px
            self._request(AtPoint(scale * x_px, scale * event.y_px))

    def _request(self, request: SelectRequest) -> None:
        """Ask for somebody else to be followed."""
        self._steps.selector.request(request)

    def _redraw(self) -> None:
        if self._shown is not None:
            self._display(*self._shown)

    def _toggle_pause(self) -> None:
        self._is_paused = not self._is_paused

    def _refuse_to_seek(self) -> None:
        self._notify("seeking: only in videos, while nothing is written")

    def _refuse_replay(self) -> None:
        self._notify("replay: only of a camera or the demo, with --replay-s")

    def _toggle_help(self) -> None:
        self._shows_help = not self._shows_help

    def _toggle_hud(self) -> None:
        self._shows_hud = not self._shows_hud
        self._hint_until_s = 0.0

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

    def _save_screenshot(self) -> None:
        if self._shown is not None:
            path = dated_path(".png", self._folder)
            posed, painted = self._shown
            if not self._window.is_painted and self._has_full_frame():
                frame = replace(posed.frame, pixels=painted.pixels)
                painted = paint(replace(posed, frame=frame), self.style)
            elif painted.width_px != posed.frame.width_px and self._has_full_frame():
                painted = paint(posed, self.style)
            write_image(path, painted.bgr)
            self.screenshots.append(path)
            self._notify(f"saved {path.name}")

    def _has_full_frame(self) -> bool:
        """Return whether the frame that is shown can be painted again."""
        return self._delay is None

    def _toggle_recording(self) -> None:
        if self._recorder.is_recording:
            self._notify("saving ...")
            self._redraw()
            failed = len(self._recorder.errors)
            saved = self._recorder.stop()
            if saved is None and len(self._recorder.errors) == failed:
                self._unsaved += 1
            self._notify(f"saved {saved.name}" if saved else "nothing was recorded")
        elif self.countdown.is_set:
            self.countdown.cancel()
            self._notify("nothing is recorded")
        else:
            self.countdown.set_for(self._start_recording)
            self.countdown.advance(time.perf_counter())

    def _start_recording(self) -> None:
        self._notify(f"recording {self._recorder.start(dated_path('.mp4', self._folder)).name}")

    def _advance_countdown(self, now_s: float) -> int | None:
        """Return the number to show; at the end of the countdown, the recording begins."""
        try:
            return self.countdown.advance(now_s)
        except SinkError as error:
            self._recorder.errors.append(str(error))
            _log.warning("%s; everything else continues", error)
            return None

    def _notify(self, notice: str, seconds: float = _NOTICE_S) -> None:
        self._notice = (notice, time.perf_counter() + seconds)

    def _notify_of_failed_recordings(self) -> None:
        failed = len(self._recorder.errors)
        if failed > self._failed_recordings:
            self._notify("the recording has failed: see the terminal", _FAILURE_NOTICE_S)
        self._failed_recordings = failed


def dated_path(suffix: str, folder: Path = Path(), *, beside: str = "") -> Path:
    """Return a free name in a folder, such as livepose-20261122-181500.png.

    A link that points to nothing is not free: what is written would be elsewhere.

    Args:
        suffix: How the name ends.
        folder: Made if it is not there.
        beside: Another suffix, of a file that is free too; empty for none.

    Raises:
        SinkError: If the folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"{folder} cannot be created: {error.strerror}") from error
    stem = f"livepose-{datetime.now():%Y%m%d-%H%M%S}"
    for mark in ("", *(f"-{number}" for number in range(2, 1000))):
        paths = [folder / f"{stem}{mark}{each}" for each in (suffix, beside or suffix)]
        if not any(map(os.path.lexists, paths)):
            return paths[0]
    raise SinkError(f"{folder} has a thousand files of this second")
