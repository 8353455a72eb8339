"""Poses: the people in one frame, as aligned arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from livepose.core.arrays import BoolArray, FloatArray, Int32Array, IntpArray, read_only
from livepose.core.errors import RuntimeMissing
from livepose.core.skeleton import COCO_SKELETON, Keypoint, Skeleton

if TYPE_CHECKING:
    from pandas import DataFrame

# Compared with a type, as with `np.float32`, a dtype takes five times as long.
_FLOAT, _INT, _BOOL = np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_)


@lru_cache(maxsize=64)
def _unmarked(people: int, keypoints: int) -> BoolArray:
    """Return marks of which none is set, the same read-only array at each call."""
    return read_only(np.zeros((people, keypoints), np.bool_))


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """N people with K keypoints each, one row per person in all arrays, which are read-only.

    A keypoint that the network is unsure of has a low score, and still a place: "missing" is never
    (0, 0).

    >>> from livepose.core.skeleton import Keypoint
    >>> score = np.full((2, 17), 0.9, np.float32)
    >>> score[1, Keypoint.LEFT_WRIST] = 0.2
    >>> poses = Poses.from_keypoints(np.zeros((2, 17, 2), np.float32), score)
    >>> len(poses), int(poses.visible(0.3).sum())
    (2, 33)
    >>> len(poses[poses.person_score > 0.88])
    1
    >>> poses["left_wrist"].tolist()  # x, y and score of each person
    [[0.0, 0.0, 0.8999999761581421], [0.0, 0.0, 0.20000000298023224]]
    >>> [len(person) for person in poses]
    [1, 1]
    """

    xy: FloatArray
    """(N, K, 2) float32, x and y in pixels of the frame; may lie outside of it."""
    raw_xy: FloatArray
    """(N, K, 2) float32, `xy` before smoothing."""
    score: FloatArray
    """(N, K) float32, 0..1."""
    box: FloatArray
    """(N, 4) float32: left, top, right, bottom in pixels of the frame."""
    person_score: FloatArray
    """(N,) float32, 0..1."""
    track_id: Int32Array
    """(N,) int32, from 1; 0 means untracked."""
    swapped: BoolArray
    """(N, K) bool: where left and right were exchanged because the network had confused them."""
    skeleton: Skeleton = COCO_SKELETON
    """Names and bones of the K keypoints."""
    filled: BoolArray = field(default_factory=lambda: _unmarked(0, 0))
    """(N, K) bool: what was not seen, but placed between the sightings before and after, or, in a
    live run without time to look, predicted. None, unless given."""
    edited: BoolArray = field(default_factory=lambda: _unmarked(0, 0))
    """(N, K) bool: what was changed by hand. None, unless given."""

    def __post_init__(self) -> None:
        people, keypoints = len(self.person_score), len(self.skeleton.names)
        is_unsmoothed = self.raw_xy is self.xy
        marked = (people, keypoints)
        arrays: list[tuple[str, npt.NDArray[Any], tuple[int, ...], np.dtype[Any]]] = [
            ("xy", self.xy, (people, keypoints, 2), _FLOAT),
            ("raw_xy", self.raw_xy, (people, keypoints, 2), _FLOAT),
            ("score", self.score, marked, _FLOAT),
            ("box", self.box, (people, 4), _FLOAT),
            ("person_score", self.person_score, (people,), _FLOAT),
            ("track_id", self.track_id, (people,), _INT),
            ("swapped", self.swapped, marked, _BOOL),
        ]
        for name, marks in (("filled", self.filled), ("edited", self.edited)):
            if marks.size:
                arrays.append((name, marks, marked, _BOOL))
            else:  # as in most frames
                object.__setattr__(self, name, _unmarked(people, keypoints))
        for name, array, shape, dtype in arrays:
            if array.dtype != dtype or array.shape != shape:
                raise ValueError(f"{name} must be {shape} {dtype}, got {array.shape} {array.dtype}")
            if array.flags.writeable:
                object.__setattr__(self, name, read_only(array))
        if is_unsmoothed:
            object.__setattr__(self, "raw_xy", self.xy)

    @classmethod
    def from_keypoints(
        cls, xy: FloatArray, score: FloatArray, skeleton: Skeleton = COCO_SKELETON
    ) -> Poses:
        """Return untracked poses: boxes around all keypoints, the mean of their scores per person.

        Args:
            xy: (N, K, 2) float32, pixels of the frame.
            score: (N, K) float32, 0..1.
            skeleton: Names and bones of the K keypoints.
        """
        return cls(
            xy=xy,
            raw_xy=xy,
            score=score,
            # Plain ufuncs: `min`, `max` and `mean` take twice as long for so few numbers.
            box=np.concatenate((np.minimum.reduce(xy, 1), np.maximum.reduce(xy, 1)), axis=1),
            person_score=np.add.reduce(score, 1) / len(skeleton.names),
            track_id=np.zeros(len(xy), np.int32),
            swapped=np.zeros(score.shape, np.bool_),
            skeleton=skeleton,
        )

    @classmethod
    def empty(cls, skeleton: Skeleton = COCO_SKELETON) -> Poses:
        """Return poses of nobody: N is 0."""
        keypoints = len(skeleton.names)
        return cls(
            xy=np.zeros((0, keypoints, 2), np.float32),
            raw_xy=np.zeros((0, keypoints, 2), np.float32),
            score=np.zeros((0, keypoints), np.float32),
            box=np.zeros((0, 4), np.float32),
            person_score=np.zeros(0, np.float32),
            track_id=np.zeros(0, np.int32),
            swapped=np.zeros((0, keypoints), np.bool_),
            skeleton=skeleton,
        )

    @classmethod
    def concatenate(cls, each: Sequence[Poses]) -> Poses:
        """Return the people of several records, which have one skeleton, in one.

        >>> len(Poses.concatenate([Poses.empty(), Poses.empty()]))
        0

        Args:
            each: At least one record.
        """
        if len(each) == 1:
            return each[0]
        return cls(
            xy=np.concatenate([poses.xy for poses in each]),
            raw_xy=np.concatenate([poses.raw_xy for poses in each]),
            score=np.concatenate([poses.score for poses in each]),
            box=np.concatenate([poses.box for poses in each]),
            person_score=np.concatenate([poses.person_score for poses in each]),
            track_id=np.concatenate([poses.track_id for poses in each]),
            swapped=np.concatenate([poses.swapped for poses in each]),
            filled=np.concatenate([poses.filled for poses in each]),
            edited=np.concatenate([poses.edited for poses in each]),
            skeleton=each[0].skeleton,
        )

    def __reduce__(self) -> tuple[type[Poses], tuple[object, ...]]:
        """Return how a copy is made: by the constructor, which makes arrays read-only again."""
        arrays = (self.xy, self.raw_xy, self.score, self.box, self.person_score, self.track_id)
        return Poses, (*arrays, self.swapped, self.skeleton, self.filled, self.edited)

    def __repr__(self) -> str:
        """Return how many people and keypoints there are, and the ids; not their arrays.

        >>> Poses.from_keypoints(np.zeros((2, 17, 2), np.float32), np.ones((2, 17), np.float32))
        <Poses of 2 people, 17 keypoints each, untracked>
        """
        people = "1 person" if len(self) == 1 else f"{len(self)} people"
        ids = ", ".join(map(str, self.track_id.tolist())) if self.track_id.any() else ""
        tracked = f"ids {ids}" if ids else "untracked"
        ending = f", {tracked}" if len(self) else ""
        return f"<Poses of {people}, {len(self.skeleton)} keypoints each{ending}>"

    def __len__(self) -> int:
        return len(self.person_score)

    def __iter__(self) -> Iterator[Poses]:
        """Yield the poses of one person after the other."""
        return (self[row] for row in range(len(self)))

    # A Keypoint is an int as well: the first signature that fits counts.
    @overload
    def __getitem__(self, key: str | Keypoint) -> FloatArray: ...  # type: ignore[overload-overlap]
    @overload
    def __getitem__(self, key: int | np.integer[Any] | slice | BoolArray | IntpArray) -> Poses: ...
    def __getitem__(
        self, key: str | Keypoint | int | np.integer[Any] | slice | BoolArray | IntpArray
    ) -> FloatArray | Poses:
        """Return one keypoint of everybody, or some of the people.

        Args:
            key: The name of a keypoint, for (N, 3) float32: x and y in pixels, and the score of
                each person. Or which people: a row, a slice, an (N,) mask or (M,) row indices.

        Raises:
            KeyError: If the skeleton has no keypoint of this name.
            IndexError: If there is no such row.
        """
        if isinstance(key, (str, Keypoint)):
            index = self._keypoint_index(key if isinstance(key, str) else key.name.lower())
            return np.concatenate((self.xy[:, index], self.score[:, index, None]), axis=1)
        if isinstance(key, np.ndarray) and key.dtype == _BOOL and self._is_everybody(key):
            return self
        # A slice, so that the arrays keep their first axis.
        row = range(len(self))[key] if isinstance(key, (int, np.integer)) else None
        rows = key if row is None else slice(row, row + 1)
        return Poses(
            self.xy[rows],
            self.raw_xy[rows],
            self.score[rows],
            self.box[rows],
            self.person_score[rows],
            self.track_id[rows],
            self.swapped[rows],
            self.skeleton,
            self.filled[rows],
            self.edited[rows],
        )

    def _is_everybody(self, mask: npt.NDArray[Any]) -> bool:
        """Return whether a mask chooses all people: so it is in most frames."""
        return mask.shape == (len(self),) and bool(mask.all())

    def _keypoint_index(self, name: str) -> int:
        if name not in self.skeleton:
            raise KeyError(f"there is no keypoint {name!r}: {', '.join(self.skeleton.names)}")
        return self.skeleton.index(name)

    def visible(self, min_score: float) -> BoolArray:
        """Return which keypoints score at least `min_score`: (N, K) bool."""
        return self.score >= min_score

    def _repr_html_(self) -> str:
        """Return a table for notebooks: a row for each keypoint, three columns for each person."""
        from html import escape

        people = [f"person {track_id}" if track_id else "person" for track_id in self.track_id]
        lines = [
            "<table><thead>",
            f"<tr><th></th>{''.join(f'<th colspan=3>{person}</th>' for person in people)}</tr>",
            f"<tr><th>keypoint</th>{'<th>x</th><th>y</th><th>score</th>' * len(self)}</tr>",
            "</thead><tbody>",
        ]
        for name in self.skeleton.names:
            values = "".join(
                f"<td>{x:.1f}</td><td>{y:.1f}</td><td>{score:.2f}</td>"
                for x, y, score in self[name].tolist()
            )
            lines.append(f"<tr><td>{escape(name)}</td>{values}</tr>")
        return "\n".join([*lines, "</tbody></table>"]) if people else "<p>no people</p>"

    def to_dataframe(self) -> DataFrame:
        """Return a pandas table with a row for each person and keypoint.

        Its columns are those of `.csv` files: person (the track id), keypoint (its name), x and y
        in pixels, score, swapped.

        >>> len(Poses.empty().to_dataframe())
        0

        Raises:
            RuntimeMissing: If pandas is not installed.
        """
        try:
            from pandas import DataFrame
        except ImportError as error:
            raise RuntimeMissing("a table needs pandas: pip install pandas") from error
        return DataFrame(
            {
                "person": np.repeat(self.track_id, len(self.skeleton)),
                "keypoint": np.tile(self.skeleton.names, len(self)),
                "x": self.xy[..., 0].ravel(),
                "y": self.xy[..., 1].ravel(),
                "score": self.score.ravel(),
                "swapped": self.swapped.ravel(),
            }
        )
