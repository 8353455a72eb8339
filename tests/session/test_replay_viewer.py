"""The replay of a live source: to and fro in the last seconds, while everything goes on."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.frame import StreamInfo
from livepose.draw import Style, paint
from livepose.draw.transport_bar import BarLayout
from livepose.export import RecordingMetadata
from livepose.export.jsonl_reader import read_jsonl
from livepose.session.clip_saver import ClipSaver
from livepose.session.motion_steps import motion_steps
from livepose.session.options import Options, SourceOptions
from livepose.session.recorder import Recorder
from livepose.session.replay_viewer import ReplayViewer
from livepose.session.viewer_setup import ViewerSetup
from livepose.sinks.input_events import Action, Click, InputEvent, Pointer
from livepose.system.interrupts import Interrupts
from tests.support.clips import read_frames
from tests.support.media import number_of
from tests.support.playback import numbered_pose
from tests.support.windows import ScriptedPage, ScriptedWindow

INFO = StreamInfo("camera 0", 160, 120, is_live=True)


class Show:
    """A live view with a replay of two seconds, at eight frames a second."""

    def __init__(
        self, delay_s: float = 0.0, info: StreamInfo = INFO, page: ScriptedPage | None = None
    ) -> None:
        self.window, self.recorder, self.page = ScriptedWindow(), Recorder(info), page
        steps = motion_steps(Options(SourceOptions(camera="0")), 6)
        self.clips = ClipSaver(RecordingMetadata(info, "number"))
        setup = ViewerSetup(
            *(page or self.window, info, Style(), self.recorder, Interrupts(), steps),
            delay_s=delay_s,
        )
        self.viewer = ReplayViewer(setup, self.clips, replay_s=2.0)
        self.next = 0

    def take_on_page(self, *events: InputEvent | None) -> None:
        """Show some more frames than there are events, which are those of a page."""
        assert self.page is not None
        self.page.script = [None, *events]
        for _ in range(len(events) + 5):
            one = numbered_pose(self.next)
            self.viewer.show(one, self.viewer.paint(one), 0)
            time.sleep(0.01)
            self.next += 1

    def take(self, count: int, *events: InputEvent | None) -> int:
        """Show some more frames while a user does something; return the number that is seen."""
        self.window.script = list(events)
        for _ in range(count):
            one = numbered_pose(self.next)
            if self.recorder.is_recording:
                self.recorder.write(paint(one))
            self.viewer.show(one, self.viewer.paint(one), 0)
            self.next += 1
        return number_of(self.window.seen[-1].bgr)


def test_keys_go_back_and_forward_and_end_leads_to_the_present() -> None:
    show = Show()
    assert show.take(30) == 29
    assert show.take(1, Action.BACK) == 30
    assert show.take(1) == 29, "a frame before the one that was shown"
    assert show.take(3) == 29, "it stands"
    assert show.take(1, Action.BACK_SECOND) == 29
    assert show.take(1, Action.FORWARD) == 21
    assert show.take(1) == 22
    assert show.take(1, Action.TO_START) == 22
    assert show.take(20) == 14, "what was kept when the replay began stays"
    assert show.take(1, Action.TO_END) == 14
    assert show.take(1) == show.next - 1


def test_a_replay_of_the_demo_is_left_while_its_next_frame_is_not_due_yet() -> None:
    show = Show(info=replace(INFO, is_live=False))
    show.take(3)
    show.take(1, Action.BACK)
    show.take(1, Action.BACK)
    assert show.viewer.is_replaying
    show.take(2, Action.BACK, Action.TO_END)
    assert not show.viewer.is_replaying
    assert show.take(1) == 7


def test_a_replay_that_stands_is_read_off_and_stepped_through() -> None:
    show = Show()
    show.take(20)
    show.take(2, Action.BACK)
    before = show.window.seen[-1].bgr
    x_px, y_px = numbered_pose(0).poses.xy[0, 0].tolist()
    assert show.take(2, Pointer(round(x_px), round(y_px), is_pressed=False)) == 19
    assert (show.window.seen[-1].bgr != before).any(axis=2).sum() > 100, "there is a reading"
    assert show.take(2, Action.STEP) == 20, "and stepped"


def test_a_delay_goes_on_during_a_replay() -> None:
    show = Show(delay_s=60.0)
    show.take(10)
    show.take(5, Action.BACK)
    assert show.viewer._badges() == ["REPLAY"]
    show.take(2, Action.BACK, Action.TO_END)
    assert show.viewer._delay is not None
    assert show.viewer._delay.frames == show.next == 17


def test_a_page_sees_skeletons_in_the_delayed_picture_after_a_replay_too() -> None:
    show = Show(delay_s=0.01, page=ScriptedPage())
    show.take_on_page(Action.BACK, None, Action.TO_END)
    assert show.page is not None
    states = show.page.states
    assert {state.is_painted for state in states if "REPLAY" in state.badges} == {False}
    assert states[-1].is_painted
    painted = paint(numbered_pose(number_of(show.page.pictures[-1].bgr))).bgr
    assert np.abs(show.page.pictures[-1].bgr.astype(int) - painted).mean() < 3


def test_a_replay_plays_from_its_start_at_a_quarter_of_the_speed_and_then_ends() -> None:
    show = Show()
    show.take(30)
    show.take(2, Action.REPLAY)
    transport = show.viewer.transport
    assert number_of(show.window.seen[-1].bgr) == 14, "the oldest one of the last two seconds"
    assert (transport.speed, transport.is_playing) == (0.25, True)
    show.take(1, Action.BACK)
    show.take(1, Action.STEP)
    assert show.take(1) == 15 and not transport.is_playing, "stepped through"
    assert show.viewer._badges() == ["REPLAY"]
    transport.step(transport.last - transport.position - 1)
    transport.play(0.0)
    show.take(1)
    assert show.take(1) == show.next - 1, "behind its end comes the present"
    assert show.viewer._badges() == []


def test_a_replay_is_saved_with_its_poses_while_frames_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show()
    show.take(30)
    show.take(4, Action.REPLAY, None, Action.SAVE_CLIP)
    show.viewer.close()
    clip, data = show.clips.saved
    assert [number_of(bgr) for bgr in read_frames(clip)] == list(range(14, 31))
    metadata, records = read_jsonl(data)
    assert (metadata.info.width_px, metadata.info.frame_count) == (160, 17)
    assert [(each.index, each.time_s) for each in records] == [(n, n / 8) for n in range(17)]


def test_the_last_seconds_are_saved_without_a_replay_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show()
    show.take(30, *[None] * 29, Action.SAVE_CLIP)
    show.viewer.close()
    assert [path.suffix for path in show.clips.saved] == [".mp4", ".jsonl"]
    assert len(list(read_frames(show.clips.saved[0]))) == 17


def test_the_bar_is_clicked_and_dragged_and_is_not_there_in_the_present() -> None:
    show, layout = Show(), BarLayout.of(160, 120)
    show.take(30, Click(layout.x_at(0.5), layout.track_y))
    assert show.take(1) == 30, "there is no bar"
    show.take(2, Action.BACK)
    show.take(1, Click(layout.x_at(0.0), layout.track_y))
    assert show.take(1) == 31 - 17 + 1
    show.take(1, Pointer(layout.x_at(1.0), layout.track_y, is_pressed=True))
    assert show.take(1) == 31


def test_a_recording_gets_every_frame_whatever_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    show = Show()
    show.take(5)
    show.recorder.start(Path("x.mp4"))
    show.take(10, None, Action.BACK, None, Action.MIRROR, Action.SCREENSHOT)
    show.take(5, Action.TO_END)
    show.recorder.close()
    assert [number_of(bgr) for bgr in read_frames(tmp_path / "x.mp4")] == list(range(5, 20))
    assert len(list(tmp_path.glob("livepose-*.png"))) == 1


def test_without_a_frame_there_is_nothing_to_replay() -> None:
    show = Show()
    show.window.script = [Action.BACK, Action.PAUSE, Action.TO_START, Action.REPLAY]
    show.window.script += [Action.SAVE_CLIP]
    for _ in range(5):
        show.viewer.idle()
    assert show.window.seen == []
