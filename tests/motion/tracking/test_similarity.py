"""OKS, IoU and displacement: known answers, and that no similarity is ever more than one."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.tracking.similarity import displacement, iou, oks

ALL = np.ones((1, 17), np.bool_)
AREA = np.array([10_000.0], np.float32)


def person(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (1, 17, 2)).astype(np.float32)


def test_the_oks_of_a_pose_with_itself_is_1() -> None:
    assert oks(person(), ALL, AREA, person()) == pytest.approx(np.array([[1.0]]))


@pytest.mark.parametrize("name", ["nose", "left_shoulder", "right_ankle"])
def test_a_point_two_sigmas_of_the_body_away_is_compared_as_in_coco(name: str) -> None:
    # COCO: exp(-d^2 / (2 s^2 k^2)) with k = 2 sigma; at d = s k that is exp(-1/2).
    index = COCO_SKELETON.index(name)
    alone = np.arange(17)[None] == index
    moved = person()
    moved[0, index, 0] += 2 * COCO_SKELETON.oks_sigmas[index] * 100
    assert oks(person(), alone, AREA, moved)[0, 0] == pytest.approx(np.exp(-0.5), rel=1e-4)


def test_keypoints_that_are_not_compared_do_not_count() -> None:
    is_compared = ALL.copy()
    is_compared[0, :5] = False
    moved = person()
    moved[0, :5] += 1000
    assert oks(person(), is_compared, AREA, moved)[0, 0] == pytest.approx(1.0)
    moved[0, 5] += 1000
    assert oks(person(), is_compared, AREA, moved)[0, 0] == pytest.approx(11 / 12)


def test_the_compared_keypoints_may_differ_for_each_pair() -> None:
    moved = person()
    moved[0, 0] += 1000
    both = np.concatenate((moved, moved))
    is_compared = np.ones((1, 2, 17), np.bool_)
    is_compared[0, 1, 0] = False
    assert oks(person(), is_compared, AREA, both) == pytest.approx(np.array([[16 / 17, 1.0]]))


def test_without_compared_keypoints_the_oks_is_0() -> None:
    assert oks(person(), ~ALL, AREA, person()) == pytest.approx(np.array([[0.0]]))


def test_a_body_without_an_area_is_compared_as_one_pixel() -> None:
    flat = np.zeros(1, np.float32)
    assert oks(person(), ALL, flat, person())[0, 0] == pytest.approx(1.0)
    assert oks(person(), ALL, flat, person() + 50)[0, 0] == pytest.approx(0.0)


def test_oks_is_between_0_and_1() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 30, (9, 17, 2)).astype(np.float32)
    found = truth + rng.normal(0, 3, (9, 17, 2)).astype(np.float32)
    is_compared = rng.random((9, 9, 17)) < 0.3
    area = rng.uniform(0, 9000, 9).astype(np.float32)
    similar = oks(truth, is_compared, area, found)
    assert similar.shape == (9, 9)
    assert similar.dtype == np.float32
    assert similar.min() >= 0
    assert similar.max() <= 1


def boxes(*each: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(each, np.float32).reshape(-1, 4)


def test_iou_is_the_shared_area_over_the_total() -> None:
    first = boxes((0, 0, 10, 10))
    others = boxes((0, 0, 10, 10), (5, 0, 15, 10), (0, 0, 5, 10), (10, 0, 20, 10), (50, 50, 60, 60))
    assert iou(first, others) == pytest.approx(np.array([[1, 1 / 3, 1 / 2, 0, 0]]), abs=1e-6)
    assert iou(others, first) == pytest.approx(iou(first, others).T)


def test_a_box_without_an_area_has_no_overlap() -> None:
    assert iou(boxes((5, 5, 5, 9)), boxes((0, 0, 10, 10), (5, 5, 5, 9))).max() == 0


def test_no_people_give_empty_results() -> None:
    nobody = np.zeros((0, 17, 2), np.float32)
    no_area, none_compared = np.zeros(0, np.float32), np.zeros((0, 17), np.bool_)
    assert oks(nobody, none_compared, no_area, person()).shape == (0, 1)
    assert oks(person(), ALL, AREA, nobody).shape == (1, 0)
    assert iou(boxes(), boxes((0, 0, 1, 1))).shape == (0, 1)


def test_the_displacement_is_the_mean_of_the_keypoints_seen_in_both() -> None:
    xy, box = person(), boxes((0, 0, 10, 10))
    to_xy = xy + np.array((3, -2), np.float32)
    to_xy[0, 4:] += 1000
    common = np.arange(17)[None] < 4
    moved_px = displacement(xy, box, to_xy, boxes((90, 90, 99, 99)), common)
    assert moved_px == pytest.approx(np.array([[3, -2]]), abs=1e-4)


def test_with_three_common_keypoints_the_displacement_is_that_of_the_boxes_centre() -> None:
    common = np.arange(17)[None] < 3
    moved_px = displacement(
        person(), boxes((0, 0, 10, 10)), person() + 9, boxes((4, 0, 16, 10)), common
    )
    assert moved_px == pytest.approx(np.array([[5, 0]]))
