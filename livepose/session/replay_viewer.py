"""The live view with a replay of its last seconds, while everything else goes on."""

from __future__ import annotations

import time
from collections.abc import Callable

from livepose.core.arrays import Float64Array
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.draw import Style
from livepose.session.motion_steps import MotionSteps
from livepose.session.recorder import Recorder
from livepose.session.transport_viewer import TransportViewer
from livepose.sinks.frame_ring import FrameRing
from livepose.sinks.window import Action, Window
from livepose.system.interrupts import Interrupts


class ReplayViewer(TransportViewer):
    """Shows a live source, or what it showed in the last seconds.

    A key of the transport leads into the replay, and End back to the present. Recordings and files
    get every frame as it comes, whatever is shown.
    """

    def __init__(
        self,
        window: Window,
        info: StreamInfo,
        style: Style,
        recorder: Recorder,
        interrupts: Interrupts,
        steps: MotionSteps,
        *,
        replay_s: float,
        countdown_s: float = 0.0,
        delay_s: float = 0.0,
    ) -> None:
        """Connect a window to what its keys act on, as `Viewer` does.

        Args:
            window: Closed by `close`.
            info: Of the source.
            style: How skeletons look, until keys change it.
            recorder: Started and stopped by a key.
            interrupts: Ends everything.
            steps: Their selector takes commands of whom to follow; their counts are displayed.
            replay_s: How many seconds are kept.
            countdown_s: How long is counted down before a recording.
            delay_s: The picture of so many seconds ago is shown.
        """
        super().__init__(
            *(window, info, style, recorder, interrupts, steps),
            countdown_s=countdown_s,
            delay_s=delay_s,
        )
        self._ring = FrameRing(replay_s)
        self._is_replaying = False
        self._shown_number = -1
        in_replay = (Action.FORWARD, Action.FASTER, Action.SLOWER, Action.LOOP_START)
        for action in (*in_replay, Action.LOOP_END):
            self._handlers[action] = self._seeking(self._handlers[action])
        self._handlers[Action.TO_END] = self._go_live
        self._handlers[Action.STEP] = self._step

    def show(self, posed: PosedFrame, painted: Frame, dropped: int) -> None:
        """Show a frame, or, in the replay, keep it and go on there."""
        self._shown_number -= (gone := self._ring.push(posed, painted))
        if not self._is_replaying:
            super().show(posed, painted, dropped)
            return
        if self._delay is not None:  # it is shown again at the end of the replay
            self._delay.push(painted, time.perf_counter())
        self._wait_until_due(posed.frame)
        self._notify_of_failed_recordings()
        self.transport.shift(-gone)
        self.transport.update_times(self._times_s(), is_complete=False)
        self._replay()

    def idle(self, silent_s: float = 0.0) -> None:
        if self._is_replaying:
            self._replay()
        else:
            super().idle(silent_s)

    def _replay(self) -> None:
        """Show the frame of the replay that is due, and do what a key asks for."""
        self.transport.advance(time.perf_counter())
        if self.transport.position != self._shown_number:
            self._shown_number = self.transport.position
            self._display(*self._ring.frame(self._shown_number))
        else:  # it is longer ago by now
            self._redraw()
        event = self._window.poll()
        if event is not None:
            self._keep_bar()
            self._handle(event)

    def _seeking(self, seek: Callable[[], None]) -> Callable[[], None]:
        """Return a handler that goes to another place of the replay, and into it first."""

        def handler() -> None:
            if not len(self._ring):
                return
            if not self._is_replaying:
                self._is_replaying, self._is_paused, self._shown_number = True, False, -1
                self.transport.update_times(self._times_s(), is_complete=False)
                self.transport.step(len(self._ring))
            seek()

        return handler

    def _step(self) -> None:
        """Show the next frame of a replay that stands still."""
        if self._is_replaying and not self.transport.is_playing:
            self.transport.step(1)

    def _can_be_read(self) -> bool:
        return not self.transport.is_playing if self._is_replaying else super()._can_be_read()

    def _neighbours(self) -> tuple[PosedFrame, ...]:
        if not self._is_replaying:
            return super()._neighbours()
        near = (self._shown_number - 1, self._shown_number + 1)
        return tuple(self._ring.posed(each) for each in near if 0 <= each < len(self._ring))

    def _go_live(self) -> None:
        """Show the present again."""
        self._is_replaying = False
        self._bar_until_s = 0.0

    def _toggle_pause(self) -> None:
        if self._is_replaying:
            super()._toggle_pause()
        else:
            self._is_paused = not self._is_paused

    def _restyle(self, style: Style) -> None:
        # The frames of the replay are kept as they were painted.
        if self._is_replaying:
            self.style = style
        else:
            super()._restyle(style)

    def _has_full_frame(self) -> bool:
        return super()._has_full_frame() and not self._is_replaying

    def _badges(self) -> list[str]:
        badges = super()._badges()
        return [*badges, "REPLAY"] if self._is_replaying else badges

    def _delay_badges(self) -> list[str]:
        return [] if self._is_replaying else super()._delay_badges()

    def _shows_bar(self) -> bool:
        return self._is_replaying and super()._shows_bar()

    def _times_s(self) -> Float64Array:
        return self._ring.times_s

    def _span_s(self) -> tuple[float, float]:
        times_s = self._ring.times_s
        return float(times_s[0]), float(times_s[-1])

    def _origin_s(self) -> float:
        """Return the present: times are written as how long ago they were."""
        return self._span_s()[1]
