"""The skeleton of a model: its keypoints, its bones, and which of them belong together.

Left is the subject's own left. The order and the meaning of COCO's 17 keypoints are those of the
MoveNet model card (https://www.kaggle.com/models/google/movenet) and of COCO 2017.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from livepose.core.arrays import IntpArray


class Keypoint(IntEnum):
    """COCO's 17 keypoints; the value is the index in every array of keypoints.

    >>> xy = np.zeros((1, 17, 2), np.float32)
    >>> xy[:, Keypoint.LEFT_HIP].shape
    (1, 2)
    """

    NOSE = 0
    LEFT_EYE = 1
    RIGHT_EYE = 2
    LEFT_EAR = 3
    RIGHT_EAR = 4
    LEFT_SHOULDER = 5
    RIGHT_SHOULDER = 6
    LEFT_ELBOW = 7
    RIGHT_ELBOW = 8
    LEFT_WRIST = 9
    RIGHT_WRIST = 10
    LEFT_HIP = 11
    RIGHT_HIP = 12
    LEFT_KNEE = 13
    RIGHT_KNEE = 14
    LEFT_ANKLE = 15
    RIGHT_ANKLE = 16


class Side(Enum):
    """Which side of the subject's body a keypoint or a bone belongs to."""

    LEFT = "left"
    RIGHT = "right"
    MIDDLE = "middle"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The keypoints that a model finds: their names, bones, sides and groups.

    >>> arm = Skeleton(
    ...     names=("left_shoulder", "left_elbow", "left_wrist"),
    ...     bones=((0, 1), (1, 2)),
    ...     oks_sigmas=(0.079, 0.072, 0.062),
    ... )
    >>> len(arm), arm.index("left_wrist"), arm.side_of_bone((0, 1)).value
    (3, 2, 'left')
    """

    names: tuple[str, ...]
    """K names in snake case; those of one side begin with `left_` or `right_`."""
    bones: tuple[tuple[int, int], ...]
    """Pairs of keypoint indices that are joined by a line."""
    oks_sigmas: tuple[float, ...]
    """K standard deviations of human annotators, relative to the square root of the body's area
    (COCO's `sigmas`)."""
    groups: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Keypoint indices by the name of a body part, such as `face`."""
    pairs: tuple[tuple[int, int], ...] = field(init=False)
    """Pairs of keypoint indices: left and right of the same joint."""
    _index: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        count = len(self.names)
        if len(set(self.names)) != count or not count:
            raise ValueError(f"a skeleton needs distinct keypoint names, got {self.names}")
        if len(self.oks_sigmas) != count:
            raise ValueError(f"{count} keypoints need {count} sigmas, got {len(self.oks_sigmas)}")
        indices = {n for bone in self.bones for n in bone} | {
            n for group in self.groups.values() for n in group
        }
        if not all(0 <= n < count for n in indices):
            raise ValueError(f"keypoint indices go from 0 to {count - 1}, got {sorted(indices)}")
        index = {name: n for n, name in enumerate(self.names)}
        pairs = tuple(
            (n, index[other])
            for name, n in index.items()
            if name.startswith("left_")
            and (other := "right_" + name.removeprefix("left_")) in index
        )
        object.__setattr__(self, "groups", MappingProxyType(dict(self.groups)))
        object.__setattr__(self, "pairs", pairs)
        object.__setattr__(self, "_index", MappingProxyType(index))

    def __reduce__(self) -> tuple[type[Skeleton], tuple[object, ...]]:
        """Return how a copy is made: read-only mappings can be neither pickled nor deep-copied."""
        return Skeleton, (self.names, self.bones, self.oks_sigmas, dict(self.groups))

    def __hash__(self) -> int:
        """Return a hash of the names: of all fields, it would take forty times as long."""
        return hash(self.names)

    def __len__(self) -> int:
        """Return K, the number of keypoints."""
        return len(self.names)

    def __contains__(self, name: str) -> bool:
        """Return whether the skeleton has a keypoint of this name."""
        return name in self._index

    def index(self, name: str) -> int:
        """Return the index of a keypoint in every array of keypoints.

        Raises:
            KeyError: If the skeleton has no keypoint of this name.
        """
        return self._index[name]

    def has(self, names: Iterable[str]) -> bool:
        """Return whether the skeleton has all keypoints of these names."""
        return all(name in self._index for name in names)

    def body_parts(self) -> dict[str, tuple[int, ...]]:
        """Return the words for several keypoints: the groups, and both sides of each joint.

        >>> COCO_SKELETON.body_parts()["wrists"]
        (9, 10)
        """
        parts = {name: tuple(map(int, indices)) for name, indices in self.groups.items()}
        for pair in self.pairs:
            parts.setdefault(f"{self.names[pair[0]].removeprefix('left_')}s", pair)
        return parts

    def mirrored_order(self) -> IntpArray:
        """Return (K,) indices that exchange each left keypoint with its right one."""
        order = np.arange(len(self.names))
        for left, right in self.pairs:
            order[left], order[right] = right, left
        return order

    def side_of_keypoint(self, index: int) -> Side:
        """Return the side of a keypoint, by its name."""
        prefix, _, rest = self.names[index].partition("_")
        return Side(prefix) if rest and prefix in ("left", "right") else Side.MIDDLE

    def side_of_bone(self, bone: tuple[int, int]) -> Side:
        """Return the side of a bone: one that joins left and right lies in the middle."""
        sides = {self.side_of_keypoint(index) for index in bone} - {Side.MIDDLE}
        return sides.pop() if len(sides) == 1 else Side.MIDDLE


def keypoint_names(keypoints: str | Iterable[str | Keypoint]) -> frozenset[str]:
    """Return the names of keypoints and of parts of the body.

    Args:
        keypoints: Names, or a text of names with commas between them.

    Raises:
        TypeError: If one of them is a number: what that means depends on the skeleton.

    >>> sorted(keypoint_names("face, left_wrist")), sorted(keypoint_names([Keypoint.LEFT_HIP]))
    (['face', 'left_wrist'], ['left_hip'])
    """
    if isinstance(keypoints, str):
        return frozenset(word.strip().lower() for word in keypoints.split(","))
    names = set()
    for keypoint in keypoints:
        if not isinstance(keypoint, (str, Keypoint)):
            raise TypeError(f"keypoints are named, as in 'left_wrist': got {keypoint!r}")
        names.add(keypoint.name.lower() if isinstance(keypoint, Keypoint) else keypoint)
    return frozenset(names)


@lru_cache(maxsize=32)
def keypoint_indices(skeleton: Skeleton, names: frozenset[str]) -> tuple[int, ...]:
    """Return the indices of keypoints and of parts of the body, in rising order.

    Names that the skeleton does not have are left out.

    >>> keypoint_indices(COCO_SKELETON, frozenset(("hands", "nose", "left_heel")))
    (0, 9, 10)
    """
    parts = skeleton.body_parts()
    found = {index for name in names for index in parts.get(name, ())}
    found |= {skeleton.index(name) for name in names if name in skeleton}
    return tuple(sorted(found))


def _coco() -> Skeleton:
    k = Keypoint
    return Skeleton(
        names=tuple(keypoint.name.lower() for keypoint in k),
        bones=(
            (k.NOSE, k.LEFT_EYE),
            (k.NOSE, k.RIGHT_EYE),
            (k.LEFT_EYE, k.LEFT_EAR),
            (k.RIGHT_EYE, k.RIGHT_EAR),
            (k.LEFT_SHOULDER, k.RIGHT_SHOULDER),
            (k.LEFT_HIP, k.RIGHT_HIP),
            (k.LEFT_SHOULDER, k.LEFT_HIP),
            (k.RIGHT_SHOULDER, k.RIGHT_HIP),
            (k.LEFT_SHOULDER, k.LEFT_ELBOW),
            (k.LEFT_ELBOW, k.LEFT_WRIST),
            (k.RIGHT_SHOULDER, k.RIGHT_ELBOW),
            (k.RIGHT_ELBOW, k.RIGHT_WRIST),
            (k.LEFT_HIP, k.LEFT_KNEE),
            (k.LEFT_KNEE, k.LEFT_ANKLE),
            (k.RIGHT_HIP, k.RIGHT_KNEE),
            (k.RIGHT_KNEE, k.RIGHT_ANKLE),
        ),
        oks_sigmas=(
            0.026, 0.025, 0.025, 0.035, 0.035, 0.079, 0.079, 0.072, 0.072, 0.062, 0.062, 0.107,
            0.107, 0.087, 0.087, 0.089, 0.089,
        ),
        # An arm begins below the shoulder, a leg below the hip.
        groups={
            "face": (k.NOSE, k.LEFT_EYE, k.RIGHT_EYE, k.LEFT_EAR, k.RIGHT_EAR),
            "torso": (k.LEFT_SHOULDER, k.RIGHT_SHOULDER, k.LEFT_HIP, k.RIGHT_HIP),
            "arms": (k.LEFT_ELBOW, k.RIGHT_ELBOW, k.LEFT_WRIST, k.RIGHT_WRIST),
            "hands": (k.LEFT_WRIST, k.RIGHT_WRIST),
            "legs": (k.LEFT_KNEE, k.RIGHT_KNEE, k.LEFT_ANKLE, k.RIGHT_ANKLE),
            "feet": (k.LEFT_ANKLE, k.RIGHT_ANKLE),
        },
    )  # fmt: skip


COCO_SKELETON = _coco()
"""The 17 keypoints of COCO, which MoveNet finds."""
