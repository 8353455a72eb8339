"""Who is who in a whole scene: ids that a tracker has lost, exchanged or given twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from livepose.motion.linking.identities import linked_ids
from livepose.motion.linking.sightings import Sightings
from tests.support.people import BLUE, GREEN, RED, clothed, poses_of, standing

Color = tuple[int, int, int]
Seen = tuple[int, float, Color]
"""The tracker's id of somebody, where they stand, and their clothes; the last one is in front."""


def ids_of(frame_count: int, scene: Callable[[int], Sequence[Seen]]) -> list[list[int]]:
    """Return the ids that people have in each frame of a scene, once all of it is known."""
    sightings = Sightings()
    for number in range(frame_count):
        seen = scene(number)
        bodies = [standing(x) for _, x, _ in seen]
        poses = poses_of(*bodies)
        poses = replace(poses, track_id=np.array([each[0] for each in seen], np.int32))
        pixels = clothed(*zip(bodies, [color for *_, color in seen], strict=True))
        sightings.add(poses, pixels, number / 30)
    return [ids.tolist() for ids in linked_ids(sightings)]


def test_ids_that_are_right_stay_so() -> None:

    def passing(number: int) -> list[Seen]:
        return [(1, 200 + 4 * number, RED), (2, 440 - 4 * number, BLUE)]

    assert ids_of(60, passing) == [[1, 2]] * 60


def test_ids_are_those_of_the_order_in_which_people_appear() -> None:

    def alone(number: int) -> list[Seen]:
        return [(7, 200, RED), *([(9, 500, RED)] if number >= 10 else [])]

    assert ids_of(20, alone) == [[1]] * 10 + [[1, 2]] * 10


def test_two_who_cross_keep_their_ids_where_the_tracker_exchanges_them() -> None:

    def crossing(number: int) -> list[Seen]:
        red, blue = (1, 2) if number < 30 else (2, 1)
        return [(blue, 440 - 4 * number, BLUE), (red, 200 + 4 * number, RED)]

    assert ids_of(60, crossing) == [[2, 1]] * 60


def test_an_exchange_that_the_tracker_finds_out_later_is_mended_from_its_beginning() -> None:

    def crossing(number: int) -> list[Seen]:
        red, blue = (2, 1) if 30 <= number < 45 else (1, 2)
        return [(red, 200 + 4 * number, RED), (blue, 440 - 4 * number, BLUE)]

    assert ids_of(80, crossing) == [[1, 2]] * 80


def test_who_was_hidden_and_got_a_new_id_has_the_old_one() -> None:

    def hidden(number: int) -> list[Seen]:
        other = [(2, 360.0, BLUE)]
        if 25 <= number < 40:
            return other
        return [*other, (1 if number < 25 else 5, 200 + 4 * number, RED)]

    assert ids_of(70, hidden) == [[2, 1]] * 25 + [[2]] * 15 + [[2, 1]] * 30


def test_who_took_the_id_of_somebody_hidden_does_not_keep_it() -> None:

    def stolen(number: int) -> list[Seen]:
        green = (3 if number < 30 else 1, 300.0, GREEN)
        if 28 <= number < 45:
            return [green]
        return [green, (1 if number < 28 else 4, 100 + 4.0 * number, RED)]

    assert ids_of(80, stolen) == [[2, 1]] * 28 + [[2]] * 17 + [[2, 1]] * 35


def test_a_new_id_from_one_frame_to_the_next_is_the_same_person() -> None:
    found = ids_of(20, lambda number: [(1 if number < 4 else 8, 200 + 3 * number, RED)])
    assert found == [[1]] * 20


def test_others_in_the_same_clothes_are_others() -> None:

    def two(number: int) -> list[Seen]:
        first = [(1, 150.0, RED)] if number < 40 else []
        return [*first, *([(2, 500.0, RED)] if number >= 30 else [])]

    # They are there at once; and where they are not, the second one is too far away.
    assert ids_of(70, two) == [[1]] * 30 + [[1, 2]] * 10 + [[2]] * 30
    assert ids_of(60, lambda n: [(1, 100.0, RED) if n < 30 else (2, 600.0, RED)]) == (
        [[1]] * 30 + [[2]] * 30
    )


def test_who_stands_where_somebody_else_stood_is_somebody_else() -> None:
    found = ids_of(
        60, lambda n: [(1, 300.0, RED) if n < 30 else (1, 300.0, BLUE)] if n != 30 else []
    )
    assert found == [[1]] * 30 + [[]] + [[2]] * 29


def test_a_track_that_goes_on_in_other_clothes_for_long_is_of_two_people() -> None:

    def seen(number: int, frames: int) -> list[Seen]:
        return [(1, 300.0, BLUE if 40 <= number < 40 + frames else RED)]

    assert ids_of(80, lambda number: seen(number, 40)) == [[1]] * 40 + [[2]] * 40
    # A shadow, or somebody in front, passes.
    assert ids_of(80, lambda number: seen(number, 12)) == [[1]] * 80


def test_who_is_back_after_more_than_ten_seconds_has_a_new_id() -> None:

    def back_after(frames: int) -> list[list[int]]:
        return ids_of(
            60 + frames,
            lambda n: (
                [(1, 300.0, RED)] if n < 30 else [(2, 300.0, RED)] if n >= 30 + frames else []
            ),
        )

    assert back_after(270)[-1] == [1]
    assert back_after(310)[-1] == [2]


def test_who_is_small_in_the_last_frame_as_the_rest_is_outside_it_has_not_shrunk() -> None:
    sightings = Sightings()
    for number in range(70):
        # In the last frame, under an id of its own, only the head and the shoulders are found.
        is_out, is_back = 20 <= number < 40, number >= 40
        body = standing(680)
        poses = poses_of() if is_out else poses_of(body)
        if number == 19:
            poses = replace(poses, box=np.array(((640, 200, 700, 280),), np.float32))
        track_id = 3 if is_back else 2 if number == 19 else 1
        poses = replace(poses, track_id=np.full(len(poses), track_id, np.int32))
        sightings.add(poses, clothed((body, RED)), number / 30)
    assert [ids.tolist() for ids in linked_ids(sightings)] == [[1]] * 20 + [[]] * 20 + [[1]] * 30


def test_who_comes_out_from_behind_somebody_is_small_at_first() -> None:
    sightings = Sightings()
    for number in range(70):
        # Behind the other one, only the upper half is found at first.
        body, is_hidden = standing(300), 20 <= number < 40
        poses = poses_of() if is_hidden else poses_of(body)
        if 40 <= number < 55:
            left, top, right, bottom = poses.box[0].tolist()
            half = (left, top, right, top + (bottom - top) / 2)
            poses = replace(poses, box=np.array((half,), np.float32))
        track_id = 1 if number < 20 else 2
        poses = replace(poses, track_id=np.full(len(poses), track_id, np.int32))
        sightings.add(poses, clothed((body, RED)), number / 30)
    assert [ids.tolist() for ids in linked_ids(sightings)] == [[1]] * 20 + [[]] * 20 + [[1]] * 30


def test_the_worse_of_two_poses_of_one_person_is_nobodys() -> None:
    sightings = Sightings()
    for number in range(20):
        body = standing(300)
        # For two frames, the same body is found twice: under its own id, and under the next one.
        ids = [1] if number < 10 else [1, 5] if number < 12 else [5]
        poses = replace(
            poses_of(*[body] * len(ids)),
            track_id=np.array(ids, np.int32),
            person_score=np.array((0.5, 0.8)[-len(ids) :], np.float32),
        )
        sightings.add(poses, clothed((body, RED)), number / 30)
    found = [ids.tolist() for ids in linked_ids(sightings)]
    assert found == [[1]] * 10 + [[0, 1]] * 2 + [[1]] * 8


def test_a_part_of_somebody_that_is_seen_in_a_few_frames_is_nobodys() -> None:

    def with_part(number: int) -> list[Seen]:
        part = [(2, 310.0, RED)] if 10 <= number < 20 else []
        return [(1, 300, RED), *part]

    assert ids_of(40, with_part)[9:21] == [[1]] + [[1, 0]] * 10 + [[1]]
    # Two who are close in all of a short scene are two.
    assert ids_of(10, lambda number: [(1, 300, RED), (2, 340, BLUE)]) == [[1, 2]] * 10


@pytest.mark.parametrize(
    ("clear", "middle_px", "track_id"),
    [(0.4, 440.0, 0), (0.4, 230.0, 2), (0.6, 440.0, 2)],
    ids=["apart", "behind somebody", "face and shoulders"],
)
def test_a_thing_that_never_has_clear_points_is_nobody(
    clear: float, middle_px: float, track_id: int
) -> None:
    """Of a person behind another, or of whom only the face is seen, no more is to be expected."""
    sightings = Sightings()
    bodies = standing(200.0), standing(middle_px)
    for number in range(40):
        poses = poses_of(*bodies)
        score = np.full((2, 17), 0.1, np.float32)
        score[0], score[1, :5] = 0.5, clear
        poses = replace(
            poses,
            track_id=np.array([1, 2], np.int32),
            score=score,
            person_score=score.mean(axis=1),
        )
        pixels = clothed(*zip(bodies, (RED, BLUE), strict=True))
        sightings.add(poses, pixels, number / 30)
    assert [ids.tolist() for ids in linked_ids(sightings)] == [[1, track_id]] * 40


def test_nobody_is_nobody() -> None:
    assert ids_of(0, lambda number: []) == []
    assert ids_of(2, lambda number: []) == [[], []]
