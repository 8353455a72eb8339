"""How many threads each part of a run gets, by the cores that there are."""

from __future__ import annotations

import pytest

from livepose.system import thread_budget
from livepose.system.thread_budget import (
    codec_threads,
    frame_threads,
    frames_in_flight,
    network_threads,
    seek_threads,
)


def with_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_budget, "usable_cores", lambda: cores)


@pytest.mark.parametrize(("cores", "threads"), [(1, 1), (2, 2), (4, 2), (64, 2)])
def test_from_file_to_file_two_threads_take_frames_unless_there_is_one_core(
    cores: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cores(cores, monkeypatch)
    assert frame_threads(is_realtime=False) == threads


@pytest.mark.parametrize(("cores", "network"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_a_camera_has_one_frame_in_flight_and_all_cores_up_to_four_for_it(
    cores: int, network: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cores(cores, monkeypatch)
    assert frame_threads(is_realtime=True) == 1
    assert frames_in_flight(1, 30.0) == 1
    assert network_threads(1) == network


@pytest.mark.parametrize(("cores", "each"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4), (64, 4)])
def test_two_networks_share_the_cores(
    cores: int, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cores(cores, monkeypatch)
    assert network_threads(2) == each


@pytest.mark.parametrize(
    ("frame_rate", "in_flight"),
    [(1, 2), (10, 2), (15, 2), (24, 4), (29.97, 6), (30, 6), (60, 8), (240, 8)],
)
def test_frames_in_flight_last_a_fifth_of_a_second_at_most_but_for_one_per_thread(
    frame_rate: float, in_flight: int
) -> None:
    assert frames_in_flight(2, frame_rate) == in_flight
    assert in_flight == 2 or in_flight / frame_rate <= 0.201


@pytest.mark.parametrize(
    ("height_px", "cores", "threads"),
    [(480, 8, 1), (719, 8, 1), (720, 8, 2), (2160, 8, 2), (2160, 3, 2), (2160, 2, 1), (720, 1, 1)],
)
def test_codecs_get_a_second_thread_for_large_frames_where_there_are_more_than_two_cores(
    height_px: int, cores: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cores(cores, monkeypatch)
    assert codec_threads(height_px) == threads


@pytest.mark.parametrize(("cores", "large"), [(1, 1), (2, 2), (4, 4), (64, 4)])
def test_behind_a_leap_all_cores_decode_large_frames(
    cores: int, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_cores(cores, monkeypatch)
    assert (seek_threads(1080), seek_threads(480)) == (large, 1)
