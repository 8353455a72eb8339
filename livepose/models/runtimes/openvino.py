"""OpenVINO: runs a `.tflite` file on the CPU, in bfloat16 where the CPU supports it.

Bfloat16 has 8 significant bits. They are enough for most of MoveNet, but too few for its first
three convolutions, whose errors spread to everything behind them. With those three in float32, the
keypoints of a dancer are 0.22 px of the network's input away from those of pure float32 (mean; 0.39
px with pure bfloat16), in a little over half of its time.
"""

from __future__ import annotations

import logging
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.errors import ModelError
from livepose.core.interfaces import Runtime
from livepose.models.files.compiled import CompiledNetworks
from livepose.models.runtimes import nhwc_shape
from livepose.models.runtimes.pool import Pool
from livepose.system.cpu import processor_name
from livepose.system.files import sha256_of
from livepose.system.optional_imports import optional_import

_log = logging.getLogger(__name__)
_FLOAT32_CONVOLUTIONS = 3
_TELEMETRY = "openvino_telemetry"
_CONVOLUTIONS = ("Convolution", "GroupConvolution")


class OpenVINO(Runtime):
    """A `.tflite` file in OpenVINO, on the CPU."""

    def __init__(
        self,
        path: Path,
        threads: int,
        *,
        is_exact: bool = False,
        compiled_networks: CompiledNetworks | None = None,
    ) -> None:
        """Load and compile a file.

        Args:
            path: Of a `.tflite` file whose input is uint8, int32 or float32, 0..255.
            threads: For each image.
            is_exact: Whether to compute in float32 only.
            compiled_networks: Where compiled networks are kept, so that the next start need not
                compile; None keeps none.

        Raises:
            ModelError: If OpenVINO cannot run the file.
            RuntimeMissing: If openvino is not installed.
        """
        self._openvino, self._core = load_core()
        self._path, self._threads = path, threads
        self._compiled_networks, self._is_kept = compiled_networks, False
        self._is_imported = False
        capabilities = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        compiled = None
        if "BF16" in capabilities and not is_exact:
            self._precision = "bf16"
            compiled = self._find_or_compile(self._compile_in_bfloat16)
        if compiled is None:
            self._precision = "f32"
            compiled = self._find_or_compile(self._compile)
        shape = compiled.inputs[0].get_partial_shape()
        self._input_shape = nhwc_shape(d.get_length() if d.is_static else 0 for d in shape)
        self._compiled = compiled
        # Each request has its own compiled model, with one stream: then the calling thread does the
        # work. With several streams it waits for OpenVINO's threads, which wait for a core.
        self._requests = Pool(lambda: self._copy().create_infer_request())
        self._requests.add(compiled.create_infer_request())

    @property
    def name(self) -> str:
        return "OpenVINO in bfloat16" if self._precision == "bf16" else "OpenVINO"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._input_shape

    @property
    def is_kept(self) -> bool:
        """Whether the compiled network is kept, so that the next start need not compile it."""
        return self._is_kept

    def run(self, rgb: UInt8Array) -> FloatArray:
        with self._requests.borrow() as request:
            # Handed to `infer`, the image would go through 0.07 ms of Python.
            request.get_input_tensor(0).data[:] = rgb
            request.infer(share_outputs=True)
            output: FloatArray = request.get_output_tensor(0).data.copy()
        return output

    def sha256(self) -> str:
        return sha256_of(self._path)

    def close(self) -> None:
        self._requests.clear()
        self._compiled = None

    def _find_or_compile(self, compile_anew: Callable[[], Any]) -> Any:
        """Return what was compiled at an earlier start, else compile it and keep it."""
        compiled = self._find()
        self._is_imported = self._is_kept = compiled is not None
        if compiled is None:
            compiled = compile_anew()
            if compiled is not None and self._compiled_networks is not None:
                blob = self._export(compiled)
                self._is_kept = blob is not None and self._compiled_networks.put(
                    self._path, self._cache_key(), blob
                )
        return compiled

    def _find(self) -> Any | None:
        """Return what was compiled at an earlier start; None if nothing was, or it is of no use."""
        if self._compiled_networks is None:
            return None
        return self._import(self._compiled_networks.find(self._path, self._cache_key()))

    def _cache_key(self) -> str:
        """Return what a compiled network depends on, besides its file."""
        parts = (
            self._openvino.get_version(),
            processor_name(),
            self._core.get_property("CPU", "FULL_DEVICE_NAME"),
            *self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"),
            self._precision,
            f"{self._threads} threads",
            # What is done to a network before it is compiled.
            sha256_of(Path(__file__)),
        )
        return "; ".join(map(str, parts))

    def _export(self, compiled: Any) -> bytes | None:
        try:
            blob: bytes = compiled.export_model().getvalue()
        except RuntimeError as error:
            _log.info("a compiled network cannot be kept: %s", self._error(error))
            return None
        return blob

    def _import(self, blob: bytes | None) -> Any | None:
        if blob is None:
            return None
        try:
            return self._core.import_model(BytesIO(blob), "CPU", self._settings())
        except (RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[-1:]
            _log.info("a network that was compiled earlier cannot be used: %s", *reason)
            return None

    def _compile_in_bfloat16(self) -> Any | None:
        """Return the compiled model; None if that fails, or if it is not exact enough."""
        try:
            compiled = self._compile()
        except ModelError:  # Writing the temporary file needs a little disk space.
            return None
        return compiled if _has_float32_convolutions(compiled) else None

    def _compile(self) -> Any:
        model = self._read()
        try:
            if self._precision == "bf16":
                model = _keep_first_in_float32(self._openvino, self._core, model)
            return self._core.compile_model(model, "CPU", self._settings())
        except (RuntimeError, OSError, ElementTree.ParseError) as error:
            raise self._error(error) from error

    def _copy(self) -> Any:
        """Return a copy of the compiled model, in a third of the time that compiling takes."""
        copied = None
        if self._is_imported:  # What it exports cannot be imported again (OpenVINO 2026.4).
            copied = self._find()
        elif self._compiled is not None:
            copied = self._import(self._export(self._compiled))
        return self._compile() if copied is None else copied

    def _settings(self) -> dict[str, Any]:
        return {
            "INFERENCE_PRECISION_HINT": self._precision,
            "NUM_STREAMS": 1,
            "INFERENCE_NUM_THREADS": self._threads,
            # A pinned thread would wait for a codec's thread on its core, while another is free.
            "ENABLE_CPU_PINNING": False,
        }

    def _read(self) -> Any:
        try:
            processor = self._openvino.preprocess.PrePostProcessor(
                self._core.read_model(self._path)
            )
            # Whatever the file's input type is, it is given uint8.
            processor.input().tensor().set_element_type(self._openvino.Type.u8)
            return processor.build()
        except (RuntimeError, ValueError) as error:
            raise self._error(error) from error

    def _error(self, error: Exception) -> ModelError:
        """Return an error with the line that states the cause; others are about OpenVINO's code."""
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        telling = [line for line in lines if not line.startswith(("Exception from", "Details:"))]
        reason = (telling or lines or ["no reason given"])[-1]
        return ModelError(f"{self._path} is not a model that OpenVINO runs: {reason}")


def _import_openvino() -> Any:
    """Import OpenVINO without its telemetry, which would report every import to Google Analytics.

    OpenVINO works without that package. Anyone else who imports it, before or after, gets it as
    usual.
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


def load_core() -> tuple[Any, Any]:
    """Import OpenVINO and load its CPU plugin; return the package and its Core.

    Raises:
        RuntimeMissing: If openvino is not installed, or cannot be imported.
    """
    with optional_import("OpenVINO", extra="openvino"):
        openvino = _import_openvino()
    core = _shared_core(openvino)
    core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plugin
    return openvino, core


@cache
def _shared_core(openvino: Any) -> Any:
    """Return the only Core of this process, which is never destroyed.

    A Core's CPU plugin replaces the signal stack of its thread, and restores the former one when it
    is destroyed. After two Cores that are not destroyed in reverse order, the signal stack is
    memory that was freed, and Ctrl-C is a segmentation fault (OpenVINO 2026.4).
    """
    return openvino.Core()


def _keep_first_in_float32(openvino: Any, core: Any, model: Any) -> Any:
    """Return the model with its first convolutions marked as those that stay in float32.

    The mark is the attribute `precise` of OpenVINO's file format, which Python cannot set on a
    model in memory.
    """
    names = _first_operations(model, _FLOAT32_CONVOLUTIONS)
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


def _has_float32_convolutions(compiled: Any) -> bool:
    """Return whether the marks had an effect, which may depend on OpenVINO's version."""
    kept = 0
    for operation in compiled.get_runtime_model().get_ordered_ops():
        info = operation.get_rt_info()
        if "layerType" in info and "Convolution" in info["layerType"].value:
            kept += "runtimePrecision" in info and info["runtimePrecision"].value == "f32"
    return kept >= _FLOAT32_CONVOLUTIONS


def _first_operations(model: Any, convolutions: int) -> set[str]:
    """Return the names of the operations up to the last of the first N `convolutions`."""
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
