"""The swap guard: left and right are put right where they were mixed up, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.swap_guard import SwapGuard
from livepose.sources.synthetic.source import SyntheticSource

Array = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

LEG_PX = 120.0
TORSO_PX = 0.6 * LEG_PX
# Strides a second, and swings in degrees: thigh, knee, arm; how far the elbow is bent.
PACES = {
    "slow": (0.60, 20, 50, 12, 10),
    "walk": (0.95, 26, 62, 22, 15),
    "fast": (1.15, 32, 68, 30, 25),
    "jog": (1.40, 38, 95, 38, 80),
}
ARMS, LEGS = COCO_SKELETON.pairs[3:5], COCO_SKELETON.pairs[6:8]
"""Elbows and wrists, knees and ankles."""
ALL = COCO_SKELETON.pairs[2:]
LEFT_ANKLE, RIGHT_ANKLE = COCO_SKELETON.pairs[7]


def hanging(angle: Array, direction: int = 1) -> Array:
    """Point from a joint to the next: (T, 2); 0 hangs."""
    return np.stack((direction * np.sin(angle), np.cos(angle)), axis=1)


def walker(
    pace: str, rate: float, direction: int, seed: int, seconds: float = 5.0
) -> tuple[Array, Array]:
    """Let somebody walk past the camera: T times in seconds, and (T, 17, 2) trembling points."""
    random = np.random.default_rng(seed)
    strides_hz, thigh_deg, knee_deg, arm_deg, elbow_deg = PACES[pace]
    time_s = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * (strides_hz * time_s + random.random())
    speed_px = direction * 4 * np.radians(thigh_deg) * LEG_PX * strides_hz
    hip = np.stack((300 + speed_px * time_s, 300 + 0.02 * LEG_PX * np.cos(2 * phase)), axis=1)
    xy = np.empty((len(time_s), len(COCO_SKELETON), 2))
    xy[:, :5] = (hip + np.array((direction * 0.1, -1.4)) * TORSO_PX)[:, None]
    for side, here in enumerate((phase, phase + np.pi)):
        thigh = np.radians(8 + thigh_deg * np.sin(here))
        # The knee bends most while its thigh comes forward.
        knee = thigh - np.radians(5 + knee_deg * np.exp(2.2 * (np.cos(here + 0.6) - 1)))
        arm = -np.radians(arm_deg * np.sin(here))
        forearm = arm + np.radians(elbow_deg - 10 * np.sin(here))
        xy[:, 5 + side] = hip + np.array((1.5 - 3 * side, -TORSO_PX))
        xy[:, 7 + side] = xy[:, 5 + side] + 0.55 * TORSO_PX * hanging(arm, direction)
        xy[:, 9 + side] = xy[:, 7 + side] + 0.5 * TORSO_PX * hanging(forearm, direction)
        xy[:, 11 + side] = hip + np.array((1.5 - 3 * side, 0.0))
        xy[:, 13 + side] = xy[:, 11 + side] + 0.5 * LEG_PX * hanging(thigh, direction)
        xy[:, 15 + side] = xy[:, 13 + side] + 0.5 * LEG_PX * hanging(knee, direction)
    tremble_px = random.choice((0.01, 0.015, 0.02)) * LEG_PX
    return time_s, xy + random.normal(0, tremble_px, xy.shape)


def mixed_up(xy: Array, frames: Mask, pairs: Iterable[tuple[int, int]]) -> Array:
    """Exchange left and right in some frames."""
    mixed = xy.copy()
    for left, right in pairs:
        mixed[frames, left], mixed[frames, right] = xy[frames, right], xy[frames, left]
    return mixed


def poses_of(xy: Array, score: Array | float = 0.8, track_id: Sequence[int] = (1,)) -> Poses:
    """Make people: xy is (17, 2), or (N, 17, 2)."""
    points = xy.reshape(-1, len(COCO_SKELETON), 2).astype(np.float32)
    scores = np.broadcast_to(np.float32(score), points.shape[:2]).astype(np.float32)
    return replace(Poses.from_keypoints(points, scores), track_id=np.array(track_id, np.int32))


def posed(time_s: float, poses: Poses) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), 0, time_s)
    return PosedFrame(frame, poses, Region.letterbox(4, 4), 0.0, detections=poses)


def guarded(
    time_s: Array, xy: Array, score: Array | float = 0.8, guard: SwapGuard | None = None
) -> list[Poses]:
    """Let one person through the guard."""
    guard = guard or SwapGuard()
    scores = np.broadcast_to(score, xy.shape[:2])
    return [
        guard(posed(float(when), poses_of(points, seen))).poses
        for when, points, seen in zip(time_s, xy, scores, strict=True)
    ]


def swaps(seen: list[Poses]) -> Mask:
    """Collect what was marked: (T, 17)."""
    return np.concatenate([poses.swapped for poses in seen])


def is_marked(seen: list[Poses]) -> Mask:
    return np.asarray(swaps(seen).any(axis=1))


def is_repaired(seen: list[Poses], pairs: Sequence[tuple[int, int]]) -> Mask:
    return np.asarray(swaps(seen)[:, np.ravel(pairs)].all(axis=1))


def runs(time_s: Array, rate: float, seed: int) -> Mask:
    """Choose single frames, and runs of up to 10, after the first 0.6 s."""
    random = np.random.default_rng(seed)
    frames = np.zeros(len(time_s), np.bool_)
    at = int(0.6 * rate)
    while True:
        at += int(random.integers(int(0.4 * rate), int(0.9 * rate)))
        length = int(random.integers(1, 11))
        if at + length >= len(frames):
            return frames
        frames[at : at + length] = True
        at += length


def runs_from_crossings(xy: Array, rate: float, seed: int) -> Mask:
    """Choose runs that begin as one ankle passes the other, at every second time."""
    random = np.random.default_rng(seed)
    is_ahead = xy[:, LEFT_ANKLE, 0] > xy[:, RIGHT_ANKLE, 0]
    crossings = np.flatnonzero(is_ahead[1:] != is_ahead[:-1]) + 1
    frames = np.zeros(len(xy), np.bool_)
    for at in crossings[crossings > 0.6 * rate][::2]:
        frames[at : at + int(random.integers(2, 11))] = True
    return frames


def are_apart(xy: Array, pair: tuple[int, int]) -> Mask:
    """Return when two joints are so far apart that it can be known which is which."""
    return np.asarray(np.hypot(*(xy[:, pair[0]] - xy[:, pair[1]]).T) > 0.12 * LEG_PX)


# What was mixed up.


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("rate", [25.0, 30.0, 60.0])
def test_of_legs_that_were_mixed_up_19_in_20_are_put_right_and_no_others_are_touched(
    rate: float, direction: int
) -> None:
    injected = repaired = 0
    for seed in range(3):
        for pace in PACES:
            time_s, xy = walker(pace, rate, direction, seed)
            frames = runs(time_s, rate, seed)
            seen = guarded(time_s, mixed_up(xy, frames, LEGS))
            assert not swaps(seen)[~frames].any(), (pace, seed)
            injected += frames.sum()
            repaired += (is_repaired(seen, LEGS) & frames).sum()
    assert injected > 100
    assert repaired / injected >= 0.95, f"{repaired} of {injected}"


@pytest.mark.parametrize("rate", [30.0, 60.0])
def test_a_swap_that_begins_as_the_legs_pass_each_other_is_found(rate: float) -> None:
    injected = repaired = 0
    for seed in range(4):
        for pace in ("walk", "fast", "jog"):
            time_s, xy = walker(pace, rate, 1 - 2 * (seed % 2), seed)
            frames = runs_from_crossings(xy, rate, seed)
            seen = guarded(time_s, mixed_up(xy, frames, LEGS))
            assert not swaps(seen)[~frames].any(), (pace, seed)
            frames &= are_apart(xy, LEGS[1])
            injected += frames.sum()
            repaired += (is_repaired(seen, LEGS) & frames).sum()
    assert injected > 100
    assert repaired / injected >= 0.95, f"{repaired} of {injected}"


def walked_by(rate: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Let the figure of the demo walk by: times and points for each way across the picture."""
    source = SyntheticSource(1280, 720, scene="walk", frame_count=1)
    random = np.random.default_rng(seed)
    times_s, points = [], []
    for index in range(17 * rate):
        truth = source.truth(index / rate)
        if len(truth) and (truth.score > 0).all():
            times_s.append(index / rate)
            points.append(truth.xy[0] + random.normal(0, 2.0, (len(COCO_SKELETON), 2)))
        elif times_s:
            yield np.array(times_s), np.stack(points)
            times_s, points = [], []


@pytest.mark.parametrize("pairs", [LEGS, ALL[3:]], ids=["knees and ankles", "hips too"])
@pytest.mark.parametrize("rate", [25, 30, 60])
def test_of_legs_of_the_figure_that_walks_by_19_in_20_are_put_right_and_no_others_are_touched(
    rate: int, pairs: Sequence[tuple[int, int]]
) -> None:
    injected = repaired = 0
    for seed in range(5):
        for time_s, xy in walked_by(rate, seed):
            frames = runs(time_s, rate, seed)
            seen = guarded(time_s, mixed_up(xy, frames, pairs))
            assert not swaps(seen)[~frames].any(), seed
            injected += frames.sum()
            repaired += (is_repaired(seen, LEGS) & frames).sum()
    assert injected > 100
    assert repaired / injected >= 0.95, f"{repaired} of {injected}"


def test_what_was_put_right_lies_where_it_was_before_it_was_mixed_up() -> None:
    time_s, xy = walker("walk", 30.0, 1, 0)
    frames = np.zeros(len(xy), np.bool_)
    at = 40 + int(np.argmax(np.abs(xy[40:70, LEFT_ANKLE, 0] - xy[40:70, RIGHT_ANKLE, 0])))
    frames[at : at + 3] = True
    score = np.tile(np.linspace(0.6, 0.9, len(COCO_SKELETON)), (len(xy), 1))
    mixed_score = mixed_up(score[..., None], frames, LEGS)[..., 0]
    seen = guarded(time_s, mixed_up(xy, frames, LEGS), mixed_score)
    marked = swaps(seen)
    assert np.array_equal(marked.any(axis=1), frames)
    names = {COCO_SKELETON.names[index] for index in np.flatnonzero(marked[at])}
    assert {"left_knee", "right_knee", "left_ankle", "right_ankle"} <= names
    below = slice(13, 17)
    for poses, points, scores in zip(seen, xy, score, strict=True):
        assert np.array_equal(poses.xy[0, below], points[below].astype(np.float32))
        assert np.array_equal(poses.raw_xy, poses.xy)
        assert np.array_equal(poses.score[0, below], scores[below].astype(np.float32))


def test_of_arms_that_were_mixed_up_9_in_10_are_put_right() -> None:
    injected = repaired = 0
    for seed in range(4):
        time_s, xy = walker("fast", 30.0, 1, seed)
        frames = runs(time_s, 30.0, seed)
        seen = guarded(time_s, mixed_up(xy, frames, ARMS))
        assert not swaps(seen)[~frames].any()
        assert not is_repaired(seen, LEGS).any()
        frames &= are_apart(xy, ARMS[1])
        injected += frames.sum()
        repaired += (is_repaired(seen, ARMS) & frames).sum()
    assert repaired / injected >= 0.9, f"{repaired} of {injected}"


def test_who_is_taken_for_turned_round_is_put_right_from_shoulder_to_foot() -> None:
    time_s, xy = facing(np.arange(120) / 30)
    frames = np.zeros(120, np.bool_)
    frames[[30, 60, 61, 62]] = True
    seen = guarded(time_s, mixed_up(xy, frames, ALL))
    assert np.array_equal(is_repaired(seen, ALL), frames)
    assert not swaps(seen)[:, :5].any()


# What was right.


@pytest.mark.parametrize("rate", [15.0, 25.0, 30.0, 60.0])
def test_nobody_who_walks_past_is_touched(rate: float) -> None:
    for seed in range(4):
        for pace in PACES:
            for direction in (1, -1):
                seen = guarded(*walker(pace, rate, direction, seed))
                assert not swaps(seen).any(), (pace, direction, seed)


@lru_cache(maxsize=1)
def dancer() -> SyntheticSource:
    return SyntheticSource(frame_count=1)


@pytest.mark.parametrize("rate", [15.0, 30.0, 60.0])
def test_the_dancer_is_not_touched(rate: float) -> None:
    time_s = np.arange(0, 8, 1 / rate)
    truth = np.concatenate([dancer().truth(float(when)).xy for when in time_s])
    tremble_px = np.random.default_rng(0).normal(0, 2.0, truth.shape)
    assert not swaps(guarded(time_s, truth + tremble_px)).any()


def facing(time_s: Array) -> tuple[Array, Array]:
    """Let somebody stand and face the camera, trembling: the points are (T, 17, 2)."""
    heights = (-1.3, -1.35, -1.35, -1.3, -1.3, -1, -1, -0.5, -0.5, 0, 0, 0, 0, 0.75, 0.75, 1.5, 1.5)
    widths = (0, 0.05, 0.05, 0.12, 0.12, 0.3, 0.3, 0.35, 0.35, 0.38, 0.38, *([0.18] * 6))
    sides = np.array((0, *([1, -1] * 8)))
    points = np.stack((sides * np.array(widths), np.array(heights)), axis=1) * TORSO_PX
    tremble_px = np.random.default_rng(1).normal(0, 0.02 * TORSO_PX, (len(time_s), *points.shape))
    return time_s, 300 + points + tremble_px


@pytest.mark.parametrize("turns_hz", [0.25, 0.5, 1.0, 2.0])
def test_somebody_who_really_turns_round_is_not_touched(turns_hz: float) -> None:
    time_s, xy = facing(np.arange(240) / 30)
    xy[..., 0] = 300 + (xy[..., 0] - 300) * np.cos(2 * np.pi * turns_hz * time_s)[:, None]
    assert not swaps(guarded(time_s, xy)).any()


@pytest.mark.parametrize("beats_hz", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [25.0, 60.0])
def test_arms_and_legs_that_cross_in_front_are_not_touched(rate: float, beats_hz: float) -> None:
    time_s, xy = facing(np.arange(0, 8, 1 / rate))
    sway = np.cos(2 * np.pi * beats_hz * time_s)
    for side, sign in enumerate((1, -1)):
        xy[:, 9 + side] = (300, 265) + sign * np.stack((35 * sway, np.full(len(sway), 5)), axis=1)
        xy[:, 15 + side, 0] = 300 + sign * 25 * sway
        xy[:, 13 + side, 0] = 300 + sign * 14 * (sway + 0.2)
    assert not swaps(guarded(time_s, xy)).any()


@pytest.mark.parametrize("beats_hz", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [25.0, 60.0])
def test_jumping_jacks_and_clapping_are_not_touched(rate: float, beats_hz: float) -> None:
    """Hands and feet come together and part again, as if they had passed each other."""
    time_s, xy = facing(np.arange(0, 8, 1 / rate))
    open_by = 0.5 - 0.5 * np.cos(2 * np.pi * beats_hz * time_s)
    for side, sign in enumerate((1, -1)):
        for joint, reach in ((7, 0.25), (9, 0.6), (13, 0.45), (15, 0.9)):
            narrow = 0.2 if joint == 7 else 0.03
            xy[:, joint + side, 0] = 300 + sign * TORSO_PX * (narrow + reach * open_by)
    assert not swaps(guarded(time_s, xy)).any()


# What cannot be known.


def side_by_side() -> tuple[Array, Array]:
    """Let somebody stand in a long stride, seen from the side, for three seconds."""
    time_s, xy = facing(np.arange(90) / 30)
    xy[..., 0] = 300 + (xy[..., 0] - 300) * 0.1
    for left, right in LEGS:
        xy[:, left, 0] += 20
        xy[:, right, 0] -= 20
    return time_s, xy


def test_a_network_that_sticks_to_it_is_believed_after_seven_tenths_of_a_second() -> None:
    time_s, xy = side_by_side()
    frames: Mask = np.asarray(time_s >= 1.5)
    marked: Mask = np.asarray(swaps(guarded(time_s, mixed_up(xy, frames, LEGS)))[:, LEFT_ANKLE])
    assert marked[frames & (time_s < 1.9)].all()
    assert not marked[~frames].any()
    assert not marked[time_s > 1.5 + 0.75].any()


@pytest.mark.parametrize("wrong_s", [0.05, 0.15, 0.3, 0.5])
def test_what_was_wrong_from_the_start_does_not_stand_longer_than_it_had_lasted(
    wrong_s: float,
) -> None:
    time_s, xy = side_by_side()
    frames = time_s < wrong_s
    marked = is_marked(guarded(time_s, mixed_up(xy, frames, LEGS)))
    assert not marked[frames].any()
    assert not marked[time_s > 2 * wrong_s + 0.04].any()


def test_after_a_gap_the_network_is_believed() -> None:
    time_s, xy = side_by_side()
    frames = np.arange(90) >= 60
    time_s = time_s + 0.1 * frames
    assert not swaps(guarded(time_s, mixed_up(xy, frames, LEGS))).any()


def test_after_a_reset_the_network_is_believed() -> None:
    time_s, xy = side_by_side()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    guard.reset()
    rest = mixed_up(xy[60:], np.ones(30, np.bool_), LEGS)
    assert not swaps(guarded(time_s[60:], rest, guard=guard)).any()


def test_time_that_goes_back_or_stands_still_is_a_new_beginning() -> None:
    time_s, xy = side_by_side()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    mixed = mixed_up(xy[60:62], np.ones(2, np.bool_), LEGS)
    assert not swaps(guarded(np.array((time_s[59], 0.5)), mixed, guard=guard)).any()


def test_at_10_frames_a_second_nothing_is_done() -> None:
    for pace in PACES:
        time_s, xy = walker(pace, 10.0, 1, 0)
        seen = guarded(time_s, mixed_up(xy, runs(time_s, 10.0, 0), LEGS))
        assert not swaps(seen).any()


def test_legs_that_are_hardly_seen_do_not_vote() -> None:
    time_s, xy = side_by_side()
    frames = (time_s > 1.5) & (time_s < 1.7)
    score = np.full(xy.shape[:2], 0.8)
    score[:, 13:] = 0.24
    assert not swaps(guarded(time_s, mixed_up(xy, frames, LEGS), score)).any()


def test_an_ankle_that_is_hardly_seen_goes_along_with_the_knees() -> None:
    time_s, xy = side_by_side()
    frames = (time_s > 1.5) & (time_s < 1.7)
    score = np.full(xy.shape[:2], 0.8)
    score[frames, RIGHT_ANKLE] = 0.2
    seen = guarded(time_s, mixed_up(xy, frames, LEGS), score)
    assert np.array_equal(is_repaired(seen, LEGS), frames)


def test_a_frame_in_which_one_leg_was_taken_for_both_changes_nothing() -> None:
    time_s, xy = side_by_side()
    for left, right in LEGS:
        xy[40, left] = xy[40, right] + 1
    frames = np.isin(np.arange(90), (41, 42, 43))
    seen = guarded(time_s, mixed_up(xy, frames, LEGS))
    assert np.array_equal(is_repaired(seen, LEGS), frames)
    assert not swaps(seen)[44:].any()


# Several people.


def test_people_are_told_apart_by_their_track_whatever_their_row() -> None:
    time_s, xy = side_by_side()
    frames = (time_s > 1.5) & (time_s < 1.7)
    mixed = mixed_up(xy, frames, LEGS)
    guard = SwapGuard()
    for at, when in enumerate(time_s):
        people, ids = np.stack((mixed[at], xy[at] + 200)), [7, 3]
        if at % 2:
            people, ids = people[::-1], ids[::-1]
        got = guard(posed(float(when), poses_of(people, track_id=ids))).poses
        rows = {track_id: row for row, track_id in enumerate(got.track_id.tolist())}
        assert bool(got.swapped[rows[7], LEFT_ANKLE]) is bool(frames[at])
        assert not got.swapped[rows[3]].any()


def test_somebody_untracked_is_guarded_alone_and_let_through_in_company() -> None:
    time_s, xy = side_by_side()
    frames = (time_s > 1.5) & (time_s < 1.7)
    mixed = mixed_up(xy, frames, LEGS)
    alone, company = SwapGuard(), SwapGuard()
    for at, when in enumerate(time_s):
        one = alone(posed(float(when), poses_of(mixed[at], track_id=[0]))).poses
        assert bool(one.swapped[0, LEFT_ANKLE]) is bool(frames[at])
        two = poses_of(np.stack((mixed[at], mixed[at] + 200)), track_id=[0, 0])
        assert company(posed(float(when), two)).poses is two


def test_a_frame_with_nobody_in_it_passes() -> None:
    nobody = posed(0.0, Poses.empty())
    assert SwapGuard()(nobody) is nobody


def test_what_the_network_found_is_kept_as_it_was() -> None:
    time_s, xy = side_by_side()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    mixed = poses_of(mixed_up(xy[60:61], np.ones(1, np.bool_), LEGS))
    got = guard(posed(float(time_s[60]), mixed))
    assert got.poses.swapped.any()
    assert got.detections is mixed
