"""The subject: how one person is selected, kept, lost and found again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame, SubjectState
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.tracking.subject import (
    AtPoint,
    InBox,
    PersonNumber,
    Select,
    SelectCommand,
    SubjectSelector,
    TrackId,
)
from tests.support.fakes import one_person

WIDTH_PX, HEIGHT_PX = 640, 480
RATE = 10.0


def people(*who: tuple[int, float, float, float]) -> Poses:
    """Make people by id, centre and width of their box; boxes are twice as high as wide."""
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
def test_one_person_is_selected_and_all_others_are_dropped(select: Select, chosen: int) -> None:
    posed = SubjectSelector(select)(at(0, THREE))
    assert ids(posed) == [chosen]
    assert posed.subject_state is SubjectState.LOCKED
    assert len(posed.detections) == 3


def test_after_a_second_the_person_who_moved_most_for_their_size_is_selected() -> None:
    selector = SubjectSelector(Select.MOVING)
    for number in range(13):
        moving = people((1, 100, 240, 80), (2, 330 + 5 * number, 240, 60), (3, 560, 240, 70))
        posed = selector(at(number, moving))
        if number < 10:
            assert posed.subject_state is SubjectState.CHOOSING
            assert posed.needs_detection
            assert ids(posed) == []
    assert ids(posed) == [2]


def test_a_person_closer_to_the_centre_does_not_replace_the_subject() -> None:
    selector = SubjectSelector(Select.CENTER)
    selector(at(0, people((1, 250, 240, 80))))
    for number in range(1, 30):
        posed = selector(at(number, people((1, 250, 240, 80), (2, 320, 240, 90))))
        assert ids(posed) == [1]


def test_a_subject_hidden_for_a_second_stays_the_subject() -> None:
    selector = SubjectSelector(Select.LEFTMOST)
    for number in range(-12, 1):
        selector(at(number, people((1, 100, 240, 80), (2, 400, 240, 80))))
    for number in range(1, 10):
        posed = selector(at(number, people((2, 400, 240, 80))))
        assert ids(posed) == []
        assert posed.subject_state is SubjectState.LOCKED
        assert not posed.needs_detection
    posed = selector(at(10, people((2, 400, 240, 80), (1, 110, 240, 80))))
    assert ids(posed) == [1]


def test_a_subject_who_is_gone_is_lost_until_a_person_appears() -> None:
    selector = SubjectSelector(Select.LEFTMOST)
    for number in range(-12, 1):
        selector(at(number, people((1, 100, 240, 80))))
    states = [selector(at(number, Poses.empty())).subject_state for number in range(1, 20)]
    assert states == [SubjectState.LOCKED] * 10 + [SubjectState.LOST] * 9
    assert selector(at(20, Poses.empty())).needs_detection
    posed = selector(at(21, people((4, 110, 240, 80))))
    assert ids(posed) == [4]
    assert posed.subject_state is SubjectState.LOCKED


def test_a_subject_who_is_recognized_is_followed_on_under_the_id_of_before() -> None:
    selector = SubjectSelector(Select.LARGEST)
    assert [ids(selector(at(number, people((3, 100, 100, 50))))) for number in (0, 1)] == [[3]] * 2
    known = at(2, people((1, 100, 100, 50)))
    posed = selector(replace(known, recognized=((3, 1),)))
    assert (ids(posed), posed.subject_state) == ([1], SubjectState.LOCKED)
    assert ids(selector(at(3, people((1, 100, 100, 50), (4, 300, 100, 90))))) == [1]


def test_a_false_detection_of_one_frame_is_given_up_at_once() -> None:
    selector = SubjectSelector(Select.ANY)
    selector(at(0, people((1, 600, 240, 10))))
    posed = selector(at(1, people((2, 100, 240, 80))))
    assert ids(posed) == [2]


def test_a_person_near_where_the_subject_was_lost_is_preferred_to_the_rule() -> None:
    selector = SubjectSelector(Select.RIGHTMOST)
    selector(at(0, people((1, 100, 240, 40))))
    for number in range(1, 15):
        selector(at(number, Poses.empty()))
    posed = selector(at(15, people((2, 120, 240, 40), (3, 600, 240, 40))))
    assert ids(posed) == [2]


def test_a_rule_waits_for_a_frame_of_the_detector() -> None:
    selector = SubjectSelector(Select.RIGHTMOST)
    posed = selector(at(0, people((1, 100, 240, 80)), is_multi_person=False))
    assert posed.subject_state is SubjectState.CHOOSING
    assert posed.needs_detection
    assert ids(posed) == []
    assert ids(selector(at(1, THREE))) == [3]


def test_without_a_detector_a_rule_takes_the_person_found_after_a_second() -> None:
    selector = SubjectSelector(Select.RIGHTMOST)
    alone = people((1, 100, 240, 80))
    found = [ids(selector(at(number, alone, is_multi_person=False))) for number in range(13)]
    assert found == [[]] * 11 + [[1]] * 2


def test_the_former_subject_is_preferred_to_a_closer_person() -> None:
    selector = SubjectSelector(Select.LEFTMOST)
    for number in range(4):
        selector(at(number, people((1, 300, 240, 80))))
    for number in range(4, 8):
        posed = selector(at(number, people((2, 310, 240, 80)), is_multi_person=False))
    assert posed.subject_state is SubjectState.LOST
    assert ids(selector(at(8, people((2, 310, 240, 80), (1, 380, 240, 80))))) == [1]


def test_a_single_person_model_needs_no_detector_to_select_any_person() -> None:
    selector = SubjectSelector(Select.ANY)
    posed = selector(at(0, Poses.empty(), is_multi_person=False))
    assert not posed.needs_detection
    assert ids(selector(at(1, people((1, 100, 240, 80)), is_multi_person=False))) == [1]


def test_without_a_rule_everybody_is_kept() -> None:
    selector = SubjectSelector()
    posed = selector(at(0, THREE))
    assert ids(posed) == [1, 2, 3]
    assert posed.subject_state is SubjectState.EVERYBODY


def test_the_next_person_is_selected_from_left_to_right_and_around() -> None:
    selector = SubjectSelector()
    shuffled = THREE[np.array((2, 0, 1))]
    selector(at(0, shuffled))
    chosen = []
    for number in range(1, 5):
        selector.request(SelectCommand.NEXT)
        chosen += ids(selector(at(number, shuffled)))
    assert chosen == [1, 2, 3, 1]
    selector.request(SelectCommand.EVERYBODY)
    assert sorted(ids(selector(at(5, shuffled)))) == [1, 2, 3]


def test_everybody_is_kept_again_on_request() -> None:
    selector = SubjectSelector(Select.LARGEST)
    assert ids(selector(at(0, THREE))) == [1]
    selector.request(SelectCommand.EVERYBODY)
    assert ids(selector(at(1, THREE))) == [1, 2, 3]


def test_a_person_number_is_counted_from_the_left() -> None:
    selector = SubjectSelector(Select.CENTER)
    selector(at(0, THREE))
    selector.request(PersonNumber(3))
    assert ids(selector(at(1, THREE))) == [3]
    selector.request(PersonNumber(5))  # there is no fifth: nothing changes
    assert ids(selector(at(2, THREE))) == [3]
    selector.request(PersonNumber(-5))
    assert ids(selector(at(3, THREE))) == [3]


def test_numbers_that_nobody_has_are_kept_until_they_are_read() -> None:
    selector = SubjectSelector()
    for number, wanted in enumerate((5, 2, 9)):
        selector.request(PersonNumber(wanted))
        selector(at(number, THREE))
    assert list(selector.missing_numbers) == [5, 9]
    selector.request(PersonNumber(4))
    for number in range(3, 16):  # nobody is there at all
        selector(at(number, Poses.empty()))
    assert list(selector.missing_numbers) == [5, 9, 4]


def test_a_point_selects_the_person_there_by_the_smaller_box_of_two() -> None:
    selector = SubjectSelector()
    two = people((1, 300, 240, 200), (2, 320, 240, 60))
    selector.request(AtPoint(330, 250))
    assert ids(selector(at(0, two))) == [2]
    selector.request(AtPoint(220, 240))
    assert ids(selector(at(1, two))) == [1]
    assert selector.is_answered
    selector.request(AtPoint(5, 5))
    assert ids(selector(at(2, two))) == [1]
    assert not selector.is_answered


def test_of_two_people_in_one_place_the_one_with_the_id_or_the_box_is_selected() -> None:
    selector = SubjectSelector()
    two = people((1, 300, 240, 200), (2, 320, 240, 60))
    selector.request(TrackId(1))
    assert ids(selector(at(0, two))) == [1]
    selector.request(TrackId(7))  # nobody: nothing changes
    assert ids(selector(at(1, two))) == [1]
    left, top, right, bottom = two.box[1].tolist()
    selector.request(InBox((left + 5, top, right + 5, bottom)))
    assert ids(selector(at(2, two))) == [2]
    selector.request(InBox((0, 0, 5, 5)))
    assert ids(selector(at(3, two))) == [2]


def test_a_request_waits_for_a_frame_of_the_detector() -> None:
    selector = SubjectSelector(Select.ANY)
    selector(at(0, people((1, 100, 240, 80)), is_multi_person=False))
    selector.request(SelectCommand.NEXT)
    posed = selector(at(1, people((1, 100, 240, 80)), is_multi_person=False))
    assert ids(posed) == [1]
    assert posed.needs_detection
    posed = selector(at(2, THREE))
    assert ids(posed) == [2]
    assert not posed.needs_detection


def test_a_request_that_cannot_be_met_is_given_up_after_a_second() -> None:
    selector = SubjectSelector(Select.ANY)
    alone = people((1, 100, 240, 80))
    selector.request(SelectCommand.NEXT)
    wanted = [
        selector(at(number, alone, is_multi_person=False)).needs_detection for number in range(14)
    ]
    assert wanted == [True] * 11 + [False] * 3
    selector.request(SelectCommand.NEXT)
    wanted = [selector(at(number, Poses.empty())).needs_detection for number in range(14, 28)]
    assert wanted == [True] * 11 + [False] * 3


def test_a_reset_selects_anew() -> None:
    selector = SubjectSelector(Select.LEFTMOST)
    selector(at(0, people((1, 100, 240, 80))))
    selector.reset()
    posed = selector(at(1, people((2, 600, 240, 80))))
    assert ids(posed) == [2]


def test_the_frame_and_its_detections_are_kept() -> None:
    given = at(0, THREE)
    posed = SubjectSelector(Select.CENTER)(given)
    assert posed.frame is given.frame
    assert posed.detections is given.detections


def test_the_subject_stays_selected_where_the_pictures_shape_changes() -> None:
    selector = SubjectSelector(Select.LEFTMOST)
    assert ids(selector(at(0, THREE))) == [1]
    selector.reset()  # as at the start of each scene
    turned = at(1, people((1, 500, 240, 80), (2, 330, 240, 60), (3, 100, 240, 70)))
    turned = replace(turned, frame=replace(turned.frame, shape_changes=1))
    assert ids(selector(turned)) == [1]


def followed_by_key(requested: int, beside: Poses) -> SubjectSelector:
    """Return a selector that was asked for a person, and has followed them for two seconds."""
    selector = SubjectSelector()
    selector.request(TrackId(requested))
    for number in range(-20, 1):
        assert ids(selector(at(number, beside))) == [requested]
    return selector


def test_a_requested_person_who_leaves_is_lost_and_nobody_beside_them_is_followed() -> None:
    two = people((1, 300, 240, 80), (2, 340, 240, 80))
    selector = followed_by_key(1, two)
    alone = people((2, 340, 240, 80))
    followed = [selector(at(number, alone)) for number in range(1, 31)]
    assert [ids(posed) for posed in followed] == [[]] * 30
    states = [posed.subject_state for posed in followed]
    assert states == [SubjectState.LOCKED] * 10 + [SubjectState.LOST] * 20
    back = selector(at(31, two))
    assert (ids(back), back.subject_state) == ([1], SubjectState.LOCKED)


def test_who_came_while_the_requested_person_was_followed_does_not_take_their_place() -> None:
    selector = followed_by_key(1, people((1, 300, 240, 80)))
    selector(at(1, people((1, 300, 240, 80), (2, 340, 240, 80))))
    selector(at(2, people((1, 300, 240, 80))))
    for number in range(3, 30):
        posed = selector(at(number, people((2, 340, 240, 80))))
    assert (ids(posed), posed.subject_state) == ([], SubjectState.LOST)


def test_a_newcomer_takes_the_place_of_a_requested_person_until_that_one_is_back() -> None:
    selector = followed_by_key(1, people((1, 300, 240, 80), (2, 340, 240, 80)))
    for number in range(1, 15):
        selector(at(number, people((2, 340, 240, 80))))
    new = people((2, 340, 240, 80), (5, 260, 240, 80))
    assert [ids(selector(at(number, new))) for number in range(15, 30)] == [[5]] * 15
    back = people((2, 340, 240, 80), (5, 260, 240, 80), (1, 600, 240, 80))
    assert ids(selector(at(30, back))) == [1]
    for number in range(31, 50):  # and those beside either of them are known
        posed = selector(at(number, people((5, 300, 240, 80))))
    assert (ids(posed), posed.subject_state) == ([], SubjectState.LOST)


def test_a_newcomer_who_is_recognized_as_somebody_beside_is_not_followed_on() -> None:
    selector = followed_by_key(1, people((1, 300, 240, 80), (2, 340, 240, 80)))
    for number in range(1, 15):
        selector(at(number, Poses.empty()))
    assert ids(selector(at(15, people((6, 340, 240, 80))))) == [6]
    known = replace(at(16, people((2, 340, 240, 80))), recognized=((6, 2),))
    posed = selector(known)
    assert (ids(posed), posed.subject_state) == ([], SubjectState.LOST)


def test_a_request_replaces_the_rule_until_everybody_is_requested() -> None:
    selector = SubjectSelector(Select.LARGEST)
    two = people((1, 300, 240, 80), (2, 340, 240, 60))
    assert ids(selector(at(0, two))) == [1]
    selector.request(PersonNumber(1))  # who is followed already
    for number in range(1, 20):
        assert ids(selector(at(number, two))) == [1]
    for number in range(20, 40):
        posed = selector(at(number, people((2, 340, 240, 60))))
    assert (ids(posed), posed.subject_state) == ([], SubjectState.LOST)
    selector.request(SelectCommand.NEXT)
    assert ids(selector(at(40, people((2, 340, 240, 60))))) == [2]


def test_a_requested_person_stays_lost_where_the_pictures_shape_changes() -> None:
    selector = followed_by_key(1, people((1, 300, 240, 80), (2, 340, 240, 80)))
    for number in range(1, 15):
        selector(at(number, people((2, 340, 240, 80))))
    selector.reset()  # as at the start of each scene
    turned = at(15, people((2, 240, 340, 80)))
    posed = selector(replace(turned, frame=replace(turned.frame, shape_changes=1)))
    assert (ids(posed), posed.subject_state) == ([], SubjectState.LOST)
