"""The empty room, and the noise of the camera."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.errors import OptionError
from livepose.sources.synthetic.source import SyntheticSource


def test_noise_has_its_strength_and_is_the_same_for_the_same_frame() -> None:
    clean = SyntheticSource(320, 240, scene="stand").paint(0.0).astype(int)
    noisy, again = (SyntheticSource(320, 240, scene="stand", camera_noise=5.0) for _ in range(2))
    first, second = noisy.paint(0.0).astype(int), noisy.paint(1 / 30).astype(int)
    assert np.array_equal(first, again.paint(0.0))
    grain, other = first - clean, second - clean
    assert grain.std() == pytest.approx(5.0, abs=0.2)
    assert abs(grain.mean()) < 0.1
    assert abs(np.corrcoef(grain.ravel(), other.ravel())[0, 1]) < 0.02


@pytest.mark.parametrize("noise", [-1.0, 1000.0, float("nan")])
def test_a_noise_out_of_range_is_refused(noise: float) -> None:
    with pytest.raises(OptionError, match="noise must be from 0 to"):
        SyntheticSource(camera_noise=noise)
