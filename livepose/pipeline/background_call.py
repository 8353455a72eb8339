"""One call in a thread of its own, such as a download that goes on while something else is done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """A call that is begun at once, and whose result is asked for later.

    >>> call = BackgroundCall("sum", lambda: sum(range(5)))
    >>> call.result()
    10
    """

    def __init__(self, name: str, function: Callable[[], T]) -> None:
        """Begin the call.

        Args:
            name: Of the thread.
            function: Called once.
        """
        self._function = function
        self._results: list[T] = []
        self._error: BaseException | None = None
        # A daemon: a connection that hangs must not keep a process from ending.
        self._thread = threading.Thread(target=self._run, name=f"livepose-{name}", daemon=True)
        self._thread.start()

    def wait(self, timeout_s: float) -> bool:
        """Wait so long for the call, and return whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def result(self) -> T:
        """Wait for the call, and return what it returned, or raise its error."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._function())
        except BaseException as error:  # raised where the result is asked for
            self._error = error
