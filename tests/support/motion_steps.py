"""A motion step that notes its calls, and the frames to call it with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.region import Region


class Step(MotionStep):
    """Notes its calls in a list that several steps share."""

    def __init__(self, name: str, events: list[str]) -> None:
        self._name, self._events = name, events

    def __call__(self, posed: PosedFrame) -> PosedFrame:
        self._events.append(f"{self._name} {posed.frame.index} after {posed.inference_s:.0f}")
        return replace(posed, inference_s=posed.inference_s + 1)

    def reset(self) -> None:
        self._events.append(f"{self._name} reset")


def posed(index: int, *, is_scene_start: bool = False, time_s: float | None = None) -> PosedFrame:
    frame = Frame.from_bgr(
        np.zeros((4, 4, 3), np.uint8), index, index / 30 if time_s is None else time_s
    )
    return PosedFrame(
        frame, Poses.empty(), Region.letterbox(4, 4), 0.0, is_scene_start=is_scene_start
    )
