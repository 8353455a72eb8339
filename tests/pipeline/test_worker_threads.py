"""Threads of a pipeline: their names, and how they are joined."""

from __future__ import annotations

import logging
import os
import signal
import threading
import time

import pytest

from livepose.pipeline import worker_threads
from livepose.pipeline.worker_threads import WorkerThreads


def test_each_function_runs_in_a_daemon_thread_with_its_name() -> None:
    seen: dict[str, bool] = {}

    def note() -> None:
        current = threading.current_thread()
        seen[current.name] = current.daemon

    threads = WorkerThreads({"capture": note, "inference": note})
    assert seen == {}
    threads.start()
    threads.join("clip.mp4")
    assert seen == {"livepose-capture": True, "livepose-inference": True}


def test_threads_that_were_never_started_are_not_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    threads = WorkerThreads({"capture": lambda: None})
    threads.join("clip.mp4")
    threads.join_all()
    assert caplog.records == []


def test_a_thread_that_does_not_return_is_left_behind_and_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(worker_threads, "JOIN_LIMIT_S", 0.1)
    released = threading.Event()

    def wait() -> None:
        released.wait(30)

    threads = WorkerThreads({"capture": lambda: None, "inference": wait})
    threads.start()
    began_s = time.monotonic()
    with caplog.at_level(logging.WARNING):
        threads.join("camera 0")
    assert time.monotonic() - began_s < 5
    assert caplog.messages == ["livepose-inference is left behind: camera 0 does not return"]
    released.set()
    threads.join_all()


def test_joining_all_waits_longer_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_threads, "JOIN_LIMIT_S", 0.01)
    finished: list[int] = []

    def work() -> None:
        time.sleep(0.2)
        finished.append(1)

    threads = WorkerThreads({"inference": work})
    threads.start()
    threads.join_all()
    assert finished == [1]


def test_a_wait_for_threads_goes_on_after_ctrl_c_which_is_raised_behind_it() -> None:
    ended: list[bool] = []

    def work() -> None:
        time.sleep(0.1)
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        ended.append(True)

    threads = WorkerThreads({"inference": work})
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threads.start()
        with pytest.raises(KeyboardInterrupt):
            threads.join_all()
        assert ended == [True]
    finally:
        signal.signal(signal.SIGINT, before)
