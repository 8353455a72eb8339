"""When the detector searches for people, and in which part of the frame."""

from __future__ import annotations

import numpy as np

from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.survey import SurveySchedule, is_cut_off, tiles_of
from tests.support.crowds import Place, body

WHOLE = Region(0, 0, 640, 480)


def found(*places: Place) -> Poses:
    xy = np.stack([body(place) for place in places])
    return Poses.from_keypoints(xy, np.full(xy.shape[:2], 0.9, np.float32))


def surveyed(schedule: SurveySchedule, count: int, result: Poses) -> list[tuple[int, bool]]:
    """Return the numbers of the frames that are surveyed, and whether as a whole."""
    views = []
    for number in range(count):
        view = schedule.next_view(number / 30, WHOLE)
        if view is not None:
            views.append((number, view is WHOLE))
            schedule.add_result(result, view, WHOLE)
    return views


def test_the_whole_frame_is_surveyed_every_third_of_a_second() -> None:
    views = surveyed(SurveySchedule(6), 30, found((300, 240, 300)))
    assert views == [(0, True), (9, True), (18, True), (27, True)]


def test_small_people_bring_tiles_between_the_surveys_of_the_whole_frame() -> None:
    views = surveyed(SurveySchedule(6), 18, found((300, 240, 100)))
    assert [number for number, is_whole in views if is_whole] == [0, 9]
    assert [number for number, is_whole in views if not is_whole] == [2, 4, 6, 8, 11, 13, 15, 17]


def test_so_do_as_many_people_as_the_detector_finds_at_once() -> None:
    views = surveyed(SurveySchedule(2), 10, found((100, 240, 300), (300, 240, 300)))
    assert [number for number, is_whole in views if not is_whole] == [2, 4, 6, 8]


def test_a_survey_that_is_needed_soon_comes_after_a_tenth_of_a_second() -> None:
    schedule = SurveySchedule(6)
    asked = [schedule.next_view(n / 30, WHOLE, is_urgent=n >= 1) is not None for n in range(8)]
    assert asked == [True, False, False, True, False, False, True, False]


def test_a_scene_begins_with_a_survey() -> None:
    schedule = SurveySchedule(6)
    assert schedule.next_view(0.0, WHOLE) is WHOLE
    schedule.reset()
    assert schedule.next_view(1 / 30, WHOLE) is WHOLE


def test_the_tiles_cover_the_frame() -> None:
    tiles = tiles_of(WHOLE)
    assert {(t.left_px, t.top_px) for t in tiles} == {(0, 0), (256, 0), (0, 192), (256, 192)}
    assert all((t.width_px, t.height_px) == (384, 288) for t in tiles)


def test_people_at_an_inner_edge_of_a_tile_are_cut_off_and_those_at_the_frames_edge_are_not() -> (
    None
):
    tile = tiles_of(WHOLE)[0]
    people = found((100, 100, 150), (380, 100, 150), (100, 285, 150), (2, 100, 150))
    assert is_cut_off(people, tile, WHOLE).tolist() == [False, True, True, False]
    assert not is_cut_off(people, WHOLE, WHOLE).any()
