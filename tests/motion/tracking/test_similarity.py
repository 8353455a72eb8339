"""OKS and IoU: known answers, and that neither is ever more than one."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.skeleton import KEYPOINT_NAMES, OKS_SIGMAS
from livepose.motion.tracking.similarity import iou, oks

ALL = np.ones((1, 17), np.bool_)
AREA = np.array([10_000.0], np.float32)


def somebody(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 100, (1, 17, 2)).astype(np.float32)


def test_a_pose_is_wholly_like_itself() -> None:
    assert oks(somebody(), ALL, AREA, somebody()) == pytest.approx(np.array([[1.0]]))


@pytest.mark.parametrize("name", ["nose", "left_shoulder", "right_ankle"])
def test_a_point_two_sigmas_of_the_body_away_counts_as_in_coco(name: str) -> None:
    # COCO: exp(-d^2 / (2 s^2 k^2)) with k = 2 sigma; at d = s k that is exp(-1/2).
    index = KEYPOINT_NAMES.index(name)
    alone = np.arange(17)[None] == index
    moved = somebody()
    moved[0, index, 0] += 2 * OKS_SIGMAS[index] * 100
    assert oks(somebody(), alone, AREA, moved)[0, 0] == pytest.approx(np.exp(-0.5), rel=1e-4)


def test_points_that_do_not_count_do_not_matter() -> None:
    counts = ALL.copy()
    counts[0, :5] = False
    moved = somebody()
    moved[0, :5] += 1000
    assert oks(somebody(), counts, AREA, moved)[0, 0] == pytest.approx(1.0)
    moved[0, 5] += 1000
    assert oks(somebody(), counts, AREA, moved)[0, 0] == pytest.approx(11 / 12)


def test_which_points_count_may_differ_from_pair_to_pair() -> None:
    moved = somebody()
    moved[0, 0] += 1000
    both = np.concatenate((moved, moved))
    counts = np.ones((1, 2, 17), np.bool_)
    counts[0, 1, 0] = False
    assert oks(somebody(), counts, AREA, both) == pytest.approx(np.array([[16 / 17, 1.0]]))


def test_where_no_point_counts_nothing_is_alike() -> None:
    assert oks(somebody(), ~ALL, AREA, somebody()) == pytest.approx(np.array([[0.0]]))


def test_a_body_without_an_area_is_compared_as_one_pixel() -> None:
    flat = np.zeros(1, np.float32)
    assert oks(somebody(), ALL, flat, somebody())[0, 0] == pytest.approx(1.0)
    assert oks(somebody(), ALL, flat, somebody() + 50)[0, 0] == pytest.approx(0.0)


def test_oks_is_never_more_than_one_and_never_less_than_nothing() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 30, (9, 17, 2)).astype(np.float32)
    found = truth + rng.normal(0, 3, (9, 17, 2)).astype(np.float32)
    counts = rng.random((9, 9, 17)) < 0.3
    area = rng.uniform(0, 9000, 9).astype(np.float32)
    alike = oks(truth, counts, area, found)
    assert alike.shape == (9, 9)
    assert alike.dtype == np.float32
    assert alike.min() >= 0
    assert alike.max() <= 1


def boxes(*each: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(each, np.float32).reshape(-1, 4)


def test_boxes_are_compared_by_what_they_share() -> None:
    first = boxes((0, 0, 10, 10))
    others = boxes((0, 0, 10, 10), (5, 0, 15, 10), (0, 0, 5, 10), (10, 0, 20, 10), (50, 50, 60, 60))
    assert iou(first, others) == pytest.approx(np.array([[1, 1 / 3, 1 / 2, 0, 0]]), abs=1e-6)
    assert iou(others, first) == pytest.approx(iou(first, others).T)


def test_a_box_without_an_area_shares_nothing() -> None:
    assert iou(boxes((5, 5, 5, 9)), boxes((0, 0, 10, 10), (5, 5, 5, 9))).max() == 0


def test_nobody_is_like_nobody() -> None:
    nobody = np.zeros((0, 17, 2), np.float32)
    no_area, no_counts = np.zeros(0, np.float32), np.zeros((0, 17), np.bool_)
    assert oks(nobody, no_counts, no_area, somebody()).shape == (0, 1)
    assert oks(somebody(), ALL, AREA, nobody).shape == (1, 0)
    assert iou(boxes(), boxes((0, 0, 1, 1))).shape == (0, 1)
