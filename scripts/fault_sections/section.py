"""The nouns of the fault suite: a section, the conditions of a trial, its outcome."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from random import Random


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of fault, tried many times."""

    name: str
    """Also of its module."""
    description: str
    """As the table says it."""

    def run(self, trial: Trial) -> Outcome:
        """Try every case of this section, and return what came of it."""
        outcome = Outcome(self)
        started_s = time.monotonic()
        import_module(f"fault_sections.{self.name}").run(trial, outcome)
        outcome.seconds = time.monotonic() - started_s
        return outcome


@dataclass(frozen=True, slots=True)
class Trial:
    """How much a section tries, and with what."""

    random: Random
    """Seeded: the same cases come again with the same seed."""
    folder: Path
    """For files: empty at first, removed at the end."""
    is_full: bool = False
    wanted_count: int | None = None

    def count(self, small: int, full: int) -> int:
        """Return how many cases to try: the number that was asked for, or one of these two."""
        if self.wanted_count is not None:
            return self.wanted_count
        return full if self.is_full else small


@dataclass(slots=True)
class Outcome:
    """What came of a section: how many cases were tried, and how many went wrong.

    >>> outcome = Outcome(Section("kills", "killed runs"))
    >>> outcome.add("an .mp4 killed after 2 s")
    >>> outcome.add("a .csv killed after 3 s", loss="1.4 s of it")
    >>> outcome.tried, outcome.failed, outcome.lost, outcome.problems
    (2, 0, 1, ['a .csv killed after 3 s: 1.4 s of it'])
    """

    section: Section
    tried: int = 0
    failed: int = 0
    """Cases in which the program misbehaved."""
    lost: int = 0
    """Cases in which something was lost that should not be."""
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    skipped: str = ""
    """Why nothing, or not everything, was tried."""

    @property
    def is_good(self) -> bool:
        return not self.failed and not self.lost

    def add(self, case: str, *, failure: str = "", loss: str = "") -> None:
        """Count a case.

        Args:
            case: What was tried, precisely enough to try it again.
            failure: How the program misbehaved; empty if it did not.
            loss: What was lost; empty if nothing was.
        """
        self.tried += 1
        self.failed += bool(failure)
        self.lost += bool(loss)
        for problem in filter(None, (failure, loss)):
            self.problems.append(f"{case}: {problem}")
            print(f"\n{self.section.name}: {case}: {problem}", file=sys.stderr)
        counts = f"{self.tried} tried, {self.failed} failed, {self.lost} lost"
        print(f"\r{self.section.name}: {counts} ", end="", file=sys.stderr, flush=True)

    def note(self, text: str) -> None:
        """Remember what is worth knowing beside the counts."""
        self.notes.append(text)

    def skip(self, reason: str) -> None:
        """Note why this machine cannot try it."""
        self.skipped = reason
