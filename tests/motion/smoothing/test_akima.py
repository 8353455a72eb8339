"""Akima's curve: scipy's numbers, also for few points and for those at rest."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import Akima1DInterpolator

from livepose.motion.smoothing.akima import akima


@pytest.mark.parametrize("count", [2, 3, 4, 5, 12])
@pytest.mark.parametrize("resting", [0, 2, 12])
def test_the_curve_has_the_numbers_of_scipy(count: int, resting: int) -> None:
    random = np.random.default_rng(count)
    times_s = np.cumsum(random.uniform(0.01, 0.05, count))
    values = 100 * random.normal(size=(count, 2))
    values[:resting] = 5.0
    at_s = np.linspace(times_s[0], times_s[-1], 9)
    wanted = Akima1DInterpolator(times_s, values)(at_s)
    assert akima(times_s, values, at_s) == pytest.approx(wanted, abs=1e-9)
