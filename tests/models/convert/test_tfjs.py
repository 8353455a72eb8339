"""TensorFlow.js graph models, read as TensorFlow functions."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.models.convert.tensorflow_graph import compile_to_litert
from livepose.models.runtimes.litert import LiteRT
from tests.support.graphs import (
    BIAS,
    DEPTHWISE,
    DEPTHWISE_BIAS,
    WEIGHTS,
    Json,
    base64_text,
    small_graph,
    write_graph,
)
from tests.support.needs import needs_tensorflow
from tests.support.programs import python_output


def broken_graphs() -> dict[str, tuple[Json | bytes, bytes | None]]:
    """Return the `.json` and `.bin` of graph models that are damaged in one place each."""
    model, blob = small_graph()

    def changed(*keys: Any, to: Any) -> Json:
        other = copy.deepcopy(model)
        place: Any = other
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to
        return other

    nodes, weights = ("modelTopology", "node"), ("weightsManifest", 0, "weights")
    unknown_activation = {"list": {"s": [base64_text("BiasAdd"), base64_text("Snake")]}}
    return {
        "no weights": (model, None),
        "short weights": (model, blob[:-1]),
        "long weights": (model, blob + b"\0\0"),
        "empty weights": (model, b""),
        "empty": (b"", blob),
        "not json": (b"<html>", blob),
        "not text": (b"\xff\xfe\xfd", blob),
        "an empty object": ({}, blob),
        "a list": (b"[]", blob),
        "a number": (b"7", blob),
        "no signature": (changed("signature", to=None), blob),
        "no inputs": (changed("signature", "inputs", to={}), blob),
        "a weight without a node's name": (changed(*weights, 0, "name", to="other"), blob),
        "a weight of an unknown type": (
            changed(*weights, 0, "quantization", to={"dtype": "x"}),
            blob,
        ),
        "quantized weights": (
            changed(*weights, 0, "quantization", to={"dtype": "uint8", "scale": 1, "min": 0}),
            blob,
        ),
        "a node with an unknown field": (changed(*nodes, 0, "colour", to="red"), blob),
        "a node with an unknown op": (changed(*nodes, 1, "op", to="NoSuchOp"), blob),
        "an unknown activation": (
            changed(*nodes, 6, "attr", "fused_ops", to=unknown_activation),
            blob,
        ),
        "an output that does not exist": (
            changed("signature", "outputs", "output_0", "name", to="Nowhere:0"),
            blob,
        ),
    }


@needs_tensorflow
def test_a_compiled_graph_gives_the_numbers_of_its_formula(tmp_path: Path) -> None:
    path = write_graph(tmp_path, *small_graph())
    compile_to_litert(path, tmp_path / "small.tflite")
    rgb = np.random.default_rng(0).integers(0, 30, (1, 4, 5, 3), np.uint8)
    expected = np.clip(rgb @ WEIGHTS + BIAS, 0, 6) * DEPTHWISE + DEPTHWISE_BIAS
    with LiteRT(tmp_path / "small.tflite", threads=1) as runtime:
        assert runtime.input_shape == (1, 4, 5, 3)
        output = runtime.run(rgb)
    assert output.shape == (1, 4, 5, 2)
    assert output == pytest.approx(expected, abs=1e-5)
    assert len(np.unique(expected[..., 0])) > 3


LOAD_EACH = """
import sys
from pathlib import Path
from livepose.core.errors import ModelError
from livepose.models.convert.tensorflow_graph import load_function
for path in sys.argv[1:]:
    try:
        load_function(Path(path))
        print("no error")
    except ModelError as error:
        print("ModelError:", str(error).replace("\\n", " "))
    except Exception as error:
        print(f"{type(error).__name__}: {str(error).splitlines()[:1]}")
"""


@needs_tensorflow
def test_a_broken_graph_is_refused_with_its_path(tmp_path: Path) -> None:
    graphs = broken_graphs()
    paths = {name: write_graph(tmp_path / name, *files) for name, files in graphs.items()}
    paths["a garbage SavedModel"] = tmp_path / "saved model"
    (tmp_path / "saved model").mkdir()
    (tmp_path / "saved model" / "saved_model.pb").write_bytes(b"garbage " * 100)
    # All in one process: TensorFlow takes seconds to import.
    lines = python_output(LOAD_EACH, *map(str, paths.values())).splitlines()
    errors = dict(zip(paths, lines, strict=True))
    for name, error in errors.items():
        assert error.startswith("ModelError: ") and str(paths[name]) in error, name
    assert "is not a usable SavedModel" in errors["a garbage SavedModel"]
