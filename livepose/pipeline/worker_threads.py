"""The threads of a pipeline: named, started together, and joined by their owner."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

JOIN_LIMIT_S = 2.0
"""How long `join` waits for all of its threads together."""


class WorkerThreads:
    """Threads that run one function each, called `livepose-capture` and so on.

    The functions must not raise: a pipeline hands its errors on itself.
    """

    def __init__(self, targets: Mapping[str, Callable[[], None]]) -> None:
        """Create the threads without starting them.

        Args:
            targets: The functions, by the names of their threads.
        """
        self._threads = [
            # Daemons, because a camera driver can block in read() for as long as it likes.
            threading.Thread(target=target, name=f"livepose-{name}", daemon=True)
            for name, target in targets.items()
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self, source_name: str) -> None:
        """Wait up to `JOIN_LIMIT_S`, and name in the log each thread that is left behind.

        Args:
            source_name: What a thread that does not return is waiting for.
        """
        deadline_s = time.monotonic() + JOIN_LIMIT_S
        for thread in self._started():
            thread.join(max(0.0, deadline_s - time.monotonic()))
            if thread.is_alive():
                _log.warning("%s is left behind: %s does not return", thread.name, source_name)

    def join_all(self) -> None:
        """Wait for all threads, however long they take."""
        for thread in self._started():
            while thread.is_alive():
                # In slices: on Windows Ctrl-C is noticed only between two waits.
                thread.join(JOIN_LIMIT_S)

    def _started(self) -> list[threading.Thread]:
        return [thread for thread in self._threads if thread.ident is not None]
