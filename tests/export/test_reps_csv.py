"""`.reps.csv`: one row for each repetition, with its numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas
import pytest

from livepose.core.repetitions import Repetition
from livepose.export import open_exporter
from tests.support.recordings import ANGLES, RECORDING, posed_frame

FIRST = Repetition(
    1,
    2.25,
    3.25,
    111.5,
    2.35,
    3.1,
    peak_s=2.6,
    rule="left_knee:>90",
    threshold_deg=90.0,
    number=1,
    speed_in_deg_s=200.0,
    speed_out_deg_s=180.0,
    angle_names=ANGLES,
    low_deg=(5.0, math.nan),
    high_deg=(111.5, math.nan),
)
SECOND = replace(
    FIRST, number=2, start_s=4.25, end_s=5.5, crossed_s=4.3, back_s=5.3, peak_s=4.7, period_s=2.0
)


def write(path: Path, *counted: tuple[Repetition, ...], header: bool = False) -> pandas.DataFrame:
    with open_exporter(path, RECORDING, csv_header=header) as exporter:
        for index, repetitions in enumerate(counted):
            exporter.write(replace(posed_frame(index), repetitions=repetitions))
    return pandas.read_csv(path, comment="#")


def test_each_repetition_has_one_row(tmp_path: Path) -> None:
    table = write(tmp_path / "a.reps.csv", (), (FIRST,), (FIRST,), (FIRST, SECOND))
    assert table["number"].tolist() == [1, 2]
    assert table["rule"].tolist() == ["left_knee:>90"] * 2
    assert table["time_over_threshold_s"].tolist() == [0.75, 1.0]
    assert (table["start_s"][1], table["end_s"][1], table["turn_s"][1]) == (4.25, 5.5, 4.7)
    assert math.isnan(table["period_s"][0]) and table["period_s"][1] == 2
    assert (table["turn_deg"][0], table["left_knee_max_deg"][0]) == (111.5, 111.5)
    assert table["left_knee_min_deg"][0] == 5
    assert table["right_knee_min_deg"].isna().all()
    assert table["turn_speed_in_deg_s"][0] == 200


def test_what_was_dropped_later_is_not_in_the_file(tmp_path: Path) -> None:
    table = write(tmp_path / "a.reps.csv", (FIRST,), (replace(SECOND, number=1),))
    assert table[["number", "start_s"]].to_numpy().tolist() == [[1, 4.25]]


def test_a_repetition_is_written_when_its_end_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.reps.csv"
    exporter = open_exporter(path, RECORDING)
    with exporter:
        for index, end_s in enumerate((3.125, 3.2)):
            counted = replace(FIRST, end_s=end_s, is_complete=False)
            exporter.write(replace(posed_frame(index), repetitions=(counted,)))
        (growing,) = tmp_path.iterdir()
        assert len(growing.read_text().splitlines()) == 1
        exporter.write(replace(posed_frame(2), repetitions=(FIRST,)))
        unfinished = replace(SECOND, is_complete=False)
        exporter.write(replace(posed_frame(3), repetitions=(FIRST, unfinished)))
    assert pandas.read_csv(path)["end_s"].tolist() == [3.25, 5.5]


def test_nothing_counted_is_a_table_without_rows(tmp_path: Path) -> None:
    assert len(write(tmp_path / "a.reps.csv", ())) == 0


@pytest.mark.parametrize("name", ["a.csv", "a.wide.csv", "a.angles.csv", "a.reps.csv"])
def test_comments_are_written_where_they_are_asked_for(name: str, tmp_path: Path) -> None:
    table = write(tmp_path / name, (FIRST,), header=True)
    assert len(table)
    comments = [line for line in (tmp_path / name).read_text().splitlines() if line.startswith("#")]
    assert comments == [
        "# unit: px (x, y), degrees (angles), s (times)",
        "# rate: 29.97 Hz",
        "# model: lightning on LiteRT",
        "# smoothing: one-euro",
        "# version: livepose 0.1.0",
    ]
    write(tmp_path / f"plain-{name}", (FIRST,))
    assert "#" not in (tmp_path / f"plain-{name}").read_text()
