"""Poses: the people in one picture, as aligned arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, Int32Array, IntpArray
from livepose.core.errors import RuntimeMissing
from livepose.core.skeleton import KEYPOINT_COUNT, KEYPOINT_NAMES

if TYPE_CHECKING:
    from pandas import DataFrame


_WANTED = {
    "xy": ((KEYPOINT_COUNT, 2), np.dtype(np.float32)),
    "raw_xy": ((KEYPOINT_COUNT, 2), np.dtype(np.float32)),
    "score": ((KEYPOINT_COUNT,), np.dtype(np.float32)),
    "box": ((4,), np.dtype(np.float32)),
    "person_score": ((), np.dtype(np.float32)),
    "track_id": ((), np.dtype(np.int32)),
    "swapped": ((KEYPOINT_COUNT,), np.dtype(np.bool_)),
}
"""What each array holds for one person."""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """N people, row by row in every array. The arrays are made read-only.

    A point that the network is unsure of has a low score and still has a place: "missing" is never
    (0, 0).

    >>> score = np.full((2, 17), 0.9, np.float32)
    >>> score[1, 9] = 0.2  # of the second person's left wrist
    >>> poses = Poses.of(np.zeros((2, 17, 2), np.float32), score)
    >>> len(poses), int(poses.seen(0.3).sum())
    (2, 33)
    >>> len(poses[poses.person_score > 0.88])
    1
    """

    xy: FloatArray
    """(N, 17, 2) float32, x then y in pixels of the frame; may lie outside of it."""
    raw_xy: FloatArray
    """(N, 17, 2) float32, as `xy` before it was smoothed."""
    score: FloatArray
    """(N, 17) float32, 0..1."""
    box: FloatArray
    """(N, 4) float32: left, top, right, bottom in pixels of the frame."""
    person_score: FloatArray
    """(N,) float32, 0..1."""
    track_id: Int32Array
    """(N,) int32, from 1; 0 is untracked."""
    swapped: BoolArray
    """(N, 17) bool: where left and right were exchanged, because the network had mixed them up."""

    def __post_init__(self) -> None:
        people = len(self.person_score)
        for name, (shape, dtype) in _WANTED.items():
            array = getattr(self, name)
            if array.dtype != dtype or array.shape != (people, *shape):
                raise ValueError(
                    f"{name} must be {(people, *shape)} {dtype}, got {array.shape} {array.dtype}"
                )
            array.setflags(write=False)

    @classmethod
    def of(cls, xy: FloatArray, score: FloatArray) -> Poses:
        """Make untracked poses: the box is that of the points, a person's score the mean of theirs.

        Args:
            xy: (N, 17, 2) float32, pixels of the frame.
            score: (N, 17) float32, 0..1.
        """
        return cls(
            xy=xy,
            raw_xy=xy,
            score=score,
            # The plain ufuncs: `min`, `max` and `mean` take twice as long for so few numbers.
            box=np.concatenate((np.minimum.reduce(xy, 1), np.maximum.reduce(xy, 1)), axis=1),
            person_score=np.add.reduce(score, 1) / KEYPOINT_COUNT,
            track_id=np.zeros(len(xy), np.int32),
            swapped=np.zeros(score.shape, np.bool_),
        )

    @classmethod
    def empty(cls) -> Poses:
        """Nobody: N is 0."""
        return cls(
            xy=np.zeros((0, KEYPOINT_COUNT, 2), np.float32),
            raw_xy=np.zeros((0, KEYPOINT_COUNT, 2), np.float32),
            score=np.zeros((0, KEYPOINT_COUNT), np.float32),
            box=np.zeros((0, 4), np.float32),
            person_score=np.zeros(0, np.float32),
            track_id=np.zeros(0, np.int32),
            swapped=np.zeros((0, KEYPOINT_COUNT), np.bool_),
        )

    def __len__(self) -> int:
        return len(self.person_score)

    def __getitem__(self, rows: BoolArray | IntpArray) -> Poses:
        """Keep those where an (N,) mask is true, or those of (M,) row numbers, in that order."""
        return Poses(
            self.xy[rows],
            self.raw_xy[rows],
            self.score[rows],
            self.box[rows],
            self.person_score[rows],
            self.track_id[rows],
            self.swapped[rows],
        )

    def to_dataframe(self) -> DataFrame:
        """Give a pandas table with a row for each person and keypoint.

        Its columns are those of `.csv` files: person (the track id), keypoint (its name), x and y
        in pixels, score, swapped.

        >>> len(Poses.empty().to_dataframe())
        0

        Raises:
            RuntimeMissing: pandas is not installed.
        """
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise RuntimeMissing("a table needs pandas: pip install 'livepose[pandas]'") from error
        return DataFrame(
            {
                "person": np.repeat(self.track_id, KEYPOINT_COUNT),
                "keypoint": np.tile(KEYPOINT_NAMES, len(self)),
                "x": self.xy[..., 0].ravel(),
                "y": self.xy[..., 1].ravel(),
                "score": self.score.ravel(),
                "swapped": self.swapped.ravel(),
            }
        )

    def seen(self, min_score: float) -> BoolArray:
        """Tell which points are to be believed: (N, 17) bool."""
        return self.score >= min_score
