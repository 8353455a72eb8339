"""When the pictures of a network stream were sent, on the clock of this machine."""

from __future__ import annotations

_WINDOW_S = 30.0
"""The fastest arrival of the last 30 to 60 s counts. Clocks that differ by 100 millionths part by
6 ms in that time; without an end, they would part by 9 s in a day."""
_SETTLE_S = 1.0
"""What arrives so soon after the first does not count: many senders begin with a burst, which is
faster than any picture can be that was taken just now."""
_REWIND_S = 1.0
"""Time stamps that step back further have begun anew; those of reordered frames step back less."""


class StreamClock:
    """Maps the time stamps of a stream to the monotonic clock, by its fastest arrival.

    A picture that waits on its way (in a busy network, in a sender's buffer) arrives later than its
    time stamp says, compared with the picture that arrived fastest. That delay is known. What is
    not known is what all pictures have in common: exposure, encoding, and the shortest way through
    the network. A delay that stays for a minute is taken for a part of that.

    >>> clock = StreamClock()
    >>> for stamp_s, arrived_s in ((4.0, 99.0), (5.0, 100.0), (6.0, 101.5)):
    ...     clock.note_arrival(stamp_s, arrived_s)
    >>> clock.sent_s(stamp_s=6.0, arrived_s=101.5)
    101.0
    """

    def __init__(self) -> None:
        self._first_arrival_s: float | None = None
        self._offset_s: float | None = None
        """From time stamps to the clock, at the fastest arrival of this window."""
        self._last_offset_s: float | None = None
        """That of the window before."""
        self._window_began_s = 0.0
        self._stamp_s = 0.0

    def note_arrival(self, stamp_s: float, arrived_s: float) -> None:
        """Note when something with a time stamp arrived, in the order of arrival.

        Args:
            stamp_s: Its time stamp, in seconds.
            arrived_s: The `time.perf_counter()` time of its arrival.
        """
        if self._first_arrival_s is None:
            self._first_arrival_s = arrived_s
        has_rewound = stamp_s < self._stamp_s - _REWIND_S
        self._stamp_s = stamp_s
        if arrived_s - self._first_arrival_s < _SETTLE_S:
            return
        offset_s = arrived_s - stamp_s
        if self._offset_s is None or has_rewound:
            self._offset_s, self._last_offset_s = offset_s, None
            self._window_began_s = arrived_s
        elif arrived_s - self._window_began_s > _WINDOW_S:
            self._offset_s, self._last_offset_s = offset_s, self._offset_s
            self._window_began_s = arrived_s
        else:
            self._offset_s = min(self._offset_s, offset_s)

    def sent_s(self, stamp_s: float | None, arrived_s: float) -> float:
        """Return when a picture was sent, if it came as fast as the fastest; never after arrival.

        Args:
            stamp_s: Its time stamp, in seconds; None if it has none.
            arrived_s: The `time.perf_counter()` time of its arrival.
        """
        offsets_s = [each for each in (self._offset_s, self._last_offset_s) if each is not None]
        if stamp_s is None or not offsets_s:
            return arrived_s
        return min(arrived_s, stamp_s + min(offsets_s))
