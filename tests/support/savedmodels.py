"""SavedModels made without TensorFlow: their operators only, of which nothing could be computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from livepose.models.convert.operators import _message_class


def write_saved_model(
    folder: Path,
    operators: Sequence[str],
    functions: Mapping[str, Sequence[str]] | None = None,
    *,
    calls: Mapping[str, str] | None = None,
    concrete_functions: Sequence[str] | None = None,
    graphs: int = 1,
) -> Path:
    """Write a SavedModel, and return its folder.

    Args:
        folder: Where it is made.
        operators: Of the main graph.
        functions: The operators of each function.
        calls: Which function each function calls.
        concrete_functions: Those that can be called from outside; None for a graph without objects.
        graphs: How many there are of it.
    """
    model: Any = _message_class()()
    for _ in range(graphs):
        meta = model.meta_graphs.add()
        for operator in operators:
            meta.graph.nodes.add(op=operator)
        for name, used in (functions or {}).items():
            function = meta.graph.library.functions.add()
            function.signature.name = name
            for operator in used:
                function.nodes.add(op=operator)
            if name in (calls or {}):
                node = function.nodes.add(op="PartitionedCall")
                node.attributes.add().value.function.name = (calls or {})[name]
        if concrete_functions is not None:
            meta.objects.SetInParent()
            for name in concrete_functions:
                meta.objects.concrete_functions.add(name=name)
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(model.SerializeToString())
    return folder
