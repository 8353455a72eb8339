"""The poses on their way back to the phone, which draws them over the picture they belong to."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import orjson

from livepose.core.colors import LEFT_COLOR, RIGHT_COLOR, hex_color
from livepose.core.frame import PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.skeleton import Side
from livepose.web.phone.pictures import Placement

_MAX_REMEMBERED = 64
"""How many frames may be on their way through the run; those that it has dropped are forgotten."""
_COLORS = {
    Side.LEFT: hex_color(LEFT_COLOR),
    Side.RIGHT: hex_color(RIGHT_COLOR),
    Side.MIDDLE: "#ffffff",
}
_STEPS = 10_000
"""Points are sent as parts of the picture's width and height in this many steps."""


@dataclass(frozen=True, slots=True)
class SentPicture:
    """Where a frame came from."""

    session: int
    number: int
    placement: Placement


class PhoneFeedback(PoseSink):
    """Sends each frame's poses to the phone that has sent the frame."""

    def __init__(self, show: Callable[[int, str], None], min_score: float) -> None:
        """Send through a function.

        Args:
            show: Called with the number of a session, and the poses as JSON.
            min_score: Keypoints that score less are not shown.
        """
        self._show = show
        self._min_score = min_score
        self._lock = threading.Lock()
        self._pictures: OrderedDict[int, SentPicture] = OrderedDict()

    def remember(self, index: int, picture: SentPicture) -> None:
        """Remember where the frame of an index came from. Called in the thread that reads."""
        with self._lock:
            self._pictures[index] = picture
            if len(self._pictures) > _MAX_REMEMBERED:
                self._pictures.popitem(last=False)

    def write(self, posed: PosedFrame) -> None:
        with self._lock:
            picture = self._pictures.pop(posed.frame.index, None)
        if picture is not None:
            self._show(picture.session, self._encoded(posed, picture))

    def close(self) -> None:
        """Do nothing: the source closes the connection."""

    def _encoded(self, posed: PosedFrame, picture: SentPicture) -> str:
        poses = posed.poses
        steps = _STEPS * picture.placement.relative(poses.xy)
        xy = np.nan_to_num(np.clip(steps, -_STEPS, 2 * _STEPS)).round().astype(np.int32)
        is_shown = (poses.score >= self._min_score) & np.isfinite(steps).all(axis=-1)
        skeleton = poses.skeleton
        message = {
            "kind": "poses",
            "number": picture.number,
            "steps": _STEPS,
            "bones": [(*bone, _COLORS[skeleton.side_of_bone(bone)]) for bone in skeleton.bones],
            "people": [
                {"id": int(track_id), "xy": points.tolist(), "shown": shown.tolist()}
                for track_id, points, shown in zip(poses.track_id, xy, is_shown, strict=True)
            ],
        }
        return orjson.dumps(message).decode()
