"""SenderThread: sends frames in a thread of its own, so that the frame loop never waits.

A frame must not be late for a network: even a send that never blocks costs a system call for each
packet, and an OSC frame is many packets.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator

from livepose.core.errors import SinkError
from livepose.core.frame import PosedFrame
from livepose.send.address import CAPACITY, STOP_LIMIT_S

_log = logging.getLogger(__name__)


class SenderThread:
    """Pass frames to a thread; if it falls behind, the oldest ones are dropped."""

    def __init__(
        self, name: str, send: Callable[[PosedFrame], None], on_close: Callable[[], None]
    ) -> None:
        """Start the thread.

        Args:
            name: Of the receiver, for messages.
            send: Called in the thread with each frame.
            on_close: Called in the thread after the last frame.
        """
        self._name, self._send, self._on_close = name, send, on_close
        self._waiting: deque[PosedFrame] = deque(maxlen=CAPACITY)
        self._changed = threading.Condition()
        self._is_closing = False
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"livepose-send-{name}", daemon=True)
        self._thread.start()

    def submit(self, posed: PosedFrame) -> None:
        """Leave a frame to the thread.

        Raises:
            SinkError: If sending has failed before, or if the thread was closed.
        """
        with self._changed:
            if self._error is not None:
                raise SinkError(f"{self._name} gets no more poses: {self._error}") from self._error
            if self._is_closing:
                raise SinkError(f"{self._name} is closed, and gets no more poses")
            self._waiting.append(posed)
            self._changed.notify()

    def close(self) -> bool:
        """Send what is waiting, and end; return whether the thread ended in time."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(STOP_LIMIT_S)
        if self._thread.is_alive():
            _log.warning("%s did not stop in %g s and is left behind", self._name, STOP_LIMIT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            for posed in self._submitted():
                self._send(posed)
            self._on_close()
        except Exception as error:
            _log.warning("%s gets no more poses: %s", self._name, error)
            with self._changed:
                self._error = error

    def _submitted(self) -> Iterator[PosedFrame]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._is_closing)
                if not self._waiting:
                    return
                posed = self._waiting.popleft()
            yield posed
