"""LazyModel: loaded at its first frame, and only once."""

from __future__ import annotations

import logging

import pytest

from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.core.skeleton import Skeleton
from livepose.models.lazy import LazyModel
from livepose.models.movenet import MultiPose
from tests.support.models import FixedOutput, multipose_output, white_image


class CountedLoader:
    """Loads a model that finds one person, and counts how often."""

    def __init__(self, error: Exception | None = None) -> None:
        self.times = 0
        self.runtime = FixedOutput(
            multipose_output(([(0.5, 0.5, 0.9)] * 17, [0.0, 0.0, 1.0, 1.0], 0.9))
        )
        self._error = error

    def __call__(self) -> PoseModel:
        self.times += 1
        if self._error is not None:
            raise self._error
        return MultiPose("fixed", lambda input_px: self.runtime)


def test_a_model_is_loaded_once_at_the_first_frame() -> None:
    load = CountedLoader()
    with LazyModel("multipose", 6, load) as model:
        assert (model.name, model.max_people, load.times) == ("multipose", 6, 0)
        for _ in range(3):
            poses = model.estimate(BgrPixels(white_image(64, 48)), Region(0, 0, 64, 48))
            assert poses.xy[0, 0].tolist() == [32, 24]
        assert load.times == 1
    model.close()
    assert load.runtime.times_closed == 1


def test_the_full_frame_region_is_that_of_the_loaded_model() -> None:
    load = CountedLoader()
    with LazyModel("multipose", 6, load) as model:
        assert model.full_frame_region(1280, 720) == Region(0, -40, 1280, 800)
    assert load.times == 1


def test_a_model_that_is_not_used_is_never_loaded() -> None:
    load = CountedLoader()
    LazyModel("multipose", 6, load).close()
    assert load.times == 0


def test_a_model_that_cannot_be_loaded_finds_nobody_and_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    load = CountedLoader(ModelError("there is no network"))
    with LazyModel("multipose", 6, load) as model:
        for _ in range(3):
            assert model.full_frame_region(640, 480) == Region(0, -80, 640, 640)
            pixels = BgrPixels(white_image(640, 480))
            assert len(model.estimate(pixels, Region(0, 0, 640, 480))) == 0
    assert load.times == 1
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().endswith("there is no network")


def test_an_unexpected_error_while_loading_is_raised() -> None:
    with (
        LazyModel("multipose", 6, CountedLoader(KeyError("a fault"))) as model,
        pytest.raises(KeyError, match="a fault"),
    ):
        model.estimate(BgrPixels(white_image(64, 48)), Region(0, 0, 64, 48))


def test_the_skeleton_is_known_before_the_model_is_loaded_and_is_that_of_nobody() -> None:
    hand = Skeleton(names=("wrist", "thumb"), bones=((0, 1),), oks_sigmas=(0.06, 0.06))
    load = CountedLoader(ModelError("there is no network"))
    with LazyModel("hands", 2, load, hand) as model:
        assert model.skeleton is hand
        assert load.times == 0
        poses = model.estimate(BgrPixels(white_image(64, 48)), Region(0, 0, 64, 48))
    assert poses.skeleton is hand
    assert poses.xy.shape == (0, 2, 2)
