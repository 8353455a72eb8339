"""End a process that does not end after two signals.

Python handles signals in its main thread, between two instructions. A call into a native library
that does not return, as for a network drive that is gone, would keep it from that for ever. A
thread hears of signals nevertheless: if the block is not left `PATIENCE_S` after a second one, the
thread ends the process. Nothing is closed then, as it may be in use.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from livepose.system.interrupts import end_signals

PATIENCE_S = 3.0
"""How long a process may take to end after a second signal."""
_REPORT_S = 1.0
"""How long it may take to report what is left unfinished."""
_STOP = b"\0"
"""In the place of the number of a signal: nobody listens any more."""


@contextmanager
def exit_after_two_signals(on_exit: Callable[[], None]) -> Iterator[None]:
    """End the process if two signals come, and the block is not left soon after.

    It is entered in the main thread, before the signals get their handlers.

    Args:
        on_exit: Called in another thread before the process is ended.
    """
    reader, writer = os.pipe()
    if os.name != "nt":
        os.set_blocking(writer, False)
    has_ended = threading.Event()
    # The numbers of signals are written to it as they come in, whatever the main thread does.
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    listener = threading.Thread(
        target=_exit_after_two,
        args=(reader, has_ended, on_exit),
        name="livepose-signals",
        daemon=True,
    )
    listener.start()
    try:
        yield
    finally:
        has_ended.set()
        signal.set_wakeup_fd(before)
        with suppress(BlockingIOError):  # full of signals, which wake the thread too
            os.write(writer, _STOP)
        listener.join()
        os.close(reader)
        os.close(writer)


def _exit_after_two(reader: int, has_ended: threading.Event, on_exit: Callable[[], None]) -> None:
    numbers: list[int] = []
    ours = set(end_signals())
    while len(numbers) < 2 and not has_ended.is_set():
        numbers += [number for number in os.read(reader, 64) if number in ours]
    if has_ended.wait(PATIENCE_S):
        return
    # In a thread of its own, as the disk or the terminal may be what does not answer.
    reporter = threading.Thread(target=on_exit, daemon=True)
    reporter.start()
    reporter.join(_REPORT_S)
    os._exit(128 + numbers[-1])
