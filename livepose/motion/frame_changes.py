"""Frame changes: whether anybody can have appeared in a view since the detector last searched it.

A person who comes in changes pixels where nobody was known to be. Where none have changed, a search
would find what it found the last time, for the cost of three people.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, median
from livepose.core.frame import Frame
from livepose.core.region import Region

_CELLS = 64
"""Along the longer side of a view."""
_MIN_CHANGE = 6.0
"""By how many grey levels the mean of a cell must change to count."""
_MIN_CELLS = 5
"""Side by side. Fewer are a shadow, a reflection, or an edge that a moving camera has passed: whom
the detector finds in a view takes up twenty or more."""
_TWO_CELLS = np.ones((5, 5), np.uint8)
_MARGIN = 0.15
"""Of the longer side of a person's box, around it: hair, hands, shadows."""
_FIRST_SEARCHES = 4
"""A view is searched so often in any case: the detector may miss somebody the first time."""
_EARLY_S = 0.005
"""A search is not put off by a frame for less."""
_MAX_INTERVAL_S = 1.0
"""A view is searched this often in any case."""
_FORGOTTEN_S = 2.0
"""A view that was not asked about for longer is as one that never was, so that what is found does
not depend on where a run has begun."""


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What a view was like when it was last asked about."""

    time_s: float
    """When that was."""
    cells: FloatArray
    """Mean grey levels."""
    boxes: FloatArray
    """(N, 4) pixels of the frame: the people who were known."""
    searched_s: float
    """The time of its last search."""
    searches: int
    """How often it was searched."""


class FrameChanges:
    """Remember what each view looked like when it was last asked about, and notice what changes.

    >>> changes, view, nobody = FrameChanges(), Region(0, 0, 64, 36), np.zeros((0, 4), np.float32)
    >>> still = np.zeros((36, 64, 3), np.uint8)
    >>> [changes.is_worth_a_search(Frame.from_bgr(still, n, n / 4), view, nobody) for n in range(9)]
    [True, True, True, True, True, False, False, False, True]
    """

    def __init__(self) -> None:
        self._looks: dict[Region, _Look] = {}

    def reset(self) -> None:
        """Forget all views."""
        self._looks.clear()

    def is_worth_a_search(self, frame: Frame, view: Region, boxes: FloatArray) -> bool:
        """Return whether a view is to be searched; it is taken for searched if so.

        Args:
            frame: The frame.
            view: A part of it.
            boxes: (N, 4) pixels: the people who are known.
        """
        cells, time_s = _mean_levels(frame, view), frame.time_s
        last = self._looks.get(view)
        if last is not None and time_s - last.time_s > _FORGOTTEN_S:
            last = None
        is_worth = (
            last is None
            or last.searches < _FIRST_SEARCHES
            or last.cells.shape != cells.shape
            # By the clock of the video, so that it does not depend on where a run has begun.
            or (time_s + _EARLY_S) // _MAX_INTERVAL_S
            != (last.searched_s + _EARLY_S) // _MAX_INTERVAL_S
            or _has_changed(cells, last, view, frame, boxes)
        )
        searches = 0 if last is None else last.searches
        if last is None or is_worth:
            self._looks[view] = _Look(time_s, cells, boxes, time_s, searches + 1)
        else:
            self._looks[view] = _Look(time_s, cells, boxes, last.searched_s, searches)
        return is_worth


def _has_changed(
    cells: FloatArray, last: _Look, view: Region, frame: Frame, boxes: FloatArray
) -> bool:
    """Return whether cells side by side have changed in which nobody was known, then or now."""
    # A camera that adapts to the light changes all of them.
    cells = cells - np.float32(median(cells - last.cells))
    # One that is held by hand moves them all by two cells or less.
    is_changed = cells > cv2.dilate(last.cells, _TWO_CELLS) + _MIN_CHANGE
    is_changed |= cells < cv2.erode(last.cells, _TWO_CELLS) - _MIN_CHANGE
    people = np.concatenate((boxes, last.boxes))
    is_changed &= ~_is_covered(people, _seen_part(view, frame), cells.shape)
    # The first of the areas is all that has not changed.
    areas = cv2.connectedComponentsWithStats(is_changed.astype(np.uint8))[2][1:, cv2.CC_STAT_AREA]
    return int(areas.max(initial=0)) >= _MIN_CELLS


def _mean_levels(frame: Frame, view: Region) -> FloatArray:
    """Return the mean grey levels of a view's cells: (rows, columns)."""
    plane = frame.pixels.planes[0]
    left, top, right, bottom = _seen_part(view, frame)
    part = plane[top:bottom, left:right]
    scale = _CELLS / max(part.shape[:2])
    size = tuple(max(1, round(side * scale)) for side in part.shape[1::-1])
    cells = cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    return cells if cells.ndim == 2 else cells.mean(axis=2)


def _seen_part(view: Region, frame: Frame) -> tuple[int, int, int, int]:
    """Return left, top, right, bottom of the part of a view that lies in the frame, in pixels."""
    left, top = max(0, int(view.left_px)), max(0, int(view.top_px))
    right = min(frame.width_px, round(view.left_px + view.width_px))
    bottom = min(frame.height_px, round(view.top_px + view.height_px))
    return left, top, max(right, left + 1), max(bottom, top + 1)


def _is_covered(
    boxes: FloatArray, part: tuple[int, int, int, int], shape: tuple[int, ...]
) -> BoolArray:
    """Return which cells lie in the boxes, or close to them: (rows, columns)."""
    left, top, right, bottom = part
    rows, columns = shape
    margin_px = _MARGIN * (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)[:, None]
    scale = np.array((columns / (right - left), rows / (bottom - top)), np.float32)
    low = np.floor((boxes[:, :2] - margin_px - (left, top)) * scale)
    high = np.ceil((boxes[:, 2:] + margin_px - (left, top)) * scale)
    in_columns = (np.arange(columns) >= low[:, :1]) & (np.arange(columns) < high[:, :1])
    in_rows = (np.arange(rows) >= low[:, 1:]) & (np.arange(rows) < high[:, 1:])
    return np.asarray((in_rows[:, :, None] & in_columns[:, None]).any(axis=0))
