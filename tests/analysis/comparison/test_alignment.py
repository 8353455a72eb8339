"""Two takes of a known movement are aligned: the known warp is found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from livepose.analysis.comparison.alignment import align, movement_start_s
from livepose.analysis.comparison.take import Take, make_take
from livepose.core.arrays import Float64Array
from livepose.core.errors import SourceError
from livepose.core.poses import Poses
from tests.support.takes import clock, plain_take, scene_take

Clock = Callable[[Float64Array], Float64Array]


def wandering(time_s: Float64Array) -> Float64Array:
    """Return the scene's times of a take whose tempo goes up and down by 44 %."""
    return time_s + 0.35 * np.sin(2 * np.pi * time_s / 5)


def error_ms(take: Take, to_scene: Clock) -> Float64Array:
    """Return by how much each moment is missed, of a take with known times of the scene."""
    alignment = align(plain_take("dance"), take)
    return 1000 * np.abs(to_scene(alignment.b_s) - alignment.a_s)


def test_a_take_is_aligned_with_itself_exactly() -> None:
    take = plain_take("dance")
    alignment = align(take, take)
    assert np.abs(alignment.a_s - alignment.b_s).max() < 1e-9
    assert (alignment.a_s[0], alignment.a_s[-1]) == (take.time_s[0], take.time_s[-1])


@pytest.mark.parametrize(
    ("to_scene", "noise_px", "scale", "rate"),
    [
        (lambda time_s: time_s, 0.0, 1.0, 30.0),
        (lambda time_s: 0.8 * time_s, 0.0, 1.0, 30.0),
        (lambda time_s: time_s, 0.0, 0.7, 30.0),
        (wandering, 3.0, 1.0, 30.0),
        (wandering, 3.0, 0.7, 24.0),
    ],
    ids=["itself", "slowed by 20 %", "scaled by 0.7", "wandering, noise", "all of it at 24 fps"],
)
def test_the_known_warp_is_found_within_40_ms_in_the_median(
    to_scene: Clock, noise_px: float, scale: float, rate: float
) -> None:
    times = clock(8.0, rate)
    take = scene_take("dance", to_scene(times), times, noise_px=noise_px, scale=scale)
    assert np.median(error_ms(take, to_scene)) < 15  # the promise is 40; measured: 7


def test_a_take_that_waits_before_it_begins_is_aligned_behind_the_wait() -> None:
    times = clock(10.0)
    take = scene_take("dance", np.maximum(times - 2.0, 0.0), times)
    error = error_ms(take, lambda time_s: time_s - 2.0)
    assert np.median(error) < 1
    assert np.percentile(error, 95) < 40


def test_what_only_one_take_has_at_its_beginning_is_left_out() -> None:
    times = clock(6.5)
    alignment = align(plain_take("dance"), scene_take("dance", times + 1.5, times))
    assert alignment.a_s[0] == pytest.approx(1.5, abs=0.15)
    assert np.median(np.abs(alignment.a_s - alignment.b_s - 1.5)) < 1e-3


def test_an_alignment_begins_at_the_moments_that_are_given() -> None:
    alignment = align(plain_take("dance"), plain_take("dance"), starts_s=(2.0, 2.0))
    assert (alignment.a_s[0], alignment.b_s[0]) == pytest.approx((2.0, 2.0))
    assert np.abs(alignment.a_s - alignment.b_s).max() < 1e-9


def test_gaps_in_a_take_do_not_move_its_alignment() -> None:
    take = plain_take("dance")
    is_seen = take.is_seen.copy()
    is_seen[60:100] = False  # nobody
    is_seen[150:200, 5:11] = False  # no arms
    with_gaps = Take(
        take.time_s, take.xy, is_seen, take.names, take.degrees, take.turn_deg, take.skeleton
    )
    alignment = align(take, with_gaps)
    assert np.median(np.abs(alignment.a_s - alignment.b_s)) < 1e-3


def test_the_event_is_where_the_movement_begins() -> None:
    times = clock(5.0)
    take = scene_take("dance", np.maximum(times - 2.0, 0.0), times)
    assert movement_start_s(take) == pytest.approx(2.0, abs=0.15)


def test_takes_without_anybody_and_without_movement_are_refused() -> None:
    nobody = make_take([(n / 30, Poses.empty()) for n in range(30)])
    with pytest.raises(SourceError, match="nobody can be compared in the second take"):
        align(plain_take("dance"), nobody)
    with pytest.raises(SourceError, match="nothing moves"):
        movement_start_s(plain_take("stand", 1.0))


def test_a_take_of_two_frames_is_too_short() -> None:
    brief = scene_take("dance", clock(2 / 30))
    with pytest.raises(SourceError, match="or too short"):
        align(plain_take("dance"), brief)


def test_a_take_of_one_frame_is_called_so() -> None:
    take = scene_take("dance", np.zeros(1), np.zeros(1))
    with pytest.raises(SourceError, match="in the second take: it has fewer than two frames"):
        align(plain_take("dance"), take)
