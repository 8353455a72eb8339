"""People search: the detector looks for people, in the frames in which somebody may have appeared.

When it does so is a matter of time (`survey`), of what has changed where nobody is known to be
(`frame_changes`), and of whether somebody was lost a moment ago.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from math import inf

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.frame import Frame
from livepose.core.interfaces import PoseModel
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.frame_changes import FrameChanges
from livepose.motion.levels import Levels, stretch
from livepose.motion.survey import SurveySchedule, is_cut_off

MIN_DETECTION_SCORE = 0.11
"""From this score of MultiPose on, the network of one person has a look."""
_MISSED_S = 2.0
"""For how long somebody who was lost is searched for, whether or not anything changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Whom the detector has found in a frame."""

    poses: Poses
    """N people, the surest first."""
    is_part: BoolArray
    """(N,): who is cut off by a tile, and may be a part of somebody."""
    seconds: float
    """How long the search took."""


class PeopleSearch:
    """Search frames for people, in their order.

    >>> from livepose import load_model
    >>> nobody, black = np.zeros((0, 4), np.float32), np.zeros((270, 480, 3), np.uint8)
    >>> with load_model("multipose") as detector:
    ...     search = PeopleSearch(detector)
    ...     frames = [Frame.from_bgr(black, number, number / 10) for number in range(5)]
    ...     found = [search(frame, nobody, has_lost=False) for frame in frames]
    >>> [each is not None for each in found]  # every 0.3 s
    [True, False, False, True, False]
    """

    def __init__(self, detector: PoseModel, *, quarter_turns: int = 0, levels: bool = True) -> None:
        """Begin with a search of the first frame.

        Args:
            detector: Finds several people. Not closed here.
            quarter_turns: How it sees the frame, turned anticlockwise.
            levels: Whether to stretch the levels of dark and low-contrast frames for it.
        """
        self._detector = detector
        self._quarter_turns = quarter_turns
        self._schedule = SurveySchedule(detector.max_people)
        self._changes = FrameChanges()
        self._levels = Levels() if levels else None
        self._lost_s = -inf

    def reset(self) -> None:
        """Begin a scene: the next frame is searched."""
        self._schedule.reset()
        self._changes.reset()
        self._lost_s = -inf
        if self._levels is not None:
            self._levels.reset()

    def __call__(self, frame: Frame, known_boxes: FloatArray, *, has_lost: bool) -> Found | None:
        """Return whom the detector finds in a frame; None if it is not searched.

        Args:
            frame: The frame.
            known_boxes: (M, 4) pixels: where the people are who are known.
            has_lost: Whether somebody was just lost.
        """
        whole = self._detector.full_frame_region(frame.width_px, frame.height_px)
        whole = whole.turned(self._quarter_turns)
        view = self._schedule.next_view(frame.time_s, whole, is_urgent=has_lost)
        if view is None or not self._is_worth_while(frame, view, known_boxes, has_lost=has_lost):
            return None
        started_s = time.perf_counter()
        poses = self._detect(frame, view)
        self._schedule.add_result(poses, view, whole)
        return Found(poses, is_cut_off(poses, view, whole), time.perf_counter() - started_s)

    def _is_worth_while(
        self, frame: Frame, view: Region, known_boxes: FloatArray, *, has_lost: bool
    ) -> bool:
        """Return whether somebody was lost lately, or may have appeared in a view of the frame."""
        if has_lost:
            self._lost_s = frame.time_s
        may_have_appeared = self._changes.is_worth_a_search(frame, view, known_boxes)
        return may_have_appeared or 0 <= frame.time_s - self._lost_s <= _MISSED_S

    def _detect(self, frame: Frame, view: Region) -> Poses:
        """Return whom the detector finds in a view of the frame, the surest first."""
        model_input = self._detector.preprocess(frame.pixels, view)
        if self._levels is not None:
            table = self._levels.next_table((model_input.rgb,), frame.time_s)
            model_input = stretch(model_input, table)
        found = self._detector.infer(model_input)
        found = found[np.argsort(-found.person_score, kind="stable")]
        return found[found.person_score >= MIN_DETECTION_SCORE]
