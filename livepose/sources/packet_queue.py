"""Packets between the thread that reads a stream and the one that decodes them."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

_MAX_PENDING = 300
"""Packets of a live stream between two key frames that are kept: ten seconds at 30 per second."""
_AHEAD = 32
"""Packets of a file that are read ahead."""
_MAX_WAIT_S = 0.5
"""No wait is longer: on Windows before Python 3.14 Ctrl-C waits until a wait is over."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrivedPacket:
    """A packet, and when it arrived."""

    packet: Any
    """An `av.Packet`."""
    arrived_s: float
    """The `time.perf_counter()` time."""
    skipped: int = 0
    """How many packets between it and the one before it were left out."""


class PacketQueue:
    """Packets in their order, then the end or an error.

    For a live stream whose reader is behind, those are left out that need not be decoded: of
    pictures that are whole in themselves all but the newest, of others those before the newest key
    frame. For a file the writer is made to wait.
    """

    def __init__(self, *, drops_late: bool, is_intra_only: bool = False) -> None:
        """Create an empty queue.

        Args:
            drops_late: Whether the stream is live.
            is_intra_only: Whether each packet can be decoded without those before it.
        """
        self._drops_late = drops_late
        self._is_intra_only = is_intra_only
        self._pending: deque[ArrivedPacket] = deque()
        self._skipped = 0
        """How many packets were left out since the last one that was taken or is pending."""
        self._needs_key_frame = False
        self._changed = threading.Condition()
        self._is_over = False
        self._error: BaseException | None = None

    def __len__(self) -> int:
        return len(self._pending)

    def put(self, packet: Any, arrived_s: float) -> bool:
        """Append a packet.

        Returns:
            Whether more are wanted: False once the queue was closed.
        """
        with self._changed:
            while not (self._drops_late or self._is_over) and len(self._pending) >= _AHEAD:
                self._changed.wait(_MAX_WAIT_S)
            if self._is_over:
                return False
            if self._drops_late and not self._make_room_for(packet):
                self._skipped += 1
                return True
            self._pending.append(ArrivedPacket(packet, arrived_s, self._skipped))
            self._skipped = 0
            self._changed.notify_all()
            return True

    def get(self, timeout_s: float = 0.0) -> ArrivedPacket | None:
        """Remove and return the next packet, or None at the end.

        Raises:
            TimeoutError: If none came in time.
            BaseException: If the writer failed: its error, behind all of its packets.
        """
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while not self._pending and not self._is_over:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise TimeoutError
                self._changed.wait(min(left_s, _MAX_WAIT_S))
            if self._pending:
                self._changed.notify_all()
                return self._pending.popleft()
            if self._error is not None:
                raise self._error
            return None

    def end(self, error: BaseException | None = None) -> None:
        """End the queue for its writer: the reader finds the error behind the last packet."""
        with self._changed:
            if not self._is_over:
                self._is_over, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """End the queue for its reader: nothing is pending, and whoever waits wakes."""
        with self._changed:
            self._is_over, self._error = True, None
            self._pending.clear()
            self._changed.notify_all()

    def _make_room_for(self, packet: Any) -> bool:
        """Leave out what need not be decoded, and return whether the packet can be used."""
        if not packet.size:  # the end: it makes the decoder return what it holds
            return True
        is_start = self._is_intra_only or packet.is_keyframe
        if is_start or len(self._pending) >= _MAX_PENDING:
            self._skipped += sum(1 + each.skipped for each in self._pending)
            self._pending.clear()
            # So far behind in the middle of a group of pictures: the next ones would be smeared.
            self._needs_key_frame = not is_start
        return not self._needs_key_frame
