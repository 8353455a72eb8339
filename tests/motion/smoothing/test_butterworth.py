"""The zero-lag Butterworth filter: its response, what it bridges, and how long it holds frames."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from livepose.core.errors import OptionError
from livepose.core.skeleton import Keypoint
from livepose.motion.smoothing.butterworth import (
    BATCH_SIZE,
    GAP_S,
    MAX_SAMPLES,
    MAX_WAITING,
    Butterworth,
)
from tests.support.smoothing import (
    BODY,
    RATE,
    Track,
    butterworth,
    film,
    jitter_px,
    keypoints_of,
    people_with_ids,
    posed_at,
    resting,
    swinging,
    trembling,
)

WRIST = Keypoint.LEFT_WRIST


def whole(way: Track, rate: float = RATE) -> Track:
    """Filter a whole track at once, as the textbook does."""
    return np.asarray(sosfiltfilt(butter(2, 6, fs=rate, output="sos"), way, axis=0))


def dance(times_s: Track, noise_px: float = 1.5) -> Track:
    """Let a person's limbs go to and fro, each in its own time, with noise."""
    frequency_hz = np.linspace(0.4, 2.5, 34).reshape(17, 2)
    swing_px = 60 / frequency_hz
    way = BODY + swing_px * np.sin(2 * np.pi * frequency_hz * times_s[:, None, None])
    return way + np.random.default_rng(1).normal(0, noise_px, way.shape)


def test_every_frame_is_returned_once_in_order_and_only_its_poses_change() -> None:
    frames = film(trembling(100))
    finished = butterworth(frames)
    assert [each.frame for each in finished] == [each.frame for each in frames]
    assert [each.detections for each in finished] == [each.detections for each in frames]
    assert all(
        np.array_equal(a.poses.score, b.poses.score) and a.poses.track_id == b.poses.track_id
        for a, b in zip(finished, frames, strict=True)
    )


@pytest.mark.parametrize("rate", [20, 25, 30, 50, 60, 120])
def test_the_result_equals_filtering_the_whole_track_at_once(rate: int) -> None:
    times_s = np.arange(4 * rate) / rate
    way = dance(times_s)
    off_px = np.linalg.norm(
        keypoints_of(butterworth(film(way, times_s))) - whole(way, rate), axis=-1
    )
    assert off_px.max() < 0.5
    assert off_px.mean() < 0.05


def test_a_sine_keeps_its_phase_and_amplitude() -> None:
    times_s = np.arange(150) / RATE
    way = swinging(times_s, 60.0, 1.0)
    off_px = np.abs(keypoints_of(butterworth(film(way))) - way)[9:-9]
    assert off_px.max() < 0.1


def test_an_oscillation_at_the_cutoff_is_halved() -> None:
    times_s = np.arange(300) / 60
    way = swinging(times_s, 20.0, 6.0)
    after = keypoints_of(butterworth(film(way, times_s)))
    assert np.abs((after - BODY) - (way - BODY) / 2)[60:-60].max() < 0.1


def test_a_person_at_rest_stays_in_place_and_jitter_is_reduced() -> None:
    assert keypoints_of(butterworth(film(resting(50)))) == pytest.approx(resting(50), abs=1e-3)
    way = trembling(200)
    assert jitter_px(keypoints_of(butterworth(film(way)))) < jitter_px(way) / 3


def test_uneven_time_stamps_are_resampled() -> None:
    noise = np.random.default_rng(3)
    jittered_s = (np.arange(150) + noise.uniform(-0.3, 0.3, 150)) / RATE
    dropped_s = (np.arange(150) / RATE)[noise.random(150) > 0.2]
    for times_s in (jittered_s, dropped_s):
        way = swinging(times_s)
        assert np.abs(keypoints_of(butterworth(film(way, times_s))) - way)[9:-9].max() < 0.5


def test_time_stamps_in_whole_milliseconds_count_as_even() -> None:
    times_s = np.arange(120) / RATE
    way = dance(times_s)
    after = keypoints_of(butterworth(film(way, np.round(times_s, 3))))
    assert np.abs(after - whole(way)).max() < 0.1


def test_an_ankle_on_the_other_leg_for_a_quarter_of_a_second_is_put_back() -> None:
    way = resting(60)
    way[:, 16, 0] += np.arange(60)
    misread = way.copy()
    misread[25:33, 16] += (150, -120)
    assert keypoints_of(butterworth(film(misread))) == pytest.approx(way, abs=0.1)


def test_a_body_that_stretches_does_not_bring_back_what_was_bridged() -> None:
    # The ankle jumps by less than what counts as a jump once the person has raised the arms.
    way = resting(60)
    height_px = float(np.ptp(BODY[:, 1]))
    way[20:26, Keypoint.RIGHT_ANKLE, 0] += 9.5 * height_px / 30
    way[26:, Keypoint.LEFT_WRIST, 1] = BODY[:, 1].min() - 0.5 * height_px
    ankles = keypoints_of(butterworth(film(way)))[:, Keypoint.RIGHT_ANKLE]
    assert ankles == pytest.approx(np.broadcast_to(BODY[Keypoint.RIGHT_ANKLE], (60, 2)), abs=1)


def test_few_frames_are_held_at_any_frame_rate() -> None:
    for rate, most in ((30, 17), (240, MAX_WAITING + BATCH_SIZE - 1)):
        smoother, given = Butterworth(), 0
        for pushed, each in enumerate(film(resting(300), np.arange(300) / rate), start=1):
            given += len(smoother.push(each))
            assert pushed - given <= most
            assert len(smoother._samples) <= MAX_SAMPLES
        assert given + len(smoother.flush()) == 300


def test_a_flush_separates_two_scenes() -> None:
    smoother = Butterworth()
    first, second = film(resting(30)), film(resting(60) + 100)[30:]
    finished = [done for each in first for done in smoother.push(each)] + smoother.flush()
    finished += [done for each in second for done in smoother.push(each)] + smoother.flush()
    expected = np.concatenate((resting(30), resting(30) + 100))
    assert keypoints_of(finished) == pytest.approx(expected, abs=1e-3)


def test_an_earlier_time_finishes_all_held_frames() -> None:
    frames = film(resting(20)) + film(resting(20) + 100)
    finished = butterworth(frames)
    assert [each.frame for each in finished] == [each.frame for each in frames]
    expected = np.concatenate((resting(20), resting(20) + 100))
    assert keypoints_of(finished) == pytest.approx(expected, abs=1e-3)


def test_another_id_is_smoothed_separately() -> None:
    later_ones = film(resting(40) + 100, track_id=2)[20:]
    after = keypoints_of(butterworth(film(resting(20)) + later_ones))
    expected = np.concatenate((resting(20), resting(20) + 100))
    assert after == pytest.approx(expected, abs=1e-3)


def test_a_short_absence_is_bridged_and_a_long_one_splits_the_track() -> None:
    for away, is_split in ((4, False), (9, True)):
        frames = film(resting(30)) + film(resting(60 + away) + 40)[30 + away :]
        for index in range(30, 30 + away):
            frames.append(posed_at(index / RATE, people_with_ids([], []), index))
        frames.sort(key=lambda each: each.frame.index)
        finished = butterworth(frames)
        assert [len(each.poses) for each in finished] == [len(each.poses) for each in frames]
        there = keypoints_of([each for each in finished if len(each.poses)])
        expected = np.concatenate((resting(30), resting(30) + 40))
        assert bool(np.allclose(there, expected, atol=1e-3)) == is_split
    assert 4 / RATE < GAP_S < 9 / RATE


def test_a_guess_between_sightings_is_interpolated() -> None:
    times_s = np.arange(90) / RATE
    way = swinging(times_s, 40.0, 0.5)
    guessed, score = way.copy(), np.full((90, 17), 0.9)
    guessed[40:44, WRIST] += 150
    score[40:44, WRIST] = 0.05
    finished = butterworth(film(guessed, score=score))
    assert np.abs(keypoints_of(finished) - way)[9:-9].max() < 1
    assert finished[41].poses.score[0, WRIST] == pytest.approx(0.05)


def test_long_guesses_are_smoothed_separately_from_sightings() -> None:
    way, score = resting(90), np.full((90, 17), 0.9)
    way[40:60, WRIST] += 150
    score[40:60, WRIST] = 0.05
    assert keypoints_of(butterworth(film(way, score=score))) == pytest.approx(way, abs=1e-3)


def test_a_very_short_track_is_unchanged() -> None:
    way = trembling(5)
    assert keypoints_of(butterworth(film(way))) == pytest.approx(way, abs=1e-3)


def test_a_frame_rate_too_low_for_the_cutoff_changes_nothing() -> None:
    way = trembling(40)
    assert keypoints_of(butterworth(film(way, np.arange(40) / 10))) == pytest.approx(way, abs=1e-3)


def test_two_people_are_filtered_separately_in_any_order() -> None:
    times_s = np.arange(60) / RATE
    first, second = trembling(60), dance(times_s)
    frames = [
        posed_at(
            i / RATE,
            people_with_ids([first[i], second[i]], [1, 2])
            if i % 3
            else people_with_ids([second[i], first[i]], [2, 1]),
            i,
        )
        for i in range(60)
    ]
    finished = butterworth(frames)
    for track_id, way in ((1, first), (2, second)):
        after = [each.poses.xy[each.poses.track_id == track_id][0] for each in finished]
        assert np.stack(after) == pytest.approx(keypoints_of(butterworth(film(way))), abs=1e-3)


def test_several_untracked_people_are_unchanged() -> None:
    frames = [
        posed_at(index / RATE, people_with_ids([first, first + 9], [0, 0]), index)
        for index, first in enumerate(trembling(30))
    ]
    for before, after in zip(frames, butterworth(frames), strict=True):
        assert np.array_equal(before.poses.xy, after.poses.xy)


def test_an_invalid_cutoff_is_refused() -> None:
    with pytest.raises(OptionError, match="above 0 Hz"):
        Butterworth(cutoff_hz=0.0)


def test_frames_without_people_are_returned() -> None:
    frames = [posed_at(index / RATE, people_with_ids([], []), index) for index in range(40)]
    assert [each.frame for each in butterworth(frames)] == [each.frame for each in frames]


def random_times(random: np.random.Generator, count: int) -> Track:
    """Return strictly rising times with intervals from a microsecond to half a second."""
    kind = random.integers(4)
    if kind == 0:
        intervals_s = random.uniform(0.005, 0.2, count)
    elif kind == 1:
        intervals_s = 10 ** random.uniform(-6, -0.3, count)
    elif kind == 2:
        intervals_s = random.choice([1 / 240, 1 / 30, 0.15], count)
    else:
        intervals_s = random.integers(1, 4, count) / random.choice([15, 25, 30, 60, 120])
    return np.cumsum(intervals_s)


@pytest.mark.parametrize("seed", range(60))
def test_any_number_of_frames_at_any_rising_times_gives_a_sensible_result(seed: int) -> None:
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 40))
    times_s = random_times(random, count)
    at_rest = keypoints_of(butterworth(film(resting(count), times_s)))
    assert at_rest == pytest.approx(resting(count), abs=0.01)
    way = resting(count) + np.cumsum(random.normal(0, 4, (count, 17, 2)), axis=0)
    score = random.choice([0.1, 0.9], (count, 17), p=[0.2, 0.8])
    after = keypoints_of(butterworth(film(way, times_s, score)))
    assert np.isfinite(after).all()
    span = np.ptp(way, axis=0)
    assert (after >= way.min(axis=0) - 0.5 * span - 0.01).all()
    assert (after <= way.max(axis=0) + 0.5 * span + 0.01).all()


@pytest.mark.parametrize("length", [1, 2])
@pytest.mark.parametrize("rate", [15, 25, 30, 60])
def test_a_misread_of_a_frame_or_two_is_rejected(rate: int, length: int) -> None:
    times_s = np.arange(3 * rate) / rate
    way = swinging(times_s, 30.0, 0.7)
    misread = way.copy()
    for start in (3, rate, 2 * rate, 3 * rate - 3 - length):
        misread[start : start + length, WRIST] += (150, -90)
    after = keypoints_of(butterworth(film(misread, times_s)))
    expected = keypoints_of(butterworth(film(way, times_s)))
    assert np.abs(after - expected).max() < 5


@pytest.mark.parametrize("frequency_hz", [0.5, 1.0, 2.0, 3.0])
def test_a_quick_movement_is_not_taken_for_a_misread(frequency_hz: float) -> None:
    times_s = np.arange(90) / RATE
    way = resting(90)
    way[:, WRIST, 0] += 90 * np.sin(2 * np.pi * frequency_hz * times_s)
    after = keypoints_of(butterworth(film(way)))
    assert np.abs(after - whole(way))[9:-9].max() < 1.0


def test_misreads_stay_where_they_are_at_a_frame_rate_too_low_for_the_cutoff() -> None:
    way = resting(40)
    way[20, WRIST] += 150
    after = keypoints_of(butterworth(film(way, np.arange(40) / 10)))
    assert after == pytest.approx(way, abs=1e-3)
