"""Rates and percentiles over a sliding window."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_KEPT = 10_000
"""Samples kept for percentiles: five minutes at 30 a second, in 80 kB."""


class Samples:
    """The latest measurements of one duration, in seconds.

    >>> samples = Samples()
    >>> for seconds in (0.001, 0.002, 0.009):
    ...     samples.add(seconds)
    >>> len(samples), samples.percentile(50), round(samples.mean(), 6)
    (3, 0.002, 0.004)
    """

    def __init__(self, kept: int = _KEPT) -> None:
        """Create an empty collection.

        Args:
            kept: How many of the latest samples are kept.
        """
        self._seconds: deque[float] = deque(maxlen=kept)

    def add(self, seconds: float) -> None:
        self._seconds.append(seconds)

    def __len__(self) -> int:
        return len(self._seconds)

    def percentile(self, percent: float) -> float:
        """Return a percentile in seconds, or NaN without samples."""
        if not self._seconds:
            return float("nan")
        # As np.percentile does, which imports masked arrays for it: 10 ms at the end of each run.
        ordered = sorted(self._seconds)
        return float(np.interp(percent / 100 * (len(ordered) - 1), range(len(ordered)), ordered))

    def mean(self) -> float:
        """Return the mean in seconds, or NaN without samples."""
        return sum(self._seconds) / len(self._seconds) if self._seconds else float("nan")


class Rate:
    """Events per second over the last second or two.

    >>> rate = Rate()
    >>> for tick_s in (10.0, 10.5, 11.0):
    ...     rate.tick(tick_s)
    >>> rate.per_second()
    2.0
    """

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._ticks_s: deque[float] = deque()

    def tick(self, now_s: float | None = None) -> None:
        """Count one event.

        Args:
            now_s: When it happened; `time.perf_counter()` unless given.
        """
        now_s = time.perf_counter() if now_s is None else now_s
        self._ticks_s.append(now_s)
        while now_s - self._ticks_s[0] > self._window_s:
            self._ticks_s.popleft()

    def per_second(self) -> float:
        """Return the rate: n events bound n - 1 intervals. It is 0 until there are two."""
        if len(self._ticks_s) < 2:
            return 0.0
        span_s = self._ticks_s[-1] - self._ticks_s[0]
        return (len(self._ticks_s) - 1) / span_s if span_s > 0 else 0.0


def timed(items: Iterable[T], samples: Samples) -> Iterator[T]:
    """Yield the items, and add to `samples` how long each took to come."""
    started_s = time.perf_counter()
    for item in items:
        samples.add(time.perf_counter() - started_s)
        yield item
        del item  # else one frame more would be kept while the next one is decoded
        started_s = time.perf_counter()
