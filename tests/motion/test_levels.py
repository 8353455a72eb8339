"""Levels: which pictures get a table, what it makes of them, and how steady it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels
from livepose.core.region import ModelInput, Region
from livepose.motion import Estimator
from livepose.motion.levels import Levels, stretch
from livepose.sources.synthetic import SCENE_NAMES
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.fakes import SlowModel

WHOLE = Region.letterbox(192, 192)


def ramp(dark: int, bright: int, side_px: int = 192) -> UInt8Array:
    """Return a picture whose levels are spread evenly between two: (1, H, W, 3)."""
    column = np.linspace(dark, bright, side_px).round().astype(np.uint8)
    return np.broadcast_to(column[:, None, None], (side_px, side_px, 3))[None].copy()


@pytest.mark.parametrize(("dark", "bright"), [(0, 255), (40, 200), (60, 170), (0, 155)])
def test_a_picture_with_full_levels_gets_no_table_and_stays_the_same_object(
    dark: int, bright: int
) -> None:
    model_input = ModelInput(ramp(dark, bright), WHOLE)
    table = Levels().next_table((model_input.rgb,), 0.0)
    assert table is None
    assert stretch(model_input, table) is model_input


@pytest.mark.parametrize("scene", SCENE_NAMES)
def test_the_built_in_scenes_have_full_levels(scene: str) -> None:
    frame = next(iter(SyntheticSource(scene=scene)))
    assert Levels().next_table((frame.bgr[None],), 0.0) is None


@pytest.mark.parametrize(("dark", "bright"), [(0, 21), (100, 150), (0, 60)])
def test_a_dark_or_flat_picture_is_stretched_from_40_or_less_to_200(dark: int, bright: int) -> None:
    picture = ramp(dark, bright)
    table = Levels().next_table((picture,), 0.0)
    assert table is not None
    stretched = stretch(ModelInput(picture, WHOLE), table).rgb
    low, high = np.percentile(stretched, (1, 99))
    assert low <= 42
    assert high == pytest.approx(200, abs=10)
    assert (np.diff(table.astype(int)) >= 0).all()


def test_the_black_beyond_the_edges_is_not_measured_and_stays_black() -> None:
    picture = ramp(100, 150)
    padded = picture.copy()
    padded[:, :60] = 0
    padded[:, -60:] = 0
    table = Levels().next_table((padded,), 0.0)
    assert table is not None
    assert table[0] == 0
    assert stretch(ModelInput(padded, WHOLE), table).rgb[0, 96].min() > 40


@pytest.mark.parametrize("level", [0, 7, 120])
def test_a_picture_of_one_level_is_left_as_it_is(level: int) -> None:
    assert Levels().next_table((np.full((1, 192, 192, 3), level, np.uint8),), 0.0) is None


def test_noise_of_a_black_picture_is_raised_sixteen_fold_at_most() -> None:
    table = Levels().next_table((ramp(1, 3),), 0.0)
    assert table is not None
    assert table[3] <= 3 * 16 * 2  # a gamma curve may double it


def test_full_levels_are_measured_again_after_a_tenth_of_a_second() -> None:
    levels = Levels()
    full, dark = (ramp(0, 255),), (ramp(0, 21),)
    assert levels.next_table(full, 0.0) is None
    assert levels.next_table(dark, 0.09) is None
    assert levels.next_table(dark, 5.0) is not None
    assert levels.next_table(dark, 5.03) is not None


def test_levels_that_flicker_move_the_table_little() -> None:
    levels, values = Levels(), []
    for number in range(60):
        table = levels.next_table((ramp(0, 20 if number % 2 else 30),), number / 30)
        assert table is not None
        values.append(int(table[20]))
    steps = np.abs(np.diff(values[30:]))
    assert steps.max() <= 4  # of 160; unsteady it would be 67


def test_a_table_comes_by_degrees_as_the_light_goes() -> None:
    levels, brightest, values = Levels(), 255, []
    for number in range(300):
        brightest = max(255 - 3 * number, 20)
        table = levels.next_table((ramp(0, brightest),), number / 30)
        values.append(100 if table is None else int(table[100]))
    assert values[0] == 100
    assert values[-1] == 255
    assert np.diff(values).max() <= 25


def test_after_a_cut_the_new_levels_count_at_once() -> None:
    levels = Levels()
    assert levels.next_table((ramp(0, 20),), 0.0) is not None
    levels.reset()
    assert levels.next_table((ramp(0, 255),), 0.1) is None


def dark_frame(index: int) -> Frame:
    gray = ramp(5, 20, 480)[0]
    return replace(Frame.from_bgr(gray, index, index / 30, 0.0), pixels=BgrPixels(gray))


def test_the_estimator_shows_the_network_stretched_levels_unless_it_is_told_not_to() -> None:
    seen = []
    for levels in (True, False):
        prepared = Estimator(SlowModel(), levels=levels).preprocess(dark_frame(0))
        seen.append((int(prepared.inputs[0].rgb.max()), prepared.levels is None))
    assert seen[1] == (20, True)
    assert seen[0][0] > 150
    assert not seen[0][1]
