"""A small TensorFlow.js graph whose formula is known."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np

Json = dict[str, Any]
WEIGHTS = np.array([[0.5, 0.25], [0.125, -1.0], [0.0, 2.0]])
"""Of a 1 x 1 convolution from three channels to two; all of these are exact in float16."""
BIAS = np.array([-2.0, 1.0])
DEPTHWISE = np.array([2.0, -0.5])
DEPTHWISE_BIAS = np.array([0.25, 10.0])


def base64_text(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def tensor_shape(*sizes: int) -> Json:
    return {"dim": [{"size": str(size)} for size in sizes]}


def fused_node(op: str, name: str, inputs: list[str], operations: list[str]) -> Json:
    ones = {"list": {"i": ["1", "1", "1", "1"]}}
    return {
        "name": name,
        "op": op,
        "input": inputs,
        "device": "/device:CPU:0",
        "attr": {
            "T": {"type": "DT_FLOAT"},
            "strides": ones,
            "dilations": ones,
            "padding": {"s": base64_text("VALID")},
            "data_format": {"s": base64_text("NHWC")},
            "explicit_paddings": {"list": {}},
            "num_args": {"i": "1"},
            "epsilon": {"f": 0.0},
            "fused_ops": {"list": {"s": [base64_text(operation) for operation in operations]}},
        },
    }


def constant_node(name: str, *sizes: int) -> Json:
    tensor = {"dtype": "DT_FLOAT", "tensorShape": tensor_shape(*sizes)}
    attributes = {"dtype": {"type": "DT_FLOAT"}, "value": {"tensor": tensor}}
    return {"name": name, "op": "Const", "attr": attributes}


def small_graph() -> tuple[Json, bytes]:
    """Return a TensorFlow.js graph and its weights: relu6(x @ w + b) * d + e, fused."""
    arrays = {
        "w": WEIGHTS.reshape(1, 1, 3, 2),
        "b": BIAS,
        "d": DEPTHWISE.reshape(1, 1, 2, 1),
        "e": DEPTHWISE_BIAS,
    }
    picture = {"dtype": {"type": "DT_INT32"}, "shape": {"shape": tensor_shape(1, 4, 5, 3)}}
    casting = {"SrcT": {"type": "DT_INT32"}, "DstT": {"type": "DT_FLOAT"}}
    nodes = [
        {"name": "input", "op": "Placeholder", "attr": picture},
        {"name": "Cast", "op": "Cast", "input": ["input"], "attr": casting},
        *(constant_node(name, *array.shape) for name, array in arrays.items()),
        fused_node("_FusedConv2D", "first", ["Cast", "w", "b"], ["BiasAdd", "Relu6"]),
        fused_node("FusedDepthwiseConv2dNative", "second", ["first", "d", "e"], ["BiasAdd"]),
        {
            "name": "Identity",
            "op": "Identity",
            "input": ["second"],
            "attr": {"T": {"type": "DT_FLOAT"}},
        },
    ]
    entries = [
        {
            "name": name,
            "shape": list(array.shape),
            "dtype": "float32",
            "quantization": {"dtype": "float16", "original_dtype": "float32"},
        }
        for name, array in arrays.items()
    ]
    model: Json = {
        "format": "graph-model",
        "signature": {
            "inputs": {"input": {"name": "input:0", "tensorShape": tensor_shape(1, 4, 5, 3)}},
            "outputs": {"output_0": {"name": "Identity:0"}},
        },
        "modelTopology": {"node": nodes, "versions": {"producer": 440}},
        "weightsManifest": [{"paths": ["small.bin"], "weights": entries}],
    }
    blob = b"".join(array.astype(np.float16).tobytes() for array in arrays.values())
    return model, blob


def write_graph(folder: Path, model: Json | bytes, blob: bytes | None) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "small.json"
    path.write_bytes(model if isinstance(model, bytes) else json.dumps(model).encode())
    if blob is not None:
        (folder / "small.bin").write_bytes(blob)
    return path
