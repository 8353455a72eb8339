"""Who is followed: chosen, kept, lost, found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.tracking.subject import (
    AtPoint,
    PersonNumber,
    Select,
    SelectCommand,
    SubjectSelector,
)
from tests.support.fakes import one_person

WIDTH_PX, HEIGHT_PX = 640, 480
RATE = 10.0


def people(*who: tuple[int, float, float, float]) -> Poses:
    """People by id, the middle of their box, and its width; boxes are twice as high as wide."""
    if not who:
        return Poses.empty()
    each = [one_person((x, y)) for _, x, y, _ in who]
    box = np.array([(x - w / 2, y - w, x + w / 2, y + w) for _, x, y, w in who], np.float32)
    return Poses(
        xy=np.concatenate([one.xy for one in each]),
        raw_xy=np.concatenate([one.raw_xy for one in each]),
        score=np.concatenate([one.score for one in each]),
        box=box,
        person_score=np.concatenate([one.person_score for one in each]),
        track_id=np.array([track_id for track_id, *_ in who], np.int32),
        swapped=np.zeros((len(who), 17), np.bool_),
    )


def at(number: int, poses: Poses, *, is_multi_person: bool = True) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), number, number / RATE)
    whole = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame, poses, whole, 0.0, detections=poses, is_multi_person=is_multi_person)


def ids(posed: PosedFrame) -> list[int]:
    found: list[int] = posed.poses.track_id.tolist()
    return found


THREE = people((1, 100, 240, 80), (2, 330, 240, 60), (3, 560, 240, 70))


@pytest.mark.parametrize(
    ("select", "chosen"),
    [
        (Select.ANY, 1),
        (Select.CENTER, 2),
        (Select.LARGEST, 1),
        (Select.LEFTMOST, 1),
        (Select.RIGHTMOST, 3),
    ],
)
def test_one_is_chosen_and_nobody_else_is_left(select: Select, chosen: int) -> None:
    posed = SubjectSelector(select)(at(0, THREE))
    assert ids(posed) == [chosen]
    assert posed.subject_state is SubjectState.LOCKED
    assert len(posed.detections) == 3


def test_who_has_moved_most_for_their_size_is_chosen_after_a_second() -> None:
    follower = SubjectSelector(Select.MOVING)
    for number in range(13):
        moving = people((1, 100, 240, 80), (2, 330 + 5 * number, 240, 60), (3, 560, 240, 70))
        posed = follower(at(number, moving))
        if number < 10:
            assert posed.subject_state is SubjectState.CHOOSING
            assert posed.needs_detection
            assert ids(posed) == []
    assert ids(posed) == [2]


def test_somebody_who_comes_nearer_the_middle_does_not_take_the_lock() -> None:
    follower = SubjectSelector(Select.CENTER)
    follower(at(0, people((1, 250, 240, 80))))
    for number in range(1, 30):
        posed = follower(at(number, people((1, 250, 240, 80), (2, 320, 240, 90))))
        assert ids(posed) == [1]


def test_who_is_hidden_for_a_second_is_still_the_one() -> None:
    follower = SubjectSelector(Select.LEFTMOST)
    for number in range(-12, 1):
        follower(at(number, people((1, 100, 240, 80), (2, 400, 240, 80))))
    for number in range(1, 10):
        posed = follower(at(number, people((2, 400, 240, 80))))
        assert ids(posed) == []
        assert posed.subject_state is SubjectState.LOCKED
        assert not posed.needs_detection
    posed = follower(at(10, people((2, 400, 240, 80), (1, 110, 240, 80))))
    assert ids(posed) == [1]


def test_who_is_gone_is_lost_until_somebody_comes_and_is_taken_up_again() -> None:
    follower = SubjectSelector(Select.LEFTMOST)
    for number in range(-12, 1):
        follower(at(number, people((1, 100, 240, 80))))
    states = [follower(at(number, Poses.empty())).subject_state for number in range(1, 20)]
    assert states == [SubjectState.LOCKED] * 10 + [SubjectState.LOST] * 9
    assert follower(at(20, Poses.empty())).needs_detection
    posed = follower(at(21, people((4, 110, 240, 80))))
    assert ids(posed) == [4]
    assert posed.subject_state is SubjectState.LOCKED


def test_a_ghost_of_one_frame_holds_nobodys_place() -> None:
    follower = SubjectSelector(Select.ANY)
    follower(at(0, people((1, 600, 240, 10))))
    posed = follower(at(1, people((2, 100, 240, 80))))
    assert ids(posed) == [2]


def test_near_where_somebody_was_lost_counts_more_than_the_rule() -> None:
    follower = SubjectSelector(Select.RIGHTMOST)
    follower(at(0, people((1, 100, 240, 40))))
    for number in range(1, 15):
        follower(at(number, Poses.empty()))
    posed = follower(at(15, people((2, 120, 240, 40), (3, 600, 240, 40))))
    assert ids(posed) == [2]


def test_a_rule_waits_for_a_look_at_everybody() -> None:
    follower = SubjectSelector(Select.RIGHTMOST)
    posed = follower(at(0, people((1, 100, 240, 80)), is_multi_person=False))
    assert posed.subject_state is SubjectState.CHOOSING
    assert posed.needs_detection
    assert ids(posed) == []
    assert ids(follower(at(1, THREE))) == [3]


def test_a_rule_takes_whoever_is_there_if_nobody_looks_at_everybody_for_a_second() -> None:
    follower = SubjectSelector(Select.RIGHTMOST)
    alone = people((1, 100, 240, 80))
    found = [ids(follower(at(number, alone, is_multi_person=False))) for number in range(13)]
    assert found == [[]] * 11 + [[1]] * 2


def test_who_was_followed_before_is_taken_up_again_though_another_is_nearer() -> None:
    follower = SubjectSelector(Select.LEFTMOST)
    for number in range(4):
        follower(at(number, people((1, 300, 240, 80))))
    for number in range(4, 8):
        posed = follower(at(number, people((2, 310, 240, 80)), is_multi_person=False))
    assert posed.subject_state is SubjectState.LOST
    assert ids(follower(at(8, people((2, 310, 240, 80), (1, 380, 240, 80))))) == [1]


def test_a_model_of_one_person_needs_no_survey_to_take_whoever_is_there() -> None:
    follower = SubjectSelector(Select.ANY)
    posed = follower(at(0, Poses.empty(), is_multi_person=False))
    assert not posed.needs_detection
    assert ids(follower(at(1, people((1, 100, 240, 80)), is_multi_person=False))) == [1]


def test_without_a_choice_everybody_is_there() -> None:
    follower = SubjectSelector()
    posed = follower(at(0, THREE))
    assert ids(posed) == [1, 2, 3]
    assert posed.subject_state is SubjectState.EVERYBODY


def test_tab_goes_from_left_to_right_and_round() -> None:
    follower = SubjectSelector()
    shuffled = THREE[np.array((2, 0, 1))]
    follower(at(0, shuffled))
    chosen = []
    for number in range(1, 5):
        follower.request(SelectCommand.NEXT)
        chosen += ids(follower(at(number, shuffled)))
    assert chosen == [1, 2, 3, 1]
    follower.request(SelectCommand.EVERYBODY)
    assert sorted(ids(follower(at(5, shuffled)))) == [1, 2, 3]


def test_everybody_is_there_again_though_one_was_selected_at_first() -> None:
    follower = SubjectSelector(Select.LARGEST)
    assert ids(follower(at(0, THREE))) == [1]
    follower.request(SelectCommand.EVERYBODY)
    assert ids(follower(at(1, THREE))) == [1, 2, 3]


def test_a_number_is_counted_from_the_left() -> None:
    follower = SubjectSelector(Select.CENTER)
    follower(at(0, THREE))
    follower.request(PersonNumber(3))
    assert ids(follower(at(1, THREE))) == [3]
    follower.request(PersonNumber(5))  # there is no fifth: nothing changes
    assert ids(follower(at(2, THREE))) == [3]


def test_a_click_takes_who_is_under_it_and_the_smaller_box_of_two() -> None:
    follower = SubjectSelector()
    two = people((1, 300, 240, 200), (2, 320, 240, 60))
    follower.request(AtPoint(330, 250))
    assert ids(follower(at(0, two))) == [2]
    follower.request(AtPoint(220, 240))
    assert ids(follower(at(1, two))) == [1]
    follower.request(AtPoint(5, 5))
    assert ids(follower(at(2, two))) == [1]


def test_a_wish_waits_for_a_look_at_everybody() -> None:
    follower = SubjectSelector(Select.ANY)
    follower(at(0, people((1, 100, 240, 80)), is_multi_person=False))
    follower.request(SelectCommand.NEXT)
    posed = follower(at(1, people((1, 100, 240, 80)), is_multi_person=False))
    assert ids(posed) == [1]
    assert posed.needs_detection
    posed = follower(at(2, THREE))
    assert ids(posed) == [2]
    assert not posed.needs_detection


def test_a_wish_that_cannot_be_met_is_given_up_after_a_second() -> None:
    follower = SubjectSelector(Select.ANY)
    alone = people((1, 100, 240, 80))
    follower.request(SelectCommand.NEXT)
    wanted = [
        follower(at(number, alone, is_multi_person=False)).needs_detection for number in range(14)
    ]
    assert wanted == [True] * 11 + [False] * 3
    follower.request(SelectCommand.NEXT)
    wanted = [follower(at(number, Poses.empty())).needs_detection for number in range(14, 28)]
    assert wanted == [True] * 11 + [False] * 3


def test_another_scene_is_another_choice() -> None:
    follower = SubjectSelector(Select.LEFTMOST)
    follower(at(0, people((1, 100, 240, 80))))
    follower.reset()
    posed = follower(at(1, people((2, 600, 240, 80))))
    assert ids(posed) == [2]


def test_a_frame_is_otherwise_left_as_it_is() -> None:
    given = at(0, THREE)
    posed = SubjectSelector(Select.CENTER)(given)
    assert replace(posed, poses=given.poses, subject_state=given.subject_state) is not given
    assert posed.frame is given.frame
    assert posed.detections is given.detections
