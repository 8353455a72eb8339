"""What a page gets of a frame: with it, it draws what the window paints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.analysis.joint_reading import read_joint
from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Ghost, Overlays
from livepose.core.panels import CounterPanel, CurvePanel
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.draw import Style
from livepose.web.page_content import FrameContent
from livepose.web.panel_content import curves_content
from tests.support.page import still_state
from tests.support.people import poses_of, standing, walking


def content_of(overlays: Overlays, guides: str = "none", *, mirror: bool = False) -> dict[str, Any]:
    """Return what a page gets of one who stands in the middle of a frame."""
    frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    whole = Region.letterbox(640, 480)
    posed = PosedFrame(frame, poses_of(standing(320.0)), whole, 0.0, overlays=overlays)
    state = replace(still_state(), guides=guides)
    content: dict[str, Any] = orjson.loads(
        FrameContent(posed, state, Style(mirror=mirror)).to_json()
    )
    return content


def test_who_has_no_id_can_be_chosen() -> None:
    assert content_of(Overlays(chosen_id=0))["people"][0]["is_chosen"]
    assert not content_of(Overlays())["people"][0]["is_chosen"]


def test_the_bones_of_a_ghost_have_the_colours_of_the_difference() -> None:
    poses = poses_of(standing(320.0))
    difference_deg = np.full(17, np.nan, np.float32)
    difference_deg[Keypoint.LEFT_KNEE] = 90.0
    ghost = Ghost(poses.xy[0], np.ones(17, np.bool_), difference_deg)
    (bones,) = content_of(Overlays(ghosts=(ghost,)))["ghosts"]
    shin = [*poses.xy[0, Keypoint.LEFT_KNEE], *poses.xy[0, Keypoint.LEFT_ANKLE]]
    red = [ends for ends, color in bones if color == "#f53c3c"]
    assert len(red) == 1
    assert np.allclose(sorted(red[0]), sorted(shin), atol=0.1)
    assert {color for _, color in bones} == {"#f53c3c", "#ffffff"}
    face = poses.xy[0, Keypoint.NOSE].round(1).tolist()
    assert all(face not in (ends[:2], ends[2:]) for ends, _ in bones)


def test_a_plumb_line_hangs_where_somebody_stands() -> None:
    assert content_of(Overlays())["plumb_px"] == []
    (x_px,) = content_of(Overlays(), "grid")["plumb_px"]
    ankles = poses_of(standing(320.0)).xy[0, [Keypoint.LEFT_ANKLE, Keypoint.RIGHT_ANKLE], 0]
    assert abs(x_px - ankles.mean()) < 0.1


def test_a_counter_changes_sides_in_the_mirror() -> None:
    overlays = Overlays(counter=CounterPanel((("right_knee", 3),)))
    left, mirrored = (
        content_of(overlays, mirror=mirror)["counter"]["rectangle"] for mirror in (False, True)
    )
    assert left[0] + mirrored[2] == 640
    assert left[1::2] == mirrored[1::2]


def test_the_figures_of_a_page_are_rounded_once_as_those_in_the_frame() -> None:
    value = np.array([[92.46]], np.float32)
    now = np.array([1.0])
    curves = CurvePanel(("trunk",), now, value, now, value.repeat(2)[None, :, None], 1.0)
    frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    posed = PosedFrame(
        frame,
        poses_of(standing(320.0)),
        Region.letterbox(640, 480),
        0.0,
        angles=Angles(("trunk",), value + 20, shown=value),
        overlays=Overlays(curves=curves),
    )
    content = orjson.loads(FrameContent(posed, still_state(), Style()).to_json())
    figures = content["people"][0]["angles"] + content["curves"]["now"]
    assert [round(each) for each in figures] == [92, 92]


def test_of_a_run_without_angles_the_page_and_the_joint_under_the_mouse_have_the_same() -> None:
    meter = AngleMeter(("left_hip",))
    for number in range(4):
        poses = poses_of(walking(320.0, 1, 0.4 * number))
        frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), number, number / 30)
        posed = PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0)
        content = orjson.loads(FrameContent(posed, still_state(), Style(), meter).to_json())
        under_mouse = dict(read_joint(posed, 0, Keypoint.LEFT_HIP).angles)["left_hip"]
        assert content["people"][0]["angles"] == pytest.approx([under_mouse])


def test_long_curves_are_sent_with_their_ends_their_gaps_and_their_extremes() -> None:
    time_s = np.arange(0, 10, 1 / 120)
    degrees = np.full((len(time_s), 1), 60, np.float32)
    degrees[601] = np.nan
    overview = np.full((480, 2, 1), 60, np.float32)
    overview[333, 1] = 150
    panel = CurvePanel(("trunk",), time_s, degrees, np.arange(480.0), overview, 480.0)
    content: dict[str, Any] = orjson.loads(
        orjson.dumps(curves_content(panel), option=orjson.OPT_SERIALIZE_NUMPY)
    )
    assert len(content["time_s"]) <= 301
    assert content["time_s"][-1] == round(time_s[-1], 3)
    assert content["degrees"][0].count(None) == 1
    low, high = content["overview"][0]
    assert len(low) == len(content["overview_s"]) == 120
    assert (min(low), max(high)) == (60, 150)
