"""Overlays: what they hold, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.overlays import Overlays


def test_without_arguments_there_is_nothing_to_paint() -> None:
    overlays = Overlays()
    assert overlays.faces.shape == (0, 3)
    assert overlays.faces.dtype == np.float32
    assert (overlays.trails, overlays.labels) == ((), ())


def test_faces_cannot_be_changed_in_place_and_the_callers_array_can() -> None:
    faces = np.ones((2, 3), np.float32)
    overlays = Overlays(faces)
    with pytest.raises(ValueError, match="read-only"):
        overlays.faces[0, 0] = 5
    faces[0, 0] = 5


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1, 2, 3)])
def test_faces_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"faces must be \(F, 3\), got \("):
        Overlays(np.zeros(shape, np.float32))
