"""The top-down estimator: everybody, each seen by the network of one person."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import PreparedInput, Region
from livepose.motion.top_down import TopDownEstimator
from livepose.motion.tracking.tracker import Tracker
from tests.support.crowds import CrowdDetector, OnePersonModel, People, Place, body, dressed, frame

NINE: list[Place] = [(60 + 65 * n, 240, 150) for n in range(9)]


def run(
    people: People,
    count: int,
    *,
    in_flight: int = 1,
    max_people: int | None = None,
    detector: CrowdDetector | None = None,
    model: OnePersonModel | None = None,
) -> list[PosedFrame]:
    """Run a crowd through an estimator, with some frames in flight, as the pipelines do."""
    estimator = TopDownEstimator(
        model or OnePersonModel(people),
        detector or CrowdDetector(people),
        in_flight=in_flight,
        max_people=max_people,
    )
    begun: list[tuple[Frame, PreparedInput]] = []
    results: list[PosedFrame] = []
    for number in range(count):
        if len(begun) == in_flight:
            results.append(estimator.update(estimator.infer(*begun.pop(0))))
        each = frame(number)
        begun.append((each, estimator.preprocess(each)))
    return results + [estimator.update(estimator.infer(*each)) for each in begun]


@pytest.mark.parametrize("in_flight", [1, 6])
def test_everybody_is_found_from_the_first_frame_on_and_keeps_an_id(in_flight: int) -> None:
    places: list[Place] = [(100, 200, 150), (300, 220, 200), (500, 250, 120)]
    results = run(lambda _: places, 20, in_flight=in_flight)
    assert [sorted(posed.poses.track_id.tolist()) for posed in results] == [[1, 2, 3]] * 20


def test_the_poses_are_those_of_the_model_of_one_person_not_the_detectors() -> None:
    place: Place = (200, 240, 180)
    for posed in run(lambda _: [place], 12):
        np.testing.assert_array_equal(posed.poses.xy[0], body(place))


@pytest.mark.parametrize("in_flight", [1, 6])
def test_who_comes_in_is_found_within_a_third_of_a_second(in_flight: int) -> None:

    def people(number: int) -> list[Place]:
        newcomers: list[Place] = [(450, 240, 180)] * (number >= 11)
        return [(200, 240, 180), *newcomers]

    counts = [len(posed.poses) for posed in run(people, 40, in_flight=in_flight)]
    assert counts[:11] == [1] * 11
    assert counts[21:] == [2] * 19


def test_the_detector_runs_about_three_times_a_second() -> None:

    def people(_: int) -> list[Place]:
        return [(200, 240, 250)]

    detector = CrowdDetector(people)
    run(people, 61, detector=detector)
    assert [number for number, _ in detector.asked] == [0, 9, 18, 27, 36, 45, 54]


def test_somebody_who_moves_is_followed_without_the_detector() -> None:

    def people(number: int) -> list[Place]:
        return [(100 + 5 * number, 240, 180)]

    detector = CrowdDetector(lambda n: people(n) if n == 0 else [])
    results = run(people, 60, in_flight=6, detector=detector)
    assert [posed.poses.track_id.tolist() for posed in results] == [[1]] * 60


def test_nobody_is_made_up_where_the_detector_sees_a_chair() -> None:
    chair = CrowdDetector(lambda _: [(300, 300, 100)], score=0.13)
    model = OnePersonModel(lambda _: [(300, 300, 100)], score=0.13)
    assert all(not len(posed.poses) for posed in run(lambda _: [], 20, detector=chair, model=model))


def test_somebody_who_leaves_is_gone_at_once() -> None:

    def people(number: int) -> list[Place]:
        return [(200, 240, 180)] * (number < 10)

    counts = [len(posed.poses) for posed in run(people, 30, in_flight=6)]
    assert counts == [1] * 10 + [0] * 20


def test_more_people_than_the_detector_finds_at_once_are_found_by_tiles() -> None:
    results = run(lambda _: NINE, 40)
    assert len(results[0].poses) == 6
    assert [len(posed.poses) for posed in results[12:]] == [9] * 28


def test_small_people_are_found_by_tiles() -> None:

    def people(_: int) -> list[Place]:
        return [(100, 240, 60), (550, 240, 40)]

    detector = CrowdDetector(people, min_share=0.1)
    results = run(people, 20, detector=detector)
    assert len(results[0].poses) == 1
    assert len(results[-1].poses) == 2


def test_no_more_than_the_most_people_are_followed_and_those_who_were_first_stay() -> None:
    model = OnePersonModel(lambda _: NINE)
    results = run(lambda _: NINE, 20, max_people=3, model=model)
    assert [posed.poses.track_id.tolist() for posed in results] == [[1, 2, 3]] * 20
    assert model.calls == 60


def test_a_square_that_slid_onto_a_neighbour_does_not_take_the_neighbours_id() -> None:
    # The one on the left walks behind the other, and is not seen there: both squares show one body.
    def people(number: int) -> list[Place]:
        x_px = 100 + 8 * number
        hidden = abs(x_px - 300) < 60
        walker: list[Place] = [] if hidden else [(x_px, 240, 180)]
        return [(300, 240, 180), *walker]

    results = run(people, 60, in_flight=6)
    for posed in results:
        standing = posed.poses[posed.poses.track_id == 1]
        np.testing.assert_allclose(standing.xy[0], body((300, 240, 180)))
    assert {n for posed in results for n in posed.poses.track_id.tolist()} == {1, 2}
    assert [len(posed.poses) for posed in results[-20:]] == [2] * 20


def test_nothing_is_kept_over_a_cut() -> None:
    def people(number: int) -> list[Place]:
        return [(200, 240, 180)] if number < 10 else [(430, 240, 180)]

    estimator = TopDownEstimator(OnePersonModel(people), CrowdDetector(people))
    ids = []
    for number in range(20):
        each = frame(number)
        if number >= 10:
            bgr = np.random.default_rng(0).integers(0, 255, (480, 640, 3)).astype(np.uint8)
            bgr[0, 0] = number
            each = type(each).from_bgr(bgr, number, number / 30)
        ids.append(estimator(each).poses.track_id.tolist())
    assert ids == [[1]] * 10 + [[2]] * 10


def test_the_frame_after_one_that_failed_is_estimated() -> None:
    class Failing(OnePersonModel):
        def find(self, pixels: Pixels, region: Region) -> Poses:
            if int(pixels.bgr()[0, 0, 0]) == 3:
                raise ZeroDivisionError
            return super().find(pixels, region)

    def people(_: int) -> list[Place]:
        return [(200, 240, 180)]

    estimator = TopDownEstimator(Failing(people), CrowdDetector(people))
    for number in range(3):
        estimator(frame(number))
    with pytest.raises(ZeroDivisionError):
        estimator(frame(3))
    assert [len(estimator(frame(number)).poses) for number in range(4, 20)][-1] == 1


def test_people_who_come_apart_with_the_ids_of_each_other_get_their_own_back() -> None:
    tracker = Tracker()
    left, right = (150.0, 240.0, 200.0), (450.0, 240.0, 200.0)
    for number in range(30):
        ids = tracker(dressed(number, (left, "orange"), (right, "blue"))).poses.track_id.tolist()
    assert ids == [1, 2]
    for number in range(30, 45):
        # They have exchanged places between two frames: to their movements, ids have not.
        ids = tracker(dressed(number, (left, "blue"), (right, "orange"))).poses.track_id.tolist()
    assert ids == [2, 1]


def test_somebody_far_off_in_the_clothes_of_a_hidden_person_is_somebody_else() -> None:
    tracker = Tracker(recognizes_returned=True)
    left, right = (60.0, 240.0, 120.0), (580.0, 240.0, 120.0)
    for number in range(60):
        ids = tracker(dressed(number, (left, "orange"), (right, "blue"))).poses.track_id.tolist()
    assert ids == [1, 2]
    for number in range(60, 75):
        # The one on the left is hidden, and the one on the right puts on an orange coat.
        ids = tracker(dressed(number, (right, "orange"))).poses.track_id.tolist()
    assert ids == [2]


@pytest.mark.parametrize(
    ("away_s", "clothes", "expected"),
    [(0.8, "blue", 2), (3, "blue", 2), (3, "orange", 3), (8, "blue", 2), (12, "blue", 3)],
)
def test_who_comes_back_in_the_same_clothes_gets_their_id_back(
    away_s: float, clothes: str, expected: int
) -> None:
    tracker = Tracker(recognizes_returned=True)
    stays, leaves, returns = (100.0, 240.0, 120.0), (560.0, 240.0, 120.0), (480.0, 240.0, 120.0)
    for number in range(30):
        tracker(dressed(number, (stays, "orange"), (leaves, "blue")))
    back = 30 + round(away_s * 30)
    for number in range(30, back):
        ids = tracker(dressed(number, (stays, "orange"))).poses.track_id.tolist()
    assert ids == [1]
    for number in range(back, back + 10):
        ids = tracker(
            dressed(number, (stays, "orange"), (returns, clothes))
        ).poses.track_id.tolist()
    assert ids == [1, expected]


@pytest.mark.parametrize("is_alone", [False, True])
def test_who_comes_back_where_somebody_else_goes_out_gets_their_id_back(is_alone: bool) -> None:
    """From frame to frame, the pose of the one takes the place of that of the other."""
    tracker = Tracker(recognizes_returned=True)
    others = () if is_alone else (((100.0, 240.0, 120.0), "orange"),)
    door = (560.0, 240.0, 120.0)
    for number in range(180):
        ids = tracker(
            dressed(number, ((420.0, 240.0, 120.0), "green"), (door, "blue"), *others)
        ).poses.track_id.tolist()
    assert ids[:2] == [1, 2]
    for number in range(180, 250):
        goes_out = (min(420.0 + 2 * (number - 180), 560.0), 240.0, 120.0)
        ids = tracker(dressed(number, (goes_out, "green"), *others)).poses.track_id.tolist()
    assert ids[0] == 1
    for number in range(250, 275):
        ids = tracker(dressed(number, (door, "blue"), *others)).poses.track_id.tolist()
    assert ids[0] == 2


def test_of_two_people_in_one_place_the_one_whose_clothes_are_seen_has_the_pose() -> None:
    tracker = Tracker(recognizes_returned=True)
    stands = (320.0, 240.0, 200.0)
    for number in range(27):
        walks = (80.0 + 8 * number, 240.0, 200.0)
        tracker(dressed(number, (stands, "orange"), (walks, "blue")))
    # The walker is in front now: both squares show the same body, which was found once.
    poses = tracker(dressed(27, ((314.0, 240.0, 200.0), "blue"))).poses
    assert poses.track_id.tolist() == [2]
