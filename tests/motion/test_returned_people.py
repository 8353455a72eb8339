"""People who come back have their ids from the first frame on, in files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from livepose.motion.returned_people import ReturnedPeople
from livepose.motion.tracking.tracker import Tracker
from tests.support.crowds import Place, dressed

STAYS, LEAVES, RETURNS = (100.0, 240.0, 120.0), (560.0, 240.0, 120.0), (480.0, 240.0, 120.0)
LEFT, BACK, END = 30, 120, 160
"""Numbers of frames."""


class Room:
    """Somebody in orange stays; somebody in blue leaves, and somebody comes in later."""

    def __init__(self) -> None:
        self.tracker = Tracker(recognizes_returned=True)
        self.people = ReturnedPeople()
        self.tracked: list[list[int]] = []
        self.ids: list[list[int]] = []
        self.held: list[int] = []
        """How many frames waited after each."""

    def show(self, *people: tuple[Place, str]) -> None:
        posed = self.tracker(dressed(len(self.tracked), *people))
        self.tracked.append(posed.poses.track_id.tolist())
        results = self.people.push(posed)
        assert [each.frame.index for each in results] == list(
            range(len(self.ids), len(self.ids) + len(results))
        )
        self.ids += [each.poses.track_id.tolist() for each in results]
        self.held.append(len(self.tracked) - len(self.ids))

    def until_back(self, clothes: str) -> None:
        for number in range(END):
            people = [(STAYS, "orange")]
            people += [(LEAVES, "blue")] if number < LEFT else []
            people += [(RETURNS, clothes)] if number >= BACK else []
            self.show(*people)


def test_who_comes_back_has_their_id_from_the_first_frame_on() -> None:
    room = Room()
    room.until_back("blue")
    assert room.tracked[BACK] == [1, 3]  # nobody knows yet
    assert room.tracked[-1] == [1, 2]
    assert room.ids == [[1, 2]] * LEFT + [[1]] * (BACK - LEFT) + [[1, 2]] * (END - BACK)


def test_frames_wait_only_until_it_is_known_who_has_come_in() -> None:
    room = Room()
    room.until_back("blue")
    assert not any(room.held[:BACK])
    recognized = room.tracked.index([1, 2], BACK)
    assert room.held[BACK:recognized] == list(range(1, recognized - BACK + 1))
    assert not any(room.held[recognized:])


@pytest.mark.parametrize(("frames", "track_id"), [(3, 2), (20, 3)])
def test_whoever_was_taken_for_somebody_new_for_a_moment_has_their_id_then_too(
    frames: int, track_id: int
) -> None:
    """Half hidden, they look smaller and in other clothes. After 18 frames it is too late."""
    room = Room()
    hidden = range(LEFT, LEFT + frames)
    in_front = (LEAVES[0], LEAVES[1] - 20, 40.0)
    for number in range(END):
        room.show((STAYS, "orange"), (in_front, "green") if number in hidden else (LEAVES, "blue"))
    rest = END - LEFT - frames
    assert room.tracked == [[1, 2]] * LEFT + [[1, 3]] * frames + [[1, 2]] * rest
    assert room.ids == [[1, 2]] * LEFT + [[1, track_id]] * frames + [[1, 2]] * rest
    assert not any(room.held[hidden.stop :])


@pytest.mark.parametrize("rate", [5, 10, 60])
def test_it_is_so_at_any_rate_of_frames(rate: int) -> None:
    tracker, people, results = Tracker(recognizes_returned=True), ReturnedPeople(), []
    for number in range(10 * rate):
        is_there = number < 2 * rate or number >= 5 * rate
        shown = [(STAYS, "orange"), *([(RETURNS, "blue")] if is_there else [])]
        posed = dressed(number, *shown)
        posed = replace(posed, frame=replace(posed.frame, time_s=number / rate))
        results += people.push(tracker(posed))
    results += people.flush()
    ids = [each.poses.track_id.tolist() for each in results]
    assert ids == [[1, 2]] * 2 * rate + [[1]] * 3 * rate + [[1, 2]] * 5 * rate


def test_somebody_else_keeps_their_own_id_and_few_frames_wait() -> None:
    room = Room()
    room.until_back("green")
    assert room.ids[BACK:] == [[1, 3]] * (END - BACK)
    assert max(room.held) == 18
    assert not any(room.held[BACK + 18 :])


def test_frames_that_wait_are_not_lost_at_a_cut_and_have_nothing_to_do_with_what_follows() -> None:
    room = Room()
    for number in range(BACK + 2):
        clothes = [(STAYS, "orange"), (LEAVES, "blue")] if number < LEFT else [(STAYS, "orange")]
        room.show(*clothes, *([(RETURNS, "green")] if number >= BACK else []))
    assert room.held[-1] == 2
    last = [each.poses.track_id.tolist() for each in room.people.flush()]
    assert last == [[1, 3], [1, 3]]
    assert room.people.flush() == []
    assert len(room.people.push(dressed(200, (STAYS, "orange")))) == 1


def test_once_somebody_was_recognized_nobody_is_lost_and_frames_do_not_wait_for_another() -> None:
    room = Room()
    room.until_back("blue")
    for _ in range(20):
        room.show((STAYS, "orange"), (RETURNS, "blue"), ((300.0, 240.0, 120.0), "green"))
    assert room.tracked[-1] == [1, 2, 4]
    assert not any(room.held[END:])
