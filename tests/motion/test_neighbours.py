"""Neighbours are filled with the colours around them in the input for one person."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.region import ModelInput, Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.neighbours import Bodies
from tests.support.crowds import Place, body


def bodies(*places: Place, is_certain: bool = True, score: float = 0.5) -> Bodies:
    xy: FloatArray = np.stack([body(place) for place in places])
    box = np.concatenate((xy.min(axis=1), xy.max(axis=1)), axis=1)
    scores = np.full(xy.shape[:2], score, np.float32)
    return Bodies(xy, scores, box, np.full(len(xy), is_certain), COCO_SKELETON)


def white(side_px: int = 200) -> ModelInput:
    rgb = np.full((1, side_px, side_px, 3), 255, np.uint8)
    return ModelInput(rgb, Region(0, 0, side_px, side_px))


def test_neighbours_were_just_seen_in_the_square_around_a_person() -> None:
    people = (60, 100, 180), (150, 100, 180), (420, 100, 180)
    near = bodies(*people)
    assert near.box[0, 2] < near.box[1, 0], "the boxes do not meet"
    assert near.neighbours().tolist() == [[False, True, False], [True, False, False], [False] * 3]
    assert not bodies(*people, is_certain=False).neighbours().any()
    assert not bodies(*people, score=0.9).neighbours().any(), "they are seen clearly"


def test_in_the_small_square_of_a_child_there_may_be_nobody_else() -> None:
    near = bodies((100, 200, 360), (270, 320, 60)).neighbours()
    assert near.tolist() == [[False, True], [False, False]]


def test_the_body_of_a_neighbour_has_the_colours_around_and_the_own_one_stays() -> None:
    people = bodies((60, 100, 180), (130, 100, 180))
    given = white()
    given.rgb[0] = (90, 120, 150)
    given.rgb[0, 20:180, 55:65] = 255
    given.rgb[0, 20:180, 125:135] = (255, 0, 0)  # a red neighbour in front of a blue wall
    shown = people.without_neighbours(given, 0, np.array([1])).rgb[0]
    assert np.abs(shown[100, 130].astype(int) - (90, 120, 150)).max() < 30
    assert (shown[20:180, 55:65] == 255).all() and shown[199, 199].tolist() == [90, 120, 150]


def test_a_neighbour_who_is_everywhere_leaves_nothing_to_fill_with() -> None:
    people = bodies((100, 100, 40), (100, 100, 900))
    shown = people.without_neighbours(white(), 0, np.array([1])).rgb[0]
    assert shown[100, 100, 0] == 255 and shown[5, 100].tolist() == [0, 0, 0]


def test_what_may_be_the_own_body_stays_though_a_neighbour_is_there_too() -> None:
    people = bodies((100, 100, 180), (100, 100, 180))
    assert (people.without_neighbours(white(), 0, np.array([1])).rgb == 255).all()


def test_the_input_itself_is_not_changed() -> None:
    people, given = bodies((60, 100, 180), (130, 100, 180)), white()
    given.rgb[0, 20:180, 125:135] = 0
    before = given.rgb.copy()
    people.without_neighbours(given, 0, np.array([1]))
    assert (given.rgb == before).all()
