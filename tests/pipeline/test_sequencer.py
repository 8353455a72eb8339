"""A step that threads perform in the order of numbers."""

from __future__ import annotations

import random
import threading
import time

from livepose.pipeline.sequencer import Sequencer


def run_all(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_whichever_thread_comes_first_numbers_pass_in_their_order() -> None:
    sequencer, passed = Sequencer(), []

    def pass_one(number: int) -> None:
        assert sequencer.wait_for(number)
        passed.append(number)
        time.sleep(0.001)  # another one that passed meanwhile would come between
        passed.append(number)
        sequencer.advance()

    numbers = list(range(40))
    random.Random(0).shuffle(numbers)
    run_all([threading.Thread(target=pass_one, args=(number,)) for number in numbers])
    assert passed == [number for number in range(40) for _ in range(2)]


def test_stopping_wakes_all_who_wait_and_lets_nobody_pass_any_more() -> None:
    sequencer = Sequencer()
    answers: list[bool] = []
    waiting = [
        threading.Thread(target=lambda number=number: answers.append(sequencer.wait_for(number)))
        for number in (1, 2, 3)
    ]
    stopping = threading.Timer(0.05, sequencer.stop)
    run_all([*waiting, stopping])
    assert answers == [False] * 3
    assert not sequencer.wait_for(0)
