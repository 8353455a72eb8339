"""Percentiles of the latest samples, and events per second."""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import isnan

import pytest

from livepose.pipeline.metrics import Rate, Samples, timed


def test_without_samples_there_is_no_percentile_and_no_mean() -> None:
    samples = Samples()
    assert len(samples) == 0
    assert isnan(samples.percentile(50)) and isnan(samples.mean())


def test_only_the_latest_samples_count() -> None:
    samples = Samples(kept=3)
    for seconds in (100.0, 1.0, 2.0, 3.0):
        samples.add(seconds)
    assert len(samples) == 3
    assert samples.mean() == 2.0
    assert [samples.percentile(percent) for percent in (0, 50, 100)] == [1.0, 2.0, 3.0]


def test_the_rate_is_that_of_the_last_two_seconds() -> None:
    rate = Rate()
    for tick in range(31):  # ten a second, and then a hundred
        rate.tick(tick / 10)
    assert rate.per_second() == pytest.approx(10)
    for tick in range(1, 301):
        rate.tick(3 + tick / 100)
    assert rate.per_second() == pytest.approx(100)


@pytest.mark.parametrize("ticks_s", [[], [1.0], [1.0, 1.0], [1.0, 9.0]])
def test_without_an_interval_the_rate_is_0(ticks_s: list[float]) -> None:
    rate = Rate()
    for tick_s in ticks_s:
        rate.tick(tick_s)
    assert rate.per_second() == 0


def test_only_the_wait_for_an_item_is_timed_and_not_its_use() -> None:
    def slow_items() -> Iterator[int]:
        for number in range(3):
            time.sleep(0.01)
            yield number

    samples, seen = Samples(), []
    for item in timed(slow_items(), samples):
        seen.append(item)
        time.sleep(0.1)
    assert seen == [0, 1, 2]
    assert len(samples) == 3
    assert samples.percentile(0) >= 0.01
    assert samples.percentile(50) < 0.1
