"""A chain of steps: their order, and that a scene start resets all before the first runs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import MotionStep
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.deferred import DeferredSteps
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.step_chain import StepChain


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


def test_each_step_takes_the_result_of_the_one_before_it() -> None:
    events: list[str] = []
    chain = StepChain(Step(name, events) for name in "ab")
    assert chain(posed(7)).inference_s == 2
    assert events == ["a 7 after 0", "b 7 after 1"]


def test_a_scene_start_resets_all_steps_before_the_first_one_runs() -> None:
    events: list[str] = []
    StepChain([Step("a", events), Step("b", events)])(posed(7, is_scene_start=True))
    assert events == ["a reset", "b reset", "a 7 after 0", "b 7 after 1"]


def test_a_reset_resets_every_step() -> None:
    events: list[str] = []
    StepChain([Step("a", events), Step("b", events)]).reset()
    assert events == ["a reset", "b reset"]


def test_a_chain_without_steps_returns_the_frame() -> None:
    given = posed(0)
    assert StepChain([])(given) is given


def test_deferred_steps_see_smoothed_frames_in_order() -> None:
    events: list[str] = []
    deferred = DeferredSteps(Butterworth(), [Step("a", events)])
    finished = [done for index in range(30) for done in deferred.push(posed(index))]
    assert 0 < len(finished) < 30
    finished += deferred.flush()
    assert [each.frame.index for each in finished] == list(range(30))
    assert events == [f"a {index} after 0" for index in range(30)]


def test_a_scene_start_finishes_the_scene_before_it_and_then_resets_the_deferred_steps() -> None:
    events: list[str] = []
    deferred = DeferredSteps(Butterworth(), [Step("a", events)])
    assert deferred.push(posed(0)) == []
    # Time goes on, so that only the scene start can end what is held.
    finished = deferred.push(posed(1, is_scene_start=True))
    assert [each.frame.index for each in finished] == [0]
    assert events == ["a 0 after 0"]
    assert [each.frame.index for each in deferred.flush()] == [1]
    assert events == ["a 0 after 0", "a reset", "a 1 after 0"]
