"""What a batch did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from livepose.batch.results import ItemResult, Status


@dataclass(slots=True)
class BatchSummary:
    """What a batch did; `results` are in the order of its files.

    >>> summary = BatchSummary([ItemResult("a.mp4", Status.DONE, frames=60)], seconds=1.5, jobs=1)
    >>> summary.frames, summary.counts[Status.DONE], summary.failed
    (60, 1, [])
    """

    results: Sequence[ItemResult]
    seconds: float
    jobs: int
    not_begun: Sequence[str] = field(default_factory=list)
    """The names of the files that the end of the batch came before."""

    @property
    def frames(self) -> int:
        """How many frames were worked on, without those of files that were done before."""
        return sum(each.frames for each in self.results if each.status is not Status.KEPT)

    @property
    def counts(self) -> Counter[Status]:
        """How many files ended in each way."""
        return Counter(each.status for each in self.results)

    @property
    def failed(self) -> list[ItemResult]:
        """The files of which less was written than there should be."""
        return [each for each in self.results if each.status is Status.FAILED]
