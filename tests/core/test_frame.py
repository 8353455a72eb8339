"""Frames: what they refuse, and that nobody can write into them."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from livepose.core.frame import Frame


def test_a_frame_knows_its_size() -> None:
    frame = Frame.from_bgr(np.zeros((120, 160, 3), np.uint8), 0, 0.0, 0.0)
    assert (frame.width_px, frame.height_px) == (160, 120)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((120, 160), np.uint8),
        np.zeros((120, 160, 4), np.uint8),
        np.zeros((120, 160, 1), np.uint8),
        np.zeros((1, 120, 160, 3), np.uint8),
        np.zeros((120, 160, 3), np.float32),
        np.zeros((120, 160, 3), np.int8),
    ],
    ids=["grey", "with alpha", "one channel", "a batch", "float", "signed"],
)
def test_a_frame_refuses_other_shapes_and_types(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        Frame.from_bgr(pixels, 0, 0.0, 0.0)


def test_nobody_can_write_into_a_frame() -> None:
    frame = Frame.from_bgr(np.zeros((4, 4, 3), np.uint8), 0, 0.0, 0.0)
    with pytest.raises(ValueError, match="read-only"):
        frame.bgr[0, 0] = 1
    with pytest.raises(FrozenInstanceError):
        frame.index = 1  # type: ignore[misc]
