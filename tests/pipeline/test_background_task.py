"""A task in a thread of its own."""

from __future__ import annotations

import threading

import pytest

from livepose.pipeline.background_task import BackgroundTask


def test_its_owner_goes_on_until_it_waits_for_the_end() -> None:
    gate = threading.Event()

    def wait() -> None:
        gate.wait()

    task = BackgroundTask("gate", wait)
    assert not task.is_done
    gate.set()
    task.join()
    assert task.is_done


def test_what_it_raises_is_raised_once_by_whoever_waits() -> None:
    def fail() -> None:
        raise ValueError("no")

    task = BackgroundTask("fail", fail)
    with pytest.raises(ValueError, match="no"):
        task.join()
    task.join()
    assert task.is_done
