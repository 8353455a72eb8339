"""OpenVINO: runs a `.tflite` file on Intel's CPUs, in bfloat16 where they have it.

Bfloat16 keeps 8 bits of each number: enough for most of MoveNet, too few for its first three
convolutions, from which an error spreads to everything. With those in float32 the points of a
dancer lie 0.22 px of the network's input from where float32 alone puts them (mean; 0.39 px
without), at a little over half of its time.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.models.runtimes.litert import four
from livepose.models.runtimes.pool import Lanes
from livepose.system.files import sha256_of
from livepose.system.optional_imports import needed

_PRECISE_CONVOLUTIONS = 3
_TELEMETRY = "openvino_telemetry"
_CONVOLUTIONS = ("Convolution", "GroupConvolution")


class OpenVINO(Runtime):
    """A `.tflite` file in OpenVINO, on the CPU."""

    def __init__(self, path: Path, threads: int, *, is_exact: bool = False) -> None:
        """Load and compile a file.

        Args:
            path: of a `.tflite` file whose input is uint8, int32 or float32, 0..255.
            threads: for each picture.
            is_exact: compute in float32 alone.

        Raises:
            ModelError: the file is not one that OpenVINO runs.
            RuntimeMissing: openvino is not installed.
        """
        with needed("OpenVINO", "'livepose[openvino]'"):
            openvino = _imported()
        self._openvino, self._core = openvino, openvino.Core()
        self._path, self._threads = path, threads
        shape = self._read().inputs[0].get_partial_shape()
        self._input_shape = four(d.get_length() if d.is_static else 0 for d in shape)
        abilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._precision = "bf16"
        is_able = "BF16" in abilities and not is_exact
        compiled = self._compiled_in_bfloat16() if is_able else None
        if compiled is None:
            self._precision = "f32"
            compiled = self._compiled()
        self._lanes = Lanes(self._make_request)
        self._lanes.add(compiled.create_infer_request())

    @property
    def name(self) -> str:
        return "OpenVINO in bfloat16" if self._precision == "bf16" else "OpenVINO"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._lanes.one() as request:
            request.infer({0: rgb}, share_inputs=True)
            output: FloatArray = request.get_output_tensor(0).data.copy()
        return output

    def sha256(self) -> str:
        return sha256_of(self._path)

    def close(self) -> None:
        self._lanes.close()

    def _make_request(self) -> Any:
        # Each compiles for itself: with one stream the caller's thread does the work, with several
        # it hands it to threads of OpenVINO's, and waits for a core twice.
        return self._compiled().create_infer_request()

    def _compiled_in_bfloat16(self) -> Any:
        """Give None where it is not exact enough, or cannot be done: it needs a little disk."""
        try:
            compiled = self._compiled()
        except ModelError:
            return None
        return compiled if _keeps_float32(compiled) else None

    def _compiled(self) -> Any:
        settings = {
            "INFERENCE_PRECISION_HINT": self._precision,
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": self._threads,
            # Tied to a core, a thread would wait there for the codec's and not move to the other.
            "ENABLE_CPU_PINNING": False,
        }
        # Read anew each time: a model that is held beside what was compiled of it takes 30 MB.
        model = self._read()
        try:
            if self._precision == "bf16":
                model = _partly_precise(self._openvino, self._core, model)
            return self._core.compile_model(model, "CPU", settings)
        except (RuntimeError, OSError, ElementTree.ParseError) as error:
            raise self._failure(error) from error

    def _read(self) -> Any:
        try:
            return _taking_bytes(self._openvino, self._core.read_model(self._path))
        except (RuntimeError, ValueError) as error:
            raise self._failure(error) from error

    def _failure(self, error: Exception) -> ModelError:
        """Pick the line that says what is wrong; others say where in OpenVINO's own code."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("Exception from", "Details:"))]
        reason = (telling or lines or ["no reason given"])[-1]
        return ModelError(f"{self._path} is not a model that OpenVINO runs: {reason}")


def _imported() -> Any:
    """Import OpenVINO without its telemetry, which would tell Google Analytics of every import.

    OpenVINO goes on without that package where it is not there. Whoever imported it before us, or
    imports it after us, has it as ever.
    """
    is_hidden = _TELEMETRY not in sys.modules
    if is_hidden:
        sys.modules[_TELEMETRY] = None  # type: ignore[assignment]
    try:
        import openvino
    finally:
        if is_hidden:
            sys.modules.pop(_TELEMETRY, None)
    return openvino


def _taking_bytes(openvino: Any, model: Any) -> Any:
    """Let a model take uint8, whatever it wanted."""
    processor = openvino.preprocess.PrePostProcessor(model)
    processor.input().tensor().set_element_type(openvino.Type.u8)
    return processor.build()


def _partly_precise(openvino: Any, core: Any, model: Any) -> Any:
    """Mark the first convolutions as those that keep float32.

    The mark is an attribute of OpenVINO's file format (`precise`), which Python cannot set on a
    model in memory.
    """
    names = _first(model, _PRECISE_CONVOLUTIONS)
    with tempfile.TemporaryDirectory() as folder:
        description, weights = Path(folder, "model.xml"), Path(folder, "model.bin")
        openvino.serialize(model, description, weights)
        tree = ElementTree.parse(description)
        for layer in tree.iterfind("layers/layer"):
            if layer.get("name") in names:
                mark = ElementTree.Element("rt_info")
                mark.append(ElementTree.Element("attribute", name="precise", version="0"))
                layer.insert(0 if layer.find("data") is None else 1, mark)
        text = ElementTree.tostring(tree.getroot())
        return core.read_model(text, weights.read_bytes())


def _keeps_float32(compiled: Any) -> bool:
    """Tell whether the marks had their effect: another version may read them otherwise."""
    kept = 0
    for operation in compiled.get_runtime_model().get_ordered_ops():
        facts = operation.get_rt_info()
        if "layerType" in facts and "Convolution" in facts["layerType"].value:
            kept += "runtimePrecision" in facts and facts["runtimePrecision"].value == "f32"
    return kept >= _PRECISE_CONVOLUTIONS


def _first(model: Any, convolutions: int) -> set[str]:
    """Name what follows from the input with at most so many convolutions on the way."""
    depth: dict[str, int] = {}
    for operation in model.get_ordered_ops():
        before = [
            depth[source]
            for source in (
                entry.get_source_output().get_node().get_friendly_name()
                for entry in operation.inputs()
            )
            if source in depth
        ]
        if before or operation.get_type_name() == "Parameter":
            is_convolution = operation.get_type_name() in _CONVOLUTIONS
            depth[operation.get_friendly_name()] = max(before, default=0) + is_convolution
    return {name for name, count in depth.items() if count <= convolutions}
