"""Random schedules: nothing hangs, is lost, comes twice or out of order; an error comes once."""

from __future__ import annotations

import pytest

from tests.support.schedules import SCHEDULES

_COUNT = 40


@pytest.mark.parametrize("kind", SCHEDULES)
def test_whatever_the_schedule_all_results_come_in_order_and_then_the_end(kind: str) -> None:
    problems = {seed: SCHEDULES[kind](seed) for seed in range(_COUNT)}
    assert {seed: problem for seed, problem in problems.items() if problem} == {}
