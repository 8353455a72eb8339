"""The script that compares the people found in a scene with those who are there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.poses import Poses
from livepose.sources.synthetic.source import SyntheticSource
from scene_truth import FaceComparison, SceneComparison
from tests.support.crowds import Place, body

LEFT, RIGHT = (150.0, 240.0, 200.0), (450.0, 240.0, 200.0)
SHOWN = {1: 1.0, 2: 1.0}


def people(*each: tuple[int, Place]) -> Poses:
    xy = np.array([body(place) for _, place in each], np.float32).reshape(-1, 17, 2)
    poses = Poses.from_keypoints(xy, np.ones(xy.shape[:2], np.float32))
    return replace(poses, track_id=np.array([track_id for track_id, _ in each], np.int32))


TRUTH = people((1, LEFT), (2, RIGHT))


def test_perfect_results_have_perfect_figures() -> None:
    comparison = SceneComparison()
    for _ in range(10):
        comparison.add(TRUTH, SHOWN, people((7, LEFT), (4, RIGHT)))
    figures = comparison.figures()
    assert (figures.mota, figures.idf1, figures.switches) == (1, 1, 0)
    assert figures.mean_oks == pytest.approx(1)
    assert figures.mean_error_px == 0
    assert figures.found_by_id == {1: 1.0, 2: 1.0}


def test_missed_people_wrong_poses_and_switches_lower_mota() -> None:
    comparison = SceneComparison()
    comparison.add(TRUTH, SHOWN, people((1, LEFT), (2, RIGHT)))
    comparison.add(TRUTH, SHOWN, people((1, LEFT)))
    comparison.add(TRUTH, SHOWN, people((1, LEFT), (2, RIGHT), (3, (300, 100, 50))))
    comparison.add(TRUTH, SHOWN, people((2, LEFT), (1, RIGHT)))
    figures = comparison.figures()
    assert figures.switches == figures.switches_in_view == 2
    assert figures.mota == pytest.approx(1 - (1 + 1 + 2) / 8)
    assert figures.found_by_id == {1: 1.0, 2: 0.75}
    # 5 of 8 people and of 8 poses are those of the ids that fit best.
    assert figures.idf1 == pytest.approx(2 * 5 / (8 + 8))


def test_the_error_is_the_mean_distance_of_the_keypoints_of_who_was_found() -> None:
    comparison = SceneComparison()
    left, top, height = RIGHT
    comparison.add(TRUTH, SHOWN, people((1, LEFT), (2, (left + 3, top + 4, height))))
    comparison.add(TRUTH, SHOWN, people((1, LEFT)))
    assert comparison.figures().mean_error_px == pytest.approx(5 / 3)


def test_a_face_is_hidden_if_all_of_it_is_that_lies_in_the_frame() -> None:
    faces = FaceComparison((640, 480))
    discs = [np.zeros((0, 3), np.float32), np.array([(150, 155, 30)], np.float32)]
    discs.append(np.array([(150, 155, 30), (450, 155, 30)], np.float32))
    for number, each in enumerate([*discs, discs[2]]):
        faces.add(TRUTH, SHOWN if number else {1: 1.0, 2: 0.4}, each, 0.1 * number)
    figures = faces.figures()
    assert figures.hidden == pytest.approx(5 / 7)
    assert figures.first_hidden_s == pytest.approx(0.1)
    assert figures.last_hidden_s == pytest.approx(0.1)


def test_somebody_who_is_hardly_shown_need_not_be_found_and_may_be() -> None:
    for found in (people((1, LEFT)), people((1, LEFT), (2, RIGHT))):
        comparison = SceneComparison()
        comparison.add(TRUTH, {1: 1.0, 2: 0.4}, found)
        figures = comparison.figures()
        assert (figures.mota, figures.idf1) == (1, 1)
        assert figures.found_by_id == {1: 1.0}


def test_another_id_after_leaving_the_frame_is_no_switch_in_view() -> None:
    comparison = SceneComparison()
    comparison.add(TRUTH, SHOWN, people((1, LEFT), (2, RIGHT)))
    comparison.add(people((1, LEFT)), {1: 1.0, 2: 0.0}, people((1, LEFT)))
    comparison.add(TRUTH, SHOWN, people((1, LEFT), (3, RIGHT)))
    figures = comparison.figures()
    assert (figures.switches, figures.switches_in_view) == (1, 0)


def test_the_crowd_has_ten_people_of_many_sizes_some_of_whom_hide_others() -> None:
    source = SyntheticSource(1280, 720, scene="crowd")
    heights: dict[int, float] = {}
    shown = []
    for time_s in np.arange(0, 20, 0.5):
        truth = source.truth(time_s)
        for track_id, box in zip(truth.track_id.tolist(), truth.box.tolist(), strict=True):
            heights[track_id] = max(heights.get(track_id, 0), box[3] - box[1])
        shown += [share for n, share in source.shown(time_s).items() if n in truth.track_id]
    assert sorted(heights) == list(range(1, 11))
    assert min(heights.values()) > 60 and max(heights.values()) > 3 * min(heights.values())
    assert min(shown) < 0.2 and max(shown) == 1
