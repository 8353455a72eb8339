"""Run channels and pipelines on random schedules: nothing hangs, is lost, or comes out of order.

The schedules are those of `tests/support/schedules.py`, of which the tests try some dozens.
"""

from __future__ import annotations

import faulthandler
import sys
import threading

from fault_sections.program import CHECKOUT
from fault_sections.section import Outcome, Trial

_LIMIT_S = 60.0
"""A schedule takes some hundredths of a second: one that takes longer hangs."""


def run(trial: Trial, outcome: Outcome) -> None:
    """Try each kind of schedule in turn, with seeds of their own."""
    sys.path.insert(0, str(CHECKOUT))
    from tests.support.schedules import SCHEDULES

    kinds = sorted(SCHEDULES)
    for number in range(trial.count(600, 6000)):
        kind, seed = kinds[number % len(kinds)], trial.random.randrange(1 << 32)
        # A hang is no failure that could be counted: the threads are printed, and the suite ends.
        faulthandler.dump_traceback_later(_LIMIT_S, exit=True)
        problem = SCHEDULES[kind](seed)
        faulthandler.cancel_dump_traceback_later()
        left = [t.name for t in threading.enumerate() if t.name.startswith("livepose-")]
        if left and not problem:
            problem = f"threads are left: {', '.join(left)}"
        outcome.add(f"{kind} with seed {seed}", failure=problem)
