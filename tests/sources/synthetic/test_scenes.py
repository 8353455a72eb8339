"""The built-in scenes: who is where, true left and right, believable steps, and seen by MoveNet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest

from livepose.core.arrays import FloatArray
from livepose.core.errors import OptionError
from livepose.core.frame import Frame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.models import load_model
from livepose.sources import open_demo, open_source
from livepose.sources.synthetic import SCENE_NAMES, scenes
from livepose.sources.synthetic.limbs import ANKLES, EARS, HIPS, SHOULDERS
from livepose.sources.synthetic.room import paint_room
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

LENGTHS_S = {
    "dance": 8.0,
    "walk": 8.4,
    "crossing": 14.6,
    "visitors": 36.0,
    "passer-by": 24.0,
    "stand": 1.0,
    "bends": 25.0,
    "crowd": 20.0,
}
TALL_PX = {"walk": 312, "bends": 339, "stand": 379}
"""Height of the figure in a picture of 640 x 480."""
NARROW_AND_WIDE = [(640, 480), (1280, 720), (384, 496)]


def point(name: str) -> int:
    return COCO_SKELETON.index(name)


def truths(scene: str, step_s: float = 0.1, size_px: tuple[int, int] = (640, 480)) -> list[Poses]:
    source = SyntheticSource(*size_px, scene=scene)
    return [source.truth(time_s) for time_s in np.arange(0.0, LENGTHS_S[scene], step_s)]


Value = TypeVar("Value")


def runs(values: Sequence[Value]) -> list[Value]:
    """Leave out what is as the one before."""
    return [*values[:1]] + [after for before, after in pairwise(values) if after != before]


def knee_degrees(xy: FloatArray, side: str) -> float:
    hip, knee, ankle = (xy[point(f"{side}_{joint}")] for joint in ("hip", "knee", "ankle"))
    thigh, shank = knee - hip, ankle - knee
    cosine = thigh @ shank / np.linalg.norm(thigh) / np.linalg.norm(shank)
    return float(np.rad2deg(np.arccos(cosine)))


@pytest.mark.parametrize("scene", SCENE_NAMES)
def test_every_scene_repeats_after_its_length(scene: str) -> None:
    source = SyntheticSource(320, 240, scene=scene)
    for time_s in (0.0, 0.7, 2.9):
        later_s = time_s + LENGTHS_S[scene]
        assert np.allclose(source.truth(time_s).xy, source.truth(later_s).xy, atol=0.01)
        difference = source.paint(time_s).astype(int) - source.paint(later_s)
        assert (np.abs(difference) > 8).mean() < 1e-3


@pytest.mark.parametrize("scene", SCENE_NAMES)
@pytest.mark.parametrize("size_px", NARROW_AND_WIDE)
def test_a_figure_is_painted_at_its_visible_keypoints(scene: str, size_px: tuple[int, int]) -> None:
    source = SyntheticSource(*size_px, scene=scene)
    room = paint_room(*size_px).astype(int)
    for time_s in (0.3, 1.5, 3.1, 11.4, 24.2):
        change = np.abs(source.paint(time_s) - room).sum(axis=2)
        truth = source.truth(time_s)
        x, y = truth.xy[truth.visible(1.0)].astype(int).T
        assert (change[y, x] > 15).all()


@pytest.mark.parametrize("scene", SCENE_NAMES)
def test_only_the_figures_boxes_and_their_shadows_are_painted_on(
    scene: str,
) -> None:
    source = SyntheticSource(640, 480, scene=scene)
    room = paint_room(640, 480).astype(int)
    for time_s in (0.3, 1.5, 3.1, 9.1, 24.2):
        changed = np.abs(source.paint(time_s) - room).max(axis=2) > 0
        changed[int(0.76 * 480) :] = False
        for left, top, right, bottom in source.truth(time_s).box.astype(int):
            changed[max(0, top - 12) : bottom + 12, max(0, left - 12) : right + 12] = False
        assert not changed.any()


@pytest.mark.parametrize("scene", SCENE_NAMES)
def test_keypoints_score_0_outside_the_frame_and_else_1_or_a_half(scene: str) -> None:
    for truth in truths(scene, 0.3):
        is_inside = ((truth.xy >= 0) & (truth.xy < (640, 480))).all(axis=2)
        assert np.isin(truth.score[is_inside], (0.5, 1.0)).all()
        assert (truth.score[~is_inside] == 0).all()
        assert (is_inside.sum(axis=1) > 0).all()
        assert (truth.box[:, :2] >= 0).all() and (truth.box[:, 2:] <= (640, 480)).all()


def test_the_standing_figure_does_not_move() -> None:
    source = SyntheticSource(320, 240, scene="stand")
    assert np.array_equal(source.truth(0.0).xy, source.truth(7.3).xy)
    assert np.array_equal(source.paint(0.0), source.paint(7.3))


@pytest.mark.parametrize("size_px", NARROW_AND_WIDE)
def test_the_walker_is_in_side_view_whenever_it_is_visible(size_px: tuple[int, int]) -> None:
    for truth in truths("walk", size_px=size_px):
        for xy in truth.xy:
            shoulders, hips = xy[SHOULDERS], xy[HIPS]
            trunk_px = np.linalg.norm(shoulders.mean(axis=0) - hips.mean(axis=0))
            assert np.ptp(shoulders[:, 0]) < 0.25 * trunk_px


def test_the_walker_goes_to_the_right_and_comes_back_to_the_left() -> None:
    seen = [truth for truth in truths("walk") if len(truth)]
    facing = [np.sign(t.xy[0, point("nose"), 0] - t.xy[0, EARS, 0].mean()) for t in seen]
    going = [
        np.sign(after.xy[0, HIPS, 0].mean() - before.xy[0, HIPS, 0].mean())
        for before, after in pairwise(seen)
    ]
    assert runs(facing) == [1, -1, 1]
    # It goes where it looks, but for the two times that it turns outside of the picture.
    assert np.count_nonzero(np.array(going) != facing[1:]) <= 2


@pytest.mark.parametrize(
    ("time_s", "near", "far"), [(1.0, "right", "left"), (5.4, "left", "right")]
)
def test_the_far_side_of_a_walker_lies_behind_its_body(time_s: float, near: str, far: str) -> None:
    source = SyntheticSource(scene="walk")
    truth = source.truth(time_s)
    for joint in ("eye", "ear", "shoulder", "hip"):
        assert truth.score[0, point(f"{far}_{joint}")] == 0.5
    for joint in ("eye", "ear", "shoulder", "elbow", "knee", "ankle"):
        assert truth.score[0, point(f"{near}_{joint}")] == 1.0
    # The near shirt sleeve is lit, the far one is not: the near arm is painted over the trunk.
    x, y = truth.xy[0, point(f"{near}_elbow")].astype(int)
    assert source.paint(time_s)[y, x, 2] > 170


@pytest.mark.parametrize("size_px", NARROW_AND_WIDE)
def test_two_cross_three_times_and_the_one_in_front_hides_the_other(
    size_px: tuple[int, int],
) -> None:
    seen = [truth for truth in truths("crossing", 0.05, size_px) if len(truth) == 2]
    assert all(truth.track_id.tolist() == [1, 2] for truth in seen)
    middle = np.stack([truth.xy[:, HIPS, 0].mean(axis=1) for truth in seen])
    is_before = middle[:, 0] < middle[:, 1]
    # Three times in the picture; and out of it, to begin anew.
    assert np.count_nonzero(is_before[1:] != is_before[:-1]) == 3 + 1
    together = [t for t, x in zip(seen, middle, strict=True) if np.ptp(x) < 0.03 * size_px[0]]
    front, behind = np.stack([truth.score.mean(axis=1) for truth in together]).T
    assert front.min() > 0.65
    assert behind.mean() < front.mean() - 0.08


@pytest.mark.parametrize("size_px", [(640, 480), (1280, 720)])
def test_both_who_cross_are_wholly_in_view_most_of_the_time(size_px: tuple[int, int]) -> None:
    whole = [(truth.score > 0).all(axis=1).sum() == 2 for truth in truths("crossing", 0.1, size_px)]
    assert np.mean(whole) > 0.75


def test_figures_keep_their_size_and_their_floor_while_they_cross() -> None:
    whole = [t for t in truths("crossing") if len(t) == 2 and (t.score > 0).all()]
    ears_px = np.stack([truth.xy[:, EARS, 1].mean(axis=1) for truth in whole])
    feet_px = np.stack([truth.xy[:, ANKLES, 1].max(axis=1) for truth in whole])
    heights_px = feet_px - ears_px
    assert (np.ptp(heights_px, axis=0) < 0.08 * heights_px.mean(axis=0)).all()
    assert heights_px[:, 0].min() > heights_px[:, 1].max()


def test_visitors_come_and_go_and_the_first_comes_back_as_the_same() -> None:
    who = [tuple(truth.track_id.tolist()) for truth in truths("visitors")]
    assert runs(who) == [
        (), (1,), (1, 2), (2,), (2, 3), (1, 2, 3), (1, 2), (2,), (),
    ]  # fmt: skip
    assert len(who) - 1 - max(i for i, ids in enumerate(who) if ids) >= 30


def test_a_passer_by_walks_before_the_dancer_from_edge_to_edge_twice_in_12_s() -> None:
    source = SyntheticSource(scene="passer-by")
    moments = np.arange(0.0, 12.0, 0.05)
    seen = [source.truth(time_s) for time_s in moments]
    dance = SyntheticSource()
    assert all(
        np.array_equal(t.xy[0], dance.truth(s).xy[0]) for t, s in zip(seen, moments, strict=True)
    )
    assert runs([len(truth) for truth in seen]) == [1, 2, 1, 2, 1]
    places = np.array([t.xy[1, HIPS, 0].mean() if len(t) > 1 else np.nan for t in seen])
    assert np.nanmin(places) < 10 and np.nanmax(places) > 630
    hidden = np.array([(truth.score[0] == 0.5).sum() for truth in seen])
    assert hidden.max() >= 6
    assert runs([bool(many) for many in hidden >= 4]) == [False, True, False, True, False]


def test_it_bends_its_knees_exactly_ten_times_and_then_stands() -> None:
    angles = np.array([knee_degrees(t.xy[0], "right") for t in truths("bends", 1 / 30)])
    far = np.array([knee_degrees(t.xy[0], "left") for t in truths("bends", 1 / 30)])
    assert np.abs(angles - far).max() < 3
    deep, straight = angles > 100, angles < 20
    assert np.count_nonzero(deep[1:] & ~deep[:-1]) == 10
    assert np.count_nonzero(straight[1:] & ~straight[:-1]) == 10
    assert straight[:20].all() and straight[-40:].all()
    assert angles.min() > 4 and angles.max() < 112


def test_in_a_knee_bend_the_feet_stay_and_the_head_comes_down() -> None:
    xy = np.stack([truth.xy[0] for truth in truths("bends")])
    assert np.ptp(xy[:, ANKLES], axis=0).max() < 1e-3
    assert np.ptp(xy[:, Keypoint.NOSE, 1]) > 60


def test_a_scene_is_opened_by_its_name() -> None:
    with open_source("synthetic:passer-by") as source, open_demo(scene="passer-by") as demo:
        assert source.info.name == demo.info.name == "demo-passer-by"
        assert np.array_equal(next(iter(source)).bgr, next(iter(demo)).bgr)
    with open_source("synthetic:") as source:
        assert source.info.name == "demo"


def test_an_unknown_scene_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(OptionError, match=r"no scene 'fight': choose dance, walk, .*bends"):
        open_source("synthetic:fight")


@needs_shared
@pytest.mark.parametrize(("scene", "limit"), [("walk", 0.05), ("bends", 0.045), ("stand", 0.015)])
def test_the_network_finds_the_keypoints_of_a_figure(
    scene: str,
    limit: float,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    source = SyntheticSource(640, 480, scene=scene)
    errors_px = []
    with load_model(runtime="litert") as model:
        for time_s in np.arange(0.0, min(8.0, LENGTHS_S[scene]), 0.16):
            truth = source.truth(time_s)
            if not len(truth) or not (truth.score > 0).all():
                continue
            left, top, right, bottom = truth.box[0].tolist()
            around = Region.square((left + right) / 2, (top + bottom) / 2, 1.25 * (bottom - top))
            frame = Frame.from_bgr(source.paint(time_s))
            found = model.estimate(frame.pixels, around)
            assert found.person_score[0] > 0.4
            away_px = np.linalg.norm(found.xy[0] - truth.xy[0], axis=1)
            errors_px.append(away_px.mean())
    assert len(errors_px) >= 7
    assert np.mean(errors_px) < limit * TALL_PX[scene]


def test_every_scene_has_its_name() -> None:
    assert tuple(scenes._SCENES) == SCENE_NAMES
