"""Read a TensorFlow.js graph model as a TensorFlow function.

The JSON holds the nodes of a GraphDef in protobuf's own JSON form, so protobuf reads it. Two things
are put right: the weights lie in a `.bin` beside it, in float16, and convolutions come fused with
their bias and activation under op names that no other tool knows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.errors import ModelError

_PLAIN_OPS = {"_FusedConv2D": "Conv2D", "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative"}
_GRAPH_FAULTS = (LookupError, StopIteration, AttributeError, TypeError, ValueError, OSError)
_CONVOLUTION_ATTRIBUTES = (
    "T",
    "strides",
    "padding",
    "dilations",
    "data_format",
    "explicit_paddings",
)


def read_function(json_path: Path, size_px: tuple[int, int] | None = None) -> Any:
    """Make a TensorFlow function of a graph model: int32 (1, H, W, 3) in, float32 out.

    Args:
        json_path: the `.json`; its weights lie beside it under the name that it gives.
        size_px: width and height of the pictures, for a model that takes any; as its signature
            says unless given.

    Raises:
        ModelError: the files are not a graph model, or do not belong together.
    """
    import tensorflow as tf

    try:
        model = json.loads(json_path.read_text(encoding="utf-8"))
        graph = _graph(model, _weights(model, json_path.parent))
        feed = next(iter(model["signature"]["inputs"].values()))
        fetch = next(iter(model["signature"]["outputs"].values()))
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.compat.v1.import_graph_def(graph, name=""), []
        )
        function = wrapped.prune(feed["name"], fetch["name"])
        shape = [int(d["size"]) for d in feed["tensorShape"]["dim"]]
        if size_px is not None:
            shape[1:3] = size_px[::-1]
        function.inputs[0].set_shape(shape)
    except _GRAPH_FAULTS as error:
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(f"{json_path} is not a TensorFlow.js graph model: {reason}") from error
    except Exception as error:
        # TensorFlow and protobuf have trees of their own, which share no base but this.
        if not type(error).__module__.startswith(("tensorflow", "google")):
            raise
        raise ModelError(
            f"{json_path} cannot be built: {str(error).partition(chr(10))[0]}"
        ) from error
    return function


def _weights(model: dict[str, Any], folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read the arrays by the name of their node, widened to the type that the graph computes in."""
    weights = {}
    for group in model["weightsManifest"]:
        blob = b"".join((folder / Path(name).name).read_bytes() for name in group["paths"])
        offset = 0
        for entry in group["weights"]:
            stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"]))
            if stored.kind == "u":
                raise ValueError("weights in whole numbers with a scale are not supported")
            count = int(np.prod(entry["shape"], dtype=int))
            array = np.frombuffer(blob, stored, count, offset).reshape(entry["shape"])
            weights[entry["name"]] = array.astype(entry["dtype"])
            offset += array.nbytes
        if offset != len(blob):
            raise ValueError(f"the weights are {len(blob)} bytes, {offset} were expected")
    return weights


def _graph(model: dict[str, Any], weights: dict[str, np.ndarray[Any, Any]]) -> Any:
    """Build a GraphDef of ordinary ops, with the weights in its constants."""
    import tensorflow as tf
    from google.protobuf import json_format

    topology = model["modelTopology"]
    fields = {"node": topology["node"], "versions": topology.get("versions", {})}
    read = json_format.ParseDict(fields, tf.compat.v1.GraphDef())
    graph = tf.compat.v1.GraphDef(versions=read.versions)
    for node in read.node:
        node.device = ""
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(weights[node.name]))
        if node.op in _PLAIN_OPS:
            _add_unfused(graph, node)
        else:
            graph.node.append(node)
    return graph


def _add_unfused(graph: Any, fused: Any) -> None:
    """Add a convolution and the ops that were fused into it; the last has the fused name."""
    operations = [name.decode() for name in fused.attr["fused_ops"].list.s]
    if operations[:1] != ["BiasAdd"] or len(fused.input) != 3:
        raise ValueError(f"{fused.name} fuses {operations}, which is not known here")
    convolution = graph.node.add(
        name=f"{fused.name}/convolution", op=_PLAIN_OPS[fused.op], input=fused.input[:2]
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
