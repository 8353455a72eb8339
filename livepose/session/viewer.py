"""The live view: frames in a window when they are due, and what keys and the mouse do.

The way of a key: `KEY_BINDINGS` in `sinks/window` turns it into an `Action`. The viewer polls the
window, and looks up in its table of handlers what the action does. What is drawn over a frame is in
`frame_display`.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pacing import Pacer
from livepose.draw import paint
from livepose.motion.tracking.subject import (
    AtPoint,
    PersonNumber,
    SelectCommand,
    SelectRequest,
    TrackId,
)
from livepose.session.countdown import Countdown
from livepose.session.frame_display import THRESHOLD_STEP, FrameDisplay
from livepose.session.viewer_setup import ViewerSetup
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

if TYPE_CHECKING:
    from livepose.session.clip_saver import ClipSaver

_log = logging.getLogger(__name__)

_IDLE_S = 0.03
_FAILURE_NOTICE_S = 10.0
_NO_SIGNAL_S = 1.0
"""A camera without a picture for so long, and for the time of three pictures, has no signal."""


class Viewer(FrameDisplay):
    """Shows frames at their own speed, and does what the keys and the mouse ask for."""

    def __init__(self, setup: ViewerSetup) -> None:
        """Connect a window to what its keys act on; `close` closes the window."""
        super().__init__(setup)
        self.countdown = Countdown(setup.countdown_s)
        self.screenshots: list[Path] = []
        """What was saved of them."""
        self.clips: ClipSaver | None = None
        """What has saved clips, if seconds are kept."""
        self.paused_s = 0.0
        """Seconds spent in pauses."""
        self._interrupts = setup.interrupts
        self._folder = setup.folder
        self._unsaved = 0
        """How many screenshots have failed, and how many recordings had nothing in them."""
        self._was_quit = False
        self._pacer = Pacer()
        self._resumed_s = 0.0
        self._failed_recordings = 0
        self._handlers: dict[Action, Callable[[], None]] = {
            Action.PAUSE: self._toggle_pause,
            Action.MIRROR: self._toggle_mirror,
            Action.RAISE_THRESHOLD: lambda: self._move_threshold(THRESHOLD_STEP),
            Action.LOWER_THRESHOLD: lambda: self._move_threshold(-THRESHOLD_STEP),
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

    def show(self, posed: PosedFrame, painted: Frame, dropped: int) -> None:
        """Show what `paint` returned when it is due; while paused, return only once it is over."""
        self.figures.dropped = dropped
        self.figures.add_result(posed)
        due_s = self._wait_until_due(posed.frame)
        self._notify_of_failed_recordings()
        self._notify_of_missing_people()
        self._silent_s = None
        if self._delay is not None:
            painted = self._delay.push(painted, time.perf_counter())
        self._display(posed, painted)
        self._handle(self._window.poll())
        now_s = time.perf_counter()
        self.figures.add_shown(now_s, max(0.0, now_s - due_s))
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
        rate = self.figures.fps
        is_silent = silent_s > max(_NO_SIGNAL_S, 3 / rate if rate else 0.0)
        shown_s, self._silent_s = self._silent_s, int(silent_s) if is_silent else None
        if self._silent_s != shown_s:
            self._redraw()

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
        self.figures.restart_rate()
        self._resumed_s = time.perf_counter()
        self.paused_s += self._resumed_s - began_s

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

    def _toggle_pause(self) -> None:
        self._is_paused = not self._is_paused

    def _refuse_to_seek(self) -> None:
        self._notify("seeking: only in videos, while nothing is written")

    def _refuse_replay(self) -> None:
        self._notify("replay: only of a camera or the demo, with --replay-s")

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

    def _countdown_number(self, now_s: float) -> int | None:
        """Return the number to show; at the end of the countdown, the recording begins."""
        try:
            return self.countdown.advance(now_s)
        except SinkError as error:
            self._recorder.errors.append(str(error))
            _log.warning("%s; everything else continues", error)
            return None

    def _notify_of_failed_recordings(self) -> None:
        failed = len(self._recorder.errors)
        if failed > self._failed_recordings:
            self._notify("the recording has failed: see the terminal", _FAILURE_NOTICE_S)
        self._failed_recordings = failed

    def _notify_of_missing_people(self) -> bool:
        """Return whether a number was asked for that nobody has, and show that."""
        missing = self._steps.selector.missing_numbers
        if not missing:
            return False
        self._notify(f"there is no person {missing.popleft()}")
        return True


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
