"""Graphs that are compiled to LiteRT files give the same numbers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import PoseModel
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.models.catalog import LIGHTNING, Download
from livepose.models.convert.tensorflow_graph import compile_to_litert
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import ModelRef
from livepose.models.movenet import SinglePose
from livepose.models.runtimes.litert import LiteRT
from tests.support.graphs import small_graph, write_graph
from tests.support.models import find_or_compile, warm_cache
from tests.support.needs import needs_npm, needs_shared, needs_tensorflow
from tests.support.tensorflow_poses import real_images, tensorflow_poses


@needs_tensorflow
def test_a_graph_that_cannot_be_compiled_is_refused_in_one_line(tmp_path: Path) -> None:
    model, blob = small_graph()
    path = write_graph(tmp_path, model, blob[:-1])
    with pytest.raises(ModelError, match="cannot be compiled to LiteRT") as caught:
        compile_to_litert(path, tmp_path / "small.tflite")
    assert str(path) in str(caught.value)
    assert "is not a TensorFlow.js graph model" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert "ModelError" not in str(caught.value)
    assert not (tmp_path / "small.tflite").exists()


def max_distance_px(one: PoseModel, other: PoseModel, bgr: UInt8Array, region: Region) -> float:
    """Return the largest distance of two models' keypoints, in pixels of a 640 x 480 image."""
    first, second = one.estimate(BgrPixels(bgr), region), other.estimate(BgrPixels(bgr), region)
    off: npt.NDArray[np.float32] = np.linalg.norm(first.xy - second.xy, axis=2)
    return float(off.max()) * 640 / region.width_px


@pytest.fixture(scope="module")
def from_hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lightning, compiled from TF Hub's cache."""
    folder = warm_cache(tmp_path_factory.getbasetemp())
    return next(folder.glob("lightning.tfhub.*.tflite"))


@pytest.fixture(scope="module")
def from_npm(tmp_path_factory: pytest.TempPathFactory, closed_url: str) -> Path:
    """Lightning, compiled from npm, because Google and TF Hub refuse connections."""
    cache = ModelCache(tmp_path_factory.mktemp("npm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(tmp_path_factory.mktemp("empty")))
        google = (Download(f"{closed_url}/model.tflite", "0" * 64),)
        spec = dataclasses.replace(LIGHTNING, litert=google, hub_url=f"{closed_url}/lightning")
        return find_or_compile([ModelRef("lightning", spec=spec)], cache)[0]


@needs_npm
@needs_shared
def test_the_graphs_of_npm_and_tf_hub_give_the_same_keypoints(
    from_hub: Path, from_npm: Path
) -> None:
    # So do Thunder's, which go the same way; all are known by their hashes.
    assert [path.name.split(".")[1] for path in (from_hub, from_npm)] == ["tfhub", "npm"]
    with (
        SinglePose("lightning", LiteRT(from_hub, threads=1)) as hub,
        SinglePose("lightning", LiteRT(from_npm, threads=1)) as npm,
    ):
        for label, bgr in real_images().items():
            height_px, width_px = bgr.shape[:2]
            full_frame = hub.full_frame_region(width_px, height_px)
            closer = Region.square(width_px / 2, height_px / 2, 0.6 * width_px)
            for region in (full_frame, closer):
                # Measured over 18 regions: 0.0 px for both models, and the same scores to the bit.
                assert max_distance_px(hub, npm, bgr, region) < 0.01, (label, region)


@needs_shared
def test_tensorflow_and_the_compiled_file_give_the_same_keypoints(
    from_hub: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    expected = tensorflow_poses(tmp_path_factory.getbasetemp())
    with SinglePose("lightning", LiteRT(from_hub, threads=1)) as model:
        for label, bgr in real_images().items():
            region = model.full_frame_region(bgr.shape[1], bgr.shape[0])
            poses = model.estimate(BgrPixels(bgr), region)
            off_px = np.abs(poses.xy - expected[f"lightning {label} xy"]).max()
            assert off_px < 0.01, label
            assert np.abs(poses.score - expected[f"lightning {label} score"]).max() < 1e-4, label
