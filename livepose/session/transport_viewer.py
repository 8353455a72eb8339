"""A window with a transport: its keys, its bar, and the mouse on it."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence

from livepose.core.arrays import Float64Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.viewer_state import TransportState
from livepose.draw.transport_bar import BarLayout, Mark, TransportBar, paint_transport_bar
from livepose.session.transport import Transport
from livepose.session.viewer import Viewer
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action, Click, InputEvent, Pointer, Position, Speed

_BAR_S = 3.0
"""For how long the bar stays after a key or a move of the mouse, while the clip plays."""
_SECOND_S = 1.0


class TransportViewer(Viewer):
    """Moves a transport by keys and the mouse, and draws its bar."""

    def __init__(self, setup: ViewerSetup) -> None:
        """Connect a window to what its keys act on, as `Viewer` does."""
        super().__init__(setup)
        self.transport = transport = Transport()
        self._bar_until_s = 0.0
        self._has_drawn_bar = False
        self._has_drawn_playing = False
        """Whether the clip was played when the frame was shown."""
        self._is_on_track = False
        """Whether the mouse button was pressed on the bar, and is held."""
        self._handlers |= {
            Action.FORWARD: lambda: transport.step(1),
            Action.FASTER: lambda: transport.change_speed(1),
            Action.SLOWER: lambda: transport.change_speed(-1),
            Action.LOOP_START: transport.mark_loop_start,
            Action.LOOP_END: transport.mark_loop_end,
            Action.BACK: self._seeking(lambda: transport.step(-1)),
            Action.BACK_SECOND: self._seeking(lambda: transport.leap(-_SECOND_S)),
            Action.FORWARD_SECOND: self._seeking(lambda: transport.leap(_SECOND_S)),
            Action.TO_START: self._seeking(transport.go_to_start),
            Action.TO_END: self._seeking(transport.go_to_end),
            Action.LOOP: self._seeking(lambda: transport.toggle_loop(time.perf_counter())),
        }

    @abstractmethod
    def _times_s(self) -> Float64Array:
        """Return the times of the frames that the transport goes through."""

    @abstractmethod
    def _span_s(self) -> tuple[float, float]:
        """Return the times of both ends of the bar."""

    def _origin_s(self) -> float:
        """Return the time that is written as 0:00."""
        return self._info.origin_s

    def _marks(self) -> Sequence[Mark]:
        """Return what is marked on the bar."""
        return ()

    def _keep_bar(self) -> None:
        """Let the bar be seen for a while."""
        self._bar_until_s = time.perf_counter() + _BAR_S

    def _handle(self, event: InputEvent | None) -> None:
        if isinstance(event, Click | Pointer) and self._handle_pointer(event):
            return
        if isinstance(event, Position):
            self._seeking(lambda: self._seek_to_share(event.share))()
            self._redraw()
        elif isinstance(event, Speed):
            self.transport.set_speed(event.speed)
            self._redraw()
        super()._handle(event)

    def _handle_pointer(self, event: Click | Pointer) -> bool:
        """Go to where the bar is clicked, or dragged to; return whether that was meant."""
        if self._shown is None:
            return False
        painted = self._shown[1]
        layout = BarLayout.of(painted.width_px, painted.height_px)
        if isinstance(event, Click):
            self._is_on_track = self._has_drawn_bar and layout.holds(event.x_px, event.y_px)
            if not self._is_on_track:
                return False
        elif not event.is_pressed:
            self._is_on_track = False
        if self._is_on_track:
            share = layout.share_at(event.x_px)
            self._seeking(lambda: self._seek_to_share(share))()
            self._redraw()
        return self._is_on_track

    def _seek_to_share(self, share: float) -> None:
        start_s, end_s = self._span_s()
        self.transport.seek_s(start_s + share * (end_s - start_s))

    def _seeking(self, seek: Callable[[], None]) -> Callable[[], None]:
        """Return a handler that goes to another place, unless a recording goes on."""

        def handler() -> None:
            if self._recorder.is_recording:
                self._notify("recording: r stops it")
            else:
                seek()

        return handler

    def _toggle_pause(self) -> None:
        if self.transport.is_playing:
            self.transport.pause()
        else:
            self.transport.play(time.perf_counter())

    def _shows_bar(self) -> bool:
        return not self.transport.is_playing or time.perf_counter() < self._bar_until_s

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        self._has_drawn_bar = self._shows_bar()
        self._has_drawn_playing = self.transport.is_playing
        super()._display(posed, painted)

    def _with_controls(self, painted: Frame) -> Frame:
        painted = super()._with_controls(painted)
        if not self._has_drawn_bar or self._shown is None:
            return painted
        transport, frame = self.transport, self._shown[0].frame
        start_s, end_s = self._span_s()
        bar = TransportBar(
            frame.time_s,
            frame.source_frame,
            start_s,
            end_s,
            origin_s=self._origin_s(),
            target_s=transport.time_s,
            speed=transport.speed,
            is_playing=transport.is_playing,
            is_looping=transport.is_looping,
            loop_s=self._loop_s(),
            marks=self._marks(),
        )
        return paint_transport_bar(painted, bar)

    def _loop_s(self) -> tuple[float, float] | None:
        """Return the times of both ends of the loop; None if none was marked."""
        transport, times_s = self.transport, self._times_s()
        if transport.loop_start is None and transport.loop_end is None:
            return None
        first, last = transport.loop
        return float(times_s[first]), float(times_s[last])

    def _stands_still(self) -> bool:
        return not self.transport.is_playing

    def _transport_state(self) -> TransportState | None:
        if self._shown is None or not self._can_seek():
            return None
        frame = self._shown[0].frame
        start_s, end_s = self._span_s()
        return TransportState(
            time_s=frame.time_s,
            start_s=start_s,
            end_s=end_s,
            origin_s=self._origin_s(),
            speed=self.transport.speed,
            is_looping=self.transport.is_looping,
            loop_s=self._loop_s(),
            frame=frame.source_frame,
            marks=[(mark.time_s, mark.kind.name.lower()) for mark in self._marks()],
        )

    def _can_seek(self) -> bool:
        """Return whether there is a place to go to."""
        return True
