"""How much noise the beginning of a film shows."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.sinks.noise_estimate import noise_sigma


@pytest.mark.parametrize("sigma", [0.0, 2.0, 5.0, 10.0])
def test_noise_is_distinguished_from_slopes_and_edges(sigma: float) -> None:
    slope = np.add.outer(np.linspace(20, 100, 480), np.linspace(0, 120, 640))
    slope[100:300, 200:400] = 230
    noise = np.random.default_rng(3).normal(0, sigma, slope.shape)
    picture = np.clip(np.rint(slope + noise), 0, 255).astype(np.uint8)
    # What is rounded to whole levels trembles by 0.3 by itself.
    assert noise_sigma(picture) == pytest.approx(sigma, abs=0.3)


@pytest.mark.parametrize("shape", [(2, 2), (2, 640), (480, 2)])
def test_an_image_too_small_to_measure_has_no_noise(shape: tuple[int, int]) -> None:
    assert noise_sigma(np.zeros(shape, np.uint8)) == 0.0
