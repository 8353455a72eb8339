"""ChosenPeople: whom the edits of an editor are about."""

from __future__ import annotations

import numpy as np

from livepose.core.poses import Poses


class ChosenPeople:
    """Remembers the two people who were chosen last.

    >>> from dataclasses import replace
    >>> xy, score = np.zeros((2, 17, 2), np.float32), np.ones((2, 17), np.float32)
    >>> poses = Poses.from_keypoints(xy, score)
    >>> poses = replace(poses, track_id=np.array((4, 7), np.int32))
    >>> chosen = ChosenPeople()
    >>> before = chosen.current(poses, is_range=False)
    >>> chosen.choose(7)
    >>> before, chosen.current(poses, is_range=False), chosen.pair(poses)
    (4, 7, [4, 7])
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        """The last one at the end; at most two."""

    def choose(self, track_id: int) -> None:
        """Choose one more person."""
        self.ids = [*[each for each in self.ids if each != track_id][-1:], track_id]

    def choose_at(self, x_px: float, y_px: float, poses: Poses) -> None:
        """Choose the person whose box has a place in it, if there is one."""
        left, top, right, bottom = poses.box.T
        is_inside = (left <= x_px) & (x_px <= right) & (top <= y_px) & (y_px <= bottom)
        if is_inside.any():
            self.choose(int(poses.track_id[is_inside.argmax()]))

    def choose_nth(self, number: int, poses: Poses) -> bool:
        """Choose the n-th person from the left; return whether there are so many."""
        ids = _from_left(poses)
        if number > len(ids):
            return False
        self.choose(ids[number - 1])
        return True

    def choose_next(self, poses: Poses, *, is_range: bool) -> None:
        """Choose the next person to the right; after the last one, the first."""
        ids, current = _from_left(poses), self.current(poses, is_range=is_range)
        if ids:
            self.choose(ids[(ids.index(current) + 1) % len(ids)] if current in ids else ids[0])

    def current(self, poses: Poses, *, is_range: bool) -> int | None:
        """Return the id of the person whom edits are about; None if they are not there.

        It is the first one there as long as nobody was chosen: by the user, or by an edit.

        Args:
            poses: Of the frame that is shown.
            is_range: Whether edits hold for other frames too, where the person may be.
        """
        ids = poses.track_id.tolist()
        if not self.ids:
            return ids[0] if ids else None
        return self.ids[-1] if is_range or self.ids[-1] in ids else None

    def pair(self, poses: Poses) -> list[int]:
        """Return the two who were chosen last, else everybody who is there."""
        return self.ids if len(self.ids) == 2 else _from_left(poses)


def _from_left(poses: Poses) -> list[int]:
    """Return the ids of everybody, from left to right."""
    order = np.argsort(poses.box[:, 0] + poses.box[:, 2])
    return [int(each) for each in poses.track_id[order]]
