"""Check: one thing that was looked at, and what to do if it is not as it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Check:
    """What was found out about one thing.

    >>> Check("disk", "cache", "12 GB free").is_good
    True
    """

    topic: str
    """The heading it stands under: machine, packages, cameras."""
    name: str
    value: str
    """What was found, in one line."""
    trouble: str = ""
    """What is wrong, as a clause; empty if nothing is."""
    cure: str = ""
    """The one command that mends it."""
    is_needed: bool = False
    """Whether livepose cannot work without it."""
    data: Mapping[str, object] = field(default_factory=dict)
    """The same as `value` for programs, where it has numbers."""

    @property
    def is_good(self) -> bool:
        return not self.trouble

    def cleaned(self, clean: Callable[[str], str]) -> Check:
        """Return it with every text changed by a function."""
        return replace(
            self,
            name=clean(self.name),
            value=clean(self.value),
            trouble=clean(self.trouble),
            cure=clean(self.cure),
        )


def works(checks: Iterable[Check]) -> bool:
    """Return whether nothing is in trouble that is needed."""
    return all(each.is_good or not each.is_needed for each in checks)
