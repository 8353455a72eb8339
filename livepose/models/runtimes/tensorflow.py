"""TensorFlow: runs a SavedModel, on a GPU where it has one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.interfaces import Runtime
from livepose.models.convert.tensorflow_graph import load_function
from livepose.models.runtimes import nhwc_shape


class TensorFlow(Runtime):
    """A SavedModel in TensorFlow itself."""

    def __init__(self, path: Path, input_px: tuple[int, int] | None = None) -> None:
        """Load a graph.

        Args:
            path: Of a SavedModel folder, or of the `.json` of a TensorFlow.js graph model.
            input_px: Width and height of the images, for a graph with a dynamic input.

        Raises:
            ModelError: If it cannot be loaded.
            RuntimeMissing: If tensorflow is not installed.
        """
        self._function: Any = load_function(path, input_px)
        self._input = self._function.inputs[0]

    @property
    def name(self) -> str:
        return "TensorFlow"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return nhwc_shape(self._input.shape)

    def run(self, rgb: UInt8Array) -> FloatArray:
        import tensorflow as tf

        result = self._function(tf.constant(rgb, dtype=self._input.dtype))
        tensors = list(result.values()) if isinstance(result, dict) else [result]
        output: FloatArray = tensors[0].numpy()
        return output

    def close(self) -> None:
        self._function = None
