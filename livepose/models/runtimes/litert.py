"""What runs a network: LiteRT or TensorFlow; OpenVINO has a file of its own.

Each imports its package when it is made.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from functools import partial
from pathlib import Path
from typing import Any

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.models.runtimes.pool import Lanes
from livepose.system.files import sha256_of
from livepose.system.optional_imports import needed
from livepose.system.quiet import quiet_stderr


class RuntimeName(str, Enum):
    """What `--runtime` takes."""

    AUTO = "auto"
    LITERT = "litert"
    OPENVINO = "openvino"
    TENSORFLOW = "tensorflow"


class LiteRT(Runtime):
    """A `.tflite` file in Google's LiteRT, on the CPU through XNNPACK."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load a file.

        Args:
            path: of a `.tflite` file whose input is uint8, int32 or float32, 0..255.
            threads: for each picture.

        Raises:
            ModelError: the file is not a LiteRT model.
            RuntimeMissing: ai-edge-litert is not installed.
        """
        with needed("LiteRT", "ai-edge-litert"):
            from ai_edge_litert.interpreter import Interpreter
        self._path = path
        self._make = partial(Interpreter, str(path), num_threads=threads)
        self._lanes = Lanes(self._make_interpreter)
        try:
            with quiet_stderr(), self._lanes.one() as interpreter:
                self._input = interpreter.get_input_details()[0]
                self._output_index = interpreter.get_output_details()[0]["index"]
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0] if str(error) else "no reason given"
            raise ModelError(f"{path} is not a usable LiteRT model: {reason}") from error

    @property
    def name(self) -> str:
        return "LiteRT"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return four(self._input["shape"])

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._lanes.one() as interpreter:
            # Interpreter, not CompiledModel: only this one lets go of the GIL while it computes.
            interpreter.set_tensor(
                self._input["index"], rgb.astype(self._input["dtype"], copy=False)
            )
            interpreter.invoke()
            output: FloatArray = interpreter.get_tensor(self._output_index)
        return output

    def sha256(self) -> str:
        return sha256_of(self._path)

    def close(self) -> None:
        self._lanes.close()

    def _make_interpreter(self) -> Any:
        interpreter = self._make()
        interpreter.allocate_tensors()
        return interpreter


class TensorFlow(Runtime):
    """A SavedModel in TensorFlow itself: for GPUs."""

    def __init__(self, path: Path, input_px: tuple[int, int] | None = None) -> None:
        """Load a SavedModel folder, or the `.json` of a TensorFlow.js graph model.

        Args:
            path: of the folder or the file.
            input_px: width and height of the pictures, where the graph takes any.

        Raises:
            ModelError: it cannot be loaded.
            RuntimeMissing: tensorflow is not installed.
        """
        from livepose.models.convert.tensorflow_graph import load_function

        self._function: Any = load_function(path, input_px)
        self._input = self._function.inputs[0]

    @property
    def name(self) -> str:
        return "TensorFlow"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return four(self._input.shape)

    def run(self, rgb: UInt8Array) -> FloatArray:
        import tensorflow as tf

        result = self._function(tf.constant(rgb, dtype=self._input.dtype))
        tensors = list(result.values()) if isinstance(result, dict) else [result]
        output: FloatArray = tensors[0].numpy()
        return output

    def close(self) -> None:
        self._function = None


def four(shape: Iterable[Any]) -> tuple[int, int, int, int]:
    """Read a shape; an axis that is not fixed becomes 0."""
    sizes = [int(size or 0) for size in shape]
    if len(sizes) != 4:
        raise ModelError(f"the model's input has the shape {sizes}, (1, H, W, 3) was expected")
    return sizes[0], sizes[1], sizes[2], sizes[3]
