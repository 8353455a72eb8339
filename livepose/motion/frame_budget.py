"""The frame budget: how many people, and whether a search for more, fit into the time of a frame.

Times are measured as the run goes on, and averaged. A measurement that is longer than expected
counts somewhat more than a shorter one: it is better to see one person fewer than to be late. But a
single one that is far too long, as when another program takes the processor, says little of the
next.
"""

from __future__ import annotations

_SHARE = 0.75
"""Of the time from frame to frame; the rest is for others, such as painting."""
_LONGER_GAIN, _SHORTER_GAIN = 0.15, 0.1
_MAX_RATIO = 1.5
"""What counts of a measurement, over the average."""
_SEARCH_SHARE = 0.25
"""Of the time, for searches that take turns away from people."""
_RARE_SEARCH_S = 1.0
"""From a search to the next, where one takes longer than a frame has."""


class FrameBudget:
    """Measures what a frame's parts cost, and answers what the next frame has time for.

    >>> budget = FrameBudget(frame_s=0.040)
    >>> budget.add_frame(seen=10, seen_s=0.050, rest_s=0.0)
    >>> budget.places(searches=False)
    6
    """

    def __init__(self, frame_s: float) -> None:
        """Start without a measurement: until there is one, there is time for everybody.

        Args:
            frame_s: Seconds from frame to frame.
        """
        self._available_s = _SHARE * frame_s
        self._person_s = self._rest_s = self._search_s = 0.0
        self._searched_s: float | None = None

    def add_frame(self, seen: int, seen_s: float, rest_s: float) -> None:
        """Add what a frame took.

        Args:
            seen: How many people the network saw.
            seen_s: Seconds that this took.
            rest_s: Seconds for what is done once a frame, but for searches.
        """
        if seen:
            self._person_s = _average(self._person_s, seen_s / seen)
        self._rest_s = _average(self._rest_s, rest_s)

    def add_search(self, time_s: float, seconds: float) -> None:
        """Add what a search took, and the time of its frame."""
        self._search_s = _average(self._search_s, seconds)
        self._searched_s = time_s

    def places(self, *, searches: bool) -> int | None:
        """Return how many people the network can see in a frame; None before the first measurement.

        Args:
            searches: Whether the frame is searched as well.
        """
        if not self._person_s:
            return None
        left_s = self._available_s - self._rest_s - searches * self._search_s
        return max(0 if searches else 1, int(left_s / self._person_s))

    def has_time_for_search(self, time_s: float, people: int) -> bool:
        """Return whether a frame may be searched, if so at the cost of turns.

        Args:
            time_s: Of the frame.
            people: How many are known.
        """
        places = self.places(searches=True)
        if self._searched_s is None or places is None or people <= places:
            return True
        since_s = time_s - self._searched_s
        if self._search_s > self._available_s - self._rest_s:
            return not 0 <= since_s < _RARE_SEARCH_S
        return not 0 <= since_s < self._search_s / _SEARCH_SHARE


def _average(average_s: float, measured_s: float) -> float:
    """Return the average with one measurement more; the first one is taken as it is."""
    if not average_s:
        return measured_s
    measured_s = min(measured_s, _MAX_RATIO * average_s)
    gain = _LONGER_GAIN if measured_s > average_s else _SHORTER_GAIN
    return average_s + gain * (measured_s - average_s)
