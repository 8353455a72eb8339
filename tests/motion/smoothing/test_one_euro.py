"""The One Euro filter: little jitter at rest, little lag in movement, and what restarts it."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.errors import OptionError
from livepose.core.pixels import BgrPixels
from livepose.core.skeleton import Keypoint
from livepose.motion.smoothing.one_euro import OneEuro
from tests.support.smoothing import (
    BODY,
    HEIGHT_PX,
    RATE,
    WIDTH_PX,
    film,
    jitter_px,
    keypoints_of,
    one_euro,
    people_with_ids,
    posed_at,
    resting,
    spread_px,
    swinging,
    trembling,
)

SMALLER = BgrPixels(np.zeros((HEIGHT_PX // 2, WIDTH_PX // 2, 3), np.uint8))
WRIST = Keypoint.LEFT_WRIST


def test_a_person_at_rest_stays_in_place() -> None:
    assert np.abs(one_euro(film(resting(60))) - BODY).max() < 1e-3


def test_the_first_frame_and_all_other_values_are_unchanged() -> None:
    before = posed_at(0.0, people_with_ids([BODY], [7], np.linspace(0.1, 1.0, 17)), 3)
    after = OneEuro()(before)
    assert np.array_equal(after.poses.xy, before.poses.xy)
    assert np.array_equal(after.poses.box, before.poses.box)
    assert np.array_equal(after.poses.score, before.poses.score)
    assert np.array_equal(after.poses.swapped, before.poses.swapped)
    assert after.poses.track_id.tolist() == [7]
    assert after.frame is before.frame
    assert after.detections is before.detections


def test_the_second_value_follows_the_formula() -> None:
    way = np.stack((BODY, BODY + np.array((30.0, 0.0))))
    moved = 30.0 / 300
    speed = (x := 2 * np.pi * 1.5 / RATE) / (1 + x) * moved * RATE
    threshold = 0.5 + 5 * speed
    share = (x := 2 * np.pi * (0.1 + 30 * speed) / RATE) / (1 + x)
    expected = 300 * share * threshold * np.arcsinh(moved / threshold)
    assert one_euro(film(way))[1] - BODY == pytest.approx(
        np.broadcast_to((expected, 0.0), (17, 2)), abs=1e-3
    )


def test_a_step_is_followed_at_once_without_overshoot() -> None:
    way = resting(40)
    way[20:] += (100.0, 0.0)
    left_px = 100 - (one_euro(film(way)) - BODY)[20:, WRIST, 0]
    assert left_px[1] < 10
    assert left_px[10] < 1
    assert left_px.min() > -0.5


def test_jitter_of_a_person_at_rest_is_reduced_to_a_fifth() -> None:
    way = trembling(300)
    after = one_euro(film(way))
    assert jitter_px(after[30:]) < jitter_px(way[30:]) / 5
    assert spread_px(after[30:]) < spread_px(way[30:]) * 0.4


def test_a_movement_is_followed_within_a_few_pixels() -> None:
    way = swinging(np.arange(150) / RATE)
    off_px = np.abs(one_euro(film(way)) - way)[15:, :, 0]
    assert off_px.mean() < 3
    assert off_px.max() < 8


def test_near_and_far_people_are_smoothed_equally() -> None:
    way = trembling(60)
    near, far = one_euro(film(way)), one_euro(film(way / 4))
    assert near / 4 == pytest.approx(far, abs=1e-3)


def test_smoothing_depends_on_time_and_not_on_the_number_of_frames() -> None:
    fine_s = np.arange(0, 3, 1 / 120)
    fine = one_euro(film(swinging(fine_s), fine_s))
    coarse_s = fine_s[::4]
    coarse = one_euro(film(swinging(coarse_s), coarse_s))
    uneven = np.sort(np.random.default_rng(0).permutation(len(fine_s))[: len(fine_s) // 2])
    uneven[0] = 0
    wild = one_euro(film(swinging(fine_s[uneven]), fine_s[uneven]))
    assert np.abs(fine[::4] - coarse)[30:].max() < 3
    assert np.abs(fine[uneven] - wild)[60:].max() < 3


def test_an_equal_or_earlier_time_restarts_the_filter() -> None:
    step = OneEuro()
    step(posed_at(1.0, people_with_ids([BODY], [1])))
    for time_s in (1.0, 0.5):
        after = step(posed_at(time_s, people_with_ids([BODY + 50], [1])))
        assert after.poses.xy[0] == pytest.approx(BODY + 50)
        step(posed_at(1.0, people_with_ids([BODY], [1])))


def test_a_reset_and_another_picture_size_restart_the_filter() -> None:
    step = OneEuro()
    step(posed_at(0.0, people_with_ids([BODY], [1])))
    step.reset()
    after = step(posed_at(0.03, people_with_ids([BODY + 2], [1])))
    assert after.poses.xy[0] == pytest.approx(BODY + 2)
    after = step(posed_at(0.06, people_with_ids([BODY], [1]), pixels=SMALLER))
    assert after.poses.xy[0] == pytest.approx(BODY)


def test_another_id_starts_a_new_filter() -> None:
    step = OneEuro()
    step(posed_at(0.0, people_with_ids([BODY], [1])))
    assert step(posed_at(0.03, people_with_ids([BODY + 2], [2]))).poses.xy[0] == pytest.approx(
        BODY + 2
    )
    assert (
        np.abs(step(posed_at(0.06, people_with_ids([BODY + 2], [1]))).poses.xy[0] - BODY).max() < 1
    )


def test_a_long_absence_restarts_the_filter_and_a_short_one_does_not() -> None:
    for away_s, is_new in ((0.25, False), (0.35, True)):
        step = OneEuro()
        step(posed_at(0.0, people_with_ids([BODY], [1])))
        step(posed_at(away_s / 2, people_with_ids([], [])))
        after = step(posed_at(away_s, people_with_ids([BODY + 2], [1])))
        assert bool(np.allclose(after.poses.xy[0], BODY + 2)) == is_new


def test_a_point_that_was_long_guessed_restarts_where_it_is_seen() -> None:
    for guesses, is_new in ((5, False), (12, True)):
        way, score = resting(40), np.full((40, 17), 0.9)
        score[20 : 20 + guesses, WRIST] = 0.05
        way[20 + guesses :, WRIST] += 3.0
        after = one_euro(film(way, score=score))[20 + guesses]
        assert bool(np.allclose(after[WRIST], BODY[WRIST] + 3)) == is_new
        assert np.delete(after, WRIST, axis=0) == pytest.approx(np.delete(BODY, WRIST, axis=0))


def test_two_people_are_smoothed_separately_in_any_order() -> None:
    first, second = trembling(40), swinging(np.arange(40) / RATE) + np.array((0, 50))
    alone = one_euro(film(first)), one_euro(film(second))
    step = OneEuro()
    for index in range(40):
        order = [0, 1] if index % 3 else [1, 0]
        places = [(first[index], second[index])[row] for row in order]
        after = step(
            posed_at(index / RATE, people_with_ids(places, [4 + row for row in order]), index)
        )
        assert after.poses.track_id.tolist() == [4 + row for row in order]
        for row, who in enumerate(order):
            assert after.poses.xy[row] == pytest.approx(alone[who][index], abs=1e-3)


def test_one_untracked_person_is_smoothed_and_several_are_not() -> None:
    way = trembling(30)
    step = OneEuro()
    alone = [step(each) for each in film(way, track_id=0)]
    assert keypoints_of(alone) == pytest.approx(one_euro(film(way)))
    both = step(posed_at(1.0, people_with_ids([BODY + 1, BODY + 9], [0, 0])))
    assert both.poses.xy == pytest.approx(np.stack((BODY + 1, BODY + 9)))
    again = step(posed_at(1.03, people_with_ids([BODY + 9], [0])))
    assert again.poses.xy[0] == pytest.approx(BODY + 9)


def test_the_box_is_smoothed_with_the_keypoints() -> None:
    step = OneEuro()
    after = [step(each) for each in film(trembling(60))]
    boxes = np.stack([each.poses.box[0] for each in after])
    found = np.stack([each.detections.box[0] for each in after])
    assert np.abs(boxes - found).max() < 5
    assert np.diff(boxes, axis=0).std() < np.diff(found, axis=0).std() / 3


def test_a_frame_without_people_is_accepted() -> None:
    assert len(OneEuro()(posed_at(0.0, people_with_ids([], []))).poses) == 0


def test_the_number_of_filters_is_bounded() -> None:
    step = OneEuro()
    for index in range(300):
        step(posed_at(index / RATE, people_with_ids([BODY], [index + 1]), index))
    assert step._filters is not None
    assert len(step._filters.track_id) <= 11


@pytest.mark.parametrize(
    "wrong",
    [{"min_cutoff_hz": 0.0}, {"beta": -1.0}, {"speed_cutoff_hz": float("nan")}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_an_invalid_parameter_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        OneEuro(**wrong)
