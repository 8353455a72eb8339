"""When each frame of a recording is due, so that a file plays at its own speed."""

from __future__ import annotations

_LATE_LIMIT_S = 0.1


class Pacer:
    """Maps time stamps to the clock.

    A machine that is too slow plays slowly, and does not rush afterwards: when a frame is more than
    0.1 s late, the clock is reset so that this frame is due at once.

    >>> pacer = Pacer()
    >>> pacer.due_s(time_s=0.0, now_s=100.0), pacer.due_s(time_s=0.5, now_s=100.1)
    (100.0, 100.5)
    """

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def restart(self) -> None:
        """Make the next frame due at once, as after a pause."""
        self._offset_s = None

    def due_s(self, time_s: float, now_s: float) -> float:
        """Return the `time.perf_counter()` time at which a frame is due.

        Args:
            time_s: The frame's time stamp.
            now_s: The current `time.perf_counter()` time.
        """
        if self._offset_s is None or now_s - (time_s + self._offset_s) > _LATE_LIMIT_S:
            self._offset_s = now_s - time_s
        return time_s + self._offset_s
