"""OpenVINO: runs a `.tflite` file on Intel's CPUs, in bfloat16 where they have it.

Bfloat16 keeps 8 bits of each number: enough for most of MoveNet, too few for its first three
convolutions, from which an error spreads to everything. With those in float32 the points lie
0.25 px of the network's input from where float32 alone puts them (mean; 0.6 px without), at a
little over half of its time.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError, RuntimeMissing
from livepose.core.interfaces import Runtime
from livepose.models.lanes import Lanes
from livepose.models.runtimes import four

_PRECISE_CONVOLUTIONS = 3
_CONVOLUTIONS = ("Convolution", "GroupConvolution")


class OpenVINO(Runtime):
    """A `.tflite` file in OpenVINO, on the CPU."""

    def __init__(self, path: Path, threads: int) -> None:
        """Load and compile a file: 0.3 s.

        Args:
            path: of a `.tflite` file whose input is uint8, int32 or float32, 0..255.
            threads: for each picture.

        Raises:
            ModelError: the file is not one that OpenVINO reads.
            RuntimeMissing: openvino is not installed.
        """
        try:
            import openvino
        except ImportError as error:
            raise RuntimeMissing(
                f"OpenVINO cannot be loaded ({error}): pip install 'livepose[openvino]'"
            ) from error
        core = openvino.Core()
        try:
            model = _taking_bytes(openvino, core.read_model(path))
            shape = model.inputs[0].get_partial_shape()
            self._input_shape = four(d.get_length() if d.is_static else 0 for d in shape)
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[-1]
            raise ModelError(f"{path} is not a model that OpenVINO reads: {reason}") from error
        has_bfloat16 = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self._core = core
        self._parts = _cut(openvino, model, _PRECISE_CONVOLUTIONS) if has_bfloat16 else (model,)
        self._threads = threads
        self._lanes = Lanes(self._make_lane)
        with self._lanes.one():
            pass  # compiled now, not with the first frame

    @property
    def name(self) -> str:
        return "OpenVINO in bfloat16" if len(self._parts) > 1 else "OpenVINO"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._lanes.one() as requests:
            requests[0].infer({0: rgb}, share_inputs=True)
            for request in requests[1:]:
                request.infer()
            output: FloatArray = requests[-1].get_output_tensor(0).data.copy()
        return output

    def close(self) -> None:
        self._lanes.close()

    def _make_lane(self) -> list[Any]:
        """Make a request for each part, each reading what the one before it writes.

        Every lane compiles for itself: with one stream the caller's thread does the work, with
        several it hands it to threads of OpenVINO's, and waits for a core twice.
        """
        settings = {
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": self._threads,
            # Tied to a core, a thread would wait there for the codec's and not move to the other.
            "ENABLE_CPU_PINNING": False,
        }
        requests = [
            self._core.compile_model(
                part, "CPU", settings | {"INFERENCE_PRECISION_HINT": precision}
            ).create_infer_request()
            for part, precision in zip(self._parts, ("f32", "bf16"), strict=False)
        ]
        for before, after in pairwise(requests):
            for number in range(len(after.model_inputs)):
                after.set_input_tensor(number, before.get_output_tensor(number))
        return requests


def _taking_bytes(openvino: Any, model: Any) -> Any:
    """Let a model take uint8, whatever it wanted."""
    processor = openvino.preprocess.PrePostProcessor(model)
    processor.input().tensor().set_element_type(openvino.Type.u8)
    return processor.build()


def _cut(openvino: Any, model: Any, convolutions: int) -> tuple[Any, Any]:
    """Cut a model in two, behind so many convolutions on the way from its input."""
    front = _within(model, convolutions)
    inputs, outputs = [], []
    for operation in model.get_ordered_ops():
        for port in operation.outputs() if operation.get_friendly_name() in front else ():
            beyond = [
                target
                for target in port.get_target_inputs()
                if target.get_node().get_friendly_name() not in front
            ]
            if beyond:
                outputs.append(openvino.opset13.result(port))
                cut = openvino.opset13.parameter(port.get_partial_shape(), port.get_element_type())
                inputs.append(cut)
                for target in beyond:
                    target.replace_source_output(cut.output(0))
    first = openvino.Model(outputs, model.get_parameters(), "first")
    return first, openvino.Model(model.get_results(), inputs, "rest")


def _within(model: Any, convolutions: int) -> set[str]:
    """Name the operations that follow from the input with at most so many convolutions between."""
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
