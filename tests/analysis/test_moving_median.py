"""Moving medians: of a whole series the same as frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.analysis.moving_median import MovingMedian, middle_times, trailing_medians


@pytest.mark.parametrize("rate", [1, 4, 8, 10, 12, 25, 30, 60])
def test_the_medians_of_a_series_are_those_of_its_frames_one_by_one(rate: int) -> None:
    random = np.random.default_rng(rate)
    time_s = np.cumsum(random.choice((1, 1, 1, 2, 9), 200)) / rate
    degrees = random.uniform(0, 180, (200, 3))
    degrees[random.random(degrees.shape) < 0.3] = np.nan
    median = MovingMedian()
    one_by_one = [median.update(*each) for each in zip(time_s.tolist(), degrees, strict=True)]
    np.testing.assert_array_equal(trailing_medians(time_s, degrees), np.array(one_by_one))


def test_the_middle_of_a_window_is_between_its_first_and_its_last_frame() -> None:
    time_s = np.array((0.0, 0.1, 0.2, 0.3, 5.0))
    np.testing.assert_allclose(middle_times(time_s), (0.0, 0.05, 0.1, 0.2, 5.0))


def test_an_empty_series_has_no_medians() -> None:
    assert trailing_medians(np.zeros(0), np.zeros((0, 2))).shape == (0, 2)
