"""Whether anybody can have appeared in a view since it was searched."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from livepose.core.frame import Frame
from livepose.core.region import Region
from livepose.motion.frame_changes import FrameChanges
from livepose.motion.top_down import TopDownEstimator
from tests.support.crowds import CrowdDetector, OnePersonModel, Place, frame

WIDTH_PX, HEIGHT_PX, INTERVAL_S = 640, 360, 0.25
WHOLE = Region(0, 0, WIDTH_PX, HEIGHT_PX)
NOBODY = np.zeros((0, 4), np.float32)
ROOM = np.random.default_rng(0).integers(60, 120, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.uint8)


def room(left_px: int | None = None, height_px: int = 60, light: int = 0) -> npt.NDArray[np.uint8]:
    """Return the room, with a dark figure from this x on, in more or less light."""
    bgr = ROOM.copy()
    if left_px is not None:
        bgr[200 : 200 + height_px, left_px : left_px + height_px // 3] = 20
    return bgr + np.uint8(light)


def searched(changes: FrameChanges, bgr: npt.NDArray[np.uint8], number: int) -> bool:
    each = Frame.from_bgr(bgr, number, INTERVAL_S * (number + 1))
    return changes.is_worth_a_search(each, WHOLE, NOBODY)


def after_four_searches() -> FrameChanges:
    changes = FrameChanges()
    assert all(searched(changes, room(), number) for number in range(4))
    return changes


def test_a_still_room_is_searched_four_times_and_then_once_a_second() -> None:
    changes = after_four_searches()
    searches = [n for n in range(4, 14) if searched(changes, room(), n)]
    assert searches == [7, 11]  # at two and at three seconds


def test_a_small_figure_that_appears_is_worth_a_search() -> None:
    assert searched(after_four_searches(), room(300), 4)


def test_shadows_that_are_too_small_for_a_person_are_not() -> None:
    scene = room()
    for left_px in (100, 250, 400, 550):
        scene[240:270, left_px : left_px + 10] = 20
    assert not searched(after_four_searches(), scene, 4)


def test_a_room_that_only_becomes_brighter_is_not() -> None:
    assert not searched(after_four_searches(), room(light=40), 4)


def test_a_camera_that_moves_by_a_few_pixels_is_not() -> None:
    changes, scene = FrameChanges(), np.kron(ROOM[::40, ::40], np.ones((40, 40, 1), np.uint8))
    assert all(searched(changes, scene, number) for number in range(4))
    # Nothing new comes in at the edges: they go on as they are.
    moved = np.pad(scene, ((4, 0), (7, 0), (0, 0)), "edge")[:HEIGHT_PX, :WIDTH_PX]
    assert not searched(changes, moved, 4)


def test_what_changes_where_somebody_is_or_was_known_is_not() -> None:
    changes = FrameChanges()
    for number, left_px in enumerate((300, 300, 300, 300, 340)):
        box = np.array(((left_px, 200, left_px + 20, 260),), np.float32)
        each = Frame.from_bgr(room(left_px), number, INTERVAL_S * (number + 1))
        assert changes.is_worth_a_search(each, WHOLE, box) == (number < 4)


def test_each_view_has_its_own_searches() -> None:
    changes, tile = after_four_searches(), Region(0, 0, 320, 180)
    each = Frame.from_bgr(room(), 4, 5 * INTERVAL_S)
    assert changes.is_worth_a_search(each, tile, NOBODY)
    assert not changes.is_worth_a_search(each, WHOLE, NOBODY)


def test_a_view_that_was_not_asked_about_for_long_is_as_one_that_never_was() -> None:
    earlier, new = after_four_searches(), FrameChanges()
    numbers = range(20, 30)
    expected = [searched(new, room(), number) for number in numbers]
    assert [searched(earlier, room(), number) for number in numbers] == expected


def test_the_detector_runs_once_a_second_where_nothing_changes() -> None:
    def people(_: int) -> list[Place]:
        return [(200, 240, 250)]

    detector = CrowdDetector(people)
    estimator = TopDownEstimator(OnePersonModel(people), detector)
    for number in range(121):
        estimator(frame(number, is_still=True))
    assert len(detector.asked) <= 4 + 4
