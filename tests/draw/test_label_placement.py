"""Where labels stand: none on another one, none beyond the frame, few on people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from livepose.draw.label_placement import LabelRequests, place_labels

Box = tuple[float, float, float, float]
NOWHERE = np.zeros((0, 2), np.float32)


def random_requests(seed: int, count: int, frame_px: tuple[int, int]) -> LabelRequests:
    rng = np.random.default_rng(seed)
    return LabelRequests(
        rng.uniform(-5, 1.02, (count, 2)) % 1.0 * frame_px,
        rng.integers((20, 9), (60, 30), (count, 2)).astype(np.float64),
        rng.choice((-1.0, 1.0), count),
    )


def boxes_of(requests: LabelRequests, places: dict[int, tuple[int, int]]) -> list[Box]:
    sizes = requests.size_px
    return [(x, y, x + sizes[n, 0], y + sizes[n, 1]) for n, (x, y) in places.items()]


@pytest.mark.parametrize("frame_px", [(124, 160), (160, 120), (640, 480), (1080, 1920)])
@pytest.mark.parametrize("seed", range(5))
def test_no_two_labels_overlap_and_none_is_outside(frame_px: tuple[int, int], seed: int) -> None:
    requests = random_requests(seed, 40, frame_px)
    points = np.random.default_rng(seed).uniform(0, 1, (60, 2)) * frame_px
    boxes = boxes_of(requests, place_labels(requests, points.astype(np.float32), frame_px, 5))
    assert boxes
    for box in boxes:
        assert box[0] % 2 == box[1] % 2 == 0
        assert min(box[:2]) >= 0 and box[2] <= frame_px[0] and box[3] <= frame_px[1]
    for (left, top, right, bottom), other in combinations(boxes, 2):
        assert right < other[0] or other[2] < left or bottom < other[1] or other[3] < top


def test_a_label_with_room_stands_away_from_the_body() -> None:
    places = np.array([(50.0, 50.0), (150.0, 50.0)])
    requests = LabelRequests(places, np.full((2, 2), 20.0), np.array([-1.0, 1.0]))
    assert place_labels(requests, NOWHERE, (200, 100), 5) == {0: (24, 40), 1: (156, 40)}


def test_a_label_stands_beside_a_panel_and_not_on_it() -> None:
    request = LabelRequests(np.array([(50.0, 50.0)]), np.full((1, 2), 20.0), np.ones(1))
    assert place_labels(request, NOWHERE, (100, 100), 5, [(62, 0, 100, 100)]) == {0: (40, 24)}
    assert place_labels(request, NOWHERE, (100, 100), 5, [(10, 10, 90, 90)]) == {}


def test_a_label_gives_way_to_people_and_is_left_out_before_it_hides_them() -> None:
    request = LabelRequests(np.array([(50.0, 50.0)]), np.full((1, 2), 20.0), np.ones(1))
    arm = np.array([(58, 45), (65, 50), (72, 55)], np.float32)
    assert place_labels(request, arm, (100, 100), 5) != {0: (56, 40)}
    crowd = np.stack(np.meshgrid(np.arange(0, 100, 4), np.arange(0, 100, 4)), axis=-1)
    assert place_labels(request, crowd.reshape(-1, 2).astype(np.float32), (100, 100), 5) == {}


def test_the_first_of_two_labels_at_one_place_has_the_choice() -> None:
    twice = LabelRequests(np.full((2, 2), 50.0), np.full((2, 2), 30.0), np.ones(2))
    places = place_labels(twice, NOWHERE, (100, 100), 5)
    alone = LabelRequests(twice.xy[:1], twice.size_px[:1], twice.outward[:1])
    assert places[0] == place_labels(alone, NOWHERE, (100, 100), 5)[0]
    assert len(places) == 2
