"""A process that does not end after two signals is ended."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest

from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.system.interrupts import Interrupts
from tests.support.programs import run_python
from tests.support.signals import signals_as_they_were

STUCK = """
import os, signal, sys, threading, time
from livepose.pipeline import exit_watch
from livepose.system.interrupts import Interrupts
exit_watch.PATIENCE_S = 0.3

def report():
    os.write(2, b"the part is there")

def send():
    for name in sys.argv[1:]:
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(0.05)

both = Interrupts()
with exit_watch.exit_after_two_signals(report), both.handled():
    both.defer()
    lock = threading.Lock()
    lock.acquire()
    threading.Timer(0.1, send).start()
    lock.acquire(timeout=5)
    os.write(2, b"waited")
"""


@pytest.mark.skipif(os.name == "nt", reason="os.kill ends a process there")
@pytest.mark.parametrize(
    ("names", "code"), [(("SIGINT", "SIGTERM"), 143), (("SIGTERM", "SIGINT", "SIGINT"), 130)]
)
def test_after_two_signals_a_call_that_does_not_return_is_left(
    names: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    done = run_python("-c", STUCK, *names, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (code, "the part is there")


def test_a_run_that_ends_after_two_signals_is_not_left() -> None:
    reports: list[int] = []
    interrupts = Interrupts()
    threads = threading.active_count()
    watch = exit_after_two_signals(lambda: reports.append(1))
    with signals_as_they_were(), watch, interrupts.handled():
        assert threading.active_count() == threads + 1
        interrupts.defer()
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert threading.active_count() == threads
    assert reports == [] and signal.set_wakeup_fd(-1) == -1
