"""The transport of a clip: where it is, how fast it plays, what is looped. Without any I/O."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from livepose.core.arrays import Float64Array
from livepose.core.frame import USUAL_RATE

SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
_LATE_LIMIT_S = 0.1
"""A frame that is later than this is due at once, and those behind it go by its time."""


class Transport:
    """The position in a clip of numbered frames, moved by time and by what a user asks for.

    It plays at its speed, and at up to normal speed it shows each frame: where frames come late, it
    plays more slowly, and does not rush afterwards. At the end it stays on the last frame.

    >>> transport = Transport()
    >>> transport.update_times(np.arange(100) / 25, is_complete=True)
    >>> transport.play(now_s=10.0)
    >>> transport.advance(now_s=10.05), transport.position, transport.time_s
    (True, 1, 0.04)
    >>> transport.leap(1.0)
    >>> transport.step(-2)
    >>> transport.position, transport.is_playing
    (24, False)
    """

    def __init__(self) -> None:
        self.position = 0
        """The number of the frame."""
        self.is_playing = False
        self.speed = 1.0
        """How fast it plays; 1 is the speed of the clip."""
        self.loop_start: int | None = None
        """The first frame of the loop; None for that of the clip."""
        self.loop_end: int | None = None
        """The last frame of the loop; None for that of the clip."""
        self.is_looping = False
        self.has_ended = False
        """Whether it has played to the last frame, and nothing was asked for since."""
        self._times_s: Float64Array = np.zeros(1)
        self._is_complete = False
        self._sought_s: float | None = None
        """A time that was asked for, and is behind those that are known yet."""
        self._due_s: float | None = None
        """When the frame at the position was due; None if the next one that is shown is at once."""

    @property
    def last(self) -> int:
        """The last frame that is known."""
        return len(self._times_s) - 1

    @property
    def time_s(self) -> float:
        """The time of the frame at the position, in seconds."""
        return float(self._times_s[self.position])

    @property
    def loop(self) -> tuple[int, int]:
        """The first and the last frame of the loop."""
        start = 0 if self.loop_start is None else self.loop_start
        return start, self.last if self.loop_end is None else self.loop_end

    @property
    def end_s(self) -> float:
        """The time of the last frame that is known, in seconds."""
        return float(self._times_s[-1])

    @property
    def is_seeking(self) -> bool:
        """Whether a time was asked for that is behind those that are known yet."""
        return self._sought_s is not None

    def update_times(self, times_s: Float64Array, *, is_complete: bool) -> None:
        """Take the times of the frames.

        Args:
            times_s: (N,) seconds, rising, as far as they are known; at least one.
            is_complete: Whether these are all.
        """
        self._times_s, self._is_complete = times_s, is_complete
        self.position = min(self.position, self.last)
        self.loop_start = None if self.loop_start is None else min(self.loop_start, self.last)
        self.loop_end = None if self.loop_end is None else min(self.loop_end, self.last)
        if self._sought_s is not None:
            self.seek_s(self._sought_s)

    def shift(self, frames: int) -> None:
        """Stay on the same frames, whose numbers have changed by this many."""
        self.position = max(self.position + frames, 0)
        if self.loop_start is not None:
            self.loop_start = max(self.loop_start + frames, 0)
        if self.loop_end is not None:
            self.loop_end = max(self.loop_end + frames, 0)

    def play(self, now_s: float) -> None:
        """Play on; from the start of the loop or the clip, if its end has been reached."""
        self.is_playing = True
        first, last = self.loop if self.is_looping else (0, self.last)
        if self.position >= last and self._is_complete:
            self._move_to(first)
        self.has_ended = False
        self._due_s = now_s

    def pause(self) -> None:
        """Stay on the frame."""
        self.is_playing = False

    def step(self, frames: int) -> None:
        """Pause, and go some frames on, or back if their number is negative."""
        self.is_playing = False
        self._move_to(self.position + frames)

    def leap(self, seconds: float) -> None:
        """Go some seconds on, or back if their number is negative, and by one frame at least."""
        from_s = self.time_s if self._sought_s is None else self._sought_s
        before = self.position
        self.seek_s(from_s + seconds)
        if self.position == before and self._sought_s is None:
            self._move_to(before + (1 if seconds > 0 else -1))

    def seek_s(self, time_s: float) -> None:
        """Go to the frame that is shown at a time, in seconds."""
        is_behind = time_s > self.end_s and not self._is_complete
        self._move_to(int(np.searchsorted(self._times_s, time_s + 1e-6, side="right")) - 1)
        self._sought_s = time_s if is_behind else None

    def go_to_start(self) -> None:
        """Go to the first frame."""
        self._move_to(0)

    def go_to_end(self) -> None:
        """Go to the last frame."""
        self.seek_s(float("inf"))

    def change_speed(self, steps: int) -> None:
        """Play faster by some steps of `SPEEDS`, or slower if their number is negative."""
        place = min(max(SPEEDS.index(self.speed) + steps, 0), len(SPEEDS) - 1)
        self.speed = SPEEDS[place]

    def set_speed(self, speed: float) -> None:
        """Play at that one of `SPEEDS` which is nearest to a speed."""
        self.speed = min(SPEEDS, key=lambda each: abs(each - speed))

    def mark_loop_start(self) -> None:
        """Let the loop begin here; it ends with the clip, if its end was before this."""
        self.loop_start = self.position
        if self.loop_end is not None and self.loop_end <= self.position:
            self.loop_end = None

    def mark_loop_end(self) -> None:
        """Let the loop end here; it begins with the clip, if its start was behind this."""
        self.loop_end = self.position
        if self.loop_start is not None and self.loop_start >= self.position:
            self.loop_start = None

    def toggle_loop(self, now_s: float) -> None:
        """Play the loop over and over, or go on without it."""
        self.is_looping = not self.is_looping
        if self.is_looping:
            first, last = self.loop
            if not first <= self.position <= last:
                self._move_to(first)
            self.play(now_s)

    def advance(self, now_s: float, is_ready: Callable[[int], bool] = lambda index: True) -> bool:
        """Go on to the frame that is due; return whether the position has changed.

        Args:
            now_s: On any clock, in seconds.
            is_ready: Whether a frame can be shown at once. Above normal speed, such frames are left
                out where a later one is due already.
        """
        if not self.is_playing:
            return False
        has_moved = False
        while (following := self._following()) is not None:
            if self._due_s is None:
                self._due_s = now_s
            due_s = self._due_s + self._shown_for_s()
            if now_s < due_s or (has_moved and not (self.speed > 1 and is_ready(following))):
                return has_moved
            self.position = following
            self._due_s = now_s if now_s - due_s > _LATE_LIMIT_S else due_s
            has_moved = True
        if self._is_complete:
            self.is_playing, self.has_ended = False, True
        return has_moved

    def wait_s(self, now_s: float) -> float:
        """Return how long it is until the next frame is due, in seconds; 0 if it is due."""
        if not self.is_playing or self._due_s is None:
            return 0.0
        return max(0.0, self._due_s + self._shown_for_s() - now_s)

    def upcoming(self, count: int) -> list[int]:
        """Return which frames are shown next, if it plays on: at most this many."""
        frames: list[int] = []
        index: int | None = self.position
        while len(frames) < count and (index := self._following(index)) is not None:
            frames.append(index)
        return frames

    def _following(self, index: int | None = None) -> int | None:
        """Return the frame that is played behind one; None at the end of what is known."""
        index = self.position if index is None else index
        has_end = self.loop_end is not None or self._is_complete
        if self.is_looping and has_end and index == self.loop[1]:
            return self.loop[0]
        return index + 1 if index < self.last else None

    def _shown_for_s(self) -> float:
        """Return for how long the frame at the position is shown, at the speed of play."""
        if self.position < self.last:
            length_s = self._times_s[self.position + 1] - self._times_s[self.position]
        elif self.last:
            length_s = (self._times_s[-1] - self._times_s[0]) / self.last
        else:
            length_s = float(1 / USUAL_RATE)
        return float(length_s) / self.speed

    def _move_to(self, index: int) -> None:
        self.position = min(max(index, 0), self.last)
        self._sought_s = self._due_s = None
        self.has_ended = False
