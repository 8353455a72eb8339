"""The threads of a pipeline: named, started when it is entered, and joined by it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from livepose.core.interfaces import Closeable
from livepose.pipeline.channel import MAX_WAIT_S

_log = logging.getLogger(__name__)

Self = TypeVar("Self", bound="ThreadedPipeline")

JOIN_LIMIT_S = 2.0
"""How long `join` waits for all of its threads together."""


class WorkerThreads:
    """Threads that run one function each, called `livepose-capture` and so on.

    The functions must not raise: a pipeline hands its errors on itself.

    A KeyboardInterrupt does not end a wait for them: what they use is closed after it. It is raised
    behind the wait. `Thread.join` is called only for a thread that has ended: interrupted, it would
    take a thread that runs for one that does not.
    """

    def __init__(self, targets: Mapping[str, Callable[[], None]]) -> None:
        """Create the threads without starting them.

        Args:
            targets: The functions, by the names of their threads.
        """
        self._ended = {name: threading.Event() for name in targets}
        self._threads = {
            # Daemons, because a camera driver can block in read() for as long as it likes.
            name: threading.Thread(
                target=_run, args=(target, self._ended[name]), name=f"livepose-{name}", daemon=True
            )
            for name, target in targets.items()
        }

    def start(self) -> None:
        for thread in self._threads.values():
            thread.start()

    def join(self, source_name: str) -> None:
        """Wait up to `JOIN_LIMIT_S`, and name in the log each thread that is left behind.

        Args:
            source_name: What a thread that does not return is waiting for.
        """
        deadline_s = time.monotonic() + JOIN_LIMIT_S
        for thread in self._joined(lambda: time.monotonic() < deadline_s):
            _log.warning("%s is left behind: %s does not return", thread.name, source_name)

    def join_all(self) -> None:
        """Wait for all threads, however long they take."""
        self._joined(lambda: True)

    def _joined(self, is_patient: Callable[[], bool]) -> list[threading.Thread]:
        """Wait for the threads while `is_patient()`, and return those that have not ended."""
        interrupt: KeyboardInterrupt | None = None
        left: list[threading.Thread] = []
        for name, thread in self._threads.items():
            if thread.ident is None:
                continue  # never started
            has_ended = self._ended[name]
            while not has_ended.is_set() and is_patient():
                try:
                    # In slices: on Windows Ctrl-C is noticed only between two waits.
                    has_ended.wait(MAX_WAIT_S)
                except KeyboardInterrupt as error:
                    interrupt = error
            if has_ended.is_set():
                thread.join()
            else:
                left.append(thread)
        if interrupt is not None:
            raise interrupt
        return left


class ThreadedPipeline(Closeable):
    """A pipeline whose threads start when it is entered; its `close` stops them."""

    _threads: WorkerThreads

    def __enter__(self: Self) -> Self:
        """Start the threads; if one cannot be started, the others are stopped."""
        try:
            self._threads.start()
        except BaseException:
            self.close()
            raise
        return self


def _run(target: Callable[[], None], has_ended: threading.Event) -> None:
    try:
        target()
    finally:
        has_ended.set()
