"""The same person keeps the same id: walking, crossing, hidden, back again, and behind another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.tracking.appearance import torso_colors
from livepose.motion.tracking.tracker import MAX_TRACKS, Tracker, suppress_duplicates

HEIGHT_PX = 200.0
SHOULDER_WIDTH_PX = 0.24 * HEIGHT_PX
RED, GREEN, BLUE, GREY = (40, 40, 200), (60, 170, 60), (190, 80, 40), (128, 128, 128)
SIZE_PX = (720, 480)

# In body heights: across from the middle, and up from the floor; the subject's left is on the
# picture's right.
_STANDING = np.array(
    [
        (0, 0.92), (0.02, 0.94), (-0.02, 0.94), (0.04, 0.93), (-0.04, 0.93),
        (0.12, 0.81), (-0.12, 0.81), (0.15, 0.64), (-0.15, 0.64), (0.16, 0.49), (-0.16, 0.49),
        (0.08, 0.53), (-0.08, 0.53), (0.08, 0.28), (-0.08, 0.28), (0.08, 0.03), (-0.08, 0.03),
    ]
)  # fmt: skip


def standing(x: float, floor_y: float = 400.0) -> np.ndarray:
    """Somebody who faces the camera: (17, 2)."""
    return _STANDING * (HEIGHT_PX, -HEIGHT_PX) + (x, floor_y)


def walking(x: float, facing: int, phase: float, floor_y: float = 400.0) -> np.ndarray:
    """Somebody seen from the side, who swings arms and legs: (17, 2)."""
    points = np.zeros((17, 2))
    points[:5] = (0.07, 0.93), (0.05, 0.95), (0.05, 0.95), (-0.01, 0.94), (-0.01, 0.94)
    for side, swing in enumerate((np.sin(phase), -np.sin(phase))):
        for joint, start, length, angle in (
            (5, (0.0, 0.82), 0.0, 0.0),
            (7, 5, 0.17, -0.45 * swing),
            (9, 7, 0.15, 0.3 - 0.45 * swing),
            (11, (0.0, 0.52), 0.0, 0.0),
            (13, 11, 0.25, 0.5 * swing),
            (15, 13, 0.25, 0.5 * swing - 0.25),
        ):
            origin = points[start + side] if isinstance(start, int) else np.array(start)
            points[joint + side] = origin + length * np.array((np.sin(angle), -np.cos(angle)))
    return points * (facing * HEIGHT_PX, -HEIGHT_PX) + (x, floor_y)


def people(*each: np.ndarray, score: float = 0.8) -> Poses:
    if not each:
        return Poses.empty()
    return Poses.from_keypoints(
        np.array(each, np.float32), np.full((len(each), 17), score, np.float32)
    )


_BLACK = BgrPixels(np.zeros((SIZE_PX[1], SIZE_PX[0], 3), np.uint8))


def posed(poses: Poses, time_s: float, pixels: Pixels = _BLACK) -> PosedFrame:
    return PosedFrame(Frame(pixels, 0, time_s, 0.0), poses, Region.letterbox(*SIZE_PX), 0.0)


def ids(tracker: Tracker, poses: Poses, time_s: float, pixels: Pixels = _BLACK) -> list[int]:
    return [int(each) for each in tracker(posed(poses, time_s, pixels)).poses.track_id]


def to_and_fro(way: float, low: float, high: float) -> tuple[float, int]:
    """Where somebody is, and faces, who turns at both ends."""
    way %= 2 * (high - low)
    return (low + way, 1) if way < high - low else (2 * high - low - way, -1)


Scene = tuple[float, np.ndarray, list[int]]
"""A time, the poses of both people, and who is found, in a shuffled order."""


def crossings(seed: int, rate: float, hidden_s: float = 0.6) -> Iterator[Scene]:
    """Two walk to and fro, and cross three times; the one behind is not found for a while."""
    rng = np.random.default_rng(seed)
    speed, other_speed = 160.0 * rng.uniform(0.9, 1.1, 2)
    start, other_start = rng.uniform(0, 40), rng.uniform(440, 480)
    apart_px = (speed + other_speed) * hidden_s / 2
    for time_s in np.arange(0, 9, 1 / rate):
        x, facing = to_and_fro(start + speed * time_s, 100, 580)
        other_x, other_facing = to_and_fro(other_start + other_speed * time_s, 100, 580)
        truth = np.array(
            (walking(x, facing, 6 * time_s), walking(other_x, other_facing, 6.3 * time_s + seed))
        )
        found = [(seed + int(time_s / 3)) % 2] if abs(x - other_x) < apart_px else [0, 1]
        yield float(time_s), truth + rng.normal(0, 2, truth.shape), list(rng.permutation(found))


def ids_by_person(scenes: Iterable[Scene], *, only_both: bool = False) -> dict[int, set[int]]:
    """Give the ids that each got, in all frames or in those where both are found."""
    tracker, given = Tracker(), {0: set[int](), 1: set[int]()}
    for time_s, both, found in scenes:
        here = ids(tracker, people(*both[found]), time_s)
        assert len(set(here)) == len(here) == len(found)
        if only_both and len(found) < 2:
            continue
        for person, track_id in zip(found, here, strict=True):
            given[person].add(track_id)
    return given


@pytest.mark.parametrize("rate", [10.0, 30.0])
@pytest.mark.parametrize("seed", range(20))
def test_two_who_cross_three_times_keep_their_ids(seed: int, rate: float) -> None:
    given = ids_by_person(crossings(seed, rate))
    assert sorted(map(tuple, given.values())) == [(1,), (2,)]


def mixed(seed: int) -> Iterator[Scene]:
    """The same, but a third of the points are the hidden one's in the first three such frames."""
    rng = np.random.default_rng(seed)
    mixed_frames = 0
    for time_s, both, found in crossings(seed, 30.0, hidden_s=0.4):
        mixed_frames = mixed_frames + 1 if len(found) == 1 else 0
        if 1 <= mixed_frames <= 3:
            is_other = rng.random(17) < 1 / 3
            both[found[0], is_other] = both[1 - found[0], is_other]
        yield time_s, both, found


@pytest.mark.parametrize("seed", range(10))
def test_they_keep_them_when_the_points_of_both_are_mixed_for_a_moment(seed: int) -> None:
    given = ids_by_person(mixed(seed), only_both=True)
    assert sorted(map(tuple, given.values())) == [(1,), (2,)]


def test_the_first_person_is_number_one_at_once() -> None:
    assert ids(Tracker(), people(standing(200)), 0.0) == [1]


def test_ids_count_on_and_never_come_back_after_a_reset() -> None:
    tracker = Tracker()
    assert ids(tracker, people(standing(150), standing(500)), 0.0) == [1, 2]
    tracker.reset()
    assert ids(tracker, people(standing(150), standing(500)), 0.1) == [3, 4]


def test_another_tracker_counts_from_one() -> None:
    ids(Tracker(), people(standing(200)), 0.0)
    assert ids(Tracker(), people(standing(200)), 0.0) == [1]


def test_who_comes_back_within_a_second_is_the_same_and_after_it_another() -> None:
    tracker = Tracker()
    assert ids(tracker, people(standing(200)), 5.0) == [1]
    assert ids(tracker, people(), 5.5) == []
    assert ids(tracker, people(standing(202)), 5.95) == [1]
    assert ids(tracker, people(standing(203)), 6.9) == [1]
    assert ids(tracker, people(), 7.5) == []
    assert ids(tracker, people(standing(203)), 8.0) == [2]


def test_time_is_in_seconds_whatever_the_number_of_frames_between() -> None:
    tracker = Tracker()
    ids(tracker, people(standing(200)), 0.0)
    assert all(not ids(tracker, people(), 0.9 * i / 300) for i in range(1, 300))
    assert ids(tracker, people(standing(200)), 0.9) == [1]
    assert ids(tracker, people(standing(200)), 2.0) == [2]


def test_a_time_before_the_last_is_another_beginning() -> None:
    tracker = Tracker()
    assert ids(tracker, people(standing(200)), 9.0) == [1]
    assert ids(tracker, people(standing(200)), 0.0) == [2]


def test_two_frames_of_the_same_time_are_borne() -> None:
    tracker = Tracker()
    for _ in range(3):
        assert ids(tracker, people(standing(200), standing(500)), 1.0) == [1, 2]
    assert ids(tracker, people(standing(200), standing(500)), 1.1) == [1, 2]


@pytest.mark.parametrize("rate", [10.0, 30.0])
def test_half_a_body_width_in_each_frame_is_no_other_person(rate: float) -> None:
    tracker = Tracker()
    way_px = SHOULDER_WIDTH_PX / 2
    for i in range(40):
        x, _ = to_and_fro(i * way_px, 60, 660)
        assert ids(tracker, people(standing(x)), i / rate) == [1]


def test_a_sudden_start_and_a_sudden_stop_are_no_other_person() -> None:
    tracker = Tracker()
    places = [100.0] * 20 + [100.0 + 24 * i for i in range(20)] + [580.0] * 10
    for i, x in enumerate(places):
        assert ids(tracker, people(standing(x)), i / 10) == [1]


def test_somebody_far_away_is_somebody_else() -> None:
    tracker = Tracker()
    assert ids(tracker, people(standing(100)), 0.0) == [1]
    assert ids(tracker, people(standing(450)), 1 / 30) == [2]
    assert ids(tracker, people(standing(100)), 2 / 30) == [1]


def test_whoever_is_hidden_is_expected_where_they_were_going() -> None:
    tracker = Tracker()
    for i in range(30):
        ids(tracker, people(walking(100 + 6 * i, 1, 0.2 * i)), i / 30)
    # A second walker stands where the first was lost: only the one ahead is the first.
    assert ids(tracker, people(), 35 / 30) == []
    here = people(walking(100 + 6 * 29, -1, 1.0), walking(100 + 6 * 45, 1, 9.0))
    assert ids(tracker, here, 45 / 30) == [2, 1]


def test_a_few_points_are_enough_to_know_somebody_again() -> None:
    tracker = Tracker()
    whole = people(standing(200))
    assert ids(tracker, whole, 0.0) == [1]
    score = whole.score.copy()
    score[:, 3:] = 0.1
    assert ids(tracker, replace(whole, score=score), 0.1) == [1]
    assert ids(tracker, whole, 0.2) == [1]


def test_at_most_eighteen_are_known_and_the_others_have_no_id() -> None:
    tracker = Tracker()
    crowd = people(*(standing(100 + 300 * i) for i in range(25)))
    first = ids(tracker, crowd, 0.0)
    assert first == [*range(1, MAX_TRACKS + 1), *7 * [0]]
    assert ids(tracker, crowd, 0.1) == first


def test_of_more_than_eighteen_those_unseen_for_longest_are_forgotten() -> None:
    tracker = Tracker()
    first = people(*(standing(100 + 300 * i) for i in range(10)))
    then = people(*(standing(100 + 300 * i) for i in range(20, 34)))
    assert ids(tracker, first, 0.0) == list(range(1, 11))
    assert ids(tracker, then, 0.1) == list(range(11, 25))
    again = ids(tracker, people(*(standing(100 + 300 * i) for i in range(34))), 0.2)
    assert len([each for each in again if each]) == MAX_TRACKS
    assert again[20:] == list(range(11, 25))


def test_everything_else_of_a_pose_is_left_as_it_was() -> None:
    poses = people(standing(200), standing(500))
    tracked = Tracker()(posed(poses, 0.0)).poses
    for name in ("xy", "score", "box", "person_score"):
        assert np.array_equal(getattr(tracked, name), getattr(poses, name))


def scored(poses: Poses, *person_score: float) -> Poses:
    return replace(poses, person_score=np.array(person_score, np.float32))


def test_of_two_poses_of_one_body_the_better_is_kept() -> None:
    twice = people(standing(200), standing(500), standing(203))
    assert suppress_duplicates(scored(twice, 0.5, 0.6, 0.7)).xy[:, 0, 0].tolist() == [500, 203]
    assert suppress_duplicates(scored(twice, 0.7, 0.6, 0.5)).xy[:, 0, 0].tolist() == [200, 500]


def test_a_double_makes_no_ghost() -> None:
    tracker = Tracker()
    rng = np.random.default_rng(0)
    for i in range(30):
        body = standing(200 + 3 * i)
        poses = people(body, body + rng.normal(0, 3, body.shape)) if i % 3 else people(body)
        assert ids(tracker, poses, i / 30) == [1]


def test_two_who_stand_side_by_side_are_two() -> None:
    near = people(standing(200), standing(200 + SHOULDER_WIDTH_PX))
    assert len(suppress_duplicates(near)) == 2


def test_a_big_person_makes_no_doubles_of_small_ones_behind() -> None:
    big = standing(360) * 2 - (360, 400)
    small = [standing(x) * 0.2 + (200, 200) for x in (100, 180)]
    assert len(suppress_duplicates(people(big, *small))) == 3


def clothed(*each: tuple[np.ndarray, tuple[int, int, int]]) -> BgrPixels:
    """A picture with a rectangle for each torso, the last in front."""
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), 90, np.uint8)
    for body, color in each:
        left, top = body[[5, 6, 11, 12]].min(axis=0).astype(int) - 12
        right, bottom = body[[5, 6, 11, 12]].max(axis=0).astype(int) + 12
        bgr[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = color
    return BgrPixels(bgr)


@pytest.mark.parametrize("is_yuv", [False, True])
def test_a_torso_has_the_colour_of_its_cloth(is_yuv: bool) -> None:
    bodies = standing(150), walking(500, -1, 1.0)
    pixels: Pixels = clothed((bodies[0], RED), (bodies[1], BLUE))
    if is_yuv:
        pixels = pixels.yuv420(ColorCoding())
    colors = torso_colors(pixels, people(*bodies))
    assert colors.is_known.all()
    # Half the brightness; red over green, and yellow over blue, as in medium light.
    red, blue = (46.7, 168, 84), (51.7, -39, -127)
    assert colors.value == pytest.approx(np.array((red, blue)), abs=5)


def test_an_arm_before_the_torso_is_not_taken_for_cloth() -> None:
    """From the side an arm hides most of it; where it hides all, nothing is known."""
    for bend, is_known in (((0.0, 0.0), False), ((0.3, 0.9), True)):
        body = walking(300, 1, 0.0)
        for elbow, wrist in ((7, 9), (8, 10)):
            body[elbow] = body[5] + 0.17 * HEIGHT_PX * np.array((np.sin(bend[0]), np.cos(bend[0])))
            way = np.array((np.sin(bend[1]), np.cos(bend[1])))
            body[wrist] = body[elbow] + 0.15 * HEIGHT_PX * way
        bgr = clothed((body, BLUE)).bgr().copy()
        for start, end in ((5, 7), (7, 9)):
            from_px, to_px = body[[start, end]].astype(int).tolist()
            cv2.line(bgr, from_px, to_px, (120, 150, 200), 8)
        colors = torso_colors(BgrPixels(bgr), people(body))
        assert colors.is_known.tolist() == [is_known]
    assert colors.value == pytest.approx(np.array(((51.7, -39, -127),)), abs=5)


def test_no_colour_is_known_of_a_torso_that_is_not_seen_or_not_in_the_picture() -> None:
    poses = people(standing(150), standing(350), standing(900), standing(-200))
    score = poses.score.copy()
    score[0, 11] = 0.1
    poses = replace(poses, score=score)
    known = torso_colors(clothed(), poses).is_known
    assert known.tolist() == [False, True, False, False]


def test_who_steps_before_somebody_in_other_clothes_does_not_get_their_id() -> None:
    """The network finds one person, and for a while it is the one in front."""
    for rate in (10.0, 30.0):
        tracker, given = Tracker(), []
        for i in range(int(4 * rate)):
            time_s = i / rate
            body, passing = standing(360), walking(-40 + 200 * time_s, 1, 6 * time_s)
            is_passing = abs(passing[11, 0] - 360) < 60
            pixels = clothed((body, RED), (passing, GREEN))
            (here,) = ids(tracker, people(passing if is_passing else body), time_s, pixels)
            given.append((is_passing, here))
        assert set(given) == {(False, 1), (True, 2)}


def test_it_does_not_when_both_have_the_same_posture_and_the_pose_glides_over() -> None:
    tracker, given = Tracker(), []
    for i in range(120):
        body, passing = standing(360), standing(-40 + 6 * i)
        is_passing = -30 < passing[11, 0] - 360 < 70
        pixels = clothed((body, BLUE), (passing, GREY))
        (here,) = ids(tracker, people(passing if is_passing else body), i / 30, pixels)
        given.append((is_passing, here))
    assert {here for is_passing, here in given if not is_passing} == {1}
    stolen = [is_passing and here == 1 for is_passing, here in given]
    assert sum(stolen) <= 2
    assert (True, 2) in given


def test_who_comes_in_with_long_hair_before_a_shirt_is_one_person() -> None:
    tracker, random = Tracker(), np.random.default_rng(2)
    hair = [(60, 80 + 8 * i, 110 + 8 * i) for i in (0, 1, 2, 0, 2)]
    for i in range(12):
        body = standing(100 + 5 * i) + random.normal(0, 7, (17, 2))
        pixels = clothed((body, hair[i] if i < len(hair) else (60, 25, 20)))
        assert ids(tracker, people(body), i / 10, pixels) == [1]


def test_light_that_changes_makes_no_other_person() -> None:
    tracker = Tracker()
    for i in range(60):
        body = walking(100 + 8 * i, 1, 0.6 * i)
        light = (0.6, 1.0)[i // 10 % 2]
        pixels = BgrPixels((clothed((body, RED)).bgr() * light).astype(np.uint8))
        assert ids(tracker, people(body), i / 10, pixels) == [1]


def test_colours_tell_apart_who_come_out_of_the_same_place() -> None:
    """Two meet, are hidden, and turn back: only their clothes tell that they did not cross."""

    def met(by_color: bool) -> list[int]:
        tracker = Tracker(by_color=by_color)
        here: list[int] = []
        for i in range(26):
            ahead = 6 * min(i, 36 - i)
            both = walking(100 + ahead, 1, 0.2 * i), walking(320 - ahead, -1, 0.2 * i)
            pixels = clothed((both[0], RED), (both[1], GREEN))
            if not 17 <= i < 22:
                here = ids(tracker, people(*both), i / 30, pixels)
        return here

    assert met(by_color=True) == [1, 2]
    assert met(by_color=False) == [2, 1]
