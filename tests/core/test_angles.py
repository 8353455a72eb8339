"""The angles of the people in one frame."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.angles import Angles


def test_what_is_shown_are_the_degrees_unless_given() -> None:
    degrees, steadier = np.full((2, 1), 90, np.float32), np.full((2, 1), 88, np.float32)
    np.testing.assert_array_equal(Angles(("left_knee",), degrees).figures, degrees)
    np.testing.assert_array_equal(Angles(("left_knee",), degrees, steadier).figures, steadier)


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (2, 2), (2,)])
def test_as_many_angles_are_shown_as_there_are(shape: tuple[int, ...]) -> None:
    degrees = np.zeros((2, 1), np.float32)
    with pytest.raises(ValueError, match=r"shown must be \(2, 1\), got"):
        Angles(("left_knee",), degrees, np.zeros(shape, np.float32))
