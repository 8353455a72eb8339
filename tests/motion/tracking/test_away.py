"""People who are away: who gets their id back, and who is somebody else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.tracking.affinity import FOREIGN_FRAMES
from livepose.motion.tracking.appearance import PARTS, Colors
from livepose.motion.tracking.away import Away
from livepose.motion.tracking.tracks import Tracks
from tests.support.people import poses_of, standing

_BLUE, _RED = 50.0, 150.0


def people(
    ids: Sequence[int], colors: Sequence[tuple[float, float]], time_s: float, *, x: float = 300.0
) -> Tracks:
    """Return people who appeared at a time, in known clothes: of torso and sleeves."""
    unknown, poses = Colors.unknown(len(ids)), poses_of(*[standing(x)] * len(ids))
    tracks = Tracks.of_newcomers(np.array(ids, np.int32), poses, unknown, time_s)
    tracks.color[:] = np.array(colors, np.float32)[..., None] * (1, 0, 0)
    tracks.colored_frames[:] = 10
    return tracks


def away_since(time_s: float, *lost: Tracks) -> Away:
    away = Away(COCO_SKELETON)
    for each in lost:
        away.add(each, time_s)
    return away


@pytest.mark.parametrize(
    ("torso", "sleeves", "expected"),
    [(0, 0, 1), (10, 10, 1), (0, 22, 1), (22, 0, 1), (22, 22, 2), (0, 40, 2)],
)
def test_clothes_are_the_same_where_one_part_is_and_none_is_another(
    torso: float, sleeves: float, expected: int
) -> None:
    away = away_since(1.0, people([1], [(_BLUE, _BLUE)], 0.0))
    back = people([2], [(_BLUE + torso, _BLUE + sleeves)], 4.0)
    away.recognize(back, 4.5)
    assert back.ids.tolist() == [expected]


@pytest.mark.parametrize(("after_s", "expected"), [(4.0, 1), (9.0, 1), (11.0, 2)])
def test_people_are_remembered_for_ten_seconds(after_s: float, expected: int) -> None:
    away = away_since(0.5, people([1], [(_BLUE, _BLUE)], 0.0))
    back = people([2], [(_BLUE, _BLUE)], after_s - 0.5)
    away.recognize(back, after_s)
    assert back.ids.tolist() == [expected]


def test_who_has_been_there_for_a_while_keeps_the_id_that_they_have() -> None:
    away = away_since(1.0, people([1], [(_BLUE, _BLUE)], 0.0))
    others = people([2], [(_RED, _RED)], 2.0)
    away.recognize(others, 2.5)
    others.color[:] = (_BLUE, 0, 0)  # in another light
    away.recognize(others, 5.0)
    assert others.ids.tolist() == [2]


def test_of_two_people_in_the_same_clothes_nobody_knows_who_is_back() -> None:
    away = away_since(1.0, people([1, 2], [(_BLUE, _BLUE)] * 2, 0.0))
    back = people([3], [(_BLUE, _BLUE)], 4.0)
    away.recognize(back, 4.5)
    assert back.ids.tolist() == [3]


def test_who_was_not_recognized_once_has_the_id_that_they_had_last() -> None:
    away = away_since(1.0, people([1], [(_BLUE, _BLUE)], 0.0))
    away.add(people([2], [(_BLUE, _BLUE)], 3.0), 4.0)
    back = people([3], [(_BLUE, _BLUE)], 5.0)
    away.recognize(back, 5.5)
    assert back.ids.tolist() == [2] and len(away) == 0


@pytest.mark.parametrize(("unseen_s", "expected"), [(0.8, 2), (1.4, 1)])
def test_who_is_found_late_where_another_was_lost_may_be_somebody_who_is_back(
    unseen_s: float, expected: int
) -> None:
    # The other one was there before, in clothes that were not learned.
    stranger = people([2], [(0, 0)], 0.0)
    stranger.colored_frames[:] = 0
    stranger.seen_s[:] = 3.0
    away = away_since(1.0, people([1], [(_BLUE, _BLUE)], 0.0))
    back, time_s = poses_of(standing(300.0)), 3.0 + unseen_s
    away.doubt(stranger, np.zeros(1, np.intp), time_s)
    blue = np.full((1, PARTS, 3), (_BLUE, 0, 0), np.float32)
    colors = Colors(blue, np.ones((1, PARTS), np.bool_))
    for number in range(5):
        stranger.update(np.zeros(1, np.intp), back, colors, time_s + number / 30)
        away.recognize(stranger, time_s + number / 30)
    assert stranger.ids.tolist() == [expected]


def test_who_went_out_is_sought_where_they_went_out() -> None:
    # Blue was lost at the left, and has come in at the right, where red was.
    away = away_since(1.0, people([1], [(_BLUE, _BLUE)], 0.0, x=300))
    tracks = people([2], [(_RED, _RED)], 1.0, x=900)
    tracks.foreign_frames[:] = FOREIGN_FRAMES
    blue = Colors(np.full((1, PARTS, 3), (_BLUE, 0, 0), np.float32), np.ones((1, PARTS), np.bool_))
    left = away.take_over(tracks, np.zeros(1, np.intp), poses_of(standing(900)), blue, 5.0)
    assert (tracks.ids.tolist(), left) == ([1], [2])
    back = people([3], [(_RED, _RED)], 5.5, x=900)
    away.recognize(back, 6.0)
    assert back.ids.tolist() == [2]
