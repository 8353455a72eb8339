"""A chain of steps: their order, and that a scene start resets all before the first runs."""

from __future__ import annotations

from livepose.motion.step_chain import StepChain
from tests.support.motion_steps import Step, posed


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
