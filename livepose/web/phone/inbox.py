"""Where pictures wait between the server's thread and the one that reads them: only the newest."""

from __future__ import annotations

import threading
import time

from livepose.web.phone.pictures import Picture

_MAX_WAIT_S = 0.5
"""No wait is longer: on Windows before Python 3.14 Ctrl-C waits until a wait is over."""


class Inbox:
    """Holds the newest picture of the phone until it is taken; a newer one takes its place.

    >>> inbox = Inbox()
    >>> for number in range(3):
    ...     inbox.put(Picture(b"", number, captured_s=0.0, arrived_s=0.0, session=1))
    >>> inbox.take(timeout_s=1.0).number
    2
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: Picture | None = None
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether no picture will come any more."""
        return self._is_closed

    def put(self, picture: Picture) -> None:
        """Put in a picture, in the place of one that nobody has taken yet."""
        with self._changed:
            self._newest = picture
            self._changed.notify_all()

    def take(self, timeout_s: float) -> Picture | None:
        """Remove and return the newest picture, waiting for one; None if none came in time."""
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            while self._newest is None and not self._is_closed:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    return None
                self._changed.wait(min(left_s, _MAX_WAIT_S))
            picture, self._newest = self._newest, None
            return None if self._is_closed else picture

    def close(self) -> None:
        """Wake whoever waits; no picture is returned any more."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
