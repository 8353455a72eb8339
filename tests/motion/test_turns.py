"""Who is seen in a frame that has no time for everybody, and where the others are predicted."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from livepose.core.frame import PosedFrame
from livepose.motion.frame_budget import FrameBudget
from livepose.motion.top_down import TopDownEstimator
from tests.support.crowds import CrowdDetector, OnePersonModel, People, Place, body, frame

FRAME_S = 1 / 30


class FixedPlaces(FrameBudget):
    """A budget of a machine that sees so many people in a frame, whatever the clock says."""

    def __init__(self, places: int) -> None:
        super().__init__(FRAME_S)
        self._places = places

    def places(self, *, searches: bool) -> int | None:
        return max(0, self._places - 2 * searches)

    def add_frame(self, seen: int, seen_s: float, rest_s: float) -> None:
        super().add_frame(seen, seen * 0.0005, 0.0005)

    def add_search(self, time_s: float, seconds: float) -> None:
        super().add_search(time_s, 0.0005)


def run(
    people: People, count: int, places: int = 6, *, detector: CrowdDetector | None = None
) -> tuple[list[PosedFrame], list[list[float]]]:
    """Return the results of a live run, and the x of the middle of each input, by frame."""
    estimator = TopDownEstimator(
        OnePersonModel(people), detector or CrowdDetector(people), budget=FixedPlaces(places)
    )
    results, looked_px = [], []
    for number in range(count):
        each = frame(number)
        prepared = estimator.preprocess(each)
        looked_px.append([one.region.left_px + one.region.width_px / 2 for one in prepared.inputs])
        results.append(estimator.update(estimator.infer(each, prepared)))
    return results, looked_px


def nine(number: int) -> list[Place]:
    """Return nine people, of whom the first walks to and fro."""
    x_px = 60 + 10 * np.sin(number / 3)
    return [(x_px, 240, 150), *((60.0 + 65 * n, 240.0, 150.0) for n in range(1, 9))]


def test_everybody_is_shown_in_each_frame_while_six_are_seen() -> None:
    results, looked_px = run(nine, 60)
    for posed, looked in zip(results[30:], looked_px[30:], strict=True):
        assert sorted(posed.poses.track_id.tolist()) == list(range(1, 10))
        assert len(looked) in (4, 6)
        assert posed.predicted_people == 9 - len(looked)
        assert posed.poses.filled.all(axis=1).sum() == posed.predicted_people


def test_everybody_has_their_turn_and_who_moves_has_it_more_often() -> None:
    _, looked_px = run(nine, 100)
    turns = Counter(round((x - 60) / 65) for looked in looked_px[40:] for x in looked)
    assert sorted(turns) == list(range(9))
    assert turns[0] == max(turns.values())
    assert min(turns.values()) >= 0.4 * max(turns.values())


def test_those_who_wait_are_predicted_by_their_motion() -> None:
    def people(number: int) -> list[Place]:
        return [(40.0 + 3 * number + 65 * n, 240, 150) for n in range(7)]

    results, _ = run(people, 45)
    for number, posed in enumerate(results[30:], 30):
        xy = posed.poses.xy[np.argsort(posed.poses.xy[:, 0, 0])]
        expected = [body(place) for place in people(number)]
        np.testing.assert_allclose(xy, expected, atol=4)


def test_who_was_not_there_at_their_turn_is_not_shown() -> None:
    def people(number: int) -> list[Place]:
        return nine(number)[: 9 if number < 40 else 8]

    results, _ = run(people, 60)
    assert {len(posed.poses) for posed in results[30:40]} == {9}
    assert {len(posed.poses) for posed in results[43:]} == {8}


class LargeDetector(CrowdDetector):
    """Finds up to 30 people at once."""

    max_people = 30


@pytest.mark.parametrize("places", [1, 2])
def test_who_waits_for_seconds_is_shown_until_their_turn_and_keeps_an_id(places: int) -> None:
    # Each of them is seen once in two thirds of a second, or in four thirds.
    def people(number: int) -> list[Place]:
        to_and_fro_px = 5 * np.sin(number / 5)
        return [(40 + 55 * n + to_and_fro_px, y, 100) for n in range(11) for y in (120, 360)]

    results, _ = run(people, 120, places, detector=LargeDetector(people))
    for posed in results:
        assert sorted(posed.poses.track_id.tolist()) == list(range(1, 23))


def test_who_leaves_while_they_wait_is_gone_once_they_were_looked_for() -> None:
    def people(number: int) -> list[Place]:
        gone = 5 if number >= 30 else 0
        places: list[Place] = [(40.0 + 55 * n, y, 100) for n in range(11) for y in (120, 360)]
        return places[gone:]

    results, _ = run(people, 90, places=2, detector=LargeDetector(people))
    assert len(results[29].poses) == 22
    assert {len(posed.poses) for posed in results[60:]} == {17}


@pytest.mark.parametrize("budget", [None, FrameBudget(10.0)])
def test_with_time_for_everybody_nobody_waits(budget: FrameBudget | None) -> None:
    estimator = TopDownEstimator(OnePersonModel(nine), CrowdDetector(nine), budget=budget)
    results = [estimator(frame(number)) for number in range(30)]
    assert len(results[-1].poses) == 9
    assert all(posed.predicted_people == 0 for posed in results)
