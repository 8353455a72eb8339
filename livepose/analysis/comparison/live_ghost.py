"""A saved take as a ghost over somebody who does the same, live."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from livepose.analysis.angle_definitions import ANGLE_DEFINITIONS
from livepose.analysis.comparison.limb_directions import limb_directions, resample_directions
from livepose.analysis.comparison.live_alignment import LiveAlignment
from livepose.analysis.comparison.take import Take, joint_turns
from livepose.analysis.comparison.torso_fit import TorsoFit
from livepose.core.arrays import Float64Array, FloatArray
from livepose.core.errors import SourceError
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.overlays import Ghost
from livepose.core.poses import Poses

MIN_SCORE = 0.3
_RATE = 30.0
_SIGMA_S = 0.05
_MIN_LIMBS = 2
_COLOR_TIME_S = 0.15
"""Time constant of the differences, so that their colours do not flicker."""


class LiveGhost(MotionStep):
    """Lays the skeleton of a take over a person, at the moment at which that person is.

    The ghost waits for somebody who stands still or begins late, and keeps up with somebody who is
    faster; with a lead, it shows what comes next. It belongs to one person: to the largest one,
    until that one is gone.
    """

    def __init__(self, take: Take, *, lead_s: float = 0.0) -> None:
        """Take in the whole take.

        Args:
            take: With angles of joints.
            lead_s: How far the ghost is ahead of the person.

        Raises:
            SourceError: If nobody is seen in the take.
        """
        directions = limb_directions(take.xy, take.is_seen, take.skeleton)
        grid_s = np.arange(take.time_s[0], take.time_s[-1], 1 / _RATE) if len(take) else np.zeros(0)
        resampled = resample_directions(take.time_s, directions, grid_s, _SIGMA_S)
        # Moments at which nobody is seen are skipped: there would be no ghost.
        is_seen = np.count_nonzero(resampled, axis=1) >= _MIN_LIMBS
        if not is_seen.any():
            raise SourceError("nobody is seen in the poses that are to be followed")
        self._take = take
        self._alignment = LiveAlignment(resampled[is_seen], _RATE)
        frames = np.searchsorted(take.time_s, grid_s - 1e-6).clip(0, len(take) - 1)
        self._frames = frames[is_seen]
        self._lead = round(lead_s * _RATE)
        self._keypoints = [
            take.skeleton.index(ANGLE_DEFINITIONS[name].keypoint) for name in take.names
        ]
        self.reset()

    def reset(self) -> None:
        """Begin at the start of the take again."""
        self._alignment.reset()
        self._fit = TorsoFit(self._take.skeleton)
        self._track_id: int | None = None
        self._smoothed: Float64Array | None = None
        self._time_s = math.nan

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Return the frame with the ghost, if there is a person to lay it over."""
        row = self._row_of(posed.poses)
        if row is None or posed.poses.skeleton != self._take.skeleton:
            return posed
        poses, time_s = posed.poses[row], posed.frame.time_s
        is_seen = poses.visible(MIN_SCORE)
        directions = limb_directions(poses.xy, is_seen, poses.skeleton)[0]
        position = self._alignment.update(directions, time_s)
        matched = int(self._frames[position])
        shown = int(self._frames[(position + self._lead) % len(self._frames)])
        turns = joint_turns(poses, self._take.names, MIN_SCORE)[0]
        difference = self._difference(turns, self._take.turn_deg[matched], time_s)
        fitted = self._fit(
            self._take.xy[shown], self._take.is_seen[shown], poses.xy[0], is_seen[0], time_s
        )
        if fitted is None:
            return posed
        ghost = Ghost(fitted, self._take.is_seen[shown], difference)
        return replace(posed, overlays=replace(posed.overlays, ghosts=(ghost,)))

    def _row_of(self, poses: Poses) -> int | None:
        """Return the row of the person whom the ghost belongs to."""
        if not len(poses):
            return None
        own = np.flatnonzero(poses.track_id == self._track_id)
        if not len(own):
            left, top, right, bottom = poses.box.T
            own = np.array([((right - left) * (bottom - top)).argmax()])
            self._track_id = int(poses.track_id[own[0]])
        return int(own[0])

    def _difference(self, own: Float64Array, taken: Float64Array, time_s: float) -> FloatArray:
        """Return by how many degrees the angle at each keypoint differs: (K,), NaN if unknown."""
        now = np.abs((own - taken + 180) % 360 - 180)
        passed_s = time_s - self._time_s
        before = self._smoothed
        if before is None or not passed_s >= 0:
            before = now
        share = -math.expm1(-max(passed_s, 0.0) / _COLOR_TIME_S) if passed_s >= 0 else 1.0
        blended = before + share * (now - before)
        self._smoothed = np.where(np.isfinite(blended), blended, now)
        self._time_s = time_s
        found = np.full(len(self._take.skeleton), np.nan, np.float32)
        for keypoint, degrees in zip(self._keypoints, self._smoothed, strict=True):
            found[keypoint] = np.fmax(found[keypoint], degrees)
        return found
