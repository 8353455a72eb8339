"""Makes LiteRT files of a few hundred bytes, which any runtime loads in a moment."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

SIDE = 32


def make_network(
    path: Path,
    *,
    shape: tuple[int, ...] = (1, SIDE, SIDE, 3),
    kind: str = "FLOAT32",
    step: str = "ABS",
) -> Path:
    """Write a network of one step: by default one that gives its input, bytes, back.

    Args:
        path: Of the file.
        shape: Of its input and of its output.
        kind: What they hold, by its name in the format: FLOAT32, INT32, STRING.
        step: What it does, by its name in the format.
    """
    # What the runtime itself reads files with, made from the format's published description.
    schema: Any = importlib.import_module("ai_edge_litert.schema_py_generated")
    flatbuffers: Any = importlib.import_module("flatbuffers")
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = getattr(schema.BuiltinOperator, step)
    code.version = 1
    operator = schema.OperatorT()
    operator.opcodeIndex, operator.inputs, operator.outputs = 0, [0], [1]
    graph = schema.SubGraphT()
    graph.tensors = [_tensor(schema, name, shape, kind) for name in ("in", "out")]
    graph.inputs, graph.outputs, graph.operators = [0], [1], [operator]
    model = schema.ModelT()
    model.version, model.operatorCodes = 3, [code]
    model.subgraphs, model.buffers = [graph], [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    path.write_bytes(builder.Output())
    return path


def _tensor(schema: Any, name: str, shape: tuple[int, ...], kind: str) -> Any:
    tensor = schema.TensorT()
    tensor.name, tensor.buffer = name.encode(), 0
    tensor.shape, tensor.type = list(shape), getattr(schema.TensorType, kind)
    return tensor
