"""Rates and percentiles over a sliding window."""

from __future__ import annotations

import time
from collections import deque

import numpy as np

_KEPT = 10_000
"""Samples kept for percentiles: five minutes at 30 a second, in 80 kB."""


class Samples:
    """The latest measurements of one thing, in seconds."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._seconds: deque[float] = deque(maxlen=kept)

    def add(self, seconds: float) -> None:
        self._seconds.append(seconds)

    def __len__(self) -> int:
        return len(self._seconds)

    def percentile(self, percent: float) -> float:
        """Give a percentile in seconds, NaN when nothing was measured."""
        return float(np.percentile(self._seconds, percent)) if self._seconds else float("nan")

    def mean(self) -> float:
        """Give the mean in seconds, NaN when nothing was measured."""
        return sum(self._seconds) / len(self._seconds) if self._seconds else float("nan")


class Rate:
    """How many a second, over the last second or two."""

    def __init__(self, window_s: float = 2.0) -> None:
        self._window_s = window_s
        self._ticks_s: deque[float] = deque()

    def tick(self, now_s: float | None = None) -> None:
        """Count one, now (`time.perf_counter()`) unless said otherwise."""
        now_s = time.perf_counter() if now_s is None else now_s
        self._ticks_s.append(now_s)
        while now_s - self._ticks_s[0] > self._window_s:
            self._ticks_s.popleft()

    def per_second(self) -> float:
        """Give the rate: n ticks bound n - 1 intervals. 0 until there are two."""
        if len(self._ticks_s) < 2:
            return 0.0
        span_s = self._ticks_s[-1] - self._ticks_s[0]
        return (len(self._ticks_s) - 1) / span_s if span_s > 0 else 0.0
