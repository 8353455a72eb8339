"""Scene cuts: where a video continues with an unrelated scene."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import Frame

_MAX_GAP_S = 2.0
_SAMPLES = 24
_MIN_CHANGE = 30.0
"""By how many grey levels a sample must change to count."""
_CHANGED_SHARE = 0.6


class SceneCutDetector:
    """Detect the frames that have nothing to do with the frame before them.

    A scene starts with the first frame, when the frame has another size, when the source's own
    frames have another shape, when time runs back or leaps by more than 2 s, and when more than
    60 % of 24 x 24 samples of the frame have changed by more than 30 grey levels beyond the
    change of the mean, which a flash changes as well.

    >>> cuts = SceneCutDetector()
    >>> black, split = np.zeros((2, 48, 48, 3), np.uint8)
    >>> split[:, :24] = 255
    >>> frames = enumerate((black, black, split))
    >>> [cuts.is_scene_start(Frame.from_bgr(bgr, n, n / 30)) for n, bgr in frames]
    [True, False, True]
    """

    def __init__(self) -> None:
        self._shape = (0, 0, 0)
        self._time_s = 0.0
        self._samples: FloatArray | None = None

    def is_scene_start(self, frame: Frame) -> bool:
        """Return whether a new scene starts with this frame."""
        shape, time_s = (frame.width_px, frame.height_px, frame.shape_changes), frame.time_s
        plane = frame.pixels.planes[0]
        step_y, step_x = (max(1, side // _SAMPLES) for side in plane.shape[:2])
        samples = plane[step_y // 2 :: step_y, step_x // 2 :: step_x].astype(np.float32)
        is_new = (
            self._samples is None
            or shape != self._shape
            or not 0 <= time_s - self._time_s <= _MAX_GAP_S
            or samples.shape != self._samples.shape
            or _differ(samples, self._samples)
        )
        self._shape, self._time_s, self._samples = shape, time_s, samples
        return is_new


def _differ(samples: FloatArray, before: FloatArray) -> bool:
    """Return whether most samples of two frames differ, apart from their means."""
    # Not `mean`, twice: it takes three times as long for so few numbers.
    change = samples - before
    change -= change.sum() / change.size
    changed = int(np.count_nonzero(np.abs(change) > _MIN_CHANGE))
    return changed > _CHANGED_SHARE * change.size
