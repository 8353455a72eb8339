"""Scene cuts: which frames have nothing to do with the frame before them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose import Frame, open_source
from livepose.core.arrays import UInt8Array
from livepose.core.colors import ColorCoding
from livepose.motion.scene_cuts import SceneCutDetector
from tests.support.needs import SHARED, needs_shared

RATE = 30.0


def picture(seed: int) -> UInt8Array:
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return np.kron(small, np.ones((40, 40, 1), np.uint8))


def test_another_picture_is_a_cut_and_a_flash_or_noise_is_not() -> None:
    cuts = SceneCutDetector()
    noise = np.random.default_rng(1).normal(0, 10, (240, 320, 3))
    pictures = {
        "first": picture(0),
        "same": picture(0),
        "noisy": np.clip(picture(0) + noise, 0, 255).astype(np.uint8),
        "brighter": np.clip(picture(0).astype(int) // 2 + 120, 0, 255).astype(np.uint8),
        "other": picture(1),
        "same other": picture(1),
    }
    starts = [
        name
        for number, (name, bgr) in enumerate(pictures.items())
        if cuts.is_scene_start(Frame.from_bgr(bgr, number, number / RATE))
    ]
    assert starts == ["first", "other"]


def test_a_jump_in_time_and_another_size_are_cuts() -> None:
    cuts = SceneCutDetector()
    times_s = (0.0, 0.1, 1.0, 5.0, 5.1, 0.2, 0.3)
    starts = [cuts.is_scene_start(Frame.from_bgr(picture(0), n, t)) for n, t in enumerate(times_s)]
    assert starts == [True, False, False, True, False, True, False]
    assert cuts.is_scene_start(Frame.from_bgr(picture(0)[:200], 9, 0.4))


def test_another_shape_or_kind_of_the_sources_picture_is_a_cut() -> None:
    cuts = SceneCutDetector()
    bgr = Frame.from_bgr(picture(0))
    planes = Frame(bgr.pixels.yuv420(ColorCoding()), 2, 0.2, 0.0, shape_changes=1)
    assert cuts.is_scene_start(bgr)
    assert cuts.is_scene_start(Frame(bgr.pixels, 1, 0.1, 0.0, shape_changes=1))
    assert cuts.is_scene_start(planes)
    assert not cuts.is_scene_start(replace(planes, time_s=0.3))


@needs_shared
@pytest.mark.parametrize("clip", ["dance.mp4", "one_by_one.mp4"])
def test_a_film_without_cuts_has_none(clip: str) -> None:
    cuts = SceneCutDetector()
    with open_source(SHARED / "clips" / clip) as source:
        starts = [frame.index for frame in source if cuts.is_scene_start(frame)]
    assert starts == [0]
