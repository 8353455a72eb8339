"""What was measured of each person, as rows of text: ranges of motion, symmetry, repetitions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from livepose.analysis.angle_ranges import AngleRange
from livepose.analysis.repetition_rules import RepetitionRule
from livepose.analysis.repetitions import Repetitions
from livepose.core.arrays import Float64Array, FloatArray
from livepose.core.panels import plots_of
from livepose.core.repetitions import Repetition

MIN_FRAMES = 10
"""People who were seen in fewer frames are left out of tables and reports."""
MIN_RANGE_DEG = 5.0
"""Below this mean range of motion a difference of left and right is noise."""
MIN_FRAMES_SHARE = 0.5
"""Sides are compared if one was seen in at least this share of the other one's frames."""
RANGE_COLUMNS = ("angle", "min", "max", "range", "symmetry", "frames")


@dataclass(frozen=True, slots=True, eq=False)
class PersonSeries:
    """The angles of one person over time."""

    track_id: int
    names: tuple[str, ...]
    """A names, such as `left_knee`."""
    time_s: Float64Array
    """(T,) seconds."""
    degrees: FloatArray
    """(T, A) float32; NaN where not seen."""


def symmetry_percent(left_deg: float, right_deg: float) -> float:
    """Return the symmetry index of two ranges of motion, from -200 to 200 %.

    0 is alike, positive is more on the right; NaN where hardly anything moved. It is
    (R - L) / (0.5 (R + L)) * 100 % (Robinson, Herzog and Nigg, "Use of force platform variables to
    quantify the effects of chiropractic manipulation on gait symmetry", J. Manipulative Physiol.
    Ther. 10(4), 1987).

    >>> symmetry_percent(left_deg=90.0, right_deg=110.0)
    20.0
    """
    mean_deg = 0.5 * (right_deg + left_deg)
    return 100 * (right_deg - left_deg) / mean_deg if mean_deg >= MIN_RANGE_DEG else math.nan


def range_rows(extremes: AngleRange) -> list[tuple[str, ...]]:
    """Return one person's ranges of motion as rows of text, below `RANGE_COLUMNS`.

    The range is the difference of the whole degrees beside it, so that nobody finds a sum wrong.
    The right side of a joint follows the left one, whichever of them was asked for first.
    The symmetry of a pair stands in the row of the left angle, if both sides were seen in enough
    frames: in ten at least, and the one in half as many as the other.
    """
    range_deg = dict(zip(extremes.names, extremes.range_deg.tolist(), strict=True))
    frames = dict(zip(extremes.names, extremes.frames.tolist(), strict=True))
    rows: list[tuple[str, ...]] = []
    sides = [columns for _, columns in plots_of(extremes.names)]
    for column in (each for pair in sides for each in sorted(pair, key=extremes.names.__getitem__)):
        name, symmetry = extremes.names[column], math.nan
        if name.startswith("left_"):
            other = "right_" + name.removeprefix("left_")
            if _are_comparable(frames[name], frames.get(other, 0)):
                symmetry = symmetry_percent(range_deg[name], range_deg[other])
        low, high = extremes.low_deg[column].round(), extremes.high_deg[column].round()
        rows.append(
            (
                name.replace("_", " "),
                *(_degrees(float(each)) for each in (low, high, high - low)),
                "" if math.isnan(symmetry) else f"{round(symmetry):+d} %".replace("+0 ", "0 "),
                str(extremes.frames[column]),
            )
        )
    return rows


def _are_comparable(left_frames: int, right_frames: int) -> bool:
    """Return whether both sides were seen in enough frames to compare them."""
    fewer, more = sorted((left_frames, right_frames))
    return fewer >= MIN_FRAMES and fewer >= MIN_FRAMES_SHARE * more


def repetition_columns(rule: RepetitionRule) -> tuple[str, ...]:
    """Return the names of the columns of `repetition_rows`, but for those of further angles."""
    beyond = "over threshold" if rule.is_over else "under threshold"
    return ("no.", "start", "end", beyond, "period", "turn", "speed in", "speed out")


def repetition_rows(
    counter: Repetitions, track_id: int, angles: Sequence[str] = ()
) -> list[tuple[str, ...]]:
    """Return one person's repetitions as rows of text, below `repetition_columns`.

    Args:
        counter: That has counted them.
        track_id: Of the person.
        angles: For each of these a cell follows, from its least to its greatest value.
    """
    own = [repetition for repetition in counter.done if repetition.track_id == track_id]
    return [
        (
            str(number),
            f"{repetition.start_s:.2f} s",
            f"{repetition.end_s:.2f} s",
            f"{repetition.time_over_threshold_s:.2f} s",
            _known(repetition.period_s, ".2f", " s"),
            _degrees(repetition.peak_deg),
            _known(repetition.speed_in_deg_s, ".0f", "°/s"),
            _known(repetition.speed_out_deg_s, ".0f", "°/s"),
            *(_extremes(repetition, angle) for angle in angles),
        )
        for number, repetition in enumerate(own, 1)
    ]


def _extremes(repetition: Repetition, angle: str) -> str:
    """Return the least and the greatest value of an angle: `8-108°`."""
    if angle not in repetition.angle_names:
        return ""
    column = repetition.angle_names.index(angle)
    low_deg, high_deg = repetition.low_deg[column], repetition.high_deg[column]
    return "not seen" if math.isnan(low_deg) else f"{round(low_deg)}\u2013{round(high_deg)}°"


def _known(value: float, form: str, unit: str) -> str:
    return "" if math.isnan(value) else f"{value:{form}}{unit}"


def _degrees(value: float) -> str:
    return "not seen" if math.isnan(value) else f"{round(value)}°"
