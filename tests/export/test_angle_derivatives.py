"""Angular velocity and acceleration in tables: those of a known curve, without lag."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from livepose.core.angles import Angles
from livepose.export import open_exporter
from tests.support.recordings import ANGLES, RECORDING, posed_frame

RATE = 30000 / 1001
SMOOTHED = replace(RECORDING, settings={"smooth": "butterworth"})


def write(path: Path, people: Sequence[Sequence[int]]) -> pandas.DataFrame:
    """Write frames in which person p's left knee is at 10 p + 100 t^2 degrees."""
    with open_exporter(path, SMOOTHED) as exporter:
        for index, ids in enumerate(people):
            degrees = [(10 * number + 100 * (index / RATE) ** 2, math.nan) for number in ids]
            angles = Angles(ANGLES, np.array(degrees, np.float32).reshape(len(ids), 2))
            exporter.write(replace(posed_frame(index, ids), angles=angles))
    return pandas.read_csv(path)


def test_the_rows_of_angles_have_their_velocity_and_acceleration(tmp_path: Path) -> None:
    table = write(tmp_path / "a.angles.csv", [(1, 2)] * 4)
    assert table["frame"].tolist() == [n for n in range(4) for _ in range(4)]
    left = table[(table["person"] == 2) & (table["angle"] == "left_knee")]
    velocities = [math.nan, 200 / RATE, 400 / RATE, math.nan]
    assert left["velocity_deg_s"].tolist() == pytest.approx(velocities, abs=0.01, nan_ok=True)
    assert left["acceleration_deg_s2"].tolist() == pytest.approx(
        [math.nan, 200, 200, math.nan], abs=0.1, nan_ok=True
    )
    assert table[table["angle"] == "right_knee"]["velocity_deg_s"].isna().all()


def test_the_wide_table_has_them_in_columns(tmp_path: Path) -> None:
    table = write(tmp_path / "a.wide.csv", [(1,)] * 3)
    assert table["left_knee_velocity"][1] == pytest.approx(200 / RATE, abs=0.01)
    assert table["left_knee_acceleration"][1] == pytest.approx(200, abs=0.1)


def test_there_are_none_beside_a_gap(tmp_path: Path) -> None:
    table = write(tmp_path / "a.angles.csv", [(1,), (1,), (), (1,), (1,), (1,)])
    left = table[table["angle"] == "left_knee"]
    assert left["frame"].tolist() == [0, 1, 3, 4, 5]
    assert left["velocity_deg_s"].isna().tolist() == [True, True, True, False, True]


def test_there_are_none_beside_a_leap_to_another_angle(tmp_path: Path) -> None:
    with open_exporter(tmp_path / "a.angles.csv", SMOOTHED) as exporter:
        for index, degrees in enumerate((1, 2, 3, 177, 177, 177, 88, 88)):
            angles = Angles(ANGLES, np.array([(degrees, 5)], np.float32))
            exporter.write(replace(posed_frame(index, [1]), angles=angles))
    table = pandas.read_csv(tmp_path / "a.angles.csv")
    velocity = table[table["angle"] == "left_knee"]["velocity_deg_s"]
    expected = [math.nan, RATE, math.nan, math.nan, 0, -89 * RATE / 2, -89 * RATE / 2, math.nan]
    assert velocity.tolist() == pytest.approx(expected, abs=0.01, nan_ok=True)
    assert table[table["angle"] == "right_knee"]["velocity_deg_s"].isna().sum() == 2


def test_a_run_that_is_broken_off_has_every_frame(tmp_path: Path) -> None:
    exporter = open_exporter(tmp_path / "a.angles.csv", SMOOTHED)
    for index in range(3):
        exporter.write(posed_frame(index))
    (part,) = exporter.keep_parts()
    assert len(pandas.read_csv(part)) == 3 * 2


def test_angles_behind_a_filter_that_lags_have_none(tmp_path: Path) -> None:
    with open_exporter(tmp_path / "a.angles.csv", RECORDING) as exporter:
        exporter.write(posed_frame(0))
    assert pandas.read_csv(tmp_path / "a.angles.csv").columns[-1] == "degrees"
