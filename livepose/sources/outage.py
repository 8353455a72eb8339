"""While a camera is away: when it is tried again, when it is given up, and what is logged."""

from __future__ import annotations

import logging
import time

from livepose.core.errors import SourceError

_log = logging.getLogger(__name__)

RETRY_DELAYS_S = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)
"""The pause before each attempt to reach a camera again; the last one is repeated."""
_STABLE_S = 10.0
"""After so long with pictures the pauses begin anew; for a camera that comes and goes they grow."""
_LOG_INTERVAL_S = 60.0
"""The same reason is not logged again sooner."""


class Outages:
    """Counts the attempts to reach a camera, and logs when it goes away and comes back.

    >>> outages = Outages("camera 0", give_up_s=60)
    >>> outages.note_picture(now_s=0.0)
    >>> [outages.note_failure("it is unplugged", now_s=2.0 + n) for n in range(3)]
    [0.2, 0.5, 1.0]
    """

    def __init__(self, name: str, give_up_s: float | None = None) -> None:
        """Begin with a camera that is there.

        Args:
            name: Of the camera, for messages.
            give_up_s: After so long without a picture it is given up; None for never.
        """
        self._name = name
        self._give_up_s = give_up_s
        self._picture_s = self._return_s = time.perf_counter()
        self._attempts = 0
        self._is_away = self._is_logged = False
        self._logged_s: dict[str, float] = {}

    @property
    def deadline_s(self) -> float:
        """The `time.perf_counter()` time at which the camera is given up if no picture comes."""
        return float("inf") if self._give_up_s is None else self._picture_s + self._give_up_s

    def note_picture(self, now_s: float) -> None:
        """Note that a picture has come."""
        if self._is_away:
            self._is_away, self._return_s = False, now_s
            if self._is_logged:
                away_s = now_s - self._picture_s
                _log.warning("%s is back: there was no picture for %.0f s", self._name, away_s)
        elif self._attempts and now_s - self._return_s > _STABLE_S:
            self._attempts = 0
        self._picture_s = now_s

    def note_failure(self, reason: str, now_s: float) -> float:
        """Note that the camera went away, or could not be reached.

        Args:
            reason: Why, for messages.
            now_s: The current `time.perf_counter()` time.

        Returns:
            The seconds to wait before the next attempt.

        Raises:
            SourceError: If it is time to give up.
        """
        self.check(reason, now_s)
        if not self._is_away:
            self._is_away, self._is_logged = True, False
        if now_s - self._logged_s.get(reason, -_LOG_INTERVAL_S) >= _LOG_INTERVAL_S:
            self._logged_s[reason] = now_s
            self._is_logged = True
            _log.warning("%s: %s; reconnecting", self._name, reason)
        delay_s = RETRY_DELAYS_S[min(self._attempts, len(RETRY_DELAYS_S) - 1)]
        self._attempts += 1
        return min(delay_s, max(0.0, self.deadline_s - now_s))

    def check(self, reason: str, now_s: float) -> None:
        """Check whether the camera is to be waited for.

        Raises:
            SourceError: If there was no picture for too long.
        """
        if now_s >= self.deadline_s:
            raise SourceError(
                f"{self._name} is gone: there was no picture for {self._give_up_s:g} s ({reason})"
            )
