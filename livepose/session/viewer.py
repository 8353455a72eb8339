"""The live view: painted frames in a window, with a line of figures, keys, pause and pacing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.frame import Frame, PosedFrame, StreamInfo, SubjectState
from livepose.core.interfaces import Closeable
from livepose.draw import Style, paint
from livepose.draw.hud import paint_help, paint_hud
from livepose.motion.tracking.subject import AtPoint, PersonNumber, SelectCommand
from livepose.pipeline import Rate, Samples
from livepose.session.motion_steps import Memory
from livepose.session.recorder import Recorder
from livepose.sinks.image import write_image
from livepose.sinks.pacing import Pacer
from livepose.sinks.window import KEY_HELP, Action, Click, Digit, InputEvent, Window
from livepose.system.interrupts import Interrupts

_log = logging.getLogger(__name__)

_THRESHOLD_STEP = 0.05
_IDLE_S = 0.03
_NOTICE_S = 2.0
_SHOWN_SAMPLES = 30


class Viewer(Closeable):
    """Shows what comes, at its own speed, and does what keys ask for."""

    def __init__(
        self,
        window: Window,
        info: StreamInfo,
        style: Style,
        recorder: Recorder,
        interrupts: Interrupts,
        memory: Memory,
    ) -> None:
        self.style = style
        self.paused_s = 0.0
        """Seconds spent in pauses."""
        self.lag_s = Samples()
        """Live: from the picture in hand to the screen; a file: how late it is shown."""
        self._window = window
        self._info = info
        self._recorder = recorder
        self._interrupts = interrupts
        self._memory = memory
        self._was_quit = False
        self._pacer = Pacer()
        self._rate = Rate()
        self._inference_s = Samples(_SHOWN_SAMPLES)
        self._recent_lag_s = Samples(_SHOWN_SAMPLES)
        self._dropped = 0
        self._is_paused = False
        self._helps = False
        self._resumed_s = 0.0
        self._notice = ("", 0.0)
        self._shown: tuple[PosedFrame, Frame] | None = None

    @property
    def wants_to_quit(self) -> bool:
        """True after q, Esc, the window's X, or when the run is to stop."""
        return self._was_quit or self._interrupts.received is not None

    def is_stale(self, posed: PosedFrame) -> bool:
        """Tell whether a live frame is older than the end of a pause: the newest is wanted."""
        return self._info.is_live and posed.frame.grabbed_s < self._resumed_s

    def show(self, posed: PosedFrame, painted: Frame, dropped: int) -> None:
        """Show a frame when it is due; while paused, stay here until told to go on."""
        self._dropped = dropped
        self._inference_s.add(posed.inference_s)
        due_s = self._wait_until_due(posed.frame)
        self._display(posed, painted)
        self._act(self._window.poll())
        now_s = time.perf_counter()
        self._rate.tick(now_s)
        lag_s = max(0.0, now_s - due_s)
        self.lag_s.add(lag_s)
        self._recent_lag_s.add(lag_s)
        self._stay_while_paused()

    def idle(self) -> None:
        """Keep the window alive while no frame comes."""
        self._act(self._window.poll(_IDLE_S))

    def close(self) -> None:
        self._window.close()

    def _wait_until_due(self, frame: Frame) -> float:
        """Give the moment from which lag is counted."""
        if self._info.is_live:
            return frame.grabbed_s
        due_s = self._pacer.due_s(frame.time_s, time.perf_counter())
        while not self.wants_to_quit and (left_s := due_s - time.perf_counter()) > 0.002:
            self._act(self._window.poll(min(left_s, _IDLE_S)))
        return due_s

    def _stay_while_paused(self) -> None:
        if not self._is_paused:
            return
        began_s = time.perf_counter()
        steps = False
        while self._is_paused and not self.wants_to_quit and not steps:
            action = self._window.poll(_IDLE_S)
            self._act(action)
            steps = action is Action.STEP
        self._pacer.restart()
        self._rate = Rate()
        self._resumed_s = time.perf_counter()
        self.paused_s += self._resumed_s - began_s

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        self._shown = (posed, painted)
        shown = paint_hud(painted, self._hud_line(), self._badges())
        self._window.write(paint_help(shown, KEY_HELP) if self._helps else shown)

    def _hud_line(self) -> str:
        lag = (
            "" if len(self._recent_lag_s) == 0 else f"lag {1000 * self._recent_lag_s.mean():.0f} ms"
        )
        figures = (
            f"{self._rate.per_second():.1f} fps",
            f"model {1000 * self._inference_s.mean():.1f} ms",
            lag,
            f"{self._dropped} dropped",
            *self._memory.labels(),
        )
        notice, until_s = self._notice
        return notice if time.perf_counter() < until_s else "   ".join(filter(None, figures))

    def _badges(self) -> list[str]:
        is_lost = self._shown is not None and self._shown[0].subject_state is SubjectState.LOST
        states = {
            "LOST": is_lost,
            "REC": self._recorder.is_recording,
            "PAUSED": self._is_paused,
        }
        return [badge for badge, is_so in states.items() if is_so]

    def _act(self, wanted: InputEvent | None) -> None:
        if wanted is None:
            return
        if not isinstance(wanted, Action):
            self._wish(wanted)
            return
        action = wanted
        if action is Action.QUIT:
            self._was_quit = True
            return
        deeds: dict[Action, Callable[[], None]] = {
            Action.PAUSE: self._toggle_pause,
            Action.MIRROR: lambda: self._restyle(mirror=not self.style.mirror),
            Action.RAISE_THRESHOLD: lambda: self._move_threshold(_THRESHOLD_STEP),
            Action.LOWER_THRESHOLD: lambda: self._move_threshold(-_THRESHOLD_STEP),
            Action.HELP: self._toggle_help,
            Action.SCREENSHOT: self._save_screenshot,
            Action.RECORD: self._toggle_recording,
            Action.NEXT_PERSON: lambda: self._memory.follower.request(SelectCommand.NEXT),
            Action.EVERYBODY: lambda: self._memory.follower.request(SelectCommand.EVERYBODY),
        }
        deed = deeds.get(action)
        if deed is not None:
            try:
                deed()
            except SinkError as error:  # a screenshot that fails is no reason to lose the rest
                _log.warning("%s", error)
                self._say("it could not be saved: see the terminal")
            self._redraw()

    def _wish(self, wanted: Digit | Click) -> None:
        if isinstance(wanted, Digit):
            self._memory.follower.request(PersonNumber(wanted.number))
            return
        if self._shown is not None:
            # The picture may be shown mirrored; poses are not.
            width_px = self._shown[1].width_px
            x_px = width_px - wanted.x_px if self.style.mirror else wanted.x_px
            self._memory.follower.request(AtPoint(x_px, wanted.y_px))

    def _redraw(self) -> None:
        if self._shown is not None:
            self._display(*self._shown)

    def _toggle_pause(self) -> None:
        self._is_paused = not self._is_paused

    def _toggle_help(self) -> None:
        self._helps = not self._helps

    def _move_threshold(self, by: float) -> None:
        min_score = round(min(max(self.style.min_score + by, 0.0), 1.0), 2)
        self._say(f"threshold {min_score:.2f}")
        self._restyle(min_score=min_score)

    def _restyle(self, **changes: float | bool) -> None:
        self.style = replace(self.style, **changes)  # type: ignore[arg-type]
        if self._shown is not None:
            posed = self._shown[0]
            self._shown = (posed, paint(posed, self.style))

    def _save_screenshot(self) -> None:
        if self._shown is not None:
            path = dated_path(".png")
            write_image(path, self._shown[1].bgr)
            self._say(f"saved {path.name}")

    def _toggle_recording(self) -> None:
        if self._recorder.is_recording:
            self._say("saving ...")
            self._redraw()
            saved = self._recorder.stop()
            self._say(f"saved {saved.name}" if saved else "nothing was recorded")
        else:
            self._say(f"recording {self._recorder.start(dated_path('.mp4')).name}")

    def _say(self, notice: str) -> None:
        self._notice = (notice, time.perf_counter() + _NOTICE_S)


def dated_path(suffix: str) -> Path:
    """Make up a name in the current folder that is not taken: livepose-20261122-181500.png."""
    stem = f"livepose-{datetime.now():%Y%m%d-%H%M%S}"
    names = (f"{stem}{mark}{suffix}" for mark in ("", *(f"-{n}" for n in range(2, 1000))))
    return next(path for path in map(Path, names) if not path.exists())
