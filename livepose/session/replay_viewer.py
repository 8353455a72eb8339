"""The live view with a replay of its last seconds, while everything else goes on."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.frame import Frame, PosedFrame
from livepose.draw import paint
from livepose.draw.display_size import shrunk_to_keep
from livepose.session.clip_saver import ClipSaver
from livepose.session.transport_viewer import TransportViewer
from livepose.session.viewer import dated_path
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.frame_ring import FrameRing, KeptFrame
from livepose.sinks.input_events import Action

_KEPT_PX = 1920
"""Larger frames would take too long, and are kept at half the size, or a third, ...: other scales
take longer than the larger JPEG."""
_REPLAY_SPEED = 0.25


class ReplayViewer(TransportViewer):
    """Shows a live source, or what it showed in the last seconds.

    A key leads into the replay, which holds what was kept at that moment; its end, or the key End,
    leads back to the present. Recordings and files get every frame as it comes, whatever is shown.
    """

    def __init__(self, setup: ViewerSetup, clips: ClipSaver, replay_s: float) -> None:
        """Connect a window to what its keys act on, as `Viewer` does.

        Args:
            setup: Of the viewer.
            clips: Saves the last seconds; closed by `close`.
            replay_s: How many seconds are kept.
        """
        super().__init__(setup)
        self.clips = self._clips = clips
        self._ring = FrameRing(replay_s)
        self._newest: PosedFrame | None = None
        """The frame that is shown live, until it is kept."""
        self._replayed: tuple[KeptFrame, ...] = ()
        """The frames of the replay; none in the present."""
        self._shown_number = -1
        in_replay = (Action.FORWARD, Action.FASTER, Action.SLOWER, Action.LOOP_START)
        for action in (*in_replay, Action.LOOP_END):
            self._handlers[action] = self._seeking(self._handlers[action])
        self._handlers |= {
            Action.TO_END: self._go_live,
            Action.STEP: self._step,
            Action.REPLAY: self._seeking(self._play_slowly),
            Action.SAVE_CLIP: self._save_clip,
        }

    @property
    def is_replaying(self) -> bool:
        """Whether earlier frames are shown, and not the present."""
        return bool(self._replayed)

    @property
    def saved(self) -> list[Path]:
        return [*super().saved, *self._clips.saved]

    def _failed_saves(self) -> int:
        return super()._failed_saves() + len(self._clips.errors)

    def show(self, posed: PosedFrame, painted: Frame, dropped: int) -> None:
        """Show a frame, or, in the replay, keep it and go on there."""
        self._newest = posed
        self._notify_of_clip()
        if not self.is_replaying:
            super().show(posed, painted, dropped)
            return
        self._keep_newest()
        if self._delay is not None:  # it is shown again at the end of the replay
            # Without a window it was not painted, as the replay is not.
            live = painted if self._window.is_painted else paint(posed, self.style)
            self._delay.push(live, time.perf_counter())
        self._wait_until_due(posed.frame)
        self._notify_of_failed_recordings()
        if self.is_replaying:  # a key may have ended it meanwhile
            self._replay()

    def idle(self, silent_s: float = 0.0) -> None:
        self._notify_of_clip()
        if self.is_replaying:
            self._replay()
        else:
            super().idle(silent_s)

    def close(self) -> None:
        """Close the window, and wait for the clip that is being saved."""
        super().close()
        self._clips.close()

    def _stay_while_paused(self) -> None:
        # Only now, so that nothing comes between a frame and the screen.
        self._keep_newest()
        super()._stay_while_paused()

    def _keep_newest(self) -> None:
        posed, self._newest = self._newest, None
        if posed is not None:
            size_px = (posed.frame.width_px, posed.frame.height_px)
            factor = math.ceil(max(size_px) / _KEPT_PX)
            area_px = (size_px[0] // factor, size_px[1] // factor)
            self._ring.push(shrunk_to_keep(posed, area_px))

    def _replay(self) -> None:
        """Show the frame of the replay that is due, and do what a key asks for."""
        self.transport.advance(time.perf_counter())
        if self.transport.has_ended:
            self._go_live()
            return
        if self.transport.position != self._shown_number:
            self._shown_number = self.transport.position
            posed = self._replayed[self._shown_number].decoded()
            self._display(posed, self.paint(posed))
        else:  # the bar and notices go after a while
            self._redraw()
        event = self._window.poll()
        if event is not None:
            self._keep_bar()
            self._handle(event)
        self._follow_resizing()

    def _seeking(self, seek: Callable[[], None]) -> Callable[[], None]:
        """Return a handler that goes to another place of the replay, and into it first."""

        def handler() -> None:
            if not self.is_replaying:
                self._keep_newest()
                if not len(self._ring):
                    return
                self._replayed = self._ring.frames()
                self._is_paused, self._shown_number = False, -1
                self.transport.update_times(self._times_s(), is_complete=True)
                self.transport.speed, self.transport.is_looping = 1.0, False
                self.transport.loop_start = self.transport.loop_end = None
                self.transport.step(len(self._replayed))
            seek()

        return handler

    def _play_slowly(self) -> None:
        """Play the replay from its first frame."""
        self.transport.speed = _REPLAY_SPEED
        self.transport.go_to_start()
        self.transport.play(time.perf_counter())
        self._keep_bar()

    def _save_clip(self) -> None:
        """Save the replay, or in the present the last seconds, with their poses."""
        self._keep_newest()
        kept = self._replayed or self._ring.frames()
        if self._clips.is_saving:
            self._notify("the clip before is still being saved")
        elif kept:
            target = dated_path("-replay.mp4", self._folder, beside="-replay.jsonl")
            self._clips.save(kept, self.style, target)
            self._notify(f"saving {target.name}")
        else:
            self._unsaved += 1
            self._notify("there is nothing to save yet")

    def _notify_of_clip(self) -> None:
        result = self._clips.finished()
        if result:
            self._notify(result)
            self._redraw()

    def _step(self) -> None:
        """Show the next frame of a replay that is paused."""
        if self.is_replaying:
            self.transport.step(1)

    def _can_be_read(self) -> bool:
        return not self.transport.is_playing if self.is_replaying else super()._can_be_read()

    def _neighbours(self) -> tuple[PosedFrame, ...]:
        if not self.is_replaying:
            return super()._neighbours()
        near = (self._shown_number - 1, self._shown_number + 1)
        return tuple(self._replayed[n].posed for n in near if 0 <= n < len(self._replayed))

    def _stands_still(self) -> bool:
        return super()._stands_still() if self.is_replaying else self._is_paused

    def _can_seek(self) -> bool:
        return self.is_replaying

    def _go_live(self) -> None:
        """Show the present again."""
        self._replayed = ()
        self._bar_until_s = 0.0
        self.transport.pause()

    def _toggle_pause(self) -> None:
        if self.is_replaying:
            super()._toggle_pause()
        else:
            self._is_paused = not self._is_paused

    def _has_full_frame(self) -> bool:
        return super()._has_full_frame() or self.is_replaying

    def _badges(self) -> list[str]:
        badges = super()._badges()
        return [*badges, "REPLAY"] if self.is_replaying else badges

    def _delay_badges(self) -> list[str]:
        return [] if self.is_replaying else super()._delay_badges()

    def _shows_bar(self) -> bool:
        return self.is_replaying and super()._shows_bar()

    def _times_s(self) -> Float64Array:
        return np.array([kept.posed.frame.time_s for kept in self._replayed])

    def _span_s(self) -> tuple[float, float]:
        first, last = self._replayed[0], self._replayed[-1]
        return first.posed.frame.time_s, last.posed.frame.time_s

    def _origin_s(self) -> float:
        """Return the end of the replay: times are written as how long before it they were."""
        return self._span_s()[1]
