"""The rules about what is measured and written of it."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.export import FORMATS, format_of
from livepose.session.options import DataOptions

_LEAST_HEIGHT_M, _GREATEST_HEIGHT_M = 0.5, 2.5
_COMPLETE_FORMATS = {".jsonl", ".angles.csv", ".reps.csv", ".mot"}
"""Formats in which no keypoint is left empty for its score."""


def check_data(data: DataOptions) -> None:
    """Check that what is measured and written fits together.

    Raises:
        OptionError: If an option has no effect, or contradicts another one.
    """
    formats = {format_of(path) for path in data.save}
    if data.height_m is not None and not _LEAST_HEIGHT_M <= data.height_m <= _GREATEST_HEIGHT_M:
        in_metres = data.height_m / 100
        is_in_cm = _LEAST_HEIGHT_M <= in_metres <= _GREATEST_HEIGHT_M
        hint = f"did you mean {in_metres:g}?" if is_in_cm else "for example 1.75"
        raise OptionError(
            f"--height {data.height_m:g} is not the height of a person in metres, which is from "
            f"{_LEAST_HEIGHT_M:g} to {_GREATEST_HEIGHT_M:g}: {hint}"
        )
    if data.height_m is not None and ".trc" not in formats:
        raise OptionError("--height has no effect without --save NAME.trc")
    if data.csv_header and not any(path.name.lower().endswith(".csv") for path in data.save):
        raise OptionError("--csv-header has no effect without a --save file that ends in .csv")
    _check_repetitions(data)
    resampled = [ending for ending, each in FORMATS.items() if each.has_own_rate]
    if data.resample_rate is not None and formats.isdisjoint(resampled):
        raise OptionError(
            "--resample has no effect without a --save file of numbers over time: "
            f"{', '.join(resampled)}"
        )
    if data.min_score != DataOptions().min_score and not formats - _COMPLETE_FORMATS:
        raise OptionError(
            "--save-threshold has no effect without a --save file in which keypoints can be empty "
            "(.jsonl keeps everything)"
        )
    if data.reports and not data.measured_angles:
        raise OptionError("--report needs angles: add --angles knee,hip, for example")


def _check_repetitions(data: DataOptions) -> None:
    rules = [str(rule) for rule in data.repetitions]
    for rule in rules:
        if rules.count(rule) > 1:
            raise OptionError(f"--reps {rule} is given twice: each rule counts once")
    for path in data.save:
        if FORMATS[format_of(path)].has_repetitions and not data.repetitions:
            raise OptionError(
                f"{path} stores repetitions, but none are counted: add --reps right_knee, for "
                "example"
            )
    for flag, is_given in (("--counter", data.counter), ("--sound", data.sound)):
        if is_given and not data.repetitions:
            raise OptionError(f"{flag} has nothing to count: add --reps right_knee, for example")
