"""LiteRT: runs a `.tflite` file on the CPU, through XNNPACK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.models.runtimes import nhwc_shape
from livepose.models.runtimes.pool import Pool
from livepose.system.files import sha256_of
from livepose.system.optional_imports import optional_import, suppress_stderr


class LiteRT(Runtime):
    """A `.tflite` file in Google's LiteRT."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load a file.

        Args:
            path: Of a `.tflite` file whose input is uint8, int32 or float32, 0..255.
            threads: For each image.

        Raises:
            ModelError: If the file is not a LiteRT model.
            RuntimeMissing: If ai-edge-litert is not installed.
        """
        with optional_import("LiteRT", "ai-edge-litert"):
            from ai_edge_litert.interpreter import Interpreter
        self._path = path
        self._threads = threads
        # Interpreter, not CompiledModel: only this one releases the GIL while it computes.
        self._interpreter_class: Any = Interpreter
        self._interpreters = Pool(self._make_interpreter)
        try:
            with suppress_stderr(), self._interpreters.borrow() as interpreter:
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
        return nhwc_shape(self._input["shape"])

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._interpreters.borrow() as interpreter:
            interpreter.set_tensor(
                self._input["index"], rgb.astype(self._input["dtype"], copy=False)
            )
            try:
                interpreter.invoke()
            except RuntimeError as error:  # a damaged file may break only here
                raise ModelError(f"{self._path} cannot be run: {error}") from error
            output: FloatArray = interpreter.get_tensor(self._output_index)
        return output

    def sha256(self) -> str:
        return sha256_of(self._path)

    def close(self) -> None:
        self._interpreters.clear()

    def _make_interpreter(self) -> Any:
        interpreter = self._interpreter_class(str(self._path), num_threads=self._threads)
        interpreter.allocate_tensors()
        return interpreter
