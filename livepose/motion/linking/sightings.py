"""Sightings: what is kept of everybody in each frame of a scene, to decide later who was who."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.motion.presence import clear_scores, same_body_oks
from livepose.motion.tracking.appearance import PARTS, clothes_colors
from livepose.motion.tracking.similarity import shares_inside
from livepose.motion.tracking.tracks import CROWDED_SHARE

SIGHTING = np.dtype(
    [
        ("frame", np.int32),  # counted from the beginning of the scene
        ("time_s", np.float64),
        ("track_id", np.int32),  # as the tracker has it
        ("row", np.int16),  # in the poses of the frame
        ("score", np.float32),
        ("clear_score", np.float32),  # of the clearest points
        ("box", np.float32, 4),
        ("color", np.float32, (PARTS, 3)),  # as in `Colors`
        ("is_known", np.bool_, PARTS),
        ("is_crowded", np.bool_),  # so close to others that the colours may be another person's
    ]
)
SightingArray: TypeAlias = npt.NDArray[Any]
"""Of `SIGHTING`."""
Handovers: TypeAlias = "set[tuple[int, int, int]]"
"""Frame numbers and two ids: whoever had the first id in the frame before has the second in this
one."""

_SAME_OKS = 0.5
_MARGIN = 0.15
"""So much more similar than with the same id must be what is found under another one."""


class Sightings:
    """Collects the sightings of one scene, frame by frame.

    >>> from livepose.core.pixels import BgrPixels
    >>> poses = Poses.from_keypoints(np.zeros((2, 17, 2), np.float32), np.ones((2, 17), np.float32))
    >>> sightings = Sightings()
    >>> sightings.add(poses, BgrPixels(np.zeros((48, 64, 3), np.uint8)), time_s=0.0)
    >>> sightings.frame_count, sightings.all()["frame"].tolist()
    (1, [0, 0])
    """

    def __init__(self) -> None:
        self.frame_count = 0
        self.handovers: Handovers = set()
        self._frames: list[SightingArray] = []
        self._last: Poses | None = None

    def add(self, poses: Poses, pixels: Pixels, time_s: float) -> None:
        """Take the next frame.

        Args:
            poses: Of N people, each with an id.
            pixels: In which they were found.
            time_s: Of the frame.
        """
        colors = clothes_colors(pixels, poses)
        seen = np.zeros(len(poses), SIGHTING)
        seen["frame"], seen["time_s"] = self.frame_count, time_s
        seen["track_id"], seen["row"] = poses.track_id, np.arange(len(poses))
        seen["score"], seen["clear_score"] = poses.person_score, clear_scores(poses)
        seen["box"] = poses.box
        seen["color"], seen["is_known"] = colors.value, colors.is_known
        seen["is_crowded"] = are_close(poses.box, poses.box).sum(axis=1) > 1
        self._frames.append(seen)
        if self._last is not None:
            for before, after in handed_over(self._last, poses):
                self.handovers.add((self.frame_count, before, after))
        self._last = poses
        self.frame_count += 1

    def all(self) -> SightingArray:
        """Return the sightings in all frames, in order."""
        return np.concatenate(self._frames) if self._frames else np.zeros(0, SIGHTING)


def handed_over(before: Poses, after: Poses) -> list[tuple[int, int]]:
    """Return the ids of people who have another id in the next frame: before and after.

    Such a person is where they were, and nobody with either id is nearly as similar.

    Args:
        before: The poses of a frame.
        after: Those of the next one.
    """
    if not len(before) or not len(after):
        return []
    similar = same_body_oks(before, after.xy)
    ids, later_ids = before.track_id, after.track_id
    has_same_id = ids[:, None] == later_ids
    # How similar each pose is to the one that goes by its own id, 0 if there is none.
    own = np.where(has_same_id, similar, 0)
    own_before, own_after = own.max(axis=1), own.max(axis=0)
    pairs = []
    for row in range(len(before)):
        column = int(similar[row].argmax())
        oks = similar[row, column]
        is_mutual = oks >= _SAME_OKS and similar[:, column].argmax() == row
        is_other = not has_same_id[row, column]
        if is_mutual and is_other and max(own_before[row], own_after[column]) <= oks - _MARGIN:
            pairs.append((int(ids[row]), int(later_ids[column])))
    return pairs


def are_close(box: FloatArray, others: FloatArray) -> BoolArray:
    """Return which of N boxes lie partly in each of M others, or those in them: (N, M)."""
    shares = np.maximum(shares_inside(box, others), shares_inside(others, box).T)
    return np.asarray(shares > CROWDED_SHARE)
