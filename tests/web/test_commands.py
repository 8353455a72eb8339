"""What pages ask for, and what of it the viewer gets."""

from __future__ import annotations

from livepose.web.commands import Command, CommandQueue


def test_of_moves_in_a_row_the_last_one_counts() -> None:
    queue = CommandQueue()
    moves = [Command("drag", (float(x), 5.0)) for x in range(100)]
    commands = [Command("press", (0.0, 5.0)), *moves, Command("release", (99.0, 5.0)), *moves]
    for command in commands:
        queue.put(command)
    taken = [queue.take() for _ in range(5)]
    last = moves[-1]
    assert taken == [commands[0], last, Command("release", (99.0, 5.0)), last, None]


def test_steps_are_counted_up_to_a_limit() -> None:
    queue = CommandQueue()
    for _ in range(1000):
        queue.put(Command("forward"))
    taken = 0
    while queue.take():
        taken += 1
    assert taken == 64
