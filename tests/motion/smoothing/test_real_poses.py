"""Both smoothing filters on what a real network finds: less jitter, hardly more error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from livepose import Estimator, default_steps, load_model
from livepose.analysis.angle_meter import AngleMeter
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.motion.deferred import smooth_zero_lag
from livepose.sources import open_video
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.models import warm_cache
from tests.support.needs import DANCE, needs_shared
from tests.support.smoothing import (
    HEIGHT_PX,
    RATE,
    WIDTH_PX,
    Track,
    butterworth,
    jitter_px,
    keypoints_of,
    one_euro,
)


@pytest.fixture
def lightning(
    tmp_path_factory: pytest.TempPathFactory, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PoseModel]:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    with load_model("lightning", runtime="litert") as model:
        yield model


def find(model: PoseModel, moments_s: Track, noise: float) -> list[PosedFrame]:
    """Find the figure at these moments of its dance, in noisy frames at the frame rate."""
    source, grain = SyntheticSource(WIDTH_PX, HEIGHT_PX), np.random.default_rng(0)
    estimator, pictures, frames = Estimator(model, steps=()), {}, []
    for index, moment_s in enumerate(moments_s.tolist()):
        if moment_s not in pictures:
            pictures[moment_s] = source.paint(moment_s).astype(np.float32)
        bgr = pictures[moment_s] + noise * grain.standard_normal(
            (HEIGHT_PX, WIDTH_PX, 3), np.float32
        )
        bgr = np.clip(np.rint(bgr), 0, 255).astype(np.uint8)
        frames.append(estimator(Frame.from_bgr(bgr, index, index / RATE)))
    return frames


@needs_shared
@pytest.mark.parametrize("noise", [6.0, 10.0])
def test_jitter_of_a_standing_figure_is_reduced_to_less_than_a_third(
    lightning: PoseModel, noise: float
) -> None:
    found = find(lightning, np.zeros(90), noise)
    before, after = keypoints_of(found)[30:], one_euro(found)[30:]
    assert jitter_px(after) < jitter_px(before) / 4
    assert jitter_px(keypoints_of(butterworth(found))[30:]) < jitter_px(before) / 3


@needs_shared
@pytest.mark.parametrize(("pace", "most_px"), [(1, 0.3), (2, 0.8)])
def test_smoothing_a_dancer_adds_less_than_a_pixel_of_error(
    lightning: PoseModel, pace: int, most_px: float
) -> None:
    moments_s = pace * np.arange(120) / RATE
    found = find(lightning, moments_s, 6.0)
    source = SyntheticSource(WIDTH_PX, HEIGHT_PX)
    truth = np.stack([source.truth(float(moment_s)).xy[0] for moment_s in moments_s])

    def error_px(way: Track) -> float:
        return float(np.linalg.norm(way - truth, axis=-1).mean())

    raw_px = error_px(keypoints_of(found))
    assert error_px(one_euro(found)) < raw_px + most_px
    assert error_px(keypoints_of(butterworth(found))) < raw_px


@needs_shared
def test_a_foot_that_is_read_on_the_other_leg_leaves_the_knee_alone(lightning: PoseModel) -> None:
    # Cropped by the frame before, eight frames of this kick are misread.
    measured: list[float] = []
    with open_video(DANCE, start_s=11.0, end_s=16.0) as source:
        found = map(Estimator(lightning, steps=default_steps(1, one_euro=False)), source)
        for posed in smooth_zero_lag(found, [AngleMeter(["right_knee"])]):
            measured += posed.angles.degrees[:, 0].tolist()
    assert 30 < np.nanmax(measured) < 60
