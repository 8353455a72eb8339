"""ClipAngles: everybody's angles in a clip whose frames are analysed in any order."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from livepose.core.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class AngleSample:
    """The angles of everybody in one frame."""

    time_s: float
    ids: Sequence[int]
    """(N,) as they were when the frame was analysed."""
    names: tuple[str, ...]
    """Of the A angles."""
    degrees: FloatArray
    """(N, A)"""
    is_cut: bool
    """Whether a scene starts here, and the frame before it was analysed just before it."""


class ClipAngles:
    """Keeps the angles of every frame of a clip, in the order of their times.

    >>> import numpy as np
    >>> angles = ClipAngles(max_gap_s=0.5)
    >>> for time_s in (2.0, 2.25, 0.5, 0.75):
    ...     angles.add(time_s, [1], ("left_knee",), np.zeros((1, 1)), is_scene_start=False)
    >>> [sample.time_s for sample in angles.run_around(0.75)]
    [0.5, 0.75]
    """

    def __init__(self, max_gap_s: float) -> None:
        """Start with no frames.

        Args:
            max_gap_s: Frames that are farther apart do not belong to one run.
        """
        self._max_gap_s = max_gap_s
        self._samples: list[AngleSample] = []
        self._added_s = -math.inf

    def add(
        self,
        time_s: float,
        ids: Sequence[int],
        names: tuple[str, ...],
        degrees: FloatArray,
        *,
        is_scene_start: bool,
    ) -> None:
        """Take in the angles of a frame, in the place of those that were known of it.

        Args:
            time_s: When the frame is shown.
            ids: (N,) of the people.
            names: Of the A angles.
            degrees: (N, A)
            is_scene_start: Whether the estimator has started anew: after a leap in time too.
        """
        is_cut = is_scene_start and 0 < time_s - self._added_s <= self._max_gap_s
        self._added_s = time_s
        place = bisect_left(self._samples, time_s, key=_time_of)
        is_known = place < len(self._samples) and self._samples[place].time_s == time_s
        if is_known:
            is_cut = is_cut or self._samples[place].is_cut
        end = place + 1 if is_known else place
        self._samples[place:end] = [AngleSample(time_s, ids, names, degrees, is_cut)]

    def run_around(self, time_s: float) -> Sequence[AngleSample]:
        """Return the frames around a time between which no gap is too large, in their order."""
        samples = self._samples
        first = last = bisect_left(samples, time_s, key=_time_of)
        if first == len(samples):
            return []
        while first and samples[first].time_s - samples[first - 1].time_s <= self._max_gap_s:
            first -= 1
        while (
            last + 1 < len(samples)
            and samples[last + 1].time_s - samples[last].time_s <= self._max_gap_s
        ):
            last += 1
        return samples[first : last + 1]


def _time_of(sample: AngleSample) -> float:
    return sample.time_s
