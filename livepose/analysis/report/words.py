"""The words that both forms of a report use."""

from __future__ import annotations

from collections.abc import Sequence

from livepose.analysis.tables import (
    PersonSeries,
)

BEND_HEAD = ("no.", "start", "end", "duration", "farthest")
NOTES = (
    "Angles are measured in the plane of the picture: they are the body's own where it moves in "
    "that plane.",
    "Range is the greatest angle less the least. Symmetry compares the ranges R of the right and "
    "L of the left: 2 (R - L) / (R + L); 0 % is alike, positive is more on the right.",
)


def overview(people: Sequence[PersonSeries]) -> str:
    """Say who was seen, in a line."""
    if not people:
        return "Joint angles. Nobody was seen for long enough to be measured."
    start_s = min(float(person.time_s[0]) for person in people)
    end_s = max(float(person.time_s[-1]) for person in people)
    who = "one person" if len(people) == 1 else f"{len(people)} people"
    return f"Joint angles of {who}, from {start_s:.1f} s to {end_s:.1f} s"


def heading(person: PersonSeries) -> str:
    """Name a person, and how long it was seen."""
    name = f"Person {person.track_id}" if person.track_id else "Person"
    return f"{name}: {len(person.time_s)} frames"
