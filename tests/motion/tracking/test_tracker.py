"""The tracker: ids that last through crossings, absences, duplicates and other clothes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.motion.tracking.tracker import MAX_TRACKS, Tracker, suppress_duplicates
from tests.support.people import (
    BLUE,
    GREEN,
    GREY,
    RED,
    SHOULDER_WIDTH_PX,
    SIZE_PX,
    TORSO,
    clothed,
    poses_of,
    standing,
    walking,
)

_BLACK = BgrPixels(np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8))


def posed(poses: Poses, time_s: float, pixels: Pixels = _BLACK) -> PosedFrame:
    return PosedFrame(Frame(pixels, 0, time_s, 0.0), poses, Region.letterbox(*SIZE_PX), 0.0)


def ids(tracker: Tracker, poses: Poses, time_s: float, pixels: Pixels = _BLACK) -> list[int]:
    return [int(each) for each in tracker(posed(poses, time_s, pixels)).poses.track_id]


def back_and_forth(way: float, low: float, high: float) -> tuple[float, int]:
    """Return where a person is and which way they face, who turns around at both ends."""
    way %= 2 * (high - low)
    return (low + way, 1) if way < high - low else (2 * high - low - way, -1)


Scene = tuple[float, np.ndarray, list[int]]
"""A time, the keypoints of both people, and which of them are found, in any order."""


def crossings(seed: int, rate: float, hidden_s: float = 0.6) -> Iterator[Scene]:
    """Let two people walk back and forth, and cross three times; one is hidden for a while."""
    rng = np.random.default_rng(seed)
    speed, other_speed = 160.0 * rng.uniform(0.9, 1.1, 2)
    start, other_start = rng.uniform(0, 40), rng.uniform(440, 480)
    apart_px = (speed + other_speed) * hidden_s / 2
    for time_s in np.arange(0, 9, 1 / rate):
        x, facing = back_and_forth(start + speed * time_s, 100, 580)
        other_x, other_facing = back_and_forth(other_start + other_speed * time_s, 100, 580)
        truth = np.array(
            (walking(x, facing, 6 * time_s), walking(other_x, other_facing, 6.3 * time_s + seed))
        )
        found = [(seed + int(time_s / 3)) % 2] if abs(x - other_x) < apart_px else [0, 1]
        yield float(time_s), truth + rng.normal(0, 2, truth.shape), list(rng.permutation(found))


def ids_by_person(scenes: Iterable[Scene], *, only_both: bool = False) -> dict[int, set[int]]:
    """Return the ids that each person got, in all frames or in those where both are found."""
    tracker, given = Tracker(), {0: set[int](), 1: set[int]()}
    for time_s, both, found in scenes:
        here = ids(tracker, poses_of(*both[found]), time_s)
        assert len(set(here)) == len(here) == len(found)
        if only_both and len(found) < 2:
            continue
        for person, track_id in zip(found, here, strict=True):
            given[person].add(track_id)
    return given


@pytest.mark.parametrize(
    ("seed", "rate"),
    [*((seed, 10.0) for seed in range(20)), *((seed, 30.0) for seed in range(10))],
)
def test_two_people_who_cross_three_times_keep_their_ids(seed: int, rate: float) -> None:
    given = ids_by_person(crossings(seed, rate))
    assert sorted(map(tuple, given.values())) == [(1,), (2,)]


def mixed(seed: int) -> Iterator[Scene]:
    """Likewise, but in three frames a third of the keypoints are those of the hidden person."""
    rng = np.random.default_rng(seed)
    mixed_frames = 0
    for time_s, both, found in crossings(seed, 30.0, hidden_s=0.4):
        mixed_frames = mixed_frames + 1 if len(found) == 1 else 0
        if 1 <= mixed_frames <= 3:
            is_other = rng.random(17) < 1 / 3
            both[found[0], is_other] = both[1 - found[0], is_other]
        yield time_s, both, found


@pytest.mark.parametrize("seed", range(10))
def test_they_keep_their_ids_when_their_keypoints_are_mixed_for_a_moment(seed: int) -> None:
    given = ids_by_person(mixed(seed), only_both=True)
    assert sorted(map(tuple, given.values())) == [(1,), (2,)]


def test_the_first_person_gets_id_1_at_once() -> None:
    assert ids(Tracker(), poses_of(standing(200)), 0.0) == [1]


def test_ids_are_not_used_again_after_a_reset() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(150), standing(500)), 0.0) == [1, 2]
    tracker.reset()
    assert ids(tracker, poses_of(standing(150), standing(500)), 0.1) == [3, 4]


def test_each_tracker_counts_from_1() -> None:
    ids(Tracker(), poses_of(standing(200)), 0.0)
    assert ids(Tracker(), poses_of(standing(200)), 0.0) == [1]


def test_a_person_keeps_their_id_for_a_second_of_absence() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(200)), 5.0) == [1]
    assert ids(tracker, poses_of(), 5.5) == []
    assert ids(tracker, poses_of(standing(202)), 5.95) == [1]
    assert ids(tracker, poses_of(standing(203)), 6.9) == [1]
    assert ids(tracker, poses_of(), 7.5) == []
    assert ids(tracker, poses_of(standing(203)), 8.0) == [2]


def test_a_person_may_be_unseen_for_longer_if_told_so() -> None:
    for max_unseen_s, expected in ((1.0, [2]), (2.0, [1])):
        tracker = Tracker(max_unseen_s=max_unseen_s)
        ids(tracker, poses_of(standing(100)), 0.0)
        assert ids(tracker, poses_of(standing(100)), 1.5) == expected


def test_the_absence_is_measured_in_seconds_and_not_in_frames() -> None:
    tracker = Tracker()
    ids(tracker, poses_of(standing(200)), 0.0)
    assert all(not ids(tracker, poses_of(), 0.9 * i / 300) for i in range(1, 300))
    assert ids(tracker, poses_of(standing(200)), 0.9) == [1]
    assert ids(tracker, poses_of(standing(200)), 2.0) == [2]


def test_the_time_in_which_nobody_looks_for_a_person_is_no_absence() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(100), standing(400)), 0.0) == [1, 2]
    for time_s in np.arange(0.5, 4.0, 0.5):
        tracker.keep_waiting(np.array((2,), np.int32), time_s)
        assert ids(tracker, poses_of(standing(100)), time_s) == [1]
    assert ids(tracker, poses_of(standing(100)), 4.0) == [1]
    assert ids(tracker, poses_of(standing(400)), 4.4) == [2]
    assert ids(tracker, poses_of(standing(100)), 4.8) == [1]
    assert ids(tracker, poses_of(standing(100), standing(400)), 5.5) == [1, 3]


def test_somebody_new_in_the_clothes_of_a_person_who_waits_is_somebody_else() -> None:
    tracker = Tracker()
    waits, new = standing(150), standing(450)
    pixels = clothed((waits, RED), (new, RED))
    for number in range(60):
        assert ids(tracker, poses_of(waits), number / 30, pixels) == [1]
    for number in range(60, 120):
        tracker.keep_waiting(np.array((1,), np.int32), number / 30)
        assert ids(tracker, poses_of(new), number / 30, pixels) == [2]


def test_an_earlier_time_starts_new_tracks() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(200)), 9.0) == [1]
    assert ids(tracker, poses_of(standing(200)), 0.0) == [2]


def test_several_frames_of_the_same_time_are_accepted() -> None:
    tracker = Tracker()
    for _ in range(3):
        assert ids(tracker, poses_of(standing(200), standing(500)), 1.0) == [1, 2]
    assert ids(tracker, poses_of(standing(200), standing(500)), 1.1) == [1, 2]


@pytest.mark.parametrize("rate", [10.0, 30.0])
def test_a_person_who_moves_half_a_body_width_per_frame_keeps_their_id(rate: float) -> None:
    tracker = Tracker()
    way_px = SHOULDER_WIDTH_PX / 2
    for i in range(40):
        x, _ = back_and_forth(i * way_px, 60, 660)
        assert ids(tracker, poses_of(standing(x)), i / rate) == [1]


def test_a_person_who_starts_and_stops_suddenly_keeps_their_id() -> None:
    tracker = Tracker()
    places = [100.0] * 20 + [100.0 + 24 * i for i in range(20)] + [580.0] * 10
    for i, x in enumerate(places):
        assert ids(tracker, poses_of(standing(x)), i / 10) == [1]


def test_a_pose_far_away_is_another_person() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(100)), 0.0) == [1]
    assert ids(tracker, poses_of(standing(450)), 1 / 30) == [2]
    assert ids(tracker, poses_of(standing(100)), 2 / 30) == [1]


def test_a_hidden_person_is_predicted_to_move_on() -> None:
    tracker = Tracker()
    for i in range(30):
        ids(tracker, poses_of(walking(100 + 6 * i, 1, 0.2 * i)), i / 30)
    # Another walker stands where the first was lost: only the one ahead is the first.
    assert ids(tracker, poses_of(), 35 / 30) == []
    here = poses_of(walking(100 + 6 * 29, -1, 1.0), walking(100 + 6 * 45, 1, 9.0))
    assert ids(tracker, here, 45 / 30) == [2, 1]


def test_a_few_keypoints_are_enough_to_keep_an_id() -> None:
    tracker = Tracker()
    whole = poses_of(standing(200))
    assert ids(tracker, whole, 0.0) == [1]
    score = whole.score.copy()
    score[:, 3:] = 0.1
    assert ids(tracker, replace(whole, score=score), 0.1) == [1]
    assert ids(tracker, whole, 0.2) == [1]


def test_at_most_18_people_are_tracked_and_others_have_no_id() -> None:
    tracker = Tracker()
    crowd = poses_of(*(standing(100 + 300 * i) for i in range(25)))
    first = ids(tracker, crowd, 0.0)
    assert first == [*range(1, MAX_TRACKS + 1), *7 * [0]]
    assert ids(tracker, crowd, 0.1) == first


def test_beyond_18_people_those_unseen_for_longest_are_forgotten() -> None:
    tracker = Tracker()
    first = poses_of(*(standing(100 + 300 * i) for i in range(10)))
    then = poses_of(*(standing(100 + 300 * i) for i in range(20, 34)))
    assert ids(tracker, first, 0.0) == list(range(1, 11))
    assert ids(tracker, then, 0.1) == list(range(11, 25))
    again = ids(tracker, poses_of(*(standing(100 + 300 * i) for i in range(34))), 0.2)
    assert len([each for each in again if each]) == MAX_TRACKS
    assert again[20:] == list(range(11, 25))


def test_only_the_ids_of_poses_change() -> None:
    poses = poses_of(standing(200), standing(500))
    tracked = Tracker()(posed(poses, 0.0)).poses
    for name in ("xy", "score", "box", "person_score"):
        assert np.array_equal(getattr(tracked, name), getattr(poses, name))


def scored(poses: Poses, *person_score: float) -> Poses:
    return replace(poses, person_score=np.array(person_score, np.float32))


def test_of_two_poses_of_one_body_the_better_one_is_kept() -> None:
    twice = poses_of(standing(200), standing(500), standing(203))
    assert suppress_duplicates(scored(twice, 0.5, 0.6, 0.7)).xy[:, 0, 0].tolist() == [500, 203]
    assert suppress_duplicates(scored(twice, 0.7, 0.6, 0.5)).xy[:, 0, 0].tolist() == [200, 500]


def test_a_duplicate_starts_no_track() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(0)
    for i in range(30):
        body = standing(200 + 3 * i)
        poses = poses_of(body, body + rng.normal(0, 3, body.shape)) if i % 3 else poses_of(body)
        assert ids(tracker, poses, i / 30) == [1]


def test_two_people_side_by_side_are_no_duplicates() -> None:
    near = poses_of(standing(200), standing(200 + SHOULDER_WIDTH_PX))
    assert len(suppress_duplicates(near)) == 2


def test_small_people_behind_a_large_one_are_no_duplicates() -> None:
    big = standing(360) * 2 - (360, 400)
    small = [standing(x) * 0.2 + (200, 200) for x in (100, 180)]
    assert len(suppress_duplicates(poses_of(big, *small))) == 3


def test_a_person_who_steps_in_front_in_other_clothes_gets_another_id() -> None:
    """The network finds one person at a time, for a while the one in front."""
    for rate in (10.0, 30.0):
        tracker, given = Tracker(), []
        for i in range(int(4 * rate)):
            time_s = i / rate
            body, passing = standing(360), walking(-40 + 200 * time_s, 1, 6 * time_s)
            is_passing = abs(passing[Keypoint.LEFT_HIP, 0] - 360) < 60
            pixels = clothed((body, RED), (passing, GREEN))
            (here,) = ids(tracker, poses_of(passing if is_passing else body), time_s, pixels)
            given.append((is_passing, here))
        assert set(given) == {(False, 1), (True, 2)}


def test_a_person_who_passes_in_front_in_the_same_posture_gets_another_id() -> None:
    tracker, given = Tracker(), []
    for i in range(120):
        body, passing = standing(360), standing(-40 + 6 * i)
        is_passing = -30 < passing[Keypoint.LEFT_HIP, 0] - 360 < 70
        pixels = clothed((body, BLUE), (passing, GREY))
        (here,) = ids(tracker, poses_of(passing if is_passing else body), i / 30, pixels)
        given.append((is_passing, here))
    assert {here for is_passing, here in given if not is_passing} == {1}
    stolen = [is_passing and here == 1 for is_passing, here in given]
    assert sum(stolen) <= 2
    assert (True, 2) in given


def test_a_pose_that_slides_to_somebody_nearer_leaves_the_person_in_their_place() -> None:
    """The network sees the nearer of two people, more and more so over five frames."""
    tracker, given, start = Tracker(), [], 60
    body = standing(360)
    for i in range(start + 20):
        neighbour = standing(155 + 4 * min(i, 40))
        nearer = standing(0) * 1.5 + (390 + 6 * (i - start), -200)
        share = min(max(i - start, 0), 5) / 5
        poses = poses_of(neighbour, body + share * (nearer - body))
        pixels = clothed((neighbour, BLUE), (body, RED), *([(nearer, GREEN)] if share else []))
        given.append(ids(tracker, poses, i / 30, pixels))
    assert given[:start] == [[1, 2]] * start
    assert given[start + 3 :] == [[1, 3]] * 17
    hidden = tracker.tracks[tracker.tracks.ids == 2]
    assert hidden.predict((start + 20) / 30)[0][0] == pytest.approx(body, abs=1)


def test_who_is_hidden_by_a_passer_by_stays_where_they_were_when_the_pose_is_the_others() -> None:
    """The network sees one of the two where they meet; the clothes there are those in front."""
    tracker, body, meets = Tracker(), standing(360), 150
    for i in range(meets + 3):
        passing = standing(60 + 8 * max(i - meets + 30, 0))
        both = clothed((body, RED), (passing, GREEN))
        if i < meets:
            assert ids(tracker, poses_of(body, passing), i / 30, both) == [1, 2]
        else:
            in_front = (80, 150, 80) if i == meets else GREEN
            here = ids(tracker, poses_of(body + 2), i / 30, clothed((body, in_front)))
            assert here == ([1] if i == meets else [2])
    hidden = tracker.tracks[tracker.tracks.ids == 1]
    assert hidden.predict((meets + 2) / 30)[0][0] == pytest.approx(body, abs=2)
    assert abs(hidden.velocity).max() < 10


def test_a_person_who_comes_in_with_hair_in_front_of_their_shirt_keeps_their_id() -> None:
    tracker, random = Tracker(), np.random.default_rng(2)
    hair = [(60, 80 + 8 * i, 110 + 8 * i) for i in (0, 1, 2, 0, 2)]
    for i in range(12):
        body = standing(100 + 5 * i) + random.normal(0, 7, (17, 2))
        pixels = clothed((body, hair[i] if i < len(hair) else (60, 25, 20)))
        assert ids(tracker, poses_of(body), i / 10, pixels) == [1]


def test_a_person_keeps_their_id_when_the_light_changes() -> None:
    tracker = Tracker()
    for i in range(60):
        body = walking(100 + 8 * i, 1, 0.6 * i)
        light = (0.6, 1.0)[i // 10 % 2]
        pixels = BgrPixels((clothed((body, RED)).bgr() * light).astype(np.uint8))
        assert ids(tracker, poses_of(body), i / 10, pixels) == [1]


def test_colours_tell_people_apart_who_meet_and_turn_back() -> None:
    """They are hidden for a while: only their clothes show that they did not cross."""

    def met(by_color: bool) -> list[int]:
        tracker = Tracker(by_color=by_color)
        here: list[int] = []
        for i in range(26):
            ahead = 6 * min(i, 36 - i)
            both = walking(100 + ahead, 1, 0.2 * i), walking(320 - ahead, -1, 0.2 * i)
            pixels = clothed((both[0], RED), (both[1], GREEN))
            if not 17 <= i < 22:
                here = ids(tracker, poses_of(*both), i / 30, pixels)
        return here

    assert met(by_color=True) == [1, 2]
    assert met(by_color=False) == [2, 1]


def in_moved_picture(tracker: Tracker, poses: Poses, time_s: float, pixels: Pixels) -> list[int]:
    """Return the ids in the first frame after a change of the picture's shape."""
    tracker.reset()  # as at the start of each scene
    moved = posed(poses, time_s, pixels)
    moved = replace(moved, frame=replace(moved.frame, shape_changes=1))
    return [int(each) for each in tracker(moved).poses.track_id]


def test_ids_outlive_a_change_of_the_pictures_shape_that_moves_everybody() -> None:
    tracker = Tracker()
    for i in range(10):
        both = standing(150), standing(500)
        assert ids(tracker, poses_of(*both), i / 30, clothed((both[0], RED), (both[1], GREEN))) == [
            1,
            2,
        ]
    moved = [standing(x) * 0.6 for x in (1000, 250)]
    pixels = clothed((moved[0], GREEN), (moved[1], RED))
    assert in_moved_picture(tracker, poses_of(*moved), 0.4, pixels) == [2, 1]


def test_people_in_the_same_clothes_keep_their_order_where_the_picture_moves() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(150), standing(500)), 0.0) == [1, 2]
    moved = poses_of(standing(420) * 0.5, standing(80) * 0.5)
    assert in_moved_picture(tracker, moved, 0.1, _BLACK) == [2, 1]


def test_a_person_in_other_clothes_is_another_one_in_a_moved_picture_too() -> None:
    tracker = Tracker()
    for i in range(10):
        assert ids(tracker, poses_of(standing(150)), i / 30, clothed((standing(150), RED))) == [1]
    body = standing(400)
    assert in_moved_picture(tracker, poses_of(body), 0.4, clothed((body, BLUE))) == [2]


def test_a_person_who_is_found_some_frames_after_the_picture_moved_keeps_their_id() -> None:
    tracker = Tracker()
    assert ids(tracker, poses_of(standing(150)), 0.0) == [1]
    assert in_moved_picture(tracker, poses_of(), 0.1, _BLACK) == []
    later = posed(poses_of(standing(600)), 0.2)
    later = replace(later, frame=replace(later.frame, shape_changes=1))
    assert tracker(later).poses.track_id.tolist() == [1]


def test_of_bodies_that_do_not_touch_none_is_dropped_and_of_two_poses_of_one_body_one_is() -> None:
    body = np.random.default_rng(0).uniform(0, 100, (17, 2)).astype(np.float32)
    for shift_px, kept in ((2, 1), (115, 2)):
        xy = np.stack((body, body + np.array((shift_px, 0), np.float32)))
        poses = Poses.from_keypoints(xy, np.full((2, 17), 0.9, np.float32))
        assert len(suppress_duplicates(poses, max_oks=0.4)) == kept


def test_nobody_is_left_of_a_new_person_who_was_somebody_else() -> None:
    tracker, red = Tracker(max_unseen_s=2.0), clothed((standing(100), RED))
    for number in range(40):
        ids(tracker, poses_of(standing(100)), number / 30, red)
    # Red is hidden for a moment, and appears farther off: at first without a known colour.
    back = standing(270)
    score = np.full((1, 17), 0.8, np.float32)
    score[0, TORSO] = 0.2
    unknown = Poses.from_keypoints(back[None].astype(np.float32), score)
    assert ids(tracker, unknown, 1.7) == [2]
    assert ids(tracker, poses_of(back), 1.73, clothed((back, RED))) == [1]
    assert tracker.tracks.ids.tolist() == [1]
