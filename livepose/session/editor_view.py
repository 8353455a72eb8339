"""What an editor of poses shows: the frame after its edits, painted for a window or as data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from livepose.core.angles import Angles
from livepose.core.clip_interfaces import SeekableSource
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.viewer_state import EditingState, TransportState, ViewerState
from livepose.draw import Style, paint
from livepose.draw.hud import hud_height_px, paint_help, paint_hud
from livepose.draw.transport_bar import Mark, MarkKind, TransportBar, paint_transport_bar
from livepose.export.pose_edits import FrameRange
from livepose.session.edited_poses import EditSaver
from livepose.session.help_rows import help_rows
from livepose.session.transport import Transport
from livepose.sinks.window import EDITOR_KEY_BINDINGS

_HELP_ROWS = help_rows(EDITOR_KEY_BINDINGS)


@dataclass(frozen=True, slots=True, eq=False)
class EditorView:
    """One frame in an editor, and all that is said of it."""

    posed: PosedFrame
    """The frame with the poses that were saved."""
    poses: Poses
    """Those poses after all edits and the one in hand."""
    style: Style
    transport: Transport
    source: SeekableSource
    saver: EditSaver
    notice: tuple[str, float]
    """What is to be said, and until when, on the clock of `time.perf_counter`."""
    chosen_last: Sequence[int]
    """The ids that were chosen last, at most two."""
    chosen: int | None
    """The id of the person whom edits are about."""
    frames: FrameRange
    """The frames that an edit holds for."""

    @property
    def frame(self) -> PosedFrame:
        """The frame with these poses; its angles are not known."""
        overlays = replace(self.posed.overlays, chosen_id=self.chosen)
        return replace(self.posed, poses=self.poses, overlays=overlays, angles=Angles())

    def painted(self, *, shows_bars: bool, shows_help: bool) -> Frame:
        """Return the frame for a window.

        Args:
            shows_bars: Whether the lines at its top and its foot are shown.
            shows_help: Whether the list of keys is shown.
        """
        figures = [self.notice[0]] if self.notice[0] else self._figures()
        badges = self._badges()
        frame = self.posed.frame
        top_px = 0
        if shows_bars:
            top_px = hud_height_px((frame.width_px, frame.height_px), figures, badges)
        painted = paint(self.frame, self.style, top_px=top_px)
        if shows_bars:
            painted = paint_hud(painted, figures, badges)
            painted = paint_transport_bar(painted, self._bar())
        return paint_help(painted, _HELP_ROWS) if shows_help else painted

    @property
    def state(self) -> ViewerState:
        """All but the frame, as data."""
        notice, until_s = self.notice
        edits = self.saver.edits
        return ViewerState(
            fps=0.0,
            model_ms=0.0,
            lag_ms=None,
            dropped=0,
            counts=[],
            badges=self._badges(),
            notice=notice,
            notice_s=max(0.0, until_s - time.perf_counter()) if notice else 0.0,
            is_paused=not self.transport.is_playing,
            is_recording=False,
            silent_s=None,
            countdown=None,
            min_score=self.style.min_score,
            mirror=False,
            boxes=self.style.boxes,
            is_painted=False,
            saved=[path.name for path in self.saver.saved],
            failed_saves=0,
            transport=self._transport_state(),
            guides="none",
            reading=None,
            editing=EditingState(
                chosen=list(self.chosen_last),
                first_frame=self.frames.first,
                last_frame=self.frames.last,
                edits=len(edits.done),
                can_undo=bool(edits.done),
                can_redo=edits.can_redo,
                is_saved=self.saver.is_saved,
                target=self.saver.target.name,
            ),
        )

    def _figures(self) -> list[str]:
        """Return what the line at the top says."""
        person = "nobody" if self.chosen is None else f"person {self.chosen}"
        is_one = self.frames.first == self.frames.last
        where = "this frame" if is_one else f"frames {self.frames}"
        count = len(self.saver.edits.done)
        return [person, where, "1 edit" if count == 1 else f"{count} edits"]

    def _badges(self) -> list[str]:
        # Of people who were deleted, no point is left that could be marked.
        is_edited = self.poses is not self.posed.poses or bool(self.poses.edited.any())
        states = {"EDITED": is_edited, "NOT SAVED": not self.saver.is_saved}
        return [badge for badge, is_on in states.items() if is_on]

    def _loop_s(self) -> tuple[float, float] | None:
        """Return the times of both ends of the range; None if none was marked."""
        transport, times_s = self.transport, self.source.times_s
        if transport.loop_start is None and transport.loop_end is None:
            return None
        first, last = transport.loop
        return float(times_s[first]), float(times_s[last])

    def _marks(self) -> list[Mark]:
        times_s = self.source.times_s
        return [
            Mark(float(times_s[index]), MarkKind.EDIT)
            for index in self.saver.edited_from
            if index < len(times_s)
        ]

    def _bar(self) -> TransportBar:
        frame, transport = self.posed.frame, self.transport
        return TransportBar(
            frame.time_s,
            frame.source_frame,
            float(self.source.times_s[0]),
            transport.end_s,
            origin_s=self.source.info.origin_s,
            speed=transport.speed,
            is_playing=transport.is_playing,
            loop_s=self._loop_s(),
            marks=self._marks(),
        )

    def _transport_state(self) -> TransportState:
        bar = self._bar()
        return TransportState(
            time_s=bar.time_s,
            start_s=bar.start_s,
            end_s=bar.end_s,
            origin_s=bar.origin_s,
            speed=bar.speed,
            is_looping=False,
            loop_s=bar.loop_s,
            frame=bar.index,
            marks=[(mark.time_s, mark.kind.name.lower()) for mark in bar.marks],
        )
