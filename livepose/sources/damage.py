"""What is known of the damage of a video: the frames that are missing, and those that are corrupt.

>>> tally = FrameTally()
>>> for number in (0, 1, 2, 3, 6, 7, 8, 9):
...     tally.add(number, number / 25, is_corrupt=number in (6, 7))
>>> tally.missing_frames(length_s=0.4)
2
>>> tally.describe(missing=2)
'2 of 10 frames are missing, and 2 are corrupt (6 and 7)'
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

import numpy as np

from livepose.core.arrays import median

_MAX_DEVIATION = 0.25
"""A step of a constant frame rate differs from the usual one by less than this share of it."""
_MIN_REGULAR = 0.8
"""Of a constant frame rate at least this share of the steps are regular, also after damage."""
_MIN_FRAMES = 4
_MAX_RANGES = 5


class FrameTally:
    """Notes the frames of a video as they are read."""

    def __init__(self) -> None:
        self.corrupt: list[int] = []
        """The indices of the frames that the decoder calls corrupt."""
        self._times_s = array("d")

    def add(self, index: int, time_s: float, *, is_corrupt: bool) -> None:
        """Note a frame."""
        self._times_s.append(time_s)
        if is_corrupt:
            self.corrupt.append(index)

    @property
    def frames(self) -> int:
        """How many frames were read."""
        return len(self._times_s)

    @property
    def last_time_s(self) -> float:
        """The time of the last frame, in seconds; 0 without a frame."""
        return self._times_s[-1] if self._times_s else 0.0

    def missing_frames(self, length_s: float | None) -> int:
        """Return how many frames a damaged video lacks, from its length or the gaps in its rate.

        A good video may have such gaps as well, where a camera has dropped frames.

        Args:
            length_s: How long the video should be; None where that is unknown.

        Returns:
            0 if the frame rate is not constant, as nobody knows what is missing then.
        """
        if self.frames < _MIN_FRAMES:
            return 0
        times_s = np.frombuffer(self._times_s)
        steps_s = np.diff(times_s)
        usual_s = median(steps_s)
        is_regular = np.abs(steps_s - usual_s) < _MAX_DEVIATION * usual_s
        if is_regular.mean() < _MIN_REGULAR:
            return 0
        if length_s is not None:
            return max(round(length_s / usual_s) - self.frames, 0)
        return int((np.rint(steps_s[~is_regular] / usual_s) - 1).clip(min=0).sum())

    def describe(self, missing: int) -> str:
        """Return what is wrong with the frames; empty if nothing is."""
        if not missing:
            return describe_corrupt(self.corrupt) if self.corrupt else ""
        verb = "is" if missing == 1 else "are"
        text = f"{missing} of {self.frames + missing} frames {verb} missing"
        if not self.corrupt:
            return text
        verb = "is" if len(self.corrupt) == 1 else "are"
        return f"{text}, and {len(self.corrupt)} {verb} corrupt ({_ranges(self.corrupt)})"


def describe_corrupt(indices: Sequence[int]) -> str:
    """Return which frames are corrupt.

    >>> describe_corrupt([3, 4, 5, 9])
    '4 frames are corrupt (3 to 5 and 9)'
    """
    return f"{_count(len(indices))} corrupt ({_ranges(indices)})"


def _count(frames: int) -> str:
    return "1 frame is" if frames == 1 else f"{frames} frames are"


def _ranges(indices: Iterable[int]) -> str:
    """Return indices as text: `3 to 5 and 9`; after five ranges, how many more there are."""
    ranges: list[list[int]] = []
    for index in indices:
        if ranges and index == ranges[-1][-1] + 1:
            ranges[-1].append(index)
        else:
            ranges.append([index])
    words: list[str] = []
    for each in ranges[:_MAX_RANGES]:
        # Two are not a range.
        words += [f"{each[0]} to {each[-1]}"] if len(each) > 2 else map(str, each)
    left = sum(map(len, ranges[_MAX_RANGES:]))
    if left:
        words.append(f"{left} more")
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
