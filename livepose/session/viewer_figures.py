"""The figures of a viewer: rates, times, people and dropped frames, as text and as numbers."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from livepose.core.frame import PosedFrame
from livepose.pipeline import Rate, Samples

_SHOWN_SAMPLES = 30


class ViewerFigures:
    """Collects what the line at the top says of the last frames.

    >>> figures = ViewerFigures()
    >>> for now_s in (10.0, 10.5, 11.0):
    ...     figures.add_shown(now_s, lag_s=0.02)
    >>> figures.texts(["3 squats"])
    ['2.0 fps', '3 squats', 'lag 20 ms', '0 dropped']
    """

    def __init__(self, *, has_network: bool = True) -> None:
        """Start without figures.

        Args:
            has_network: Whether a network runs; the times of saved poses are those of an old run.
        """
        self._has_network = has_network
        self.lag_s = Samples()
        """Live: from the captured frame to the screen. From a file: how late a frame is shown."""
        self.dropped = 0
        """How many frames were dropped so far."""
        self._rate = Rate()
        self._inference_s = Samples(_SHOWN_SAMPLES)
        self._recent_lag_s = Samples(_SHOWN_SAMPLES)
        self._people_counts: deque[tuple[int, int]] = deque(maxlen=_SHOWN_SAMPLES)
        """How many people the network saw in a frame, and how many were predicted."""

    def add_result(self, posed: PosedFrame) -> None:
        """Note what the network did in a frame."""
        if self._has_network:
            self._inference_s.add(posed.inference_s)
        self._people_counts.append((len(posed.detections), posed.predicted_people))

    def add_shown(self, now_s: float, lag_s: float | None = None) -> None:
        """Note that a frame is on the screen.

        Args:
            now_s: `time.perf_counter()` at that moment.
            lag_s: How late it is; None where that means nothing, as in a clip that is sought.
        """
        self._rate.tick(now_s)
        if lag_s is not None:
            self.lag_s.add(lag_s)
            self._recent_lag_s.add(lag_s)

    def restart_rate(self) -> None:
        """Count frames per second anew, as after a pause."""
        self._rate = Rate()

    @property
    def fps(self) -> float:
        """Frames per second on the screen."""
        return self._rate.per_second()

    @property
    def model_ms(self) -> float:
        """The mean time of the network, in milliseconds; NaN if it has not run."""
        return 1000 * self._inference_s.mean()

    @property
    def lag_ms(self) -> float | None:
        """The mean lag of the last frames, in milliseconds; None if there is none."""
        return 1000 * self._recent_lag_s.mean() if len(self._recent_lag_s) else None

    def texts(self, rep_counts: Sequence[str], *, is_silent: bool = False) -> list[str]:
        """Return what the line at the top says, the most important first.

        Args:
            rep_counts: How many repetitions were counted, as text.
            is_silent: Whether a camera sends nothing: rates and lag are those of pictures.
        """
        if is_silent:
            return ["no picture", *rep_counts, f"{self.dropped} dropped"]
        texts = [f"{self.fps:.1f} fps", *rep_counts, *self._people()]
        if len(self._inference_s):
            texts.append(f"model {self.model_ms:.1f} ms")
        if self.lag_ms is not None:
            texts.append(f"lag {self.lag_ms:.0f} ms")
        return [*texts, f"{self.dropped} dropped"]

    def _people(self) -> list[str]:
        """Return how many people the network sees of those in a frame, where that is not all."""
        if not any(predicted for _, predicted in self._people_counts):
            return []
        frames = len(self._people_counts)
        seen = round(sum(seen for seen, _ in self._people_counts) / frames)
        people = round(sum(map(sum, self._people_counts)) / frames)
        return [f"{people} people, {seen} a frame"] if seen < people > 1 else []
