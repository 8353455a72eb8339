"""Read a TensorFlow.js graph model as a TensorFlow function.

The JSON file holds the nodes of a GraphDef in protobuf's own JSON form, which protobuf reads. Two
things are converted: the weights, which are in a `.bin` beside it, in float16; and convolutions,
which are fused with their bias and activation under op names that only TensorFlow.js knows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.errors import ModelError, UntrustedModel
from livepose.models.convert.operators import check_operators

_UNFUSED_OPS = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}
_GRAPH_ERRORS = (
    LookupError,
    StopIteration,
    AttributeError,
    TypeError,
    ValueError,
    OSError,
)
_CONVOLUTION_ATTRIBUTES = (
    "T",
    "strides",
    "padding",
    "dilations",
    "data_format",
    "explicit_paddings",
)


def read_function(json_path: Path, input_px: tuple[int, int] | None = None) -> Any:
    """Read a graph model, and return it as a TensorFlow function: int32 (1, H, W, 3) to float32.

    Args:
        json_path: The `.json`. Its weights are beside it, in the files that it names.
        input_px: Width and height of the images, for a model with a dynamic input; by default
            those of the model's signature.

    Raises:
        ModelError: If the files are not a graph model, or do not belong together.
    """
    import tensorflow as tf

    try:
        model = json.loads(json_path.read_text(encoding="utf-8"))
        graph = _build_graph(model, _read_weights(model, json_path.parent))
        feed = next(iter(model["signature"]["inputs"].values()))
        fetch = next(iter(model["signature"]["outputs"].values()))
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.compat.v1.import_graph_def(graph, name=""), []
        )
        function = wrapped.prune(feed["name"], fetch["name"])
        shape = [int(d["size"]) for d in feed["tensorShape"]["dim"]]
        if input_px is not None:
            shape[1:3] = input_px[::-1]
        function.inputs[0].set_shape(shape)
    except UntrustedModel as error:
        raise UntrustedModel(str(error).replace("it is", f"{json_path} is", 1)) from error
    except _GRAPH_ERRORS as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(f"{json_path} is not a TensorFlow.js graph model: {reason}") from error
    except Exception as error:
        # TensorFlow's errors and protobuf's have no other base class in common.
        if not type(error).__module__.startswith(("tensorflow", "google")):
            raise
        raise ModelError(
            f"{json_path} cannot be built: {str(error).partition(chr(10))[0]}"
        ) from error
    return function


def _read_weights(model: dict[str, Any], folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays by the names of their nodes, in the type that the graph computes in."""
    weights = {}
    for group in model["weightsManifest"]:
        blob = b"".join((folder / Path(name).name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
            if stored.kind == "u":
                raise ValueError("quantized weights are not supported")
            count = int(np.prod(entry["shape"], dtype=int))
            array = np.frombuffer(blob, stored, count, offset).reshape(entry["shape"])
            weights[entry["name"]] = array.astype(entry["dtype"])
            offset += array.nbytes
        if offset != len(blob):
            raise ValueError(f"the weights are {len(blob)} bytes, {offset} were expected")
    return weights


def _build_graph(model: dict[str, Any], weights: dict[str, np.ndarray[Any, Any]]) -> Any:
    """Return a GraphDef of TensorFlow's own ops, with the weights in its constants."""
    import tensorflow as tf
    from google.protobuf import json_format

    topology = model["modelTopology"]
    fields = {"node": topology["node"], "versions": topology.get("versions", {})}
    read = json_format.ParseDict(fields, tf.compat.v1.GraphDef())
    graph = tf.compat.v1.GraphDef(versions=read.versions)
    check_operators((node.op for node in read.node if node.op not in _UNFUSED_OPS), "it")
    for node in read.node:
        node.device = ""
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name]))
        if node.op in _UNFUSED_OPS:
            _add_unfused(graph, node)
        else:
            graph.node.append(node)
    return graph


def _add_unfused(graph: Any, fused: Any) -> None:
    """Add a convolution and the ops that were fused into it; the last one gets the fused name."""
    operations = [name.decode() for name in fused.attr["fused_ops"].list.s]
    if operations[:1] != ["BiasAdd"] or len(fused.input) != 3:
        raise ValueError(f"{fused.name} fuses {operations}, which is not known here")
    convolution = graph.node.add(
        name=f"{fused.name}/convolution", op=_UNFUSED_OPS[fused.op], input=fused.input[:2]
    )
    for key in _CONVOLUTION_ATTRIBUTES:
        if key in fused.attr:
            convolution.attr[key].CopyFrom(fused.attr[key])
    before = convolution.name
    for operation in operations:
        is_last = operation is operations[-1]
        name = fused.name if is_last else f"{fused.name}/{operation}"
        bias = [fused.input[2]] if operation == "BiasAdd" else []
        graph.node.add(name=name, op=operation, input=[before, *bias]).attr["T"].CopyFrom(
            fused.attr["T"]
        )
        before = name
