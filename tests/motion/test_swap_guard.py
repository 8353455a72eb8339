"""The swap guard: it corrects left and right where they were swapped, and nothing else."""

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
from livepose.core.skeleton import COCO_SKELETON, Keypoint
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
COUNT = len(COCO_SKELETON)
LEFT_ANKLE, RIGHT_ANKLE = Keypoint.LEFT_ANKLE, Keypoint.RIGHT_ANKLE
ELBOWS = (Keypoint.LEFT_ELBOW, Keypoint.RIGHT_ELBOW)
WRISTS = (Keypoint.LEFT_WRIST, Keypoint.RIGHT_WRIST)
HIPS = (Keypoint.LEFT_HIP, Keypoint.RIGHT_HIP)
KNEES = (Keypoint.LEFT_KNEE, Keypoint.RIGHT_KNEE)
ANKLES = (LEFT_ANKLE, RIGHT_ANKLE)
ARMS, LEGS = (ELBOWS, WRISTS), (KNEES, ANKLES)
ALL = ((Keypoint.LEFT_SHOULDER, Keypoint.RIGHT_SHOULDER), *ARMS, HIPS, *LEGS)
JOINTS = ("SHOULDER", "ELBOW", "WRIST", "HIP", "KNEE", "ANKLE")
FACE = list(COCO_SKELETON.groups["face"])


def hanging(angle: Array, direction: int = 1) -> Array:
    """Return the direction from a joint to the next: (T, 2); 0 hangs down."""
    return np.stack((direction * np.sin(angle), np.cos(angle)), axis=1)


def walker(
    pace: str, rate: float, direction: int, seed: int, seconds: float = 5.0
) -> tuple[Array, Array]:
    """Let a person walk past the camera: (T,) seconds, and (T, 17, 2) noisy keypoints."""
    random = np.random.default_rng(seed)
    strides_hz, thigh_deg, knee_deg, arm_deg, elbow_deg = PACES[pace]
    time_s = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * (strides_hz * time_s + random.random())
    speed_px = direction * 4 * np.radians(thigh_deg) * LEG_PX * strides_hz
    hip = np.stack((300 + speed_px * time_s, 300 + 0.02 * LEG_PX * np.cos(2 * phase)), axis=1)
    xy = np.empty((len(time_s), COUNT, 2))
    xy[:, FACE] = (hip + np.array((direction * 0.1, -1.4)) * TORSO_PX)[:, None]
    for side, sign, here in (("LEFT", 1, phase), ("RIGHT", -1, phase + np.pi)):
        thigh = np.radians(8 + thigh_deg * np.sin(here))
        # The knee bends most while its thigh comes forward.
        shank = thigh - np.radians(5 + knee_deg * np.exp(2.2 * (np.cos(here + 0.6) - 1)))
        arm = -np.radians(arm_deg * np.sin(here))
        forearm = arm + np.radians(elbow_deg - 10 * np.sin(here))
        shoulder = hip + np.array((1.5 * sign, -TORSO_PX))
        elbow = shoulder + 0.55 * TORSO_PX * hanging(arm, direction)
        wrist = elbow + 0.5 * TORSO_PX * hanging(forearm, direction)
        own_hip = hip + np.array((1.5 * sign, 0.0))
        knee = own_hip + 0.5 * LEG_PX * hanging(thigh, direction)
        ankle = knee + 0.5 * LEG_PX * hanging(shank, direction)
        places = zip(JOINTS, (shoulder, elbow, wrist, own_hip, knee, ankle), strict=True)
        for joint, place in places:
            xy[:, Keypoint[f"{side}_{joint}"]] = place
    tremble_px = random.choice((0.01, 0.015, 0.02)) * LEG_PX
    return time_s, xy + random.normal(0, tremble_px, xy.shape)


def mixed_up(xy: Array, frames: Mask, pairs: Iterable[tuple[int, int]]) -> Array:
    """Exchange left and right in some frames."""
    mixed = xy.copy()
    for left, right in pairs:
        mixed[frames, left], mixed[frames, right] = xy[frames, right], xy[frames, left]
    return mixed


def poses_of(xy: Array, score: Array | float = 0.8, track_id: Sequence[int] = (1,)) -> Poses:
    """Make people of (17, 2) or (N, 17, 2) keypoints."""
    points = xy.reshape(-1, COUNT, 2).astype(np.float32)
    scores = np.broadcast_to(np.float32(score), points.shape[:2]).astype(np.float32)
    return replace(Poses.from_keypoints(points, scores), track_id=np.array(track_id, np.int32))


def posed(time_s: float, poses: Poses) -> PosedFrame:
    frame = Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), 0, time_s)
    return PosedFrame(frame, poses, Region.letterbox(4, 4), 0.0, detections=poses)


def guarded(
    time_s: Array, xy: Array, score: Array | float = 0.8, guard: SwapGuard | None = None
) -> list[Poses]:
    """Return the poses of one person after the guard."""
    guard = guard or SwapGuard()
    scores = np.broadcast_to(score, xy.shape[:2])
    return [
        guard(posed(float(when), poses_of(points, seen))).poses
        for when, points, seen in zip(time_s, xy, scores, strict=True)
    ]


def swaps(seen: list[Poses]) -> Mask:
    """Return which keypoints were marked as swapped: (T, 17)."""
    return np.concatenate([poses.swapped for poses in seen])


def is_marked(seen: list[Poses]) -> Mask:
    return np.asarray(swaps(seen).any(axis=1))


def is_repaired(seen: list[Poses], pairs: Sequence[tuple[int, int]]) -> Mask:
    return np.asarray(swaps(seen)[:, np.ravel(pairs)].all(axis=1))


def runs(time_s: Array, rate: float, seed: int) -> Mask:
    """Choose runs of 1 to 10 frames after the first 0.6 s: (T,) bool."""
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
    """Choose runs that begin as one ankle passes the other, every second time: (T,) bool."""
    random = np.random.default_rng(seed)
    is_ahead = xy[:, LEFT_ANKLE, 0] > xy[:, RIGHT_ANKLE, 0]
    crossings = np.flatnonzero(is_ahead[1:] != is_ahead[:-1]) + 1
    frames = np.zeros(len(xy), np.bool_)
    for at in crossings[crossings > 0.6 * rate][::2]:
        frames[at : at + int(random.integers(2, 11))] = True
    return frames


def are_apart(xy: Array, pair: tuple[int, int]) -> Mask:
    """Return when two joints are far enough apart to tell which is which: (T,) bool."""
    return np.asarray(np.hypot(*(xy[:, pair[0]] - xy[:, pair[1]]).T) > 0.12 * LEG_PX)


# Swaps that are corrected.


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("rate", [25.0, 30.0, 60.0])
def test_19_of_20_swapped_legs_are_corrected_and_no_others_are_touched(
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
def test_a_swap_that_begins_as_the_legs_pass_each_other_is_corrected(rate: float) -> None:
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


@lru_cache(maxsize=1)
def passes(rate: int) -> list[tuple[Array, Array]]:
    """Return times and true keypoints for each way of the demo's figure across the picture."""
    source = SyntheticSource(1280, 720, scene="walk", frame_count=1)
    found: list[tuple[Array, Array]] = []
    times_s: list[float] = []
    points: list[Array] = []
    for index in range(17 * rate):
        truth = source.truth(index / rate)
        if len(truth) and (truth.score > 0).all():
            times_s.append(index / rate)
            points.append(truth.xy[0].astype(np.float64))
        elif times_s:
            found.append((np.array(times_s), np.stack(points)))
            times_s, points = [], []
    return found


def walked_by(rate: int, seed: int) -> Iterator[tuple[Array, Array]]:
    """Let the demo's figure walk by: times and noisy keypoints for each way across the picture."""
    random = np.random.default_rng(seed)
    for times_s, points in passes(rate):
        yield times_s, points + random.normal(0, 2.0, points.shape)


@pytest.mark.parametrize("pairs", [LEGS, (HIPS, *LEGS)], ids=["knees and ankles", "hips too"])
@pytest.mark.parametrize("rate", [25, 30, 60])
def test_19_of_20_swapped_legs_of_the_walking_figure_are_corrected_and_no_others(
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


def test_a_corrected_swap_restores_places_and_scores_exactly() -> None:
    time_s, xy = walker("walk", 30.0, 1, 0)
    frames = np.zeros(len(xy), np.bool_)
    at = 40 + int(np.argmax(np.abs(xy[40:70, LEFT_ANKLE, 0] - xy[40:70, RIGHT_ANKLE, 0])))
    frames[at : at + 3] = True
    score = np.tile(np.linspace(0.6, 0.9, COUNT), (len(xy), 1))
    mixed_score = mixed_up(score[..., None], frames, LEGS)[..., 0]
    seen = guarded(time_s, mixed_up(xy, frames, LEGS), mixed_score)
    marked = swaps(seen)
    assert np.array_equal(marked.any(axis=1), frames)
    names = {COCO_SKELETON.names[index] for index in np.flatnonzero(marked[at])}
    assert {"left_knee", "right_knee", "left_ankle", "right_ankle"} <= names
    below = [joint for pair in LEGS for joint in pair]
    for poses, points, scores in zip(seen, xy, score, strict=True):
        assert np.array_equal(poses.xy[0, below], points[below].astype(np.float32))
        assert np.array_equal(poses.raw_xy, poses.xy)
        assert np.array_equal(poses.score[0, below], scores[below].astype(np.float32))


def test_9_of_10_swapped_arms_are_corrected() -> None:
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


def test_a_person_swapped_as_a_whole_is_corrected_from_shoulder_to_foot() -> None:
    time_s, xy = facing(np.arange(120) / 30)
    frames = np.zeros(120, np.bool_)
    frames[[30, 60, 61, 62]] = True
    seen = guarded(time_s, mixed_up(xy, frames, ALL))
    assert np.array_equal(is_repaired(seen, ALL), frames)
    assert not swaps(seen)[:, FACE].any()


# Movements that are no swaps.


@pytest.mark.parametrize("rate", [15.0, 25.0, 30.0, 60.0])
def test_walking_past_is_no_swap(rate: float) -> None:
    for seed in range(4):
        for pace in PACES:
            for direction in (1, -1):
                seen = guarded(*walker(pace, rate, direction, seed))
                assert not swaps(seen).any(), (pace, direction, seed)


@lru_cache(maxsize=1)
def dancer() -> SyntheticSource:
    return SyntheticSource(frame_count=1)


@pytest.mark.parametrize("rate", [15.0, 30.0, 60.0])
def test_dancing_is_no_swap(rate: float) -> None:
    time_s = np.arange(0, 8, 1 / rate)
    truth = np.concatenate([dancer().truth(float(when)).xy for when in time_s])
    tremble_px = np.random.default_rng(0).normal(0, 2.0, truth.shape)
    assert not swaps(guarded(time_s, truth + tremble_px)).any()


def facing(time_s: Array) -> tuple[Array, Array]:
    """Let a person stand and face the camera: (T,) seconds, and (T, 17, 2) noisy keypoints."""
    heights = (-1.3, -1.35, -1.35, -1.3, -1.3, -1, -1, -0.5, -0.5, 0, 0, 0, 0, 0.75, 0.75, 1.5, 1.5)
    widths = (0, 0.05, 0.05, 0.12, 0.12, 0.3, 0.3, 0.35, 0.35, 0.38, 0.38, *([0.18] * 6))
    sides = np.array((0, *([1, -1] * 8)))
    points = np.stack((sides * np.array(widths), np.array(heights)), axis=1) * TORSO_PX
    tremble_px = np.random.default_rng(1).normal(0, 0.02 * TORSO_PX, (len(time_s), *points.shape))
    return time_s, 300 + points + tremble_px


@pytest.mark.parametrize("turns_hz", [0.25, 0.5, 1.0, 2.0])
def test_turning_around_is_no_swap(turns_hz: float) -> None:
    time_s, xy = facing(np.arange(240) / 30)
    xy[..., 0] = 300 + (xy[..., 0] - 300) * np.cos(2 * np.pi * turns_hz * time_s)[:, None]
    assert not swaps(guarded(time_s, xy)).any()


@pytest.mark.parametrize("beats_hz", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [25.0, 60.0])
def test_crossing_arms_and_legs_in_a_frontal_view_is_no_swap(rate: float, beats_hz: float) -> None:
    time_s, xy = facing(np.arange(0, 8, 1 / rate))
    sway = np.cos(2 * np.pi * beats_hz * time_s)
    for side, sign in (("LEFT", 1), ("RIGHT", -1)):
        wrist, knee, ankle = (Keypoint[f"{side}_{joint}"] for joint in ("WRIST", "KNEE", "ANKLE"))
        xy[:, wrist] = (300, 265) + sign * np.stack((35 * sway, np.full(len(sway), 5)), axis=1)
        xy[:, ankle, 0] = 300 + sign * 25 * sway
        xy[:, knee, 0] = 300 + sign * 14 * (sway + 0.2)
    assert not swaps(guarded(time_s, xy)).any()


@pytest.mark.parametrize("beats_hz", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("rate", [25.0, 60.0])
def test_jumping_jacks_and_clapping_are_no_swaps(rate: float, beats_hz: float) -> None:
    """Hands and feet come together and part again, as if they had passed each other."""
    time_s, xy = facing(np.arange(0, 8, 1 / rate))
    open_by = 0.5 - 0.5 * np.cos(2 * np.pi * beats_hz * time_s)
    for side, sign in (("LEFT", 1), ("RIGHT", -1)):
        for joint, narrow, reach in (
            ("ELBOW", 0.2, 0.25),
            ("WRIST", 0.03, 0.6),
            ("KNEE", 0.03, 0.45),
            ("ANKLE", 0.03, 0.9),
        ):
            x = 300 + sign * TORSO_PX * (narrow + reach * open_by)
            xy[:, Keypoint[f"{side}_{joint}"], 0] = x
    assert not swaps(guarded(time_s, xy)).any()


# What cannot be decided.


def in_stride() -> tuple[Array, Array]:
    """Let a person stand in a long stride for three seconds, seen from the side."""
    time_s, xy = facing(np.arange(90) / 30)
    xy[..., 0] = 300 + (xy[..., 0] - 300) * 0.1
    for left, right in LEGS:
        xy[:, left, 0] += 20
        xy[:, right, 0] -= 20
    return time_s, xy


def test_a_swap_that_lasts_for_more_than_0_7_s_is_believed() -> None:
    time_s, xy = in_stride()
    frames: Mask = np.asarray(time_s >= 1.5)
    marked: Mask = np.asarray(swaps(guarded(time_s, mixed_up(xy, frames, LEGS)))[:, LEFT_ANKLE])
    assert marked[frames & (time_s < 1.9)].all()
    assert not marked[~frames].any()
    assert not marked[time_s > 1.5 + 0.75].any()


@pytest.mark.parametrize("wrong_s", [0.05, 0.15, 0.3, 0.5])
def test_a_swap_at_the_start_is_forgotten_after_as_long_as_it_lasted(
    wrong_s: float,
) -> None:
    time_s, xy = in_stride()
    frames = time_s < wrong_s
    marked = is_marked(guarded(time_s, mixed_up(xy, frames, LEGS)))
    assert not marked[frames].any()
    assert not marked[time_s > 2 * wrong_s + 0.04].any()


def test_after_a_gap_the_network_is_believed() -> None:
    time_s, xy = in_stride()
    frames = np.arange(90) >= 60
    time_s = time_s + 0.1 * frames
    assert not swaps(guarded(time_s, mixed_up(xy, frames, LEGS))).any()


def test_after_a_reset_the_network_is_believed() -> None:
    time_s, xy = in_stride()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    guard.reset()
    rest = mixed_up(xy[60:], np.ones(30, np.bool_), LEGS)
    assert not swaps(guarded(time_s[60:], rest, guard=guard)).any()


def test_a_time_that_goes_back_or_stands_still_restarts_the_guard() -> None:
    time_s, xy = in_stride()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    mixed = mixed_up(xy[60:62], np.ones(2, np.bool_), LEGS)
    assert not swaps(guarded(np.array((time_s[59], 0.5)), mixed, guard=guard)).any()


def test_at_10_frames_per_second_nothing_is_exchanged() -> None:
    for pace in PACES:
        time_s, xy = walker(pace, 10.0, 1, 0)
        seen = guarded(time_s, mixed_up(xy, runs(time_s, 10.0, 0), LEGS))
        assert not swaps(seen).any()


def test_legs_that_are_hardly_seen_are_not_exchanged() -> None:
    time_s, xy = in_stride()
    frames = (time_s > 1.5) & (time_s < 1.7)
    score = np.full(xy.shape[:2], 0.8)
    score[:, [joint for pair in LEGS for joint in pair]] = 0.24
    assert not swaps(guarded(time_s, mixed_up(xy, frames, LEGS), score)).any()


def test_an_ankle_that_is_hardly_seen_is_exchanged_with_the_knees() -> None:
    time_s, xy = in_stride()
    frames = (time_s > 1.5) & (time_s < 1.7)
    score = np.full(xy.shape[:2], 0.8)
    score[frames, RIGHT_ANKLE] = 0.2
    seen = guarded(time_s, mixed_up(xy, frames, LEGS), score)
    assert np.array_equal(is_repaired(seen, LEGS), frames)


def test_a_frame_in_which_one_leg_was_taken_for_both_does_not_confuse_the_guard() -> None:
    time_s, xy = in_stride()
    for left, right in LEGS:
        xy[40, left] = xy[40, right] + 1
    frames = np.isin(np.arange(90), (41, 42, 43))
    seen = guarded(time_s, mixed_up(xy, frames, LEGS))
    assert np.array_equal(is_repaired(seen, LEGS), frames)
    assert not swaps(seen)[44:].any()


# Several people.


def test_people_are_followed_by_their_ids_in_any_row() -> None:
    time_s, xy = in_stride()
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


def test_an_untracked_person_is_guarded_only_if_alone() -> None:
    time_s, xy = in_stride()
    frames = (time_s > 1.5) & (time_s < 1.7)
    mixed = mixed_up(xy, frames, LEGS)
    alone, company = SwapGuard(), SwapGuard()
    for at, when in enumerate(time_s):
        one = alone(posed(float(when), poses_of(mixed[at], track_id=[0]))).poses
        assert bool(one.swapped[0, LEFT_ANKLE]) is bool(frames[at])
        two = poses_of(np.stack((mixed[at], mixed[at] + 200)), track_id=[0, 0])
        assert company(posed(float(when), two)).poses is two


def test_a_frame_without_people_is_returned_as_it_is() -> None:
    nobody = posed(0.0, Poses.empty())
    assert SwapGuard()(nobody) is nobody


def test_the_detections_are_kept_as_they_were() -> None:
    time_s, xy = in_stride()
    guard = SwapGuard()
    guarded(time_s[:60], xy[:60], guard=guard)
    mixed = poses_of(mixed_up(xy[60:61], np.ones(1, np.bool_), LEGS))
    got = guard(posed(float(time_s[60]), mixed))
    assert got.poses.swapped.any()
    assert got.detections is mixed
