"""The window of `livepose edit`: points are dragged, people chosen, edits done and undone.

Edits hold for a range of frames: from the mark `a` to the mark `b`, or where neither is set, for
the frame that is shown. A point that is dragged is moved in that frame only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from livepose.core.clip_interfaces import SeekableSource
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.draw import Style, paint
from livepose.draw.hud import paint_help, paint_hud
from livepose.draw.transport_bar import (
    BarLayout,
    Mark,
    MarkKind,
    TransportBar,
    paint_transport_bar,
)
from livepose.export.pose_edits import (
    DeletePeople,
    FrameRange,
    MovePoint,
    PoseEdit,
    SwapIds,
    SwapSides,
)
from livepose.session.edited_poses import EditSaver
from livepose.session.help_rows import help_rows
from livepose.session.transport import Transport
from livepose.sinks.input_events import Action, Click, Digit, InputEvent, Pointer
from livepose.sinks.window import EDITOR_KEY_BINDINGS, Window

_IDLE_S = 0.03
_NOTICE_S = 3.0
_GRAB_SHARE = 0.02
"""How near to a point it can be grabbed, over the longer side of the frame."""
_MIN_GRAB_PX = 6.0
_STYLE = Style(boxes=True)
_THRESHOLD_STEP = 0.05
_SECOND_S = 1.0
_HELP_ROWS = help_rows(EDITOR_KEY_BINDINGS)


class Editor:
    """Shows a clip with its saved poses, and lets its user edit them."""

    def __init__(
        self,
        window: Window,
        source: SeekableSource,
        find_poses: Callable[[Frame], PosedFrame],
        saver: EditSaver,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Connect a window to a clip and its poses.

        Args:
            window: Its keys are `EDITOR_KEY_BINDINGS`.
            source: The clip.
            find_poses: Returns a frame with the poses that were saved of it.
            saver: Has the edits, and writes them.
            is_interrupted: Whether a signal asks for the end.
        """
        self.edits = saver.edits
        self._window, self._source = window, source
        self._find_poses, self._saver = find_poses, saver
        self._is_interrupted = is_interrupted
        self._transport = Transport()
        self._posed: PosedFrame | None = None
        """The frame at the position, with the poses that were saved."""
        self._chosen: list[int] = []
        """The ids that were chosen, the last one at the end; at most two."""
        self._dragged: MovePoint | None = None
        self._is_on_track = False
        self._style = _STYLE
        self._shows_help, self._shows_bars = False, True
        self._notice = ("h: keys", time.perf_counter() + _NOTICE_S)
        self._was_quit = False
        self._needs_drawing = True
        transport = self._transport
        self._handlers: dict[Action, Callable[[], None]] = {
            Action.QUIT: self._quit,
            Action.PAUSE: self._toggle_pause,
            Action.STEP: lambda: transport.step(1),
            Action.FORWARD: lambda: transport.step(1),
            Action.BACK: lambda: transport.step(-1),
            Action.BACK_SECOND: lambda: transport.leap(-_SECOND_S),
            Action.FORWARD_SECOND: lambda: transport.leap(_SECOND_S),
            Action.TO_START: transport.go_to_start,
            Action.TO_END: transport.go_to_end,
            Action.FASTER: lambda: transport.change_speed(1),
            Action.SLOWER: lambda: transport.change_speed(-1),
            Action.LOOP_START: transport.mark_loop_start,
            Action.LOOP_END: transport.mark_loop_end,
            Action.LOOP: self._forget_range,
            Action.RAISE_THRESHOLD: lambda: self._move_threshold(_THRESHOLD_STEP),
            Action.LOWER_THRESHOLD: lambda: self._move_threshold(-_THRESHOLD_STEP),
            Action.NEXT_PERSON: self._choose_next,
            Action.HUD: self._toggle_bars,
            Action.HELP: self._toggle_help,
            Action.FULL_SCREEN: window.toggle_full_screen,
            Action.SWAP_SIDES: lambda: self._edit_person(SwapSides),
            Action.SWAP_IDS: self._swap_ids,
            Action.DELETE: lambda: self._edit_person(DeletePeople),
            Action.DELETE_ALL: lambda: self._add(DeletePeople(self.range, None)),
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.SAVE: self._save_edits,
        }

    @property
    def range(self) -> FrameRange:
        """The frames that an edit holds for."""
        transport = self._transport
        if transport.loop_start is None and transport.loop_end is None:
            return FrameRange(transport.position, transport.position)
        return FrameRange(*transport.loop)

    @property
    def chosen(self) -> int | None:
        """The id of the person whom edits are about; None if they are not there.

        It is the first one there as long as nobody was chosen: by the user, or by an edit.
        """
        ids = self._poses().track_id.tolist()
        if not self._chosen:
            return ids[0] if ids else None
        is_there = self._chosen[-1] in ids or self.range.first != self.range.last
        return self._chosen[-1] if is_there else None

    def run(self) -> None:
        """Show the clip until the user quits or it fails; what was edited is saved then.

        Raises:
            SourceError: If the clip or its poses cannot be read.
            SinkError: If the edits cannot be saved.
        """
        try:
            while not (self._was_quit or self._is_interrupted()):
                self._follow_times()
                self._show()
                self._handle(self._window.poll(self._wait_s()))
                if self._transport.advance(time.perf_counter()):
                    self._needs_drawing = True
        finally:
            self._saver.close()

    def _follow_times(self) -> None:
        if not self._source.has_all_times:
            self._source.learn_times()
        times_s = self._source.times_s
        if len(times_s):
            self._transport.update_times(times_s, is_complete=self._source.has_all_times)

    def _wait_s(self) -> float:
        if not self._source.has_all_times:
            return 0.0
        if self._transport.is_playing:
            return min(_IDLE_S, self._transport.wait_s(time.perf_counter()))
        return _IDLE_S

    def _poses(self) -> Poses:
        """Return the poses of the frame that is shown, after all edits and the one in hand."""
        if self._posed is None:
            return Poses.empty()
        poses = self.edits.apply(self._posed.frame.index, self._posed.poses)
        return poses if self._dragged is None else self._dragged.apply(poses)

    def _show(self) -> None:
        position = self._transport.position
        if self._posed is None or self._posed.frame.index != position:
            frame = self._source.frame(position)
            if frame is None:
                return
            self._posed = self._find_poses(frame)
            self._dragged = None
            self._needs_drawing = True
        is_over = bool(self._notice[0]) and time.perf_counter() > self._notice[1]
        if is_over:
            self._notice = ("", 0.0)
        if self._needs_drawing or is_over:
            self._needs_drawing = False
            self._window.write(self._painted(self._posed))

    def _painted(self, posed: PosedFrame) -> Frame:
        overlays = replace(posed.overlays, chosen_id=self.chosen)
        painted = paint(replace(posed, poses=self._poses(), overlays=overlays), self._style)
        if self._shows_bars:
            figures = [self._notice[0]] if self._notice[0] else self._figures()
            painted = paint_hud(painted, figures, self._badges(posed))
            painted = paint_transport_bar(painted, self._bar(posed.frame))
        return paint_help(painted, _HELP_ROWS) if self._shows_help else painted

    def _figures(self) -> list[str]:
        """Return what the line at the top says."""
        chosen, frames = self.chosen, self.range
        person = "nobody" if chosen is None else f"person {chosen}"
        where = "this frame" if frames.first == frames.last else f"frames {frames}"
        count = len(self.edits.done)
        return [person, where, "1 edit" if count == 1 else f"{count} edits"]

    def _badges(self, posed: PosedFrame) -> list[str]:
        poses = self._poses()
        # Of people who were deleted, no point is left that could be marked.
        is_edited = poses is not posed.poses or bool(poses.edited.any())
        states = {"EDITED": is_edited, "NOT SAVED": not self._saver.is_saved}
        return [badge for badge, is_on in states.items() if is_on]

    def _bar(self, frame: Frame) -> TransportBar:
        transport, times_s = self._transport, self._source.times_s
        loop_s = None
        if transport.loop_start is not None or transport.loop_end is not None:
            first, last = transport.loop
            loop_s = (float(times_s[first]), float(times_s[last]))
        return TransportBar(
            frame.time_s,
            frame.source_frame,
            float(times_s[0]),
            transport.end_s,
            origin_s=self._source.info.origin_s,
            speed=transport.speed,
            is_playing=transport.is_playing,
            loop_s=loop_s,
            marks=[
                Mark(float(times_s[index]), MarkKind.EDIT)
                for index in self._saver.edited_from
                if index < len(times_s)
            ],
        )

    def _handle(self, event: InputEvent | None) -> None:
        """Do what a key or the mouse asks for."""
        if event is None:
            return
        if isinstance(event, Click | Pointer):
            self._point(event)
            self._needs_drawing = True
            return
        # A key lets go of what is in hand: its frame or its person may be gone then.
        self._dragged = None
        if isinstance(event, Digit):
            self._choose_nth(event.number)
        elif event in self._handlers:
            self._handlers[event]()
        self._needs_drawing = True

    def _point(self, event: Click | Pointer) -> None:
        """Go along the bar, choose a person, or drag a point."""
        if self._posed is None:
            return
        frame = self._posed.frame
        layout = BarLayout.of(frame.width_px, frame.height_px)
        if isinstance(event, Click):
            self._is_on_track = self._shows_bars and layout.holds(event.x_px, event.y_px)
            if not self._is_on_track:
                self._grab(event)
        elif event.is_pressed and self._dragged is not None:
            self._dragged = replace(self._dragged, x_px=float(event.x_px), y_px=float(event.y_px))
        elif not event.is_pressed:
            self._is_on_track = False
            self._drop()
        if self._is_on_track:
            start_s, end_s = float(self._source.times_s[0]), self._transport.end_s
            self._transport.pause()
            self._transport.seek_s(start_s + layout.share_at(event.x_px) * (end_s - start_s))

    def _grab(self, click: Click) -> None:
        """Take the point that is clicked in hand, and choose whose it is."""
        self._transport.pause()
        poses, frame = self._poses(), self._source.info
        if not len(poses):
            return
        place = np.array((click.x_px, click.y_px), np.float32)
        away_px = np.hypot(*np.moveaxis(poses.xy - place, -1, 0))
        away_px = np.where(poses.visible(self._style.min_score), away_px, np.inf)
        row, column = np.unravel_index(int(away_px.argmin()), away_px.shape)
        reach_px = max(_MIN_GRAB_PX, _GRAB_SHARE * max(frame.width_px, frame.height_px))
        if away_px[row, column] > reach_px:
            left, top, right, bottom = poses.box.T
            is_inside = (left <= place[0]) & (place[0] <= right)
            is_inside &= (top <= place[1]) & (place[1] <= bottom)
            if is_inside.any():
                self._choose(int(poses.track_id[is_inside.argmax()]))
            return
        person, position = int(poses.track_id[row]), self._transport.position
        self._choose(person)
        x_px, y_px = poses.xy[row, column].tolist()
        name = poses.skeleton.names[column]
        self._dragged = MovePoint(FrameRange(position, position), person, name, x_px, y_px)

    def _drop(self) -> None:
        """Let the point in hand go, where it was moved to."""
        move, self._dragged = self._dragged, None
        if move is None:
            return
        poses = self._poses()
        row = int(np.flatnonzero(poses.track_id == move.person)[0])
        if poses[move.keypoint][row, :2].tolist() != [move.x_px, move.y_px]:
            self._add(move)

    def _choose(self, person: int) -> None:
        self._chosen = [*[each for each in self._chosen if each != person][-1:], person]

    def _choose_nth(self, number: int) -> None:
        """Choose the n-th person from the left."""
        ids = self._ids_from_left()
        if number <= len(ids):
            self._choose(ids[number - 1])

    def _choose_next(self) -> None:
        ids, chosen = self._ids_from_left(), self.chosen
        if ids:
            self._choose(ids[(ids.index(chosen) + 1) % len(ids)] if chosen in ids else ids[0])

    def _ids_from_left(self) -> list[int]:
        poses = self._poses()
        order = np.argsort(poses.box[:, 0] + poses.box[:, 2])
        return [int(each) for each in poses.track_id[order]]

    def _edit_person(self, make: Callable[[FrameRange, int], PoseEdit]) -> None:
        """Edit the person who is chosen, over the range."""
        chosen = self.chosen
        if chosen is None:
            self._notify("nobody is chosen: click a person")
        else:
            self._choose(chosen)
            self._add(make(self.range, chosen))

    def _swap_ids(self) -> None:
        """Exchange the ids of the two people who were chosen last, or of the only two there are."""
        people = self._chosen if len(self._chosen) == 2 else self._ids_from_left()
        if len(people) != 2:
            self._notify("click two people, one after the other")
        else:
            self._add(SwapIds(self.range, *people))

    def _add(self, edit: PoseEdit) -> None:
        try:
            edit.check(self._poses().skeleton)
        except OptionError as error:
            self._notify(str(error))
        else:
            self.edits.add(edit)
            self._notify(str(edit))

    def _undo(self) -> None:
        last = self.edits.done[-1:]
        self._notify(f"undone: {last[0]}" if self.edits.undo() else "there is nothing to undo")

    def _redo(self) -> None:
        has_more = self.edits.redo()
        self._notify(str(self.edits.done[-1]) if has_more else "there is nothing to redo")

    def _save_edits(self) -> None:
        try:
            self._saver.save()
        except SinkError as error:  # what was edited is still there
            self._notify(f"saving failed: {error}")
        else:
            self._notify(f"saved {self._saver.saved[0].name}")

    def _quit(self) -> None:
        self._was_quit = True

    def _toggle_pause(self) -> None:
        if self._transport.is_playing:
            self._transport.pause()
        else:
            self._transport.play(time.perf_counter())

    def _forget_range(self) -> None:
        self._transport.loop_start = self._transport.loop_end = None

    def _toggle_bars(self) -> None:
        self._shows_bars = not self._shows_bars

    def _toggle_help(self) -> None:
        self._shows_help = not self._shows_help

    def _move_threshold(self, by: float) -> None:
        min_score = round(min(max(self._style.min_score + by, 0.0), 1.0), 2)
        self._style = replace(self._style, min_score=min_score)
        self._notify(f"threshold {min_score:.2f}")

    def _notify(self, notice: str) -> None:
        self._notice = (notice, time.perf_counter() + _NOTICE_S)
