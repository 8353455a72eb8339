"""The clock of a phone: where its time stamps lie on this machine's clock and in the recording."""

from __future__ import annotations

_WINDOW_S = 15.0
"""The fastest answer of the last 15 to 30 s counts: clocks that differ by 100 millionths part by
3 ms in that time."""
_TOLERANCE_S = 0.005
_MAX_DISAGREEMENT_S = 0.5
"""By how much the steps of both clocks may differ; more, and the phone's has stood still."""
_MIN_STEP_S = 0.0005
"""By how much a frame is later than the one before it, whatever their time stamps say."""


class PhoneClock:
    """Maps a phone's clock to `time.perf_counter()`, by the answer to a question that came fastest.

    The phone is asked for its time now and then. Its answer was given at some moment between the
    question and the arrival of the answer; the middle is taken, which is wrong by no more than half
    of the time between them.

    >>> clock = PhoneClock()
    >>> clock.note_answer(asked_s=100.0, phone_s=7.0, answered_s=100.02)
    >>> round(clock.local_s(phone_s=7.5, arrived_s=101.0), 3)
    100.51
    """

    def __init__(self) -> None:
        self._window_began_s = 0.0
        self._best: tuple[float, float] | None = None
        """Seconds from question to answer, and the offset, of the fastest one in this window."""
        self._last_best: tuple[float, float] | None = None
        """That of the window before."""

    def note_answer(self, asked_s: float, phone_s: float, answered_s: float) -> None:
        """Note what the phone's clock showed between two moments of this machine's.

        Args:
            asked_s: The `time.perf_counter()` time at which the phone was asked.
            phone_s: What its clock showed, in seconds.
            answered_s: The `time.perf_counter()` time at which its answer arrived.
        """
        trip_s = max(0.0, answered_s - asked_s)
        answer = (trip_s, asked_s + trip_s / 2 - phone_s)
        fastest = self._fastest()
        if fastest is not None and abs(answer[1] - fastest[1]) > (
            (trip_s + fastest[0]) / 2 + _TOLERANCE_S
        ):
            # Both cannot be true: the phone's clock has stood still while it was asleep.
            self._best = self._last_best = fastest = None
        if fastest is None or answered_s - self._window_began_s > _WINDOW_S:
            self._last_best, self._best = self._best, answer
            self._window_began_s = answered_s
        elif self._best is None or answer < self._best:
            self._best = answer

    def local_s(self, phone_s: float, arrived_s: float) -> float:
        """Return a time of the phone's on this machine's clock; never after its arrival.

        Args:
            phone_s: The time on the phone's clock.
            arrived_s: The `time.perf_counter()` time at which it arrived here.
        """
        fastest = self._fastest()
        return arrived_s if fastest is None else min(arrived_s, phone_s + fastest[1])

    def _fastest(self) -> tuple[float, float] | None:
        return min((each for each in (self._best, self._last_best) if each), default=None)


class PhoneTimes:
    """The time of each picture since the first one: by the phone's own clock, strictly rising.

    From picture to picture the phone's time stamps count, which are exact. Over a gap in which its
    clock may have stood still or begun anew (it slept, its page was loaded again, another phone
    took its place) this machine's clock counts.

    >>> times = PhoneTimes()
    >>> times.next_s(stamp_s=7.0, local_s=100.0)
    0.0
    >>> round(times.next_s(stamp_s=7.04, local_s=100.06), 2)
    0.04
    >>> times.restart()
    >>> round(times.next_s(stamp_s=0.5, local_s=110.06), 2)
    10.04
    """

    def __init__(self) -> None:
        self._has_begun = False
        self._is_anchored = False
        self._last_s = self._last_stamp_s = self._last_local_s = 0.0

    def restart(self) -> None:
        """Note that the next time stamp may be of another clock."""
        self._is_anchored = False

    def next_s(self, stamp_s: float, local_s: float) -> float:
        """Return the time of the next picture, in seconds since the first one.

        Args:
            stamp_s: Its time on the phone's clock.
            local_s: The same moment on this machine's clock, as well as it is known.
        """
        if self._has_begun:
            step_s, local_step_s = stamp_s - self._last_stamp_s, local_s - self._last_local_s
            if not self._is_anchored or abs(step_s - local_step_s) > _MAX_DISAGREEMENT_S:
                step_s = local_step_s
            self._last_s += max(step_s, _MIN_STEP_S)
        self._has_begun = self._is_anchored = True
        self._last_stamp_s, self._last_local_s = stamp_s, local_s
        return self._last_s
