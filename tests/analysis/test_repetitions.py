"""Repetitions: known counts, under noise too."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from livepose.analysis.angle_meter import AngleMeter
from livepose.analysis.moving_median import MovingMedian
from livepose.analysis.repetition_rules import parse_repetitions
from livepose.analysis.repetitions import Repetitions
from livepose.core.angles import Angles
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.models import load_model
from livepose.motion.estimator import Estimator
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import needs_shared

BLACK = np.zeros((8, 8, 3), np.uint8)
Curve = Callable[[float], float]


def posed(time_s: float, degrees: Sequence[float], ids: Sequence[int]) -> PosedFrame:
    people = len(ids)
    xy, score = np.zeros((people, 17, 2), np.float32), np.ones((people, 17), np.float32)
    plain = Poses.from_keypoints(xy, score) if people else Poses.empty()
    poses = replace(plain, track_id=np.array(ids, np.int32))
    column = np.array(degrees, np.float32).reshape(people, 1)
    return PosedFrame(
        Frame.from_bgr(BLACK, 0, time_s),
        poses,
        Region.letterbox(8, 8),
        0.0,
        angles=Angles(("right_knee",), column),
    )


def counter(rule: str = "right_knee:>90") -> Repetitions:
    return Repetitions(parse_repetitions(rule), ["right_knee"])


def go(
    repetitions: Repetitions,
    degrees: Curve,
    *,
    seconds: float,
    start_s: float = 0.0,
    rate: float = 30.0,
    track_id: int = 1,
) -> Repetitions:
    for index in range(round(seconds * rate)):
        time_s = start_s + index / rate
        repetitions(posed(time_s, [degrees(time_s)], [track_id]))
    return repetitions


def bends(time_s: float) -> float:
    """One bend in two seconds, from 5 to 115 degrees."""
    return 60 - 55 * math.cos(math.pi * time_s)


def noise(spread_deg: float, seed: int) -> Callable[[], float]:
    rng = np.random.default_rng(seed)
    return lambda: float(rng.normal(0, spread_deg))


def test_ten_bends_are_counted_as_ten() -> None:
    assert go(counter(), bends, seconds=20.5).count == 10


@pytest.mark.parametrize("rate", [10.0, 24.0, 30.0, 60.0, 120.0])
@pytest.mark.parametrize("seed", range(5))
def test_ten_bends_under_noise_of_5_degrees_are_counted_as_ten(seed: int, rate: float) -> None:
    shake = noise(5, seed)
    done = go(counter(), lambda t: bends(t) + shake(), seconds=20.8, rate=rate)
    assert done.count == 10


@pytest.mark.parametrize("place_deg", [90, 85, 80])
@pytest.mark.parametrize("seed", range(5))
def test_hovering_about_the_threshold_under_noise_counts_nothing(
    seed: int, place_deg: float
) -> None:
    shake = noise(5, seed)
    assert go(counter(), lambda t: place_deg + shake(), seconds=20).count == 0


@pytest.mark.parametrize("seed", range(5))
def test_a_bend_that_hovers_about_the_threshold_is_counted_once(seed: int) -> None:
    shake = noise(5, seed)

    def curve(time_s: float) -> float:
        hovers = 1 < time_s % 5 < 4
        return (90 if hovers else 20) + shake()

    assert go(counter(), curve, seconds=50.5).count == 10


def test_dips_under_a_threshold_are_counted_once_the_angle_was_over_it() -> None:
    # It begins straight, which is under 30 without having gone there.
    assert go(counter("right_knee:<30"), bends, seconds=20.2).count == 9
    dips = go(counter("right_knee:<30"), lambda t: 120 - bends(t), seconds=20.8)
    assert dips.count == 10


def test_a_bend_that_was_under_way_at_the_beginning_is_not_counted() -> None:
    assert go(counter(), lambda t: bends(t + 1), seconds=20).count == 9


def test_a_bend_that_is_not_over_is_not_counted_yet() -> None:
    assert go(counter(), bends, seconds=1.2).count == 0


def test_frames_that_were_misread_are_no_bend() -> None:
    repetitions = counter()
    for index in range(90):
        spike = 170.0 if index in (30, 31) else 10.0
        repetitions(posed(index / 30, [spike], [1]))
    assert repetitions.count == 0


def test_a_bend_goes_on_over_frames_that_were_misread() -> None:
    repetitions = counter()
    for index in range(120):
        bent = 20 < index < 90 and index not in (50, 51)
        repetitions(posed(index / 30, [110.0 if bent else 10.0], [1]))
    assert repetitions.count == 1


def test_what_does_not_reach_the_threshold_is_not_counted() -> None:
    assert go(counter(), lambda t: 0.75 * bends(t), seconds=20).count == 0


def test_each_bend_has_its_times_and_how_far_it_went() -> None:
    done = go(counter(), bends, seconds=4.5, track_id=7).done
    # 60 - 55 cos(pi t) is 90 at 0.684 s and again at 1.316 s, and at most 115. A tenth of the way
    # from 5 degrees on is done at 0.205 s, and is left at 1.795 s.
    assert [bend.crossed_s for bend in done] == pytest.approx([0.684, 2.684], abs=0.01)
    assert [bend.back_s for bend in done] == pytest.approx([1.316, 3.316], abs=0.01)
    assert [bend.start_s for bend in done] == pytest.approx([0.205, 2.205], abs=0.015)
    assert [bend.end_s for bend in done] == pytest.approx([1.795, 3.795], abs=0.015)
    assert [bend.peak_deg for bend in done] == pytest.approx([115, 115], abs=1.5)
    assert {bend.track_id for bend in done} == {7}


def test_start_and_end_are_those_of_the_movement_if_deep_angles_are_seen_as_deeper() -> None:
    def seen(time_s: float) -> float:
        return bends(time_s) + 12 * math.sin(math.pi * (bends(time_s) - 5) / 110)

    for rule in ("right_knee:>90", "right_knee:>60", "right_knee"):
        done = go(counter(rule), seen, seconds=4.5).done
        assert [each.start_s for each in done] == pytest.approx([0.205, 2.205], abs=0.04)
        assert [each.end_s for each in done] == pytest.approx([1.795, 3.795], abs=0.04)


def test_a_bend_is_over_when_it_is_seen_to_be() -> None:
    repetitions = go(counter(), bends, seconds=1.75)
    (bend,) = repetitions.done
    assert not bend.is_complete and bend.end_s < 1.75
    go(repetitions, bends, start_s=1.75, seconds=1.0)
    (bend,) = repetitions.done
    assert bend.is_complete and bend.end_s == pytest.approx(1.795, abs=0.03)


def test_the_end_of_a_bend_after_which_nothing_is_seen_is_the_last_that_was_seen_of_it() -> None:
    def half(time_s: float) -> float:
        return bends(time_s) if time_s < 1.78 else math.nan

    repetitions = go(counter(), half, seconds=3)
    go(repetitions, lambda t: 10.0, start_s=3, seconds=1)
    (bend,) = repetitions.done
    assert bend.is_complete and 1.6 < bend.end_s < 1.78


def test_a_pause_on_the_way_back_between_two_bends_is_no_part_of_them() -> None:
    def curve(time_s: float) -> float:
        return max(bends(time_s), 50.0)

    first, second = go(counter(), curve, seconds=4.5).done
    # 60 - 55 cos(pi t) is 56.5, a tenth of the way from 50 to 115, at 0.480 s and at 1.520 s.
    assert (first.end_s, second.start_s) == pytest.approx((1.52, 2.48), abs=0.015)


@pytest.mark.parametrize("seed", [0, 2, 6])
def test_a_broad_peak_turns_in_its_middle(seed: int) -> None:
    shake = noise(2, seed)
    slow = go(counter(), lambda t: bends(t / 2) + shake(), seconds=8.9)
    assert [each.peak_s for each in slow.done] == pytest.approx([2, 6], abs=0.05)


def test_a_bend_that_was_too_short_leaves_nothing_in_the_next_one() -> None:
    def curve(time_s: float) -> float:
        return 170.0 if 1.0 < time_s < 1.25 else bends(time_s)

    def short(time_s: float) -> float:
        return 170.0 if 0.1 < time_s < 0.29 else bends(time_s)

    assert go(counter(), curve, seconds=2.5).done[0].peak_deg == pytest.approx(170)
    assert go(counter(), short, seconds=2.5).done[0].peak_deg == pytest.approx(115, abs=1.5)


def test_a_bend_that_only_the_median_of_the_frames_before_shows_has_a_turning_point() -> None:
    """Wild angles at wild times, whose medians around each moment stay under the threshold."""
    rng = np.random.default_rng(1961)
    repetitions, time_s = counter("right_knee"), 0.0
    for _ in range(77):
        time_s += float(rng.uniform(0.2, 1.8)) / 60
        degrees = float(rng.uniform(0, 180))
        if rng.random() >= 0.5:
            repetitions(posed(time_s, [degrees], [1]))
    (found,) = repetitions.done
    assert found.crossed_s < found.peak_s < found.back_s


def test_nearly_two_bends_in_a_second_are_still_counted() -> None:
    quick = go(counter("right_knee:>60"), lambda t: bends(3.6 * t), seconds=10.3, rate=60)
    assert quick.count == 18


def test_frames_in_which_the_knee_is_not_seen_do_not_count_twice() -> None:
    hidden = go(counter(), lambda t: math.nan if t % 0.5 < 0.2 else bends(t), seconds=20.5)
    assert hidden.count == 10


def test_a_bend_that_was_out_of_sight_for_long_is_not_counted() -> None:
    def curve(time_s: float) -> float:
        return math.nan if 0.9 < time_s < 1.6 else bends(time_s)

    assert go(counter(), curve, seconds=2.5).count == 0


def test_who_is_alone_goes_on_counting_under_another_id() -> None:
    repetitions = counter()
    for index in range(round(20.5 * 30)):
        time_s = index / 30
        # The id changes in the middle of a bend.
        repetitions(posed(time_s, [bends(time_s)], [1 + int(time_s + 1) // 2]))
    assert repetitions.count == 10


def test_two_people_are_told_apart() -> None:
    repetitions = counter()
    for index in range(round(10.5 * 30)):
        time_s = index / 30
        row = [bends(time_s), bends(time_s + 0.5)]
        repetitions(posed(time_s, row if index % 2 else row[::-1], [1, 2] if index % 2 else [2, 1]))
    assert repetitions.count == 10
    assert sorted(bend.track_id for bend in repetitions.done) == [1] * 5 + [2] * 5


def test_nobody_and_people_without_ids_count_nothing() -> None:
    repetitions = counter()
    for index in range(300):
        time_s = index / 30
        people = 2 if index % 2 else 0
        repetitions(posed(time_s, [bends(time_s)] * people, [0] * people))
    assert repetitions.count == 0


def test_a_reset_and_a_seek_back_forget_the_bend_that_is_under_way_and_keep_the_count() -> None:
    repetitions = go(counter(), bends, seconds=3.0)
    repetitions.reset()
    go(repetitions, lambda t: 10.0, start_s=3.0, seconds=1)
    assert repetitions.count == 1
    go(repetitions, bends, start_s=4.0, seconds=1.0)
    go(repetitions, lambda t: 10.0, start_s=0.0, seconds=1)
    assert repetitions.count == 1


@needs_shared
def test_ten_real_knee_bends_are_counted_as_ten(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    meter, repetitions = AngleMeter(["right_knee"]), counter("right_knee:>60")
    with (
        SyntheticSource(frame_rate=Fraction(10), frame_count=250, scene="bends") as source,
        load_model("lightning") as model,
    ):
        for found in map(Estimator(model), source):
            repetitions(meter(found))
    assert repetitions.count == 10


@pytest.mark.parametrize(
    ("text", "threshold_deg", "is_over"),
    [("right_knee:>90", 90, True), ("left_elbow:<30.5", 30.5, False), ("trunk: < -10", -10, False)],
)
def test_a_rule_is_read(text: str, threshold_deg: float, is_over: bool) -> None:
    rule = parse_repetitions(text)
    assert (rule.threshold_deg, rule.is_over) == (threshold_deg, is_over)
    assert str(rule) == text.replace(" ", "")


@pytest.mark.parametrize(
    "text", ["right_knee:", "right_knee>90", "right_knee:90", ":>90", "", "x:>"]
)
def test_a_rule_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="ANGLE:>DEGREES"):
        parse_repetitions(text)


@pytest.mark.parametrize("text", ["right_knee:>8", "right_knee:>180", "left_elbow:<175"])
def test_a_rule_that_could_never_count_is_refused(text: str) -> None:
    with pytest.raises(OptionError, match="never counts"):
        parse_repetitions(text)


def test_the_angle_of_a_rule_must_be_known_and_measured() -> None:
    with pytest.raises(OptionError, match="left_knee or right_knee"):
        parse_repetitions("knee:>90")
    with pytest.raises(OptionError, match="measured are left_knee, trunk"):
        Repetitions(parse_repetitions("right_knee:>90"), ["left_knee", "trunk"])


def test_a_bend_is_measured_in_full() -> None:
    first, second = go(counter(), bends, seconds=4.5, track_id=7).done
    assert (first.rule, first.number, second.number) == ("right_knee:>90", 1, 2)
    assert first.peak_s == pytest.approx(1.0, abs=0.02)
    assert first.time_over_threshold_s == pytest.approx(0.632, abs=0.02)
    assert math.isnan(first.period_s)
    assert second.period_s == pytest.approx(2.0, abs=0.01)
    assert first.angle_names == ("right_knee",)
    assert (*second.low_deg, *second.high_deg) == pytest.approx((5, 115), abs=2.5)
    # The sine's greatest speed is 55 pi = 173 degrees per second.
    assert second.speed_in_deg_s == pytest.approx(173, abs=4)
    assert second.speed_out_deg_s == pytest.approx(173, abs=4)


@pytest.mark.parametrize("rate", [8.0, 15.0, 30.0])
def test_extremes_need_as_many_frames_as_those_of_the_table_of_angles(rate: float) -> None:
    names = ("right_knee", "left_elbow", "right_elbow")
    repetitions, ranges = Repetitions(parse_repetitions("right_knee:>90"), names), MovingMedian()
    medians = []
    for index in range(round(2.5 * rate)):
        time_s = index / rate
        misread = 170.0 if index == round(rate) else math.nan  # seen in this frame only
        degrees = np.array([bends(time_s), misread, 20.0])
        frame = posed(time_s, [0.0], [1])
        angles = Angles(names, degrees[None].astype(np.float32))
        repetitions(replace(frame, angles=angles))
        medians.append(ranges.update(time_s, degrees))
    (bend,) = repetitions.done
    in_table = np.isfinite(np.fmax.reduce(medians))
    assert np.isfinite(bend.high_deg).tolist() == in_table.tolist()
    assert bend.peak_deg == bend.high_deg[0]


def test_a_leap_of_the_angle_is_no_speed() -> None:
    def curve(time_s: float) -> float:
        return 120.0 if 1 <= time_s < 1.5 else 10 + 20 * math.sin(math.pi * time_s)

    (bend,) = go(counter(), curve, seconds=2.2).done
    # The slow movement before it has at most 63 degrees per second.
    assert bend.speed_in_deg_s == pytest.approx(60, abs=20)
    assert not bend.speed_out_deg_s > 100


def test_long_rest_before_a_bend_is_no_part_of_it() -> None:
    def curve(time_s: float) -> float:
        return bends(time_s - 4) if time_s > 4 else (60.0 if time_s < 1 else 5.0)

    (bend,) = go(counter(), curve, seconds=6.2).done
    assert bend.high_deg == pytest.approx((115,), abs=1.5)
    assert bend.low_deg == pytest.approx((5,), abs=2.1)


@pytest.mark.parametrize("seed", range(3))
def test_a_rule_without_a_threshold_takes_half_of_the_range(seed: int) -> None:
    shake = noise(5, seed)
    repetitions = go(counter("right_knee"), lambda t: bends(t) + shake(), seconds=20.8)
    assert repetitions.count == 10
    assert repetitions.done[-1].threshold_deg == pytest.approx(60, abs=5)


def test_a_rule_without_a_threshold_drops_what_was_small() -> None:
    def curve(time_s: float) -> float:
        return 0.35 * bends(time_s) if time_s < 4 else bends(time_s)

    repetitions = go(counter("right_knee"), curve, seconds=3.5)
    assert repetitions.count == 1
    go(repetitions, curve, start_s=3.5, seconds=4.9)
    assert [(bend.number, round(bend.start_s)) for bend in repetitions.done] == [(1, 4), (2, 6)]


def test_small_movements_and_rest_have_no_threshold() -> None:
    assert go(counter("right_knee"), lambda t: 0.25 * bends(t), seconds=8).count == 0


def test_a_rule_that_counted_nothing_says_how_far_the_angle_went_and_what_would_have_counted() -> (
    None
):
    assert go(counter(), bends, seconds=2.5).hint() == ""
    assert counter().hint() == "right_knee:>90 counted nothing: right_knee was not seen"
    partly = go(counter(), lambda t: 0.6 * bends(t), seconds=20.8).hint()
    assert partly == (
        "right_knee:>90 counted nothing: right_knee went from 3 to 69°; "
        "'right_knee:>36' would have counted 10"
    )
    still = go(counter(), lambda t: 12.0, seconds=2).hint()
    assert still.endswith("went from 12 to 12°, and nothing like a repetition was seen")
    own = go(counter("right_knee"), lambda t: 12.0, seconds=2).hint()
    assert own.endswith("went from 12 to 12°; without a threshold, 30° there and back count")


def test_an_angle_that_stays_at_nothing_went_from_0_to_0() -> None:
    assert "went from 0 to 0°" in go(counter(), lambda t: -0.2, seconds=2).hint()


def misread(time_s: float) -> float:
    """Return 12 degrees, but misread in the first frame and in one that is seen after a gap."""
    if time_s in (0.0, 2.0):
        return 170.0
    return 12.0 if time_s < 1 else math.nan


def test_a_value_that_is_alone_in_its_window_is_no_extreme() -> None:
    hint = go(counter("right_knee:>175"), misread, seconds=3).hint()
    assert "went from 12 to 12°" in hint
    assert go(counter("right_knee"), misread, seconds=3).hint() == (
        "right_knee counted nothing: right_knee went from 12 to 12°; "
        "without a threshold, 30° there and back count"
    )


def test_at_a_low_rate_values_are_extremes_from_the_third_on() -> None:
    hint = go(counter("right_knee:>175"), lambda t: misread(t % 2), seconds=2, rate=4).hint()
    assert "went from 12 to 12°" in hint


def test_an_own_threshold_is_half_of_the_range_without_a_misread_first_frame() -> None:
    repetitions = go(counter("right_knee"), lambda t: bends(t) if t else 170.0, seconds=8.5)
    assert repetitions.done[-1].threshold_deg == pytest.approx(60, abs=2)


def test_an_angle_that_is_seen_twice_says_so() -> None:
    twice = go(counter(), bends, seconds=2 / 30)
    assert twice.hint().endswith("counted nothing: right_knee was not seen for long enough")


def test_a_frame_has_what_was_counted_up_to_it() -> None:
    repetitions = go(counter(), bends, seconds=2.2)
    assert repetitions(posed(2.2, [5.0], [1])).repetitions == repetitions.done


def kept(rule: str, *parts: tuple[int, int, int]) -> Repetitions:
    """Count in parts of a clip: from a frame to another one, with an id of their own.

    A part ends with the first frame of the next one, where ids are joined.
    """
    repetitions = counter(rule)
    lowest: dict[int, int] = {}
    known: dict[int, int] = {}
    repetitions.keep_all(lambda track_id: lowest.get(track_id, track_id))
    for first, last, track_id in parts:
        for index in range(first, last + 1):
            repetitions(posed(index / 30, [bends(index / 30)], [track_id]))
            if index in known:
                one, other = (lowest.get(each, each) for each in (known[index], track_id))
                pair = {each: min(one, other) for each in {one, other, track_id}}
                lowest.update(pair)
                repetitions.recount(index / 30)
            known.setdefault(index, track_id)
    return repetitions


@pytest.mark.parametrize("rule", ["right_knee:>90", "right_knee"])
def test_a_clip_that_was_watched_in_any_order_is_counted_like_one_from_front_to_back(
    rule: str,
) -> None:
    straight = kept(rule, (0, 190, 1)).done
    assert [each.number for each in straight] == [1, 2, 3]
    assert kept(rule, (95, 190, 1), (0, 95, 2)).done == straight
    assert kept(rule, (80, 100, 1), (0, 80, 2), (100, 190, 3)).done == straight
    assert kept(rule, (0, 30, 1), (150, 190, 2), (30, 150, 3)).done == straight


def test_a_repetition_over_the_seam_is_counted_before_the_gap_is_filled() -> None:
    assert kept("right_knee:>90", (0, 30, 1), (150, 190, 2), (30, 70, 3)).count == 1
