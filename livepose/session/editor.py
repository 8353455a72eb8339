"""The editor of `livepose edit`: points are dragged, people chosen, edits done and undone.

It is the same in a window and on a page, which only send what their user does.

Edits hold for a range of frames: from the mark `a` to the mark `b`, or where neither is set, for
the frame that is shown. A point that is dragged is moved in that frame only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from livepose.core.clip_interfaces import SeekableSource
from livepose.core.errors import OptionError, SinkError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.draw import Style
from livepose.draw.transport_bar import BarLayout
from livepose.export.pose_edits import (
    DeletePeople,
    FrameRange,
    MovePoint,
    PoseEdit,
    SwapIds,
    SwapSides,
)
from livepose.session.chosen_people import ChosenPeople
from livepose.session.dragged_point import DraggedPoint
from livepose.session.edited_poses import EditSaver
from livepose.session.editor_view import EditorView
from livepose.session.transport import Transport
from livepose.sinks.input_events import (
    Action,
    Click,
    Digit,
    FramePoint,
    FramePointer,
    InputEvent,
    PersonId,
    Pointer,
    PointPlace,
    Position,
    Speed,
    Threshold,
)
from livepose.sinks.screen import Screen

_IDLE_S = 0.03
_NOTICE_S, _FAILURE_NOTICE_S = 3.0, 10.0
_GRAB_SHARE = 0.02
"""How near to a point it can be grabbed, over the longer side of the frame."""
_MIN_GRAB_PX = 6.0
_STYLE = Style(boxes=True)
_THRESHOLD_STEP = 0.05
_SECOND_S = 1.0


class Editor:
    """Shows a clip with its saved poses, and lets its user edit them."""

    def __init__(
        self,
        screen: Screen,
        source: SeekableSource,
        find_poses: Callable[[Frame], PosedFrame],
        saver: EditSaver,
        is_interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        """Connect a screen to a clip and its poses.

        Args:
            screen: A window with the keys `EDITOR_KEY_BINDINGS`, a page, or both.
            source: The clip.
            find_poses: Returns a frame with the poses that were saved of it.
            saver: Has the edits, and writes them.
            is_interrupted: Whether a signal asks for the end.
        """
        self.edits = saver.edits
        self.style = _STYLE
        self._screen, self._source = screen, source
        self._find_poses, self._saver = find_poses, saver
        self._is_interrupted = is_interrupted
        self._transport = Transport()
        self._posed: PosedFrame | None = None
        """The frame at the position, with the poses that were saved."""
        self._people = ChosenPeople()
        self._dragged = DraggedPoint()
        self._is_on_track = False
        self._shows_help, self._shows_bars = False, True
        self._notice = ("", 0.0)
        if screen.is_painted:
            self._notify("h: keys")
        self._was_quit = False
        self._was_refused = False
        """Whether it did not quit because the edits could not be saved."""
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
            Action.FULL_SCREEN: screen.toggle_full_screen,
            Action.REFRESH: lambda: None,
            Action.OTHER: lambda: None,
            Action.SWAP_SIDES: lambda: self._edit_person(SwapSides),
            Action.SWAP_IDS: self._swap_ids,
            Action.DELETE: lambda: self._edit_person(DeletePeople),
            Action.DELETE_ALL: lambda: self._add(DeletePeople(self.range, None)),
            Action.UNDO: self._undo,
            Action.REDO: self._redo,
            Action.SAVE: self._save_edits,
        }

    @property
    def actions(self) -> frozenset[Action]:
        """What can be done here."""
        return frozenset(self._handlers)

    @property
    def saved(self) -> list[Path]:
        """The edited file, once it was written."""
        return self._saver.saved

    @property
    def range(self) -> FrameRange:
        """The frames that an edit holds for."""
        transport = self._transport
        if transport.loop_start is None and transport.loop_end is None:
            return FrameRange(transport.position, transport.position)
        return FrameRange(*transport.loop)

    @property
    def chosen(self) -> int | None:
        """The id of the person whom edits are about; None if they are not there."""
        return self._people.current(self._poses(), is_range=self._is_range)

    @property
    def _is_range(self) -> bool:
        return self.range.first != self.range.last

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
                self._handle(self._screen.poll(self._wait_s()))
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
        """Return the poses of the frame that is shown, after all edits."""
        if self._posed is None:
            return Poses.empty()
        return self.edits.apply(self._posed.frame.index, self._posed.poses)

    def _show(self) -> None:
        position = self._transport.position
        if self._posed is None or self._posed.frame.index != position:
            frame = self._source.frame(position)
            if frame is None:
                return
            self._posed = self._find_poses(frame)
            self._dragged.put_back()
            self._needs_drawing = True
        is_over = bool(self._notice[0]) and time.perf_counter() > self._notice[1]
        if is_over:
            self._notice = ("", 0.0)
        if self._needs_drawing or is_over:
            self._needs_drawing = False
            self._show_view(self._posed)

    def _show_view(self, posed: PosedFrame) -> None:
        view = EditorView(
            posed=posed,
            poses=self._dragged.apply(self._poses()),
            style=self.style,
            transport=self._transport,
            source=self._source,
            saver=self._saver,
            notice=self._notice,
            chosen_last=self._people.ids,
            chosen=self.chosen,
            frames=self.range,
        )
        if self._screen.wants_data:
            self._screen.show_data(view.frame, posed.frame, view.state)
        if self._screen.is_painted:
            painted = view.painted(shows_bars=self._shows_bars, shows_help=self._shows_help)
            self._screen.write(painted)

    def _handle(self, event: InputEvent | None) -> None:
        """Do what a key, the mouse or a page asks for."""
        if event is None:
            return
        self._needs_drawing = True
        if isinstance(event, Click | Pointer):
            self._point(event)
        elif isinstance(event, FramePoint):
            self._grab(event.x_px, event.y_px)
        elif isinstance(event, FramePointer):
            self._move_pointer(event)
        elif event is not Action.REFRESH:
            # All else lets go of what is in hand: its frame or its person may be gone then.
            self._dragged.put_back()
            self._act(event)

    def _act(self, event: InputEvent) -> None:
        """Do what a key, or a choice on a page, asks for."""
        if isinstance(event, Digit):
            if not self._people.choose_nth(event.number, self._poses()):
                self._notify(f"there is no person {event.number}")
        elif isinstance(event, PersonId):
            if event.track_id in self._poses().track_id:
                self._people.choose(event.track_id)
        elif isinstance(event, PointPlace):
            self._place(event)
        elif isinstance(event, Position):
            self._seek_to_share(event.share)
        elif isinstance(event, Speed):
            self._transport.set_speed(event.speed)
        elif isinstance(event, Threshold):
            self._set_threshold(event.min_score)
        elif event in self._handlers:
            self._handlers[event]()

    def _point(self, event: Click | Pointer) -> None:
        """Go along the bar, choose a person, or drag a point."""
        if self._posed is None:
            return
        frame = self._posed.frame
        layout = BarLayout.of(frame.width_px, frame.height_px)
        if isinstance(event, Click):
            self._is_on_track = self._shows_bars and layout.holds(event.x_px, event.y_px)
            if not self._is_on_track:
                self._grab(event.x_px, event.y_px)
        else:
            self._is_on_track = self._is_on_track and event.is_pressed
            self._move_pointer(event)
        if self._is_on_track:
            self._seek_to_share(layout.share_at(event.x_px))

    def _move_pointer(self, event: Pointer | FramePointer) -> None:
        """Take the point in hand along, or let it go."""
        if event.is_pressed:
            self._dragged.move(event.x_px, event.y_px)
            return
        edit = self._dragged.drop(self._poses())
        if edit is not None:
            self._add(edit)

    def _seek_to_share(self, share: float) -> None:
        start_s, end_s = float(self._source.times_s[0]), self._transport.end_s
        self._transport.pause()
        self._transport.seek_s(start_s + share * (end_s - start_s))

    def _grab(self, x_px: float, y_px: float) -> None:
        """Take the point at a place in hand, and choose the person there."""
        self._transport.pause()
        poses, info = self._poses(), self._source.info
        person = self._dragged.grab(
            poses,
            (x_px, y_px),
            frame=self._transport.position,
            reach_px=max(_MIN_GRAB_PX, _GRAB_SHARE * max(info.width_px, info.height_px)),
            min_score=self.style.min_score,
        )
        if person is None:
            self._people.choose_at(x_px, y_px, poses)
        else:
            self._people.choose(person)

    def _place(self, event: PointPlace) -> None:
        """Put a point of the person who is chosen where it was said to be."""
        poses, chosen, position = self._poses(), self.chosen, self._transport.position
        if chosen is None or chosen not in poses.track_id:
            self._notify("nobody is chosen: click a person")
        elif event.keypoint < len(poses.skeleton):
            self._people.choose(chosen)
            name, frames = poses.skeleton.names[event.keypoint], FrameRange(position, position)
            self._add(MovePoint(frames, chosen, name, event.x_px, event.y_px))

    def _choose_next(self) -> None:
        self._people.choose_next(self._poses(), is_range=self._is_range)

    def _edit_person(self, make: Callable[[FrameRange, int], PoseEdit]) -> None:
        """Edit the person who is chosen, over the range."""
        chosen = self.chosen
        if chosen is None:
            self._notify("nobody is chosen: click a person")
        else:
            self._people.choose(chosen)
            self._add(make(self.range, chosen))

    def _swap_ids(self) -> None:
        """Exchange the ids of the two people who were chosen last, or of the only two there are."""
        people = self._people.pair(self._poses())
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
            self._notify(f"saving failed: {error}", _FAILURE_NOTICE_S)
        else:
            self._notify(f"saved {self._saver.saved[0].name}")

    def _quit(self) -> None:
        """End the editor; where the edits cannot be saved, only if that is asked for again."""
        if self._saver.is_saved or self._was_refused:
            self._was_quit = True
            return
        try:
            self._saver.save()
        except SinkError as error:
            self._was_refused = True
            notice = f"saving failed: {error}; quit again to lose the edits"
            self._notify(notice, _FAILURE_NOTICE_S)
        else:
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
        self._set_threshold(self.style.min_score + by)

    def _set_threshold(self, threshold: float) -> None:
        min_score = round(min(max(threshold, 0.0), 1.0), 2)
        self.style = replace(self.style, min_score=min_score)
        self._notify(f"threshold {min_score:.2f}")

    def _notify(self, notice: str, seconds: float = _NOTICE_S) -> None:
        self._notice = (notice, time.perf_counter() + seconds)
