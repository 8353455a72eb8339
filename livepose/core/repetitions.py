"""Repetition: one repetition that was counted, and what was measured of it."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition of one person: an angle went beyond a threshold and came back.

    >>> squat = Repetition(1, start_s=2.5, end_s=4.5, peak_deg=104.0, crossed_s=3.0, back_s=4.0)
    >>> squat.time_over_threshold_s
    1.0
    """

    track_id: int
    start_s: float
    """When the movement began: a tenth of the way to the turning point was done."""
    end_s: float
    """When it was over: a tenth of the way back was left. Not final until it is complete."""
    peak_deg: float
    """At the turning point: the farthest value that the angle reached."""
    crossed_s: float
    """When it crossed the threshold."""
    back_s: float
    """When it crossed the threshold on its way back."""
    peak_s: float = math.nan
    """When it turned."""
    is_complete: bool = True
    """Whether `end_s` is final; a repetition is counted as soon as the angle is back."""
    rule: str = ""
    """What counted it, such as `right_knee:>90`."""
    threshold_deg: float = math.nan
    """That of the rule, or the one that was found."""
    number: int = 0
    """Of this person under this rule, from 1."""
    period_s: float = math.nan
    """From the start of the repetition before it to its own; NaN for the first one, and after the
    person was out of sight."""
    speed_in_deg_s: float = math.nan
    """The greatest angular speed on the way to the turning point."""
    speed_out_deg_s: float = math.nan
    """The greatest angular speed on the way back from it."""
    angle_names: tuple[str, ...] = ()
    """All angles that were measured."""
    low_deg: tuple[float, ...] = ()
    """The least value of each angle during the repetition; NaN where it was not seen."""
    high_deg: tuple[float, ...] = ()
    """The greatest value of each angle."""

    @property
    def time_over_threshold_s(self) -> float:
        """For how long the angle was beyond the threshold: under it, if the rule has a <."""
        return self.back_s - self.crossed_s
