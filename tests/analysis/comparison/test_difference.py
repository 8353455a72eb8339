"""How much two takes differ, and the score of it."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from livepose.analysis.comparison.alignment import align
from livepose.analysis.comparison.difference import COVERED, Comparison, measure_difference
from livepose.analysis.comparison.table import difference_rows, summary_of
from livepose.analysis.comparison.take import Take, make_take
from tests.support.takes import (
    clock,
    plain_take,
    scene_poses,
    scene_take,
    with_right_knee_turned,
)


def compared(a: Take, b: Take) -> Comparison:
    return measure_difference(a, b, align(a, b))


def test_a_take_and_itself_have_a_score_of_100_and_no_difference() -> None:
    comparison = compared(plain_take("dance"), plain_take("dance"))
    assert comparison.score == 100.0
    assert comparison.worst is None
    assert np.nanmax(np.abs(comparison.difference_deg)) < 1e-6
    assert summary_of(comparison).startswith("There is no difference.")
    assert summary_of(comparison).endswith("s. B is as fast as A.")


@pytest.mark.parametrize("is_a_whole", [True, False])
def test_a_score_that_too_little_movement_lowers_is_explained(is_a_whole: bool) -> None:
    whole, part = plain_take("dance"), plain_take("dance", 2.0)
    comparison = compared(whole, part) if is_a_whole else compared(part, whole)
    share = comparison.a_matched if is_a_whole else comparison.b_matched
    assert 0.1 < share < 0.5
    assert comparison.matched_score > 99
    assert comparison.score == pytest.approx(comparison.matched_score * share / COVERED)
    assert summary_of(comparison).endswith(
        f" Only {100 * share:.0f} % of {'A' if is_a_whole else 'B'}'s movement was matched, which "
        f"lowers the score from {comparison.matched_score:.0f} to {comparison.score:.0f}."
    )


def test_tempo_noise_and_size_hardly_change_the_score() -> None:
    times = clock(9.0)
    wandering = 0.8 * times + 0.3 * np.sin(2 * np.pi * times / 5)
    take = scene_take("dance", wandering, times, noise_px=3.0, scale=0.7)
    comparison = compared(plain_take("dance"), take)
    assert comparison.score > 98
    assert comparison.tempo == pytest.approx(0.8, abs=0.08)


@pytest.mark.parametrize(
    ("a", "b"), list(itertools.combinations(("dance", "bends", "walk", "stand"), 2))
)
def test_two_different_scenes_have_a_score_below_60(a: str, b: str) -> None:
    assert compared(plain_take(a), plain_take(b)).score < 60


def test_somebody_who_walks_by_is_not_like_somebody_who_stands() -> None:
    # No angle of a walk is ever far from that of somebody who stands.
    comparison = compared(plain_take("stand", 10.0), plain_take("crossing", 10.0))
    assert comparison.matched_score > 60
    assert comparison.common < 0.4
    assert comparison.score < 30
    assert " of the movement is common to both, which lowers the score from" in (
        summary_of(comparison)
    )


def test_who_holds_a_pose_under_noise_needs_no_movement_in_common() -> None:
    held = np.full(150, 3.0)
    shaking = scene_take("dance", held, clock(5.0), noise_px=3.0)
    comparison = compared(scene_take("dance", held, clock(5.0)), shaking)
    assert comparison.score > 95


@pytest.mark.parametrize("degrees", [10.0, -10.0])
def test_a_right_knee_that_differs_by_10_degrees_is_named(degrees: float) -> None:
    times = clock(8.0)
    changed = scene_take("bends", times, change=lambda xy: with_right_knee_turned(xy, degrees))
    worst = compared(plain_take("bends"), changed).worst
    assert worst is not None
    assert worst.name == "right_knee"
    assert worst.mean_deg == pytest.approx(10, abs=0.5)
    assert abs(worst.bias_deg) == pytest.approx(10, abs=0.5)


def test_the_largest_difference_has_its_time_in_both_takes() -> None:
    times = clock(8.0)
    poses = scene_poses("bends", np.maximum(times - 1.0, 0.0))
    bent = scene_poses(
        "bends", times[150:165] - 1.0, change=lambda xy: with_right_knee_turned(xy, 40.0)
    )
    poses[150:165] = bent
    take = make_take(zip(times.tolist(), poses, strict=True))
    worst = compared(plain_take("bends"), take).worst
    assert worst is not None
    assert worst.name == "right_knee"
    assert abs(worst.greatest_deg) == pytest.approx(40, abs=3)
    assert worst.at_b_s == pytest.approx(5.2, abs=0.3)
    assert worst.at_a_s == pytest.approx(4.2, abs=0.4)


def test_an_arm_that_went_all_the_way_round_in_one_take_is_drawn_beside_that_of_the_other() -> None:
    take = plain_take("dance")
    turn = np.zeros_like(take.turn_deg)
    turn[:, take.names.index("left_shoulder")] = -360 * np.clip(take.time_s - 2.0, 0.0, 1.0)
    alignment = align(take, take)
    comparison = measure_difference(replace(take, turn_deg=take.turn_deg + turn), take, alignment)
    apart = np.abs(comparison.b_deg - comparison.a_deg)
    assert 170 < np.nanmax(apart) < 181
    assert np.nanmax(apart[comparison.a_s > 3.2]) < 1e-6


def test_curves_are_as_far_apart_as_the_table_says() -> None:
    a, b = plain_take("walk"), plain_take("stand")
    comparison = compared(a, b)
    for angle in comparison.angles:
        column = comparison.names.index(angle.name)
        apart = comparison.b_deg[:, column] - comparison.a_deg[:, column]
        assert np.nanmean(np.abs(apart)) == pytest.approx(angle.mean_deg)
        assert np.nanmean(apart) == pytest.approx(angle.bias_deg)


def test_a_body_that_seems_to_face_the_other_way_for_moments_does_not_part_the_curves() -> None:
    take = plain_take("walk")
    signs = np.where(np.arange(len(take)) % 7 < 2, -1.0, 1.0)[:, None]
    is_signed = [name.endswith(("hip", "shoulder")) for name in take.names]
    flickering = take.degrees * np.where(is_signed, signs, 1.0)
    comparison = measure_difference(take, replace(take, degrees=flickering), align(take, take))
    assert comparison.score == 100.0
    assert np.nanmax(np.abs(comparison.b_deg - comparison.a_deg)) < 1e-6
    other = measure_difference(replace(take, degrees=flickering), take, align(take, take))
    assert np.array_equal(other.a_deg, comparison.a_deg, equal_nan=True)


def test_curves_are_the_angles_as_they_are_measured_where_somebody_faces_one_way() -> None:
    names = ("left_knee", "right_shoulder", "left_thigh", "trunk")
    times = clock(4.0)
    take = make_take(zip(times.tolist(), scene_poses("bends", times), strict=True), names)
    comparison = compared(take, take)
    measured = np.array([np.interp(comparison.a_s, times, each) for each in take.degrees.T]).T
    assert np.abs(comparison.a_deg - measured).mean() < 1, "they are smoothed"
    assert np.ptp(measured, axis=0).min() > 10


def test_a_comparison_has_a_row_of_text_for_each_angle() -> None:
    changed = scene_take("bends", clock(8.0), change=with_right_knee_turned)
    comparison = compared(plain_take("bends"), changed)
    rows = difference_rows(comparison.angles)
    assert rows[0][0] == "right knee"
    assert rows[0][1] == "10.0°"
    assert "The right knee differs most: by 10.0° on average, and" in summary_of(comparison)
