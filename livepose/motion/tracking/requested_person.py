"""RequestedPerson: whom a user asked for, and who was seen beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from livepose.core.arrays import BoolArray, Int32Array


class RequestedPerson:
    """The person whom a user asked for, by a key or a click.

    While they are lost, somebody new may be the same person under another id. Whoever was seen
    beside them is somebody else.

    >>> requested = RequestedPerson(1)
    >>> requested.add_companions((1, 2), followed_id=1)
    >>> requested.may_be(np.array((2, 3), np.int32)).tolist()
    [False, True]
    """

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id
        self._companions: set[int] = set()

    def add_companions(self, track_ids: Iterable[int], followed_id: int) -> None:
        """Add the people of a frame in which the person, or who took their place, was seen.

        Args:
            track_ids: Of everybody in the frame.
            followed_id: Of the one who is followed.
        """
        self._companions.update(track_ids)
        self._companions -= {self.track_id, followed_id}

    def rename(self, old_ids: Mapping[int, int]) -> None:
        """Use the ids that people have again who were somebody new for a few frames."""
        self.track_id = old_ids.get(self.track_id, self.track_id)
        self._companions |= {old_ids[new_id] for new_id in self._companions & old_ids.keys()}
        self._companions.discard(self.track_id)

    def may_be(self, track_ids: Int32Array) -> BoolArray:
        """Return who may be the person, or take their place: (N,) for (N,) ids."""
        return np.array([each not in self._companions for each in track_ids.tolist()], np.bool_)
