"""PeopleChanges: when people come into sight or are lost, in whatever order it is analysed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

SHORT_S = 0.5
"""Who is away for less was not lost, and what happens within it is one change."""


@dataclass(frozen=True, slots=True)
class _Change:
    time_s: float
    before: frozenset[int]
    after: frozenset[int]


@dataclass(slots=True)
class PeopleChanges:
    """The moments at which other people are in the frame than in the one before it.

    >>> changes = PeopleChanges()
    >>> changes.add(40, time_s=1.33, before=[1], after=[1, 2])
    >>> changes.times_s()
    (1.33,)
    """

    _changes: dict[int, _Change] = field(default_factory=dict)
    """By the number of the frame."""

    def add(
        self, index: int, *, time_s: float, before: Iterable[int], after: Iterable[int]
    ) -> None:
        """Add a frame.

        Args:
            index: Its number.
            time_s: When it is shown.
            before: The ids of the people in the frame before it.
            after: Of those in it.
        """
        earlier, later = frozenset(before), frozenset(after)
        if earlier != later:
            self._changes[index] = _Change(time_s, earlier, later)

    def clear(self) -> None:
        self._changes.clear()

    def times_s(self, id_of: Callable[[int], int] = int) -> tuple[float, ...]:
        """Return when people come or are lost, in order; who is back within 0.5 s was not lost.

        Args:
            id_of: Returns the id that the person with an id has by now.
        """
        found: list[_Change] = []
        for index in sorted(self._changes):
            change = self._changes[index]
            time_s = change.time_s
            before, after = (frozenset(map(id_of, ids)) for ids in (change.before, change.after))
            if found and time_s - found[-1].time_s < SHORT_S:
                last = found.pop()
                time_s, before = last.time_s, last.before
            if before != after:
                found.append(_Change(time_s, before, after))
        return tuple(change.time_s for change in found)
