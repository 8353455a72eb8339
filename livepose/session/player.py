"""The window of a clip: played, stopped, stepped and sought by keys and the mouse.

The `Transport` knows where the clip is, the `Playback` has the frames, and the `Player` shows the
one that they agree on. What keys do besides is the `Viewer`'s.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.repetitions import Repetition
from livepose.draw import paint
from livepose.draw.transport_bar import Mark, MarkKind
from livepose.motion.tracking.subject import (
    AtPoint,
    InBox,
    PersonNumber,
    SelectCommand,
    SelectRequest,
    TrackId,
)
from livepose.pipeline.playback import Playback
from livepose.session.summary import Summary
from livepose.session.transport_viewer import TransportViewer
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action, Click, Digit, FramePoint, PersonId

Timeline = tuple[tuple[float, float], list[Mark]]
"""The times of both ends of the bar, and what is marked between them."""

_IDLE_S = 0.03
_READY_S = 0.01
"""How long a frame that was asked for is waited for, before keys are looked at again: of two keys
that come meanwhile, Qt forgets the first."""
_AHEAD_FRAMES = 12


class Player(TransportViewer):
    """Shows a clip in a window, at the place and the speed that its user asks for."""

    def __init__(
        self,
        setup: ViewerSetup,
        playback: Playback,
        summary: Summary,
        *,
        edited_from: Sequence[int] = (),
    ) -> None:
        """Connect a window to a clip.

        Args:
            setup: Of the viewer.
            playback: Has the frames. It is entered by the caller.
            summary: Updated with each frame when it is first shown.
            edited_from: The frames from which on poses were edited by hand, which are marked.
        """
        super().__init__(setup)
        self._playback = playback
        self._summary, self._edited_from = summary, edited_from
        self._numbering, self._joins = playback.numbering, playback.joins
        self._seen: set[int] = set()
        """The frames that have been shown."""
        self._uncounted_s = 0.0
        """For how long it has played since the frame that was shown last."""
        self._shown_index: int | None = None
        self._recorded_s = -math.inf
        """The time of the frame that was recorded last; in a recording it only goes forward."""
        self._person = 0
        """Who is followed, counted from the left; 0 unless chosen by number."""
        self._counted = 0
        """How many repetitions were done with the frame that was shown last."""
        self._drawn_timeline: Timeline | None = None
        """What the bar showed when it was drawn last; None if it was not drawn."""
        transport = self.transport
        self._handlers |= {
            Action.STEP: lambda: None if transport.is_playing else transport.step(1),
            Action.NEXT_PERSON: self._select_next,
            Action.EVERYBODY: self._show_everybody,
        }

    @property
    def shows_position(self) -> bool:
        """Whether the frame at the position is shown."""
        return self._shown_index == self.transport.position

    def play(
        self,
        *,
        stays_open: bool,
        on_frame: Callable[[int], None] = lambda frames: None,
        on_repetition: Callable[[], None] = lambda: None,
    ) -> None:
        """Show the clip until the user quits, or, unless it stays open, until it has ended.

        Args:
            stays_open: Whether the last frame stays when the clip has ended.
            on_frame: Called with the number of frames that were shown so far.
            on_repetition: Called when a frame is played with which a repetition is done.

        Raises:
            LivePoseError: If the source or the estimator fails.
        """
        self.transport.play(time.perf_counter())
        while self._playback.get(_READY_S) is None and not self.wants_to_quit:
            self._handle(self._window.poll(_IDLE_S))
        self._follow_times()
        if self.transport.is_playing:  # until now there was nothing to see
            self.transport.play(time.perf_counter())
        began_s = time.perf_counter()
        while not self.wants_to_quit:
            self._follow_times()
            self._show_position()
            on_frame(self._summary.frames)
            if self._has_new_repetition():
                on_repetition()
            if self.transport.has_ended and self.shows_position:
                self._finish_recording()
                if not stays_open:
                    return
            self._take_event()
            now_s = time.perf_counter()
            if self.transport.is_playing:
                self._uncounted_s += now_s - began_s
            began_s = now_s
            if self.shows_position:
                self.transport.advance(now_s, self._may_skip_to)
            self._is_paused = not (self.transport.is_playing or self.transport.has_ended)
            has_stopped = self._has_drawn_playing and not self.transport.is_playing
            has_notice = self._notify_of_missing_people()
            is_other_bar = self._has_drawn_bar != self._shows_bar() or self._has_old_bar()
            if has_notice or has_stopped or is_other_bar:
                self._redraw()

    def _follow_times(self) -> None:
        """Take over what has become known of the times of the frames."""
        playback, transport = self._playback, self.transport
        is_complete = playback.has_all_times  # before them: they may become so meanwhile
        times_s = playback.times_s
        if playback.numbering != self._numbering:
            self._numbering, self._shown_index = playback.numbering, None
            self._seen.clear()
            self._summary.frames = self._summary.frames_with_people = 0
            self._summary.seconds = self._uncounted_s = 0.0
            transport.update_times(times_s, is_complete=is_complete)
            transport.position = min(playback.wanted, transport.last)
        if playback.joins != self._joins:
            self._joins, self._shown_index = playback.joins, None
        if len(times_s) and (len(times_s) - 1 != transport.last or is_complete):
            transport.update_times(times_s, is_complete=is_complete)

    def _show_position(self) -> None:
        """Ask for the frame at the position, and show it if it comes soon."""
        transport = self.transport
        if transport.is_seeking:  # the frames on the way there are not needed
            self._playback.ask(self._playback.wanted)
            self._redraw()
            return
        self._playback.ask(
            transport.position,
            transport.upcoming(_AHEAD_FRAMES),
            goes_back=not transport.is_playing,
        )
        if self.shows_position:
            return
        posed = self._playback.get(_READY_S)
        if posed is None or posed.frame.index != transport.position:
            return
        # In the order of the analysis, later ones may have been counted before it.
        done = tuple(each for each in self._repetitions() if each.back_s <= posed.frame.time_s)
        posed = replace(posed, repetitions=done)
        if self._steps.panels is not None:
            posed = self._steps.panels.at_position(posed)
        self.figures.add_result(posed)
        full_size = None
        if self._recorder.is_recording:
            full_size = paint(posed, self.style)
            self._record(full_size)
        self._notify_of_failed_recordings()
        is_next = self._shown_index is not None and transport.position > self._shown_index
        self._shown_index = transport.position
        self._display(posed, self.paint(posed, full_size))
        self._count(posed)
        if transport.is_playing and is_next:
            self.figures.add_shown(time.perf_counter())

    def _count(self, posed: PosedFrame) -> None:
        """Count a frame, and the seconds up to it, if it is shown for the first time."""
        if posed.frame.index not in self._seen:
            self._seen.add(posed.frame.index)
            self._summary.frames += 1
            self._summary.frames_with_people += len(posed.poses) > 0
            self._summary.seconds += self._uncounted_s
        self._uncounted_s = 0.0

    def _has_new_repetition(self) -> bool:
        """Return whether the frame that is shown now has one more than the one before it."""
        counted = 0 if self._shown is None else len(self._shown[0].repetitions)
        has_more = self.transport.is_playing and counted == self._counted + 1
        self._counted = counted
        return has_more

    def _take_event(self) -> None:
        """Wait for a key, for as long as nothing else has to be done."""
        transport = self.transport
        wait_s = _IDLE_S
        if not self.shows_position:
            wait_s = _IDLE_S if transport.is_seeking else 0.0
        elif transport.is_playing:
            wait_s = min(_IDLE_S, transport.wait_s(time.perf_counter()))
        event = self._window.poll(wait_s)
        if event is not None:
            self._keep_bar()
            self._handle(event)
        self._follow_resizing()

    def _times_s(self) -> Float64Array:
        return self._playback.times_s

    def _span_s(self) -> tuple[float, float]:
        """Return the times of the first and the last frame; the latter is estimated at first."""
        info, is_complete = self._info, self._playback.has_all_times
        times_s = self._playback.times_s
        start_s, end_s = float(times_s[0]), float(times_s[-1])
        if not is_complete and info.frame_count and info.frame_rate:
            end_s = max(end_s, start_s + float((info.frame_count - 1) / info.frame_rate))
        return start_s, end_s

    def _display(self, posed: PosedFrame, painted: Frame) -> None:
        self._drawn_timeline = self._timeline() if self._shows_bar() else None
        super()._display(posed, painted)

    def _timeline(self) -> Timeline:
        return self._span_s(), self._marks()

    def _has_old_bar(self) -> bool:
        """Return whether more is known than the bar of a clip shows that stands still."""
        is_seen = self._drawn_timeline is not None and not self.transport.is_playing
        return is_seen and self._drawn_timeline != self._timeline()

    def _may_skip_to(self, index: int) -> bool:
        """Return whether frames before one may be left out, as it is ready and nothing records."""
        return not self._recorder.is_recording and self._playback.has(index)

    def _select_subject(self, event: Digit | Click | FramePoint | PersonId) -> None:
        self._person = event.number if isinstance(event, Digit) else 0
        super()._select_subject(event)

    def _select_next(self) -> None:
        """Follow the next person to the right; found anew, nobody has the id from before."""
        seen = 0 if self._shown is None else len(self._shown[0].detections)
        self._person = self._person % max(seen, 1) + 1
        self._request(PersonNumber(self._person) if seen > 1 else SelectCommand.NEXT)

    def _show_everybody(self) -> None:
        self._person = 0
        self._request(SelectCommand.EVERYBODY)

    def _request(self, request: SelectRequest) -> None:
        """Look in the frame that is shown for who is wanted; all poses go if they are found."""
        if not self._steps.follows_requests or self._shown is None:
            return
        posed, selector = self._shown[0], self._steps.selector
        if isinstance(request, TrackId):  # found anew, they have another id
            if request.track_id not in posed.poses.track_id:
                return
            row = int(np.flatnonzero(posed.poses.track_id == request.track_id)[0])
            left, top, right, bottom = posed.poses.box[row].tolist()
            request = InBox((left, top, right, bottom))
        if isinstance(request, AtPoint) and posed.is_multi_person and not request.hits(posed):
            return
        self._playback.search_anew(
            posed.frame.index,
            lambda: selector.request(request),
            lambda: selector.is_answered,
        )

    def _toggle_recording(self) -> None:
        super()._toggle_recording()
        self._recorded_s = -math.inf
        if self._recorder.is_recording and self._shown is not None:
            self._record(paint(self._shown[0], self.style))

    def _record(self, painted: Frame) -> None:
        """Write a frame, unless it is only shown again, as somebody in it has got another id."""
        if painted.time_s > self._recorded_s:
            self._recorder.write(painted)
            self._recorded_s = painted.time_s

    def _finish_recording(self) -> None:
        """Finish the file that is being recorded, as the clip has ended."""
        if self._recorder.is_recording:
            self._toggle_recording()
            self._redraw()

    def _marks(self) -> list[Mark]:
        times_s = self._playback.times_s
        frames = ((MarkKind.CUT, self._playback.cuts), (MarkKind.EDIT, self._edited_from))
        marks = [
            Mark(float(times_s[index]), kind)
            for kind, indices in frames
            for index in indices
            if index < len(times_s)
        ]
        # Later ones lie over earlier ones: a triangle can be seen over a square.
        marks += [Mark(time_s, MarkKind.PEOPLE) for time_s in self._playback.people_changes_s]
        return marks + [Mark(each.back_s, MarkKind.REPETITION) for each in self._repetitions()]

    def _repetitions(self) -> list[Repetition]:
        """Return all that were counted so far."""
        return [each for counter in self._steps.repetitions for each in counter.done]

    def _can_be_read(self) -> bool:
        return not self.transport.is_playing

    def _neighbours(self) -> tuple[PosedFrame, ...]:
        position = self.transport.position
        near = (self._playback.peek(index) for index in (position - 1, position + 1))
        return tuple(each for each in near if each is not None)

    def _rep_counts(self) -> list[str]:
        return self._steps.rep_counts(self.transport.time_s)
