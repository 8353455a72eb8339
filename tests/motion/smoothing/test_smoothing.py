"""One Euro for what is seen at once, and the zero-lag filter for what is written down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy.signal import butter, sosfiltfilt

from livepose import Estimator, load_model
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.smoothing.butterworth import GAP_S, MAX_SAMPLES, MAX_WAITING, Butterworth
from livepose.motion.smoothing.one_euro import OneEuro
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

Track = npt.NDArray[np.float64]

WIDTH_PX, HEIGHT_PX, RATE = 640, 480, 30
PICTURE = BgrPixels(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8))
SMALLER = BgrPixels(np.zeros((HEIGHT_PX // 2, WIDTH_PX // 2, 3), np.uint8))
BODY = np.stack((np.linspace(0, 100, 17), np.linspace(0, 300, 17)), axis=1)
BODY += (270, 90)
"""A person of 300 px."""
WRIST = 9


def people(
    places: Sequence[Track], ids: Sequence[int], score: npt.NDArray[np.float64] | float = 0.9
) -> Poses:
    """Put people, (17, 2) each, with these ids."""
    xy = np.stack(places).astype(np.float32) if len(places) else np.zeros((0, 17, 2), np.float32)
    poses = Poses.from_keypoints(xy, np.broadcast_to(score, xy.shape[:2]).astype(np.float32))
    return replace(poses, track_id=np.array(ids, np.int32), swapped=poses.score > 0.95)


def posed(poses: Poses, time_s: float, index: int = 0, picture: Pixels = PICTURE) -> PosedFrame:
    frame = Frame(picture, index, time_s, 0.0)
    return PosedFrame(frame, poses, Region.letterbox(WIDTH_PX, HEIGHT_PX), 0.0, detections=poses)


def film(
    way: Track, times_s: Track | None = None, score: Track | None = None, track_id: int = 1
) -> list[PosedFrame]:
    """Film one person whose points go a way, (T, 17, 2), with scores (T, 17)."""
    times_s = np.arange(len(way)) / RATE if times_s is None else times_s
    scores = np.full(way.shape[:2], 0.9) if score is None else score
    return [
        posed(people([xy], [track_id], scores[index]), float(times_s[index]), index)
        for index, xy in enumerate(way)
    ]


def track_of(frames: list[PosedFrame]) -> Track:
    return np.stack([each.poses.xy[0] for each in frames]).astype(np.float64)


def at_once(frames: list[PosedFrame]) -> Track:
    step = OneEuro()
    return track_of([step(each) for each in frames])


def later(frames: list[PosedFrame]) -> list[PosedFrame]:
    smoother = Butterworth()
    finished = [done for each in frames for done in smoother.push(each)]
    return finished + smoother.flush()


def resting(count: int) -> Track:
    return np.repeat(BODY[None], count, axis=0)


def trembling(count: int, sigma_px: float = 1.0) -> Track:
    return resting(count) + np.random.default_rng(0).normal(0, sigma_px, (count, 17, 2))


def swinging(times_s: Track, swing_px: float = 60.0, frequency_hz: float = 1.0) -> Track:
    """Let all of a person swing from side to side."""
    shift_px = swing_px * np.sin(2 * np.pi * frequency_hz * times_s)
    return BODY + shift_px[:, None, None] * (1, 0)


def rms_px(off: Track) -> float:
    return float(np.sqrt((off**2).sum(axis=-1).mean()))


def tremble_px(way: Track) -> float:
    return rms_px(np.diff(way, axis=0))


def spread_px(way: Track) -> float:
    return rms_px(way - way.mean(axis=0))


# One Euro.


def test_who_rests_stays_where_they_are() -> None:
    assert np.abs(at_once(film(resting(60))) - BODY).max() < 1e-3


def test_the_first_value_passes_and_so_does_what_is_not_smoothed() -> None:
    before = posed(people([BODY], [7], np.linspace(0.1, 1.0, 17)), 0.0, 3)
    after = OneEuro()(before)
    assert np.array_equal(after.poses.xy, before.poses.xy)
    assert np.array_equal(after.poses.box, before.poses.box)
    assert np.array_equal(after.poses.score, before.poses.score)
    assert np.array_equal(after.poses.swapped, before.poses.swapped)
    assert after.poses.track_id.tolist() == [7]
    assert after.frame is before.frame
    assert after.detections is before.detections


def test_the_second_value_is_what_the_formula_gives() -> None:
    way = np.stack((BODY, BODY + np.array((30.0, 0.0))))
    moved = 30.0 / 300
    speed = (x := 2 * np.pi * 1.5 / RATE) / (1 + x) * moved * RATE
    threshold = 0.5 + 5 * speed
    share = (x := 2 * np.pi * (0.1 + 30 * speed) / RATE) / (1 + x)
    expected = 300 * share * threshold * np.arcsinh(moved / threshold)
    assert at_once(film(way))[1] - BODY == pytest.approx(
        np.broadcast_to((expected, 0.0), (17, 2)), abs=1e-3
    )


def test_a_step_is_followed_at_once_and_not_overshot() -> None:
    way = resting(40)
    way[20:] += (100.0, 0.0)
    left_px = 100 - (at_once(film(way)) - BODY)[20:, WRIST, 0]
    assert left_px[1] < 10
    assert left_px[10] < 1
    assert left_px.min() > -0.5


def test_noise_is_reduced_to_a_fifth_while_a_person_rests() -> None:
    way = trembling(300)
    after = at_once(film(way))
    assert tremble_px(after[30:]) < tremble_px(way[30:]) / 5
    assert spread_px(after[30:]) < spread_px(way[30:]) * 0.4


def test_a_movement_is_followed_within_a_few_pixels() -> None:
    way = swinging(np.arange(150) / RATE)
    off_px = np.abs(at_once(film(way)) - way)[15:, :, 0]
    assert off_px.mean() < 3
    assert off_px.max() < 8


def test_near_and_far_people_are_smoothed_alike() -> None:
    way = trembling(60)
    near, far = at_once(film(way)), at_once(film(way / 4))
    assert near / 4 == pytest.approx(far, abs=1e-3)


def test_the_time_between_frames_counts_and_not_their_number() -> None:
    fine_s = np.arange(0, 3, 1 / 120)
    fine = at_once(film(swinging(fine_s), fine_s))
    coarse_s = fine_s[::4]
    coarse = at_once(film(swinging(coarse_s), coarse_s))
    uneven = np.sort(np.random.default_rng(0).permutation(len(fine_s))[: len(fine_s) // 2])
    uneven[0] = 0
    wild = at_once(film(swinging(fine_s[uneven]), fine_s[uneven]))
    assert np.abs(fine[::4] - coarse)[30:].max() < 3
    assert np.abs(fine[uneven] - wild)[60:].max() < 3


def test_an_equal_or_an_earlier_time_starts_anew() -> None:
    step = OneEuro()
    step(posed(people([BODY], [1]), 1.0))
    for time_s in (1.0, 0.5):
        after = step(posed(people([BODY + 50], [1]), time_s))
        assert after.poses.xy[0] == pytest.approx(BODY + 50)
        step(posed(people([BODY], [1]), 1.0))


def test_a_reset_and_another_picture_size_forget() -> None:
    step = OneEuro()
    step(posed(people([BODY], [1]), 0.0))
    step.reset()
    after = step(posed(people([BODY + 2], [1]), 0.03))
    assert after.poses.xy[0] == pytest.approx(BODY + 2)
    after = step(posed(people([BODY], [1]), 0.06, picture=SMALLER))
    assert after.poses.xy[0] == pytest.approx(BODY)


def test_another_id_starts_anew() -> None:
    step = OneEuro()
    step(posed(people([BODY], [1]), 0.0))
    assert step(posed(people([BODY + 2], [2]), 0.03)).poses.xy[0] == pytest.approx(BODY + 2)
    assert np.abs(step(posed(people([BODY + 2], [1]), 0.06)).poses.xy[0] - BODY).max() < 1


def test_a_person_who_was_away_for_long_starts_anew_and_a_blink_does_not() -> None:
    for away_s, is_new in ((0.25, False), (0.35, True)):
        step = OneEuro()
        step(posed(people([BODY], [1]), 0.0))
        step(posed(people([], []), away_s / 2))
        after = step(posed(people([BODY + 2], [1]), away_s))
        assert bool(np.allclose(after.poses.xy[0], BODY + 2)) == is_new


def test_a_point_that_was_guessed_for_long_starts_anew_where_it_is_seen() -> None:
    for guesses, is_new in ((5, False), (12, True)):
        way, score = resting(40), np.full((40, 17), 0.9)
        score[20 : 20 + guesses, WRIST] = 0.05
        way[20 + guesses :, WRIST] += 3.0
        after = at_once(film(way, score=score))[20 + guesses]
        assert bool(np.allclose(after[WRIST], BODY[WRIST] + 3)) == is_new
        assert np.delete(after, WRIST, axis=0) == pytest.approx(np.delete(BODY, WRIST, axis=0))


def test_two_people_are_smoothed_apart_in_any_order() -> None:
    first, second = trembling(40), swinging(np.arange(40) / RATE) + np.array((0, 50))
    alone = at_once(film(first)), at_once(film(second))
    step = OneEuro()
    for index in range(40):
        order = [0, 1] if index % 3 else [1, 0]
        places = [(first[index], second[index])[row] for row in order]
        after = step(posed(people(places, [4 + row for row in order]), index / RATE, index))
        assert after.poses.track_id.tolist() == [4 + row for row in order]
        for row, who in enumerate(order):
            assert after.poses.xy[row] == pytest.approx(alone[who][index], abs=1e-3)


def test_one_untracked_person_is_smoothed_and_several_are_not() -> None:
    way = trembling(30)
    step = OneEuro()
    alone = [step(each) for each in film(way, track_id=0)]
    assert track_of(alone) == pytest.approx(at_once(film(way)))
    both = step(posed(people([BODY + 1, BODY + 9], [0, 0]), 1.0))
    assert both.poses.xy == pytest.approx(np.stack((BODY + 1, BODY + 9)))
    again = step(posed(people([BODY + 9], [0]), 1.03))
    assert again.poses.xy[0] == pytest.approx(BODY + 9)


def test_the_box_goes_with_the_points() -> None:
    step = OneEuro()
    after = [step(each) for each in film(trembling(60))]
    boxes = np.stack([each.poses.box[0] for each in after])
    found = np.stack([each.detections.box[0] for each in after])
    assert np.abs(boxes - found).max() < 5
    assert np.diff(boxes, axis=0).std() < np.diff(found, axis=0).std() / 3


def test_nobody_is_no_trouble() -> None:
    step = OneEuro()
    assert len(step(posed(people([], []), 0.0)).poses) == 0
    assert len(later([posed(people([], []), index / RATE, index) for index in range(40)])) == 40


def test_what_is_remembered_is_bounded() -> None:
    step = OneEuro()
    for index in range(300):
        step(posed(people([BODY], [index + 1]), index / RATE, index))
    assert step._filters is not None
    assert len(step._filters.track_id) <= 11


@pytest.mark.parametrize(
    "wrong",
    [{"min_cutoff_hz": 0.0}, {"beta": -1.0}, {"speed_cutoff_hz": float("nan")}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_parameter_that_makes_no_sense_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(OptionError, match=next(iter(wrong))):
        OneEuro(**wrong)


# Zero lag.


def whole(way: Track, rate: float = RATE) -> Track:
    """Filter a whole track at once, as the textbook does."""
    return np.asarray(sosfiltfilt(butter(2, 6, fs=rate, output="sos"), way, axis=0))


def dance(times_s: Track, noise_px: float = 1.5) -> Track:
    """Let a person's limbs go to and fro, each in its own time, with noise."""
    frequency_hz = np.linspace(0.4, 2.5, 34).reshape(17, 2)
    swing_px = 60 / frequency_hz
    way = BODY + swing_px * np.sin(2 * np.pi * frequency_hz * times_s[:, None, None])
    return way + np.random.default_rng(1).normal(0, noise_px, way.shape)


def test_every_frame_comes_out_once_in_order_and_unchanged_but_for_its_poses() -> None:
    frames = film(trembling(100))
    finished = later(frames)
    assert [each.frame for each in finished] == [each.frame for each in frames]
    assert [each.detections for each in finished] == [each.detections for each in frames]
    assert all(
        np.array_equal(a.poses.score, b.poses.score) and a.poses.track_id == b.poses.track_id
        for a, b in zip(finished, frames, strict=True)
    )


@pytest.mark.parametrize("rate", [20, 25, 30, 50, 60, 120])
def test_the_window_gives_what_the_whole_track_would(rate: int) -> None:
    times_s = np.arange(4 * rate) / rate
    way = dance(times_s)
    off_px = np.linalg.norm(track_of(later(film(way, times_s))) - whole(way, rate), axis=-1)
    assert off_px.max() < 0.5
    assert off_px.mean() < 0.05


def test_a_sine_is_neither_late_nor_smaller() -> None:
    times_s = np.arange(150) / RATE
    way = swinging(times_s, 60.0, 1.0)
    off_px = np.abs(track_of(later(film(way))) - way)[9:-9]
    assert off_px.max() < 0.1


def test_what_swings_at_6_hz_is_halved() -> None:
    times_s = np.arange(300) / 60
    way = swinging(times_s, 20.0, 6.0)
    after = track_of(later(film(way, times_s)))
    assert np.abs((after - BODY) - (way - BODY) / 2)[60:-60].max() < 0.1


def test_who_rests_stays_and_noise_is_reduced() -> None:
    assert track_of(later(film(resting(50)))) == pytest.approx(resting(50), abs=1e-3)
    way = trembling(200)
    assert tremble_px(track_of(later(film(way)))) < tremble_px(way) / 3


def test_uneven_time_stamps_are_no_trouble() -> None:
    noise = np.random.default_rng(3)
    jittered_s = (np.arange(150) + noise.uniform(-0.3, 0.3, 150)) / RATE
    dropped_s = (np.arange(150) / RATE)[noise.random(150) > 0.2]
    for times_s in (jittered_s, dropped_s):
        way = swinging(times_s)
        assert np.abs(track_of(later(film(way, times_s))) - way)[9:-9].max() < 0.5


def test_whole_milliseconds_are_even_time_stamps() -> None:
    times_s = np.arange(120) / RATE
    way = dance(times_s)
    after = track_of(later(film(way, np.round(times_s, 3))))
    assert np.abs(after - whole(way)).max() < 0.1


def test_few_frames_are_held_however_fast_they_come() -> None:
    for rate, most in ((30, 10), (240, MAX_WAITING)):
        smoother, given = Butterworth(), 0
        for pushed, each in enumerate(film(resting(300), np.arange(300) / rate), start=1):
            given += len(smoother.push(each))
            assert pushed - given <= most
            assert len(smoother._samples) <= MAX_SAMPLES
        assert given + len(smoother.flush()) == 300


def test_a_cut_is_not_smoothed_over() -> None:
    smoother = Butterworth()
    first, second = film(resting(30)), film(resting(60) + 100)[30:]
    finished = [done for each in first for done in smoother.push(each)] + smoother.flush()
    finished += [done for each in second for done in smoother.push(each)] + smoother.flush()
    expected = np.concatenate((resting(30), resting(30) + 100))
    assert track_of(finished) == pytest.approx(expected, abs=1e-3)


def test_time_that_does_not_go_on_finishes_what_is_held() -> None:
    frames = film(resting(20)) + film(resting(20) + 100)
    finished = later(frames)
    assert [each.frame for each in finished] == [each.frame for each in frames]
    expected = np.concatenate((resting(20), resting(20) + 100))
    assert track_of(finished) == pytest.approx(expected, abs=1e-3)


def test_another_id_is_another_track() -> None:
    later_ones = film(resting(40) + 100, track_id=2)[20:]
    after = track_of(later(film(resting(20)) + later_ones))
    expected = np.concatenate((resting(20), resting(20) + 100))
    assert after == pytest.approx(expected, abs=1e-3)


def test_a_short_absence_is_bridged_and_a_long_one_splits_the_track() -> None:
    for away, is_split in ((4, False), (9, True)):
        frames = film(resting(30)) + film(resting(60 + away) + 40)[30 + away :]
        for index in range(30, 30 + away):
            frames.append(posed(people([], []), index / RATE, index))
        frames.sort(key=lambda each: each.frame.index)
        finished = later(frames)
        assert [len(each.poses) for each in finished] == [len(each.poses) for each in frames]
        there = track_of([each for each in finished if len(each.poses)])
        expected = np.concatenate((resting(30), resting(30) + 40))
        assert bool(np.allclose(there, expected, atol=1e-3)) == is_split
    assert 4 / RATE < GAP_S < 9 / RATE


def test_a_guess_between_sightings_is_placed_on_their_way() -> None:
    times_s = np.arange(90) / RATE
    way = swinging(times_s, 40.0, 0.5)
    guessed, score = way.copy(), np.full((90, 17), 0.9)
    guessed[40:44, WRIST] += 150
    score[40:44, WRIST] = 0.05
    finished = later(film(guessed, score=score))
    assert np.abs(track_of(finished) - way)[9:-9].max() < 1
    assert finished[41].poses.score[0, WRIST] == pytest.approx(0.05)


def test_long_guesses_are_smoothed_apart_from_sightings() -> None:
    way, score = resting(90), np.full((90, 17), 0.9)
    way[40:60, WRIST] += 150
    score[40:60, WRIST] = 0.05
    assert track_of(later(film(way, score=score))) == pytest.approx(way, abs=1e-3)


def test_a_very_short_track_passes_unchanged() -> None:
    way = trembling(5)
    assert track_of(later(film(way))) == pytest.approx(way, abs=1e-3)


def test_a_frame_rate_too_low_for_6_hz_passes_unchanged() -> None:
    way = trembling(40)
    assert track_of(later(film(way, np.arange(40) / 10))) == pytest.approx(way, abs=1e-3)


def test_two_people_are_filtered_apart_in_any_order() -> None:
    times_s = np.arange(60) / RATE
    first, second = trembling(60), dance(times_s)
    frames = [
        posed(
            people([first[i], second[i]], [1, 2])
            if i % 3
            else people([second[i], first[i]], [2, 1]),
            i / RATE,
            i,
        )
        for i in range(60)
    ]
    finished = later(frames)
    for track_id, way in ((1, first), (2, second)):
        after = [each.poses.xy[each.poses.track_id == track_id][0] for each in finished]
        assert np.stack(after) == pytest.approx(track_of(later(film(way))), abs=1e-3)


def test_several_untracked_people_pass_unchanged() -> None:
    frames = [
        posed(people([first, first + 9], [0, 0]), index / RATE, index)
        for index, first in enumerate(trembling(30))
    ]
    for before, after in zip(frames, later(frames), strict=True):
        assert np.array_equal(before.poses.xy, after.poses.xy)


def test_a_cutoff_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(OptionError, match="above 0 Hz"):
        Butterworth(cutoff_hz=0.0)


# The real network.


@pytest.fixture
def lightning(
    tmp_path_factory: pytest.TempPathFactory, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PoseModel]:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    with load_model("lightning", runtime="litert") as model:
        yield model


def find(model: PoseModel, moments_s: Track, noise: float) -> list[PosedFrame]:
    """Find the figure at these moments of its dance, in noisy frames at the frame rate."""
    source, grain = SyntheticSource(WIDTH_PX, HEIGHT_PX), np.random.default_rng(0)
    estimator = Estimator(model, steps=())
    frames = []
    for index, moment_s in enumerate(moments_s):
        bgr = source.paint(float(moment_s))
        bgr = np.clip(np.rint(bgr + grain.normal(0, noise, bgr.shape)), 0, 255).astype(np.uint8)
        frames.append(estimator(Frame.from_bgr(bgr, index, index / RATE)))
    return frames


@needs_shared
@pytest.mark.parametrize("noise", [6.0, 10.0])
def test_a_figure_that_stands_trembles_less_than_a_third(
    lightning: PoseModel, noise: float
) -> None:
    found = find(lightning, np.zeros(90), noise)
    before, after = track_of(found)[30:], at_once(found)[30:]
    assert tremble_px(after) < tremble_px(before) / 4
    assert tremble_px(track_of(later(found))[30:]) < tremble_px(before) / 3


@needs_shared
@pytest.mark.parametrize(("pace", "most_px"), [(1, 0.3), (2, 0.8)])
def test_on_a_dancer_smoothing_costs_less_than_a_pixel(
    lightning: PoseModel, pace: int, most_px: float
) -> None:
    moments_s = pace * np.arange(120) / RATE
    found = find(lightning, moments_s, 6.0)
    source = SyntheticSource(WIDTH_PX, HEIGHT_PX)
    truth = np.stack([source.truth(float(moment_s)).xy[0] for moment_s in moments_s])

    def error_px(way: Track) -> float:
        return float(np.linalg.norm(way - truth, axis=-1).mean())

    raw_px = error_px(track_of(found))
    assert error_px(at_once(found)) < raw_px + most_px
    assert error_px(track_of(later(found))) < raw_px
