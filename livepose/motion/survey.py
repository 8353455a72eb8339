"""Surveys: when the detector searches for people, and in which part of the frame.

The detector finds people; it does not follow them. So it needs to run only where somebody may have
appeared: at the start of a scene, when somebody was lost, and otherwise every 0.3 s.

MultiPose finds at most six people, and misses small ones. When it has found six, or somebody small,
the surveys that follow look at overlapping tiles of the frame in turn, one at a time. They have the
frame's aspect ratio, so that the same network sees them, larger.
"""

from __future__ import annotations

from math import inf

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.poses import Poses
from livepose.core.region import Region

INTERVAL_S = 0.3
"""From one survey to the next, while nothing happens."""
_MIN_INTERVAL_S = 0.1
"""From a survey to one that is needed soon."""
_TILE_INTERVAL_S = 0.06
_TILE_SHARE = 0.6
"""The sides of a tile over those of the frame: two of them overlap by a third of each."""
_SMALL_SHARE = 0.3
"""A person is small whose longer side is less than this share of the view's."""
_EDGE_SHARE = 0.02
"""Of a tile's width: somebody this close to its edge may go on beyond it."""
_INWARDS = np.array((1, 1, -1, -1), np.float32)
"""The way from each edge of a box to its inside."""
_EARLY_S = 0.005
"""Half of a frame at a high frame rate: a survey is not put off by a frame for less."""


class SurveySchedule:
    """Choose the views of the surveys, frame by frame.

    >>> from livepose.core.poses import Poses
    >>> schedule, whole = SurveySchedule(max_found=6), Region.letterbox(640, 640)
    >>> times_s = [number / 30 for number in range(20)]
    >>> [round(s, 2) for s in times_s if schedule.next_view(s, whole) is not None]
    [0.0, 0.3, 0.6]
    """

    def __init__(self, max_found: int) -> None:
        """Start with a survey of the first frame.

        Args:
            max_found: How many people the detector finds in one view.
        """
        self._max_found = max_found
        self.reset()

    def reset(self) -> None:
        """Begin a scene: the next frame is surveyed."""
        self._whole_s = self._tile_s = -inf
        self._tiles: list[Region] = []

    def next_view(self, time_s: float, whole: Region, *, is_urgent: bool = False) -> Region | None:
        """Return the view of the frame that is to be surveyed now; None if it is not yet time.

        Args:
            time_s: Of the frame.
            whole: The detector's region for the whole frame.
            is_urgent: Whether somebody was lost.
        """
        interval_s = _MIN_INTERVAL_S if is_urgent else INTERVAL_S
        # By the clock of the video, so that surveys do not depend on where a run has begun.
        if _interval_of(time_s, interval_s) != _interval_of(self._whole_s, interval_s):
            self._whole_s = time_s
            return whole
        if self._tiles and time_s - max(self._tile_s, self._whole_s) + _EARLY_S >= _TILE_INTERVAL_S:
            self._tile_s = time_s
            return self._tiles.pop()
        return None

    def add_result(self, found: Poses, view: Region, whole: Region) -> None:
        """Decide by what was found in the whole frame whether its tiles are surveyed next."""
        if view is not whole or self._tiles or not len(found):
            return
        longer_px = (found.box[:, 2:] - found.box[:, :2]).max(axis=1)
        small_px = _SMALL_SHARE * max(view.width_px, view.height_px)
        if len(found) >= self._max_found or longer_px.min() < small_px:
            self._tiles = tiles_of(view)


def _interval_of(time_s: float, interval_s: float) -> float:
    """Return the number of the interval that a time is in, a little early."""
    return (time_s + _EARLY_S) // interval_s if time_s > -inf else -inf


def tiles_of(whole: Region) -> list[Region]:
    """Return four overlapping tiles of a region, of its aspect ratio.

    >>> [(tile.left_px, tile.top_px, tile.width_px) for tile in tiles_of(Region(0, 0, 10, 10))]
    [(0.0, 0.0, 6.0), (4.0, 0.0, 6.0), (0.0, 4.0, 6.0), (4.0, 4.0, 6.0)]
    """
    width_px, height_px = _TILE_SHARE * whole.width_px, _TILE_SHARE * whole.height_px
    return [
        Region(
            whole.left_px + column * (whole.width_px - width_px),
            whole.top_px + row * (whole.height_px - height_px),
            width_px,
            height_px,
            whole.quarter_turns,
        )
        for row in (0, 1)
        for column in (0, 1)
    ]


def is_cut_off(found: Poses, view: Region, whole: Region) -> BoolArray:
    """Return which of N people reach to an edge of their tile, and may go on beyond it: (N,).

    Args:
        found: In the view.
        view: The tile, or all of the frame.
        whole: All of the frame, whose own edges cut nobody off whom another view would show.
    """
    inside_px = found.box * _INWARDS - _edges(view) * _INWARDS
    is_inner_edge = np.abs(_edges(view) - _edges(whole)) > 1
    is_cut = (inside_px < _EDGE_SHARE * view.width_px) & is_inner_edge
    return np.asarray(is_cut.any(axis=1))


def _edges(region: Region) -> FloatArray:
    """Return left, top, right, bottom: (4,) pixels."""
    right_px, bottom_px = region.left_px + region.width_px, region.top_px + region.height_px
    return np.array((region.left_px, region.top_px, right_px, bottom_px), np.float32)
