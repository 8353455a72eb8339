"""Models for tests: a cache with the compiled Lightning, and a runtime with a fixed output."""

from __future__ import annotations

from pathlib import Path

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.interfaces import Runtime
from livepose.models.files.cache import ModelCache
from tests.support.needs import TFHUB
from tests.support.programs import run_livepose


def put_model(store: ModelCache, key: str, content: bytes, origin: str = "google") -> Path:
    """ModelCache a model file with this content in the cache, and return its path."""
    with store.workspace() as folder:
        file = folder / "model.tflite"
        file.write_bytes(content)
        return store.put(key, origin, file)


class FixedAnswer(Runtime):
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
        return "FixedAnswer"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        self.asked.append(rgb)
        return self.output.copy()

    def close(self) -> None:
        self.times_closed += 1


def warm_cache(base: Path) -> Path:
    """Return a cache folder with the compiled Lightning; it is made once per session."""
    folder = base / "warm cache"
    if not folder.exists():
        made = run_livepose(
            "models", "get", "lightning", cwd=base, LIVEPOSE_CACHE=folder, TFHUB_CACHE_DIR=TFHUB
        )
        assert made.returncode == 0, made.stderr
    return folder
