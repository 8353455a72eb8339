"""What was measured, as rows of text."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetition_rules import parse_repetitions
from livepose.analysis.repetitions import Repetitions
from livepose.analysis.tables import (
    RANGE_COLUMNS,
    range_rows,
    repetition_columns,
    repetition_rows,
    symmetry_percent,
)
from livepose.core.repetitions import Repetition


def ranges_of(names: tuple[str, ...], *rows: tuple[float, ...]) -> AngleRange:
    """Return the ranges of angles that stay at each row of values for ten frames."""
    series = np.repeat(np.array(rows, np.float32), 10, axis=0)
    return AngleRange.from_series(names, np.arange(len(series)) / 30, series)


@pytest.mark.parametrize(
    ("left", "right", "percent"),
    [(100, 100, 0), (120, 100, -200 / 11), (0, 50, 200), (50, 0, -200), (90, 110, 20)],
)
def test_symmetry_is_the_difference_over_the_mean(
    left: float, right: float, percent: float
) -> None:
    assert symmetry_percent(left, right) == pytest.approx(percent)


def test_what_hardly_moved_has_no_symmetry() -> None:
    assert math.isnan(symmetry_percent(2, 6))
    assert math.isnan(symmetry_percent(math.nan, 60))


def test_ranges_of_motion_are_whole_degrees_with_the_symmetry_beside_the_left_one() -> None:
    names = ("left_knee", "right_knee", "left_hip", "trunk")
    rows = range_rows(ranges_of(names, (0, 0.4, 10, 90), (90, 89.6, 30, 84.7)))
    assert rows == [
        ("left knee", "0°", "90°", "90°", "-1 %", "20"),
        ("right knee", "0°", "90°", "90°", "", "20"),  # the difference of the two beside it
        ("left hip", "10°", "30°", "20°", "", "20"),  # the right one was not measured
        ("trunk", "85°", "90°", "5°", "", "20"),
    ]
    assert {len(row) for row in rows} == {len(RANGE_COLUMNS)}


def test_both_sides_of_a_joint_are_beside_each_other_whichever_was_asked_for_first() -> None:
    names = ("right_knee", "trunk", "left_hip", "left_knee", "right_hip")
    rows = range_rows(ranges_of(names, (0, 0, 0, 0, 0), (90, 10, 20, 90, 20)))
    assert [row[0] for row in rows] == ["left knee", "right knee", "trunk", "left hip", "right hip"]


def test_equal_ranges_have_a_symmetry_of_0_without_a_sign() -> None:
    rows = range_rows(ranges_of(("left_knee", "right_knee"), (0, 0), (90, 90)))
    assert rows[0][4] == "0 %"


@pytest.mark.parametrize(
    ("left", "right", "is_compared"),
    [(200, 200, True), (100, 200, True), (200, 99, False), (11, 203, False), (9, 9, False)],
)
def test_a_symmetry_needs_enough_frames_of_both_sides(
    left: int, right: int, is_compared: bool
) -> None:
    knees = ranges_of(("left_knee", "right_knee"), (0, 0), (90, 60))
    knees = replace(knees, frames=np.array((left, right), np.int32))
    assert (range_rows(knees)[0][4] != "") is is_compared


def test_an_angle_that_was_never_seen_is_said_not_to_be() -> None:
    (row,) = range_rows(AngleRange.empty(("left_knee",)))
    assert row == ("left knee", "not seen", "not seen", "not seen", "", "0")


def test_repetitions_are_numbered_for_each_person() -> None:
    counter = Repetitions(parse_repetitions("right_knee:>90"), ["right_knee"])
    counter.done = (
        Repetition(1, 0.5, 1.25, 118.4, 0.625, 1.125, speed_in_deg_s=150.2, speed_out_deg_s=140.0),
        Repetition(2, 0.75, 2.0, 95.0, 1.0, 1.5),
        Repetition(1, 2.5, 3.0, 100.0, 2.625, 2.875, period_s=2.0),
    )
    rows = repetition_rows(counter, track_id=1)
    assert rows == [
        ("1", "0.50 s", "1.25 s", "0.50 s", "", "118°", "150°/s", "140°/s"),
        ("2", "2.50 s", "3.00 s", "0.25 s", "2.00 s", "100°", "", ""),
    ]
    assert {len(row) for row in rows} == {len(repetition_columns(counter.rule))}
    assert repetition_rows(counter, track_id=9) == []


def test_extremes_in_a_row_of_a_repetition_have_no_sign_at_0() -> None:
    counter = Repetitions(parse_repetitions("right_knee:>90"), ["right_knee"])
    bend = Repetition(1, 0.5, 1.25, 118.4, 0.625, 1.125)
    bend = replace(bend, angle_names=("right_knee",), low_deg=(-0.4,), high_deg=(118.4,))
    counter.done = (bend,)
    ((*_, extremes),) = repetition_rows(counter, 1, ("right_knee",))
    assert extremes == "0\u2013118°"


@pytest.mark.parametrize(("sign", "beyond"), [(">", "over"), ("<", "under")])
def test_the_time_beyond_a_threshold_is_that_over_or_under_it(sign: str, beyond: str) -> None:
    columns = repetition_columns(parse_repetitions(f"right_knee:{sign}60"))
    assert columns[3] == f"{beyond} threshold"
