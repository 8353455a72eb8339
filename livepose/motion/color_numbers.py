"""Colours of people: who has the colour of which id, so that no two in a frame have the same.

There are fewer colours than ids, so that ids share them. Somebody who comes in has the colour of
their id, unless somebody who is there has it: then the one that was seen longest ago.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf

from livepose.core.frame import PosedFrame
from livepose.core.interfaces import MotionStep

_AWAY_S = 1.0
"""Somebody who is missing for so long may find that another one has their colour."""
_FORGOTTEN_S = 60.0


class ColorNumbers(MotionStep):
    """Keep the colours of the people in a frame apart, for the painter.

    >>> from livepose import Frame, Poses, Region
    >>> import numpy as np
    >>> step = ColorNumbers(colors=3)
    >>> xy, score = np.ones((3, 17, 2), np.float32), np.ones((3, 17), np.float32)
    >>> poses = replace(Poses.from_keypoints(xy, score), track_id=np.array((1, 2, 4), np.int32))
    >>> frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    >>> posed = step(PosedFrame(frame, poses, Region.letterbox(64, 48), 0.0))
    >>> [posed.overlays.color_number(person) for person in (1, 2, 4)]
    [1, 2, 3]
    """

    def __init__(self, colors: int) -> None:
        """Start with nobody.

        Args:
            colors: How many colours there are. Ids that differ by as many have the same one.
        """
        self._colors = colors
        self.reset()

    def reset(self) -> None:
        self._numbers: dict[int, int] = {}
        self._seen_s: dict[int, float] = {}

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        time_s = posed.frame.time_s
        ids = [track_id for track_id in posed.poses.track_id.tolist() if track_id]
        # Those who go on keep their colours; the others choose among what is left.
        staying = [each for each in ids if time_s - self._seen_s.get(each, -inf) <= _AWAY_S]
        self._seen_s |= dict.fromkeys(staying, time_s)
        for track_id in ids:
            if track_id not in staying:
                self._numbers[track_id] = self._free_number(track_id, time_s)
                self._seen_s[track_id] = time_s
        others = {each: self._numbers[each] for each in ids if self._numbers[each] != each}
        if not others:
            return posed
        return replace(posed, overlays=replace(posed.overlays, color_numbers=others))

    def _free_number(self, track_id: int, time_s: float) -> int:
        """Return the number of a colour that nobody has; of the one seen longest ago if all are."""
        self._forget(time_s)
        seen_s = dict.fromkeys(range(1, self._colors + 1), -inf)
        for other, number in self._numbers.items():
            if other != track_id:
                seen_s[number] = max(seen_s[number], self._seen_s[other])
        own = self._numbers.get(track_id, (track_id - 1) % self._colors + 1)
        if time_s - seen_s[own] > _AWAY_S:
            return own
        return min(seen_s, key=lambda number: seen_s[number])

    def _forget(self, time_s: float) -> None:
        for track_id, seen_s in list(self._seen_s.items()):
            if not 0 <= time_s - seen_s <= _FORGOTTEN_S:
                del self._numbers[track_id], self._seen_s[track_id]
