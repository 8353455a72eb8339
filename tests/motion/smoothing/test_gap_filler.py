"""Short gaps in tracks: which are filled, with what, and how that is marked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.motion.deferred import DeferredSteps
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.gap_filler import GapFiller

RATE = 30


def person(number: int, track_id: int = 1, speed_px: float = 3.0) -> Poses:
    """Return somebody who moves to the right."""
    places = np.linspace(0, 160, 17)
    xy = np.stack((100 * track_id + places / 4 + speed_px * number, 50 + places), axis=1)
    score = np.full((1, 17), 0.8, np.float32)
    poses = Poses.from_keypoints(xy[None].astype(np.float32), score)
    return replace(poses, track_id=np.array([track_id], np.int32))


def unsure(poses: Poses, keypoint: Keypoint) -> Poses:
    """Return poses with a guess of a keypoint, far away."""
    xy, score = poses.xy.copy(), poses.score.copy()
    xy[0, keypoint], score[0, keypoint] = 9, 0.1
    return replace(poses, xy=xy, raw_xy=xy, score=score)


def posed(number: int, poses: Poses, *, is_scene_start: bool = False) -> PosedFrame:
    frame = Frame(BgrPixels.black(640, 480), number, number / RATE, 0.0)
    whole = Region.letterbox(640, 480)
    return PosedFrame(frame, poses, whole, 0.0, poses, is_scene_start=is_scene_start)


def fill(frames: list[PosedFrame], max_frames: int | None = None) -> list[PosedFrame]:
    filler = GapFiller(max_frames=max_frames)
    results = [result for each in frames for result in filler.push(each)] + filler.flush()
    assert [each.frame.index for each in results] == [each.frame.index for each in frames]
    return results


@pytest.mark.parametrize("missing", [1, 4, 8])
def test_a_person_who_is_missing_for_under_0_3_s_is_placed_on_the_way(missing: int) -> None:
    gap = range(10, 10 + missing)
    frames = [posed(n, person(n)[:0] if n in gap else person(n)) for n in range(30)]
    for result in fill(frames):
        number = result.frame.index
        assert result.poses.track_id.tolist() == [1]
        assert result.poses.filled.all() == (number in gap)
        assert result.poses.filled.any() == (number in gap)
        np.testing.assert_allclose(result.poses.xy, person(number).xy, atol=0.01)
        np.testing.assert_allclose(result.poses.box, person(number).box, atol=0.01)
        assert result.poses.score == pytest.approx(0.8)
        assert result.poses.person_score == pytest.approx(0.8)


def test_a_person_who_is_missing_for_longer_stays_missing() -> None:
    frames = [posed(n, person(n)[:0] if 10 <= n < 20 else person(n)) for n in range(30)]
    assert [len(each.poses) for each in fill(frames)] == [1] * 10 + [0] * 10 + [1] * 10


def test_a_keypoint_that_is_guessed_for_a_moment_is_placed_and_marked_alone() -> None:
    wrist = Keypoint.LEFT_WRIST
    frames = [posed(n, unsure(person(n), wrist) if n in (10, 11) else person(n)) for n in range(30)]
    for result in fill(frames):
        number = result.frame.index
        expected = np.zeros(17, np.bool_)
        expected[wrist] = number in (10, 11)
        assert result.poses.filled[0].tolist() == expected.tolist()
        np.testing.assert_allclose(result.poses.xy, person(number).xy, atol=0.01)
        np.testing.assert_allclose(result.poses.raw_xy, person(number).xy, atol=0.01)
        assert result.poses.score == pytest.approx(0.8)


def test_what_was_never_seen_before_or_after_is_not_invented() -> None:
    wrist = Keypoint.LEFT_WRIST
    frames = [
        posed(n, unsure(person(n), wrist) if n < 5 or n > 25 else person(n)) for n in range(30)
    ]
    for given, result in zip(frames, fill(frames), strict=True):
        assert result is given


def test_the_others_keep_their_rows_and_are_not_marked() -> None:
    frames = []
    for number in range(20):
        both = [person(number, 1), person(number, 2)]
        shown = both[1:] if number in (8, 9) else both
        poses = Poses.from_keypoints(
            np.concatenate([each.xy for each in shown]), np.concatenate([p.score for p in shown])
        )
        ids = np.array([each.track_id[0] for each in shown], np.int32)
        frames.append(posed(number, replace(poses, track_id=ids)))
    result = fill(frames)[8].poses
    assert result.track_id.tolist() == [2, 1]
    assert result.filled.all(axis=1).tolist() == [False, True]
    np.testing.assert_allclose(result.xy[1], person(8, 1).xy[0], atol=0.01)


def test_nothing_is_filled_across_a_cut() -> None:
    deferred = DeferredSteps(Butterworth(), (), before=[GapFiller()])
    results = []
    for number in range(30):
        poses = person(number)[:0] if number in (14, 15) else person(number)
        results += deferred.push(posed(number, poses, is_scene_start=number == 15))
    results += deferred.flush()
    assert [each.frame.index for each in results] == list(range(30))
    assert [len(each.poses) for each in results] == [1] * 14 + [0, 0] + [1] * 14


def test_filled_points_are_smoothed_like_seen_ones() -> None:
    deferred = DeferredSteps(Butterworth(), (), before=[GapFiller()])
    results = []
    for number in range(60):
        results += deferred.push(
            posed(number, person(number)[:0] if number == 30 else person(number))
        )
    results += deferred.flush()
    assert [each.frame.index for each in results] == list(range(60))
    assert results[30].poses.filled.all()
    np.testing.assert_allclose(results[30].poses.xy, person(30).xy, atol=0.1)


def test_at_240_frames_per_second_no_more_than_18_frames_are_held() -> None:
    filler, given = GapFiller(), 0
    for number in range(100):
        frame = replace(posed(number, person(number)).frame, time_s=number / 240)
        given += len(filler.push(replace(posed(number, person(number)), frame=frame)))
        assert number + 1 - given <= 18


@pytest.mark.parametrize(("missing", "is_filled"), [(1, True), (20, True), (21, False)])
def test_gaps_are_filled_up_to_the_number_of_frames_that_is_asked_for(
    missing: int, is_filled: bool
) -> None:
    gap = range(30, 30 + missing)
    frames = [posed(n, person(n)[:0] if n in gap else person(n)) for n in range(80)]
    results = fill(frames, max_frames=20)
    assert [len(each.poses) for each in results] == [
        int(n not in gap or is_filled) for n in range(80)
    ]
    assert [bool(each.poses.filled.any()) for each in results] == [
        n in gap and is_filled for n in range(80)
    ]
    middle = 30 + missing // 2
    if is_filled:
        np.testing.assert_allclose(results[middle].poses.xy, person(middle).xy, atol=0.01)


def test_somebody_who_was_predicted_is_placed_on_the_way_instead_if_they_are_found_again() -> None:
    frames = [posed(n, person(n)) for n in range(30)]
    for number in (*range(10, 14), *range(26, 30)):
        stays = person(9 if number < 20 else 25)
        filled = np.ones((1, 17), np.bool_)
        frames[number] = posed(number, replace(stays, filled=filled))
    for result in fill(frames):
        number = result.frame.index
        assert result.poses.track_id.tolist() == [1]
        assert result.poses.filled.all() == (number in (10, 11, 12, 13, 26, 27, 28, 29))
        where = person(min(number, 25))  # nobody knows where they are after the last sighting
        np.testing.assert_allclose(result.poses.xy, where.xy, atol=0.01)
        np.testing.assert_allclose(result.poses.box, where.box, atol=0.01)
