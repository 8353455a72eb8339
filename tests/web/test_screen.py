"""The live view on a page, in a real browser: what it shows, and what its buttons do."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.overlays import Label, Overlays
from livepose.core.panels import CounterPanel, CurvePanel
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.core.viewer_state import EditingState, ReadingState, TransportState
from livepose.draw import Style
from livepose.export.jsonl_reader import open_pose_file
from livepose.session.edited_poses import EditSaver
from livepose.session.editor import Editor
from livepose.session.replay import ReplayEstimator
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
from livepose.sources import open_seekable
from livepose.system.web_address import WebAddress
from livepose.web.commands import Command
from livepose.web.limits import MAX_CLIENTS
from livepose.web.page_content import FrameContent, introduction
from livepose.web.screen import event_of
from livepose.web.server import WebServer
from livepose.web.viewer_page import ViewerPage
from tests.support.clips import read_frames
from tests.support.dance import DANCE_PX, place_in_dance, save_dance
from tests.support.models import warm_cache
from tests.support.needs import needs_chromium, needs_npm, needs_shared
from tests.support.npm import npm_member
from tests.support.page import still_state
from tests.support.people import poses_of, standing
from tests.support.phone import CHROMIUM
from tests.support.programs import LIMIT_S, child_environment, kill_process
from tests.support.web import websocket
from tests.support.windows import ScriptedWindow

WAIT_S = 30.0
# The share of the canvas in the colour of the left arm and leg.
COLORED = """() => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let left = 0;
  for (let at = 0; at < data.length; at += 4) {
    left += data[at] > 240 && Math.abs(data[at + 1] - 150) < 12 && data[at + 2] < 60;
  }
  return left / (canvas.width * canvas.height);
}"""
# Where the large yellow figures are on the canvas: its height, their first and their last row.
FIGURES = """() => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const rows = [];
  for (let at = 0; at < data.length; at += 4) {
    const isYellow = data[at] > 240 && data[at + 1] > 210 && data[at + 2] < 110;
    if (isYellow) rows.push(Math.floor(at / 4 / canvas.width));
  }
  return [canvas.height, rows[0], rows.at(-1) + 1];
}"""


@pytest.mark.parametrize(
    ("command", "event"),
    [
        (Command("pause"), Action.PAUSE),
        (Command("threshold", (0.4,)), Threshold(0.4)),
        (Command("position", (0.5,)), Position(0.5)),
        (Command("speed", (2.0,)), Speed(2.0)),
        (Command("person", (3.0,)), Digit(3)),
        (Command("press", (10.0, 20.5)), FramePoint(10.0, 20.5)),
        (Command("drag", (10.4, 20.6)), FramePointer(10, 21, is_pressed=True)),
        (Command("release", (10.0, 20.0)), FramePointer(10, 20, is_pressed=False)),
        (Command("drag", (1e8, 0.0)), None),
        (Command("press", (0.0, -1e8)), None),
        (Command("hover", (-1e6, -1e6)), FramePointer(-1000000, -1000000, is_pressed=False)),
        (Command("person_id", (12.0,)), PersonId(12)),
        (Command("person_id", (1.5,)), None),
        (Command("place", (9.0, 10.5, 20.0)), PointPlace(9, 10.5, 20.0)),
        (Command("place", (-1.0, 10.5, 20.0)), None),
        (Command("person", (0.0,)), None),
        (Command("person", (-100.0,)), None),
        (Command("person", (2.5,)), None),
        (Command("quit"), None),
        (Command("save"), None),
        (Command("__class__"), None),
        (Command("threshold", (0.4, 0.5)), None),
        (Command("person", (1.0, 2.0, 3.0)), None),
    ],
)
def test_a_command_of_a_page_is_what_a_key_or_a_click_would_be(
    command: Command, event: InputEvent | None
) -> None:
    assert event_of(command, {Action.PAUSE}) == event


class LivePage:
    """The demo, served to a browser."""

    def __init__(self, page: Any, folder: Path, url: str) -> None:
        self.page = page
        self.folder = folder
        self.url = url

    def text(self, name: str) -> str:
        return str(self.page.locator(f"#{name}").inner_text())

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        end_s = time.monotonic() + WAIT_S
        while not is_so():
            assert time.monotonic() < end_s
            self.page.wait_for_timeout(50)

    def picture(self) -> bytes:
        return bytes(self.page.locator("#picture").screenshot())

    def colored(self) -> float:
        return float(self.page.evaluate(COLORED))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield opened
        finally:
            opened.close()


@pytest.fixture(scope="module")
def live(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePage]:
    """The page of the demo at 320 x 240, which saves to a folder of its own."""
    folder = tmp_path_factory.mktemp("page")
    cache = warm_cache(tmp_path_factory.getbasetemp())
    words = ["--demo", "--size", "320x240", "--web", "0", "--out-dir", str(folder / "saved")]
    process = subprocess.Popen(
        [sys.executable, "-m", "livepose", *words, "--runtime", "litert"],
        cwd=folder,
        env=child_environment(LIVEPOSE_CACHE=cache),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        urls = (re.search(r"http://\S+", line) for line in process.stderr)
        url = next(match[0] for match in urls if match)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        opened = LivePage(page, folder, url)
        opened.wait_for(lambda: opened.text("people") == "1")
        yield opened
        process.terminate()
        assert process.wait(LIMIT_S) == 128 + 15
    finally:
        kill_process(process)


@needs_chromium
@needs_shared
def test_the_picture_moves_and_the_numbers_change_until_it_is_paused(live: LivePage) -> None:
    before, clock = live.picture(), live.page.evaluate("performance.now()")
    live.wait_for(lambda: live.picture() != before)
    live.wait_for(lambda: float(live.text("fps").partition(" ")[0]) > 5)
    assert live.text("people") == "1"
    assert "lightning" in live.text("model")
    angle = live.text("angle-value")
    live.wait_for(lambda: live.text("angle-value") != angle)
    live.page.click("#pause")
    live.wait_for(lambda: live.text("pause") == "Play")
    live.page.wait_for_timeout(200)
    still = live.picture()
    live.page.wait_for_timeout(300)
    assert live.picture() == still
    live.page.keyboard.press(".")
    live.wait_for(lambda: live.picture() != still)
    live.page.locator("body").press("Space")
    live.wait_for(lambda: live.text("pause") == "Pause")
    assert live.page.evaluate("performance.now()") > clock


@needs_chromium
@needs_shared
def test_the_threshold_the_mirror_and_the_boxes_change_what_is_drawn(live: LivePage) -> None:
    assert live.colored() > 0.002
    slider = live.page.locator("#threshold")
    slider.fill("1")
    live.wait_for(lambda: live.text("threshold-value") == "1.00")
    live.wait_for(lambda: live.colored() == 0)
    slider.fill("0.3")
    live.wait_for(lambda: live.colored() > 0.002)
    for name in ("mirror", "boxes"):
        live.page.locator(f"#{name}").check()
    live.page.wait_for_timeout(700)
    for name in ("mirror", "boxes"):
        assert live.page.locator(f"#{name}").is_checked()  # as the server says by now
        live.page.locator(f"#{name}").uncheck()


@needs_chromium
@needs_shared
def test_a_snapshot_is_downloaded_and_a_recording_plays(live: LivePage) -> None:
    with live.page.expect_download() as waited:
        live.page.click("#snapshot")
    snapshot = cv2.imread(str(waited.value.path()))
    assert snapshot is not None and snapshot.shape == (240, 320, 3)
    live.page.click("#record")
    live.wait_for(lambda: live.text("record") == "Stop recording")
    live.page.wait_for_timeout(700)
    with live.page.expect_download() as waited:
        live.page.click("#record")
    assert waited.value.suggested_filename.endswith(".mp4")
    frames = list(read_frames(Path(waited.value.path())))
    assert len(frames) > 5
    assert frames[0].shape == (240, 320, 3)
    assert np.std(frames[0]) > 10
    assert sorted(path.suffix for path in (live.folder / "saved").iterdir()) == [".mp4", ".png"]
    assert [path.name for path in live.folder.iterdir()] == ["saved"]


@needs_chromium
@needs_shared
def test_the_last_seconds_are_replayed(live: LivePage) -> None:
    live.page.keyboard.press("Shift+R")
    live.wait_for(lambda: "REPLAY" in live.text("badges"))
    live.wait_for(lambda: live.text("clock")[0] == "\N{MINUS SIGN}")
    live.page.keyboard.press("End")
    live.wait_for(lambda: "REPLAY" not in live.text("badges"))


@needs_chromium
@needs_shared
def test_on_a_phone_nothing_is_wider_than_the_screen(live: LivePage, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 740}, is_mobile=True)
    page.goto(live.url)
    page.locator("#angle option").first.wait_for(state="attached")
    page.wait_for_timeout(200)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.close()


class StillPage:
    """A frame of a clip of ten seconds, paused, served to a browser."""

    def __init__(self, page: ViewerPage) -> None:
        self._page = page
        self.introduce()

    def introduce(self, *editing: Action) -> None:
        """Send what a page gets when it connects; one of an editor, if it can edit."""
        info = StreamInfo("clip.mp4", 720, 480, is_live=False, frame_rate=Fraction(30))
        offered = (
            Action.EVERYBODY,
            Action.LOOP_START,
            Action.STEP,
            Action.SCREENSHOT,
            Action.GUIDES,
            *editing,
        )
        actions = [each.name for each in offered]
        names = ("left_knee", "right_knee")
        self._page.introduce(
            introduction(info, "lightning", COCO_SKELETON, actions, names, has_labels=True)
        )

    def show(
        self,
        *people_x: float,
        marks: Sequence[tuple[float, str]] = (),
        saved: Sequence[str] = (),
        failed_saves: int = 0,
        overlays: Overlays | None = None,
        guides: str = "none",
        reading: ReadingState | None = None,
        is_paused: bool = True,
        editing: EditingState | None = None,
    ) -> None:
        """Show people, the first with id 1, who stand at places."""
        transport = TransportState(
            time_s=5.0,
            start_s=0.0,
            end_s=10.0,
            origin_s=0.0,
            speed=1.0,
            is_looping=False,
            loop_s=(2.0, 4.0),
            frame=150,
            marks=list(marks),
        )
        state = replace(
            still_state(),
            saved=list(saved),
            failed_saves=failed_saves,
            transport=transport,
            guides=guides,
            reading=reading,
            is_paused=is_paused,
            editing=editing,
        )
        ids = np.arange(1, len(people_x) + 1, dtype=np.int32)
        poses = replace(poses_of(*map(standing, people_x)), track_id=ids)
        frame = Frame.from_bgr(np.full((480, 720, 3), 90, np.uint8))
        whole = Region.letterbox(720, 480)
        posed = PosedFrame(frame, poses, whole, 0.0, overlays=overlays or Overlays())
        data = FrameContent(posed, state, Style())
        self._page.publish(data, frame, time.perf_counter())

    def command(self) -> Command:
        """Return the next command, without those of who has come."""
        while (command := self._page.take_command(WAIT_S)) == Command("refresh"):
            pass
        assert command is not None
        return command


def wait_for_connection(page: Any) -> None:
    """Wait until what is clicked on a page is sent."""
    page.get_by_text("Connecting").wait_for(state="hidden")


@pytest.fixture
def still(browser: Any) -> Iterator[tuple[StillPage, Any]]:
    """A page of ours with a frame of ours, and the browser's page."""
    with ViewerPage() as served, WebServer(WebAddress(), served.routes) as server:
        served.connect(server)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(server.url)
        wait_for_connection(page)
        try:
            yield StillPage(served), page
        finally:
            page.close()


@needs_chromium
def test_a_button_follows_its_person_wherever_they_stand(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    shown.show(350.0, 350.0)
    page.get_by_role("button", name="Person 2").click()
    assert shown.command() == Command("person_id", (2.0,))


@needs_chromium
def test_a_snapshot_that_failed_is_not_waited_for(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    page.evaluate(
        "window.asked = []; HTMLAnchorElement.prototype.click = "
        "function () { window.asked.push(this.download); }; 0"
    )
    shown.show(200.0)
    page.click("#snapshot")
    assert shown.command() == Command("screenshot")
    shown.show(200.0, failed_saves=1)
    page.wait_for_timeout(100)
    shown.show(200.0, failed_saves=1, saved=["of-others.png"])
    page.get_by_role("link", name="of-others.png").wait_for()
    page.click("#snapshot")
    shown.show(200.0, failed_saves=1, saved=["of-others.png", "own.png"])
    page.get_by_role("link", name="own.png").wait_for()
    page.wait_for_timeout(100)
    assert page.evaluate("window.asked") == ["own.png"]


@needs_chromium
def test_a_snapshot_that_could_not_be_asked_for_is_not_waited_for(
    still: tuple[StillPage, Any],
) -> None:
    shown, page = still
    page.add_init_script(
        "window.asked = []; HTMLAnchorElement.prototype.click = "
        "function () { window.asked.push(this.download); }; window.sockets = []; "
        "window.WebSocket = class extends WebSocket { "
        "constructor(url) { super(url); window.sockets.push(this); } };"
    )
    page.reload()
    wait_for_connection(page)
    shown.show(200.0)
    page.locator("#people", has_text="1").wait_for()
    page.evaluate("window.sockets[0].close(); document.querySelector('#snapshot').click(); 0")
    for state in ("visible", "hidden"):
        page.get_by_text("The connection was lost").wait_for(state=state)
    shown.show(200.0, saved=["of-others.png"])
    page.get_by_role("link", name="of-others.png").wait_for()
    page.wait_for_timeout(100)
    assert page.evaluate("window.asked") == []


@needs_chromium
def test_the_counter_is_large_and_the_curves_are_beside_the_picture(
    still: tuple[StillPage, Any],
) -> None:
    shown, page = still
    time_s = np.arange(0, 5, 0.1)
    degrees = np.stack((90 + 60 * np.sin(time_s), 90 - 60 * np.sin(time_s)), axis=1)
    degrees = degrees.astype(np.float32)
    overlays = Overlays(
        counter=CounterPanel((("right_knee:>90", 7),), (("7", "1.0 s", "0.50 s", "92°"),)),
        curves=CurvePanel(
            *(("left_knee", "right_knee"), time_s, degrees),
            *(time_s, degrees[:, None].repeat(2, axis=1), 10.0),
        ),
    )
    shown.show(500.0, overlays=overlays)
    page.locator("#plots canvas").first.wait_for()
    page.wait_for_timeout(100)
    height, top, bottom = page.evaluate(FIGURES)
    assert bottom - top >= height / 8
    assert page.locator("#repetitions td").all_inner_texts() == ["7", "1.0 s", "0.50 s", "92°"]
    assert page.locator("#plots figcaption").inner_text().split("\n") == ["Knee", "L 31°", "R 149°"]
    assert page.locator("#curve").is_hidden()
    page.locator("#plots .overview").click(position={"x": 1, "y": 5})
    command = shown.command()
    assert command.name == "position" and command.numbers[0] < 0.02


@needs_chromium
def test_no_label_shines_through_the_counter(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    counter = CounterPanel((("right_knee", 7),))
    left, top, right, _ = counter.rectangle((720, 480))
    pictures = []
    for place in (None, ((left + right) / 2, top + 30.0), (right + 60.0, top + 30.0)):
        labels = () if place is None else (Label("147°", 0, *place),)
        shown.show(500.0, overlays=Overlays(counter=counter, labels=labels))
        page.wait_for_timeout(300)
        pictures.append(page.locator("#picture").screenshot())
    without, under, beside = pictures
    assert under == without
    assert beside != without


@needs_chromium
def test_with_the_picture_paused_a_joint_is_read_off_between_plumb_lines(
    still: tuple[StillPage, Any],
) -> None:
    shown, page = still
    reading = ReadingState(["left_knee  93°", "x 200  y 300 px"], 200.0, 300.0)
    shown.show(200.0, guides="plumb", reading=reading)
    page.get_by_text("plumb lines", exact=True).wait_for()
    height, top, bottom = page.evaluate(FIGURES)
    assert (top, bottom) == (0, height)
    page.locator("#picture").hover(position={"x": 100, "y": 100})
    command = shown.command()
    assert command.name == "hover"
    page.keyboard.press("g")
    assert shown.command() == Command("guides")


@needs_chromium
def test_the_joint_under_the_mouse_is_read_off_as_soon_as_it_is_paused(
    still: tuple[StillPage, Any],
) -> None:
    shown, page = still
    shown.show(200.0, is_paused=False)
    page.locator("#people", has_text="1").wait_for()
    page.locator("#picture").hover(position={"x": 100, "y": 100})
    page.keyboard.press("g")
    assert shown.command() == Command("guides")
    shown.show(200.0)
    assert shown.command().name == "hover"


@needs_chromium
def test_only_a_point_below_the_mouse_is_dragged(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    shown.introduce(Action.SAVE, Action.UNDO)
    editing = EditingState(
        chosen=[1],
        first_frame=150,
        last_frame=150,
        edits=0,
        can_undo=False,
        can_redo=False,
        is_saved=True,
        target="poses.edited.jsonl",
    )
    shown.show(200.0, overlays=Overlays(chosen_id=1), editing=editing)
    page.get_by_text("Person 1", exact=True).first.wait_for()
    nose = standing(200.0)[Keypoint.NOSE]
    area = page.locator("#picture").bounding_box()
    scale = area["width"] / 720
    names: list[str] = []
    for away_px in (25, 5):
        x, y = area["x"] + scale * nose[0] + away_px, area["y"] + scale * nose[1]
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 20, y)
        page.mouse.up()
        while not names or names[-1] != "release":
            names.append(shown.command().name)
        names.append("")
    assert names == ["press", "release", "", "press", "drag", "release", ""]


@needs_chromium
def test_ctrl_and_an_arrow_key_go_a_second_back(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    shown.introduce(Action.BACK, Action.BACK_SECOND)
    shown.show(200.0)
    page.get_by_text("0:05.000 frame 150").wait_for()
    page.keyboard.press("Control+ArrowLeft")
    assert shown.command() == Command("back_second")


@needs_chromium
def test_a_page_without_room_says_so_and_comes_in_when_there_is(browser: Any) -> None:
    with (
        ViewerPage() as served,
        WebServer(WebAddress(), served.routes) as server,
        ExitStack() as others,
    ):
        served.connect(server)
        for _ in range(MAX_CLIENTS):
            others.enter_context(websocket(server, "/live"))
        page = browser.new_page()
        page.goto(server.url)
        page.get_by_text("Too many pages are open").wait_for()
        others.close()
        page.locator("#connection:empty").wait_for(state="attached")
        page.close()


@needs_chromium
def test_an_edit_on_the_page_writes_what_the_window_writes(browser: Any, tmp_path: Path) -> None:
    save_dance(tmp_path)
    before = (tmp_path / "poses.jsonl").read_bytes()
    start = place_in_dance(Keypoint.LEFT_WRIST, 2)
    end = start[0] + 60, start[1] - 40
    (tmp_path / "window.jsonl").write_bytes(edited_in_window(tmp_path, start, end))
    target = tmp_path / "poses.edited.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-m", "livepose", "edit", "clip.mp4", "poses.jsonl"],
        cwd=tmp_path,
        env=child_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("There is no display (DISPLAY is not set): the editor is at http://")
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.on("dialog", lambda dialog: dialog.accept())
        opened = LivePage(page, tmp_path, line.split()[-4])
        page.goto(opened.url)
        opened.wait_for(lambda: opened.text("edit-person") == "Person 1")
        for _ in range(2):
            page.keyboard.press("ArrowRight")
        opened.wait_for(lambda: opened.text("edit-frames") == "this one (2)")
        canvas = page.locator("#picture").bounding_box()
        for place, act in ((start, page.mouse.down), (end, page.mouse.up)):
            scale = canvas["width"] / DANCE_PX[0]
            page.mouse.move(canvas["x"] + scale * place[0], canvas["y"] + scale * place[1])
            act()
        page.keyboard.press("s")
        opened.wait_for(target.exists)
        assert target.read_bytes() == (tmp_path / "window.jsonl").read_bytes()
        page.click("#undo")
        page.click("#save")
        opened.wait_for(lambda: target.read_bytes() == before)
        page.click("#redo")
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        page.click("#quit")
        assert process.wait(LIMIT_S) == 0
        assert process.stderr.read() == "wrote poses.edited.jsonl\n"
        page.close()
    finally:
        kill_process(process)
    assert target.read_bytes() == (tmp_path / "window.jsonl").read_bytes()


def edited_in_window(folder: Path, start: tuple[int, int], end: tuple[int, int]) -> bytes:
    """Drag a point in frame 2 in the window's editor, and return the file that it writes."""
    target = folder / "by-window.jsonl"
    pose_file = open_pose_file(folder / "poses.jsonl")
    replay = ReplayEstimator(pose_file)
    script = (Action.FORWARD, Action.FORWARD, None, Click(*start))
    moves = (Pointer(*end, is_pressed=is_pressed) for is_pressed in (True, False))
    window = ScriptedWindow(*script, *moves, Action.QUIT)
    with open_seekable(folder / "clip.mp4") as source:
        saver = EditSaver(pose_file, target, overwrite=False)
        Editor(
            *(window, source),
            lambda frame: replay.infer(frame, replay.preprocess(frame)),
            saver,
        ).run()
    edited = target.read_bytes()
    target.unlink()
    return edited


@needs_chromium
def test_the_bar_of_the_page_has_the_marks_and_the_loop_of_the_window(
    still: tuple[StillPage, Any],
) -> None:
    shown, page = still
    shown.show(200.0, marks=[(1.0, "cut"), (7.5, "repetition"), (8.0, "repetition")])
    page.locator("#marks .cut").wait_for()
    lefts = {
        name: page.locator(f"#marks .{name}").first.evaluate("each => each.style.left")
        for name in ("cut", "repetition", "loop")
    }
    assert lefts == {"cut": "10%", "repetition": "75%", "loop": "20%"}
    marks = page.locator("#marks").get_attribute("aria-label")
    assert marks == "Marks: 1 scene cut, 2 repetitions"
    page.click("#loop-start")
    assert shown.command() == Command("loop_start")


@needs_chromium
def test_a_new_connection_leaves_what_was_chosen(still: tuple[StillPage, Any]) -> None:
    shown, page = still
    shown.show(200.0)
    page.locator("#labels:checked").wait_for()
    page.uncheck("#labels")
    page.select_option("#angle", "1")
    shown.introduce()
    shown.show(210.0)
    page.wait_for_timeout(300)
    assert not page.locator("#labels").is_checked()
    assert page.locator("#angle").input_value() == "1"


@needs_chromium
@needs_shared
@needs_npm
def test_everybody_can_use_it_by_day_and_by_night(live: LivePage, tmp_path: Path) -> None:
    live.page.evaluate(npm_member("axe-core@4", "package/axe.min.js", tmp_path))
    for scheme in ("light", "dark"):
        live.page.emulate_media(color_scheme=scheme)
        found = live.page.evaluate("axe.run()")
        faults = [
            (each["id"], each["nodes"][0]["html"])
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
        assert faults == []
        assert len(found["passes"]) > 15
