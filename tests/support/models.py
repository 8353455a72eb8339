"""Models for tests: a cache with compiled networks, and a runtime with a fixed output."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.interfaces import Runtime
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import ModelRef, litert_file, resolve
from livepose.models.progress import no_progress
from tests.support.needs import TFHUB
from tests.support.paths import shared_folder

PersonOutput = tuple[list[tuple[float, float, float]], list[float], float]
"""Keypoints as (y, x, score), a box as ymin, xmin, ymax, xmax, and a score."""
MULTIPOSE_PX = ((256, 192), (256, 160))
"""The sizes of input for which `warm_cache` has the MultiPose network."""


def put_model(cache: ModelCache, key: str, content: bytes, origin: str = "google") -> Path:
    """Put a model file with this content in the cache, and return its path."""
    with cache.workspace() as folder:
        file = folder / "model.tflite"
        file.write_bytes(content)
        return cache.put(key, origin, file)


class FixedOutput(Runtime):
    """A runtime that returns the same output for every input, and keeps the inputs."""

    def __init__(
        self, output: FloatArray, input_shape: tuple[int, int, int, int] = (1, 192, 192, 3)
    ) -> None:
        self.output = output
        self.asked: list[UInt8Array] = []
        self.times_closed = 0
        self._input_shape = input_shape

    @property
    def name(self) -> str:
        return "FixedOutput"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        self.asked.append(rgb)
        return self.output.copy()

    def close(self) -> None:
        self.times_closed += 1


def warm_cache(base: Path, *names: str) -> Path:
    """Return a cache folder with compiled models, Lightning unless named.

    Each is compiled once per test run, from TF Hub's cache.

    Args:
        base: The session's temporary folder: `tmp_path_factory.getbasetemp()`.
        names: The models.
    """
    cache, models = ModelCache(shared_folder(base) / "warm cache"), []
    for name in names or ("lightning",):
        model = resolve(name)
        assert model.spec is not None
        sizes = MULTIPOSE_PX if model.spec.has_dynamic_input else (None,)
        models += [replace(model, input_px=input_px) for input_px in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        find_or_compile(models, cache)
    return cache.folder


def find_or_compile(models: Sequence[ModelRef], cache: ModelCache) -> list[Path]:
    """Return the LiteRT files of models; those that the cache lacks are compiled, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda model: litert_file(model, cache, no_progress), models))


def multipose_output(*rows: PersonOutput) -> FloatArray:
    """Return an output of MultiPose with these people, and nobody in the other rows."""
    output = np.zeros((1, 6, 56), np.float32)
    for row, (points, box, score) in enumerate(rows):
        output[0, row, : 3 * len(points)] = np.ravel(points)
        output[0, row, 51:] = (*box, score)
    return output


def white_image(width_px: int, height_px: int) -> UInt8Array:
    """Return a (height_px, width_px, 3) image."""
    return np.full((height_px, width_px, 3), 255, np.uint8)
