"""The zero-phase matrix: scipy's numbers, for every length of a run."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import butter, sosfiltfilt

from livepose.motion.smoothing.zero_phase import zero_phase_matrix


@pytest.mark.parametrize("frame_rate", [14.0, 29.97, 60.0, 240.0])
@pytest.mark.parametrize("count", [2, 3, 9, 10, 11, 25, 200])
def test_the_matrix_gives_the_numbers_of_scipy(count: int, frame_rate: float) -> None:
    values = 50 * np.random.default_rng(count).normal(size=(count, 4)).cumsum(axis=0)
    sections = butter(2, 6.0, fs=frame_rate, output="sos")
    wanted = sosfiltfilt(sections, values, axis=0, padlen=min(9, count - 1))
    assert zero_phase_matrix(count, 6.0, frame_rate) @ values == pytest.approx(wanted, abs=1e-9)


def test_the_matrix_is_made_once_and_cannot_be_changed() -> None:
    matrix = zero_phase_matrix(25, 6.0, 30.0)
    assert zero_phase_matrix(25, 6.0, 30.0) is matrix
    with pytest.raises(ValueError, match="read-only"):
        matrix[0, 0] = 1.0
