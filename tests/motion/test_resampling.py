"""Resampling: known curves at a constant rate, and gaps that stay gaps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from livepose.core.angles import Angles
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.resampling import Resampler

BLACK = np.zeros((8, 8, 3), np.uint8)


def swing(time_s: float) -> float:
    return 100 + 50 * math.sin(2 * math.pi * 1.5 * time_s)


def frame(
    index: int, time_s: float, ids: Sequence[int] = (1,), curve: Callable[[float], float] = swing
) -> PosedFrame:
    people = len(ids)
    places = [[[curve(time_s) + 10 * number] * 2] * 17 for number in ids]
    xy = np.array(places, np.float32).reshape(people, 17, 2)
    plain = Poses.from_keypoints(xy, np.full((people, 17), 0.9, np.float32))
    degrees = np.full((people, 1), curve(time_s), np.float32)
    return PosedFrame(
        Frame.from_bgr(BLACK, index, time_s),
        replace(plain, track_id=np.array(ids, np.int32)),
        Region.letterbox(8, 8),
        0.0,
        angles=Angles(("trunk",), degrees),
    )


def resampled(frames: Iterable[PosedFrame], rate: float) -> list[PosedFrame]:
    resampler = Resampler(rate)
    results = [result for each in frames for result in resampler.push(each)]
    return results + resampler.flush()


@pytest.mark.parametrize(("rate", "count"), [(100, 101), (25, 26), (30, 31)])
def test_a_swing_is_known_at_every_rate(rate: float, count: int) -> None:
    results = resampled((frame(n, n / 30) for n in range(31)), rate)
    assert len(results) == count
    for number, posed in enumerate(results):
        assert posed.frame.index == number
        assert posed.frame.time_s == pytest.approx(number / rate)
        assert posed.frame.source_frame == pytest.approx(30 * number / rate, abs=0.51)
        is_inside = 0.1 < posed.frame.time_s < 0.9
        slack = 0.4 if is_inside else 1.5  # on straight lines it would be 0.6
        assert posed.poses.xy[0, 0, 0] == pytest.approx(10 + swing(posed.frame.time_s), abs=slack)
        assert posed.angles.degrees[0, 0] == pytest.approx(swing(posed.frame.time_s), abs=slack)


def test_times_that_come_unevenly_become_even() -> None:
    times_s = [0.0, 0.03, 0.07, 0.09, 0.14, 0.17, 0.2, 0.26, 0.3]
    results = resampled((frame(n, t, curve=lambda t: 200 * t) for n, t in enumerate(times_s)), 50)
    assert [posed.frame.time_s for posed in results] == pytest.approx(np.arange(16) / 50)
    assert [float(posed.poses.xy[0, 0, 0]) for posed in results] == pytest.approx(
        10 + 4 * np.arange(16), abs=0.01
    )


def test_a_person_who_is_missing_is_missing_in_between() -> None:
    frames = [frame(n, n / 10, (1, 2) if n not in (3, 4) else (1,)) for n in range(8)]
    results = resampled(frames, 20)
    people = [posed.poses.track_id.tolist() for posed in results]
    assert people == [[1, 2]] * 5 + [[1]] * 5 + [[1, 2]] * 5
    assert all(len(posed.angles.degrees) == len(posed.poses) for posed in results)


def test_nothing_is_known_between_frames_that_are_far_apart() -> None:
    results = resampled([frame(0, 0.0), frame(1, 0.05), frame(2, 0.5), frame(3, 0.55)], 20)
    assert [len(posed.poses) for posed in results] == [1, 1, *[0] * 8, 1, 1]


def test_a_keypoint_that_is_not_seen_bends_no_curve_and_keeps_its_score() -> None:
    frames = [frame(n, n / 10, curve=lambda t: 100 * t) for n in range(6)]
    score = np.full((1, 17), 0.9, np.float32)
    score[0, 0] = 0.05
    xy = frames[3].poses.xy.copy()
    xy[0, 0] = 5000
    frames[3] = replace(frames[3], poses=replace(frames[3].poses, xy=xy, score=score))
    results = resampled(frames, 20)
    assert [round(float(posed.poses.score[0, 0]), 2) for posed in results[4:9]] == [
        0.9, 0.05, 0.05, 0.05, 0.9,
    ]  # fmt: skip
    assert results[3].poses.xy[0, 0, 0] == pytest.approx(25)
    assert results[9].poses.xy[0, 0, 0] == pytest.approx(55)
    assert results[5].poses.xy[0, 1, 0] == pytest.approx(35)


def test_an_angle_that_is_not_known_stays_unknown_and_a_leap_is_no_movement() -> None:
    degrees = [10.0, 20.0, math.nan, 20.0, 179.0, 178.0]
    frames = [
        replace(frame(n, n / 10), angles=Angles(("trunk",), np.array([[value]], np.float32)))
        for n, value in enumerate(degrees)
    ]
    found = [float(posed.angles.degrees[0, 0]) for posed in resampled(frames, 20)]
    assert found == pytest.approx(
        [10, 15, 20, math.nan, math.nan, math.nan, 20, math.nan, 179, 178.5, 178], nan_ok=True
    )


def test_frames_of_a_seek_back_are_numbered_on() -> None:
    frames = [frame(0, 5.0), frame(1, 5.1), frame(2, 1.0), frame(3, 1.1)]
    results = resampled(frames, 20)
    assert [posed.frame.index for posed in results] == list(range(6))
    assert [posed.frame.time_s for posed in results] == pytest.approx([5, 5.05, 5.1, 1, 1.05, 1.1])


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_is_a_number_above_0(rate: float) -> None:
    with pytest.raises(OptionError, match="rate above 0"):
        Resampler(rate)
