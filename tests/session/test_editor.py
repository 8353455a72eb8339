"""The window of `livepose edit` without a screen: what the mouse and the keys edit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import SinkError, SourceError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.draw.transport_bar import BarLayout
from livepose.export.pose_file import PoseFile
from livepose.session.edited_poses import EditSaver
from livepose.session.editor import Editor
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
)
from livepose.sinks.window import EDITOR_KEY_BINDINGS
from livepose.sources import open_seekable
from tests.support.media import make_clip
from tests.support.recordings import RECORDING
from tests.support.windows import ScriptedPage, ScriptedWindow

FRAMES, WIDTH_PX, HEIGHT_PX = 12, 160, 120
LAYOUT = BarLayout.of(WIDTH_PX, HEIGHT_PX)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", pts=range(FRAMES))


def two_people(frame: Frame) -> PosedFrame:
    """Return a frame with person 1 on the left and person 2 on the right, keypoints in rows."""
    keypoint = np.arange(17)
    left = np.stack((30 + 4.0 * (keypoint % 5), 35 + 10.0 * (keypoint // 5)), axis=1)
    xy = np.stack((left, left + np.array((70, 0)))).astype(np.float32)
    poses = Poses.from_keypoints(xy, np.full((2, 17), 0.9, np.float32))
    poses = replace(poses, track_id=np.array((1, 2), np.int32))
    return PosedFrame(frame, poses, Region.letterbox(WIDTH_PX, HEIGHT_PX), 0.0)


def place_of(keypoint: Keypoint, person: int = 1) -> tuple[int, int]:
    """Return where a keypoint is."""
    left = 30 if person == 1 else 100
    return left + 4 * (keypoint % 5), 35 + 10 * (keypoint // 5)


class _NotedSaver(EditSaver):
    """Writes no file, and notes the edits."""

    def __init__(self, failures: int) -> None:
        pose_file = PoseFile(Path("poses.jsonl"), RECORDING)
        super().__init__(pose_file, Path("edited.jsonl"), overwrite=False)
        self.noted: list[tuple[str, ...]] = []
        self.failures = failures
        """How many times saving fails."""

    def save(self) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise SinkError("the disk is full")
        self.noted.append(tuple(map(str, self.edits.done)))
        self._written = self.edits.done
        self.saved = [Path("edited.jsonl")]


class Session:
    """An editor whose user follows a script, and quits at its end."""

    def __init__(
        self,
        clip: Path,
        *script: InputEvent | None,
        find_poses: Callable[[Frame], PosedFrame] = two_people,
        is_page: bool = False,
        failed_saves: int = 0,
    ) -> None:
        saver = _NotedSaver(failed_saves)
        self.saved = saver.noted
        self.error: SourceError | None = None
        self.window = ScriptedWindow(*script, Action.QUIT)
        self.page = ScriptedPage(*script, Action.QUIT)
        screen = self.page if is_page else self.window
        with open_seekable(clip) as source:
            self.editor = Editor(screen, source, find_poses, saver)
            try:
                self.editor.run()
            except SourceError as error:
                self.error = error

    @property
    def edits(self) -> list[str]:
        return [str(edit) for edit in self.editor.edits.done]


def drag(start: tuple[int, int], end: tuple[int, int]) -> Iterator[InputEvent]:
    yield Click(*start)
    yield Pointer((start[0] + end[0]) // 2, (start[1] + end[1]) // 2, is_pressed=True)
    yield Pointer(*end, is_pressed=True)
    yield Pointer(*end, is_pressed=False)


def test_a_point_is_dragged_in_the_frame_that_is_shown(clip: Path) -> None:
    script = (Action.FORWARD, None, *drag(place_of(Keypoint.LEFT_HIP), (60, 80)))
    session = Session(clip, *script)
    assert session.edits == ["move:1:1:left_hip:60.0,80.0"]
    assert session.saved == [("move:1:1:left_hip:60.0,80.0",)]


def test_a_page_edits_as_the_window_does(clip: Path) -> None:
    start, end = place_of(Keypoint.LEFT_HIP), (60, 80)
    script = (
        *(PersonId(2), Action.SWAP_SIDES, FramePoint(*map(float, start))),
        *(FramePointer(50, 70, is_pressed=True), FramePointer(*end, is_pressed=True)),
        *(FramePointer(*end, is_pressed=False), PointPlace(Keypoint.NOSE, 31.5, 40.0)),
        *(PersonId(77), Action.DELETE, Action.UNDO, Action.SAVE, None),
    )
    session = Session(clip, *script, is_page=True)
    assert session.edits == [
        "swap_sides:0:2",
        "move:0:1:left_hip:60.0,80.0",
        "move:0:1:nose:31.5,40.0",
    ]
    assert session.saved == [tuple(session.edits)]
    state = session.page.states[-1]
    assert state.editing is not None
    assert (state.editing.edits, state.editing.can_redo, state.editing.is_saved) == (3, True, True)
    assert state.editing.chosen == [2, 1]
    assert state.saved == ["edited.jsonl"]
    posed = session.page.posed[-1]
    assert posed.poses["nose"][0].tolist() == [31.5, 40.0, 1.0]
    assert posed.overlays.chosen_id == 1
    assert session.page.pictures[-1] is posed.frame, "it is not painted, and encoded once"


def test_who_opens_the_page_takes_no_point_out_of_hand(clip: Path) -> None:
    start = FramePoint(*map(float, place_of(Keypoint.LEFT_HIP)))
    moves = [FramePointer(60, 80, is_pressed=is_pressed) for is_pressed in (True, False)]
    session = Session(clip, start, Action.REFRESH, *moves, is_page=True)
    assert session.edits == ["move:0:1:left_hip:60.0,80.0"]
    assert Session(clip, start, Action.OTHER, *moves, is_page=True).edits == []


def test_a_click_beside_everybody_lets_go_of_the_point_in_hand(clip: Path) -> None:
    start = FramePoint(*map(float, place_of(Keypoint.LEFT_HIP)))
    drag = FramePointer(60, 80, is_pressed=True)
    beside = FramePoint(150.0, 5.0), FramePointer(150, 5, is_pressed=False)
    assert Session(clip, start, drag, *beside, is_page=True).edits == []


def test_what_no_page_of_ours_sends_edits_nothing(clip: Path) -> None:
    far = FramePointer(10**9, 0, is_pressed=True), FramePointer(10**9, 0, is_pressed=False)
    script = (
        *(FramePoint(*map(float, place_of(Keypoint.NOSE))), *far),
        *(PointPlace(17, 1.0, 1.0), PointPlace(0, 1e8, 0.0), FramePointer(1, 1, is_pressed=True)),
        *(Action.SCREENSHOT, Action.RECORD),
    )
    assert Session(clip, *script, is_page=True).edits == []


def test_a_slider_of_the_page_goes_to_another_frame(clip: Path) -> None:
    session = Session(clip, Position(1.0), None, Action.DELETE_ALL, is_page=True)
    assert session.edits == [f"delete:{FRAMES - 1}:all"]


def test_the_point_in_hand_follows_the_mouse(clip: Path) -> None:
    start, _, end, _ = drag(place_of(Keypoint.LEFT_HIP), (60, 80))
    session = Session(clip, start, end, None)
    shown = session.window.seen[-1].bgr
    assert session.edits == []  # it was never let go
    before = Session(clip, None).window.seen[-1].bgr
    around = np.s_[76:84, 56:64]
    assert np.abs(shown[around].astype(int) - before[around]).max() > 60


def test_a_click_that_moves_nothing_edits_nothing(clip: Path) -> None:
    x_px, y_px = place_of(Keypoint.NOSE)
    click = Click(x_px, y_px), Pointer(x_px, y_px, is_pressed=False)
    session = Session(clip, *click)
    assert (session.edits, session.saved) == ([], [])


def test_sides_are_exchanged_from_a_to_b(clip: Path) -> None:
    steps = (Action.FORWARD, None, Action.LOOP_START, Action.FORWARD, None, Action.LOOP_END)
    session = Session(clip, *steps, Digit(2), Action.SWAP_SIDES, Action.LOOP, Action.DELETE)
    assert session.edits == ["swap_sides:1-2:2", "delete:2:2"]


def test_ids_are_exchanged_between_the_last_two_who_were_chosen(clip: Path) -> None:
    session = Session(clip, None, Action.SWAP_IDS)
    assert session.edits == ["swap_ids:0:1,2"]
    clicks = [Click(*place_of(Keypoint.LEFT_KNEE, person)) for person in (2, 1)]
    session = Session(clip, None, *clicks, Action.SWAP_IDS)
    assert session.edits == ["swap_ids:0:2,1"]


def test_people_are_deleted_and_come_back_when_that_is_undone(clip: Path) -> None:
    session = Session(clip, None, Action.NEXT_PERSON, Action.DELETE, None, Action.DELETE_ALL, None)
    assert session.edits == ["delete:0:2", "delete:0:all"]
    seen = session.window.seen
    undone = Session(clip, None, Action.DELETE_ALL, Action.UNDO, Action.UNDO, None)
    assert undone.edits == []
    clear = np.s_[30 : LAYOUT.top - 2]
    whole = Session(clip, None).window.seen[-1].bgr[clear]
    assert not np.array_equal(seen[-1].bgr[clear], whole)
    assert np.array_equal(undone.window.seen[-1].bgr[clear], whole)
    assert Session(clip, None, Action.DELETE_ALL, Action.UNDO, Action.REDO).edits == [
        "delete:0:all"
    ]


@pytest.mark.parametrize("choice", [(), (Digit(2),)])
def test_to_delete_again_deletes_nobody_else(clip: Path, choice: tuple[InputEvent, ...]) -> None:
    session = Session(clip, None, *choice, Action.DELETE, None, Action.DELETE)
    assert session.edits == [f"delete:0:{2 if choice else 1}"]
    assert session.editor.chosen is None


def test_a_number_that_nobody_has_is_said_to_be_nobodys(clip: Path) -> None:
    session = Session(clip, None, Digit(9), None, is_page=True)
    assert session.page.states[-1].notice == "there is no person 9"


def test_what_was_saved_is_saved_again_only_if_it_has_changed(clip: Path) -> None:
    session = Session(clip, None, Action.DELETE_ALL, Action.SAVE)
    assert session.saved == [("delete:0:all",)]
    session = Session(clip, None, Action.DELETE_ALL, Action.SAVE, Action.UNDO)
    assert session.saved == [("delete:0:all",), ()]


def test_edits_that_cannot_be_saved_are_lost_only_if_that_is_asked_for_twice(clip: Path) -> None:
    script = (None, Action.DELETE_ALL, Action.QUIT, None, Action.SWAP_SIDES)
    session = Session(clip, *script, is_page=True, failed_saves=1)
    assert session.saved == [("delete:0:all",)]
    notices = [state.notice for state in session.page.states]
    assert notices[0] == "", "it has no list of keys to be opened"
    assert notices[-1] == "nobody is chosen: click a person"
    assert "saving failed: the disk is full; quit again to lose the edits" in notices
    with pytest.raises(SinkError, match="disk is full"):
        Session(clip, *script, is_page=True, failed_saves=3)


def test_what_was_edited_is_saved_if_the_clip_fails(clip: Path) -> None:
    def find_poses(frame: Frame) -> PosedFrame:
        if frame.index == 2:
            raise SourceError("clip.mp4 cannot be read")
        return two_people(frame)

    script = (Action.SWAP_SIDES, Action.FORWARD, None, Action.FORWARD, None)
    session = Session(clip, None, *script, find_poses=find_poses)
    assert str(session.error) == "clip.mp4 cannot be read"
    assert session.saved == [("swap_sides:0:1",)]


def test_a_frame_of_which_people_were_deleted_says_that_it_is_edited(clip: Path) -> None:
    corner = np.s_[:12, 120:]
    clear = Session(clip, None).window.seen[-1].bgr[corner]
    script = (None, Action.DELETE, Action.SAVE, None)
    session = Session(clip, *script, Action.FORWARD, None)
    *_, edited, next_frame = [frame.bgr[corner] for frame in session.window.seen]
    assert not np.array_equal(edited, clear)
    assert np.array_equal(next_frame, clear)


def test_the_bar_is_dragged_to_another_frame(clip: Path) -> None:
    y_px = LAYOUT.top + 4
    end = Pointer(LAYOUT.right, y_px, is_pressed=True)
    script = (None, None, Click(LAYOUT.left, y_px), end, Pointer(LAYOUT.right, y_px, False), None)
    session = Session(clip, *script, Action.DELETE_ALL)
    assert session.edits == [f"delete:{FRAMES - 1}:all"]


def test_a_key_lets_go_of_the_point_in_hand(clip: Path) -> None:
    start, middle, end, release = drag(place_of(Keypoint.LEFT_HIP), (60, 80))
    session = Session(clip, None, start, middle, Action.DELETE_ALL, end, release)
    assert session.edits == ["delete:0:all"]


def test_without_anybody_there_is_nothing_to_edit(clip: Path) -> None:
    session = Session(clip, None, Action.DELETE_ALL, Action.SWAP_SIDES, Action.SWAP_IDS)
    assert session.edits == ["delete:0:all"]


def test_no_key_of_the_editor_means_two_things() -> None:
    keys = [key for binding in EDITOR_KEY_BINDINGS for key in binding.keys]
    assert len(keys) == len(set(keys))
