"""Tracks followed backwards: who is found in earlier frames, how far back, and who is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import PosedFrame, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.backward_search import BackwardSearch
from tests.support.crowds import HEIGHT_PX, WIDTH_PX, OnePersonModel, Place, body, frame


def walker(number: int) -> list[Place]:
    """Somebody who comes in in frame 5."""
    return [(100 + 4 * number, 240, 200)] if number >= 5 else []


def posed(number: int, *people: tuple[int, Place]) -> PosedFrame:
    """Return a frame in which people were found, each with an id."""
    xy = np.array([body(place) for _, place in people], np.float32).reshape(-1, 17, 2)
    poses = Poses.from_keypoints(xy, np.full((len(xy), 17), 0.8, np.float32))
    poses = replace(poses, track_id=np.array([track_id for track_id, _ in people], np.int32))
    return PosedFrame(frame(number), poses, Region.letterbox(WIDTH_PX, HEIGHT_PX), 0.0)


def search(frames: list[PosedFrame], model: OnePersonModel, limit: int | None) -> list[PosedFrame]:
    searching = BackwardSearch(model, max_people=limit)
    results = [result for each in frames for result in searching.push(each)] + searching.flush()
    assert [each.frame.index for each in results] == [each.frame.index for each in frames]
    return results


@pytest.mark.parametrize("limit", [1, None])
def test_who_is_found_late_is_found_in_the_frames_before_that(limit: int | None) -> None:
    frames = [posed(n, *[(1, place) for place in walker(n) if n >= 12]) for n in range(20)]
    frames[8] = replace(frames[8], subject_state=SubjectState.LOST)
    results = search(frames, OnePersonModel(walker), limit)
    assert [each.poses.track_id.tolist() for each in results] == [[]] * 5 + [[1]] * 15
    assert not any(each.poses.filled.any() for each in results)
    assert {each.subject_state for each in results} == {SubjectState.EVERYBODY}
    for number in range(5, 20):
        np.testing.assert_array_equal(results[number].poses.xy[0], body(walker(number)[0]))


def test_a_track_is_followed_back_to_where_it_was_seen_last() -> None:
    frames = [
        posed(n, *[(3, place) for place in walker(n) if n not in (10, 11, 12)]) for n in range(20)
    ]
    model = OnePersonModel(walker)
    results = search(frames, model, None)
    assert [each.poses.track_id.tolist() for each in results] == [[]] * 5 + [[3]] * 15
    assert model.calls == 3 + 1  # and once before the first sighting, where nobody was


def test_half_a_second_is_looked_back() -> None:

    def always(number: int) -> list[Place]:
        return [(100 + 4 * number, 240, 200)]

    frames = [posed(n, *[(1, place) for place in always(n) if n >= 30]) for n in range(40)]
    counts = [len(each.poses) for each in search(frames, OnePersonModel(always), None)]
    assert counts == [0] * 15 + [1] * 25


def test_somebody_else_who_was_found_there_is_not_found_again() -> None:

    def one(number: int) -> list[Place]:
        return [(100 + 4 * number, 240, 200)]

    # Their id changes in frame 10, and the model sees them once more where they were.
    frames = [posed(n, (1 if n < 10 else 2, one(n)[0])) for n in range(20)]
    results = search(frames, OnePersonModel(one), None)
    assert [each.poses.track_id.tolist() for each in results] == [[1]] * 10 + [[2]] * 10


def test_no_frame_gets_more_people_than_are_followed() -> None:

    def two(number: int) -> list[Place]:
        return [(100, 240, 200), (450, 240, 200)]

    frames = [
        posed(n, *[(row + 1, place) for row, place in enumerate(two(n)) if row == 0 or n >= 10])
        for n in range(20)
    ]
    for limit, expected in ((1, [1] * 10 + [2] * 10), (2, [2] * 20)):
        results = search(frames, OnePersonModel(two), limit)
        assert [len(each.poses) for each in results] == expected


def test_who_jumps_is_not_taken_for_the_same_person() -> None:

    def jumping(number: int) -> list[Place]:
        return [(150 if number < 10 else 230, 240, 300)]

    frames = [posed(n, *[(1, place) for place in jumping(n) if n >= 10]) for n in range(20)]
    counts = [len(each.poses) for each in search(frames, OnePersonModel(jumping), None)]
    assert counts == [0] * 10 + [1] * 10
