"""Small LiteRT graphs with the operators of a MoveNet, and what they give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert.interpreter import Interpreter

from livepose.models.convert.litert_graph import LiteRTGraph
from livepose.models.convert.optimize import optimize
from livepose.system.optional_imports import suppress_stderr
from tests.support.networks import make_network

Array = npt.NDArray[np.generic]

SIDE, CHANNELS, HIDDEN, RESULTS = 6, 4, 5, 3
PICTURE = (1, SIDE, SIDE, CHANNELS)
RELU6 = 3
"""The schema's number of the activation function."""
INT32 = 2
"""The schema's number of the type."""
CORNERS = np.array([[0, 0], [0, 5], [5, 0], [5, 5], [2, 3]], np.int32)
RANDOM = np.random.default_rng(7)
INPUT, OUTPUT = 0, 1


def empty_graph(
    tmp_path: Path, shape: tuple[int, ...] = PICTURE, kind: str = "FLOAT32"
) -> LiteRTGraph:
    """Return a graph with an input and an output, and no operators."""
    graph = LiteRTGraph(
        make_network(tmp_path / "empty.tflite", shape=shape, kind=kind).read_bytes()
    )
    graph.operators.clear()
    return graph


def random_weights(*shape: int) -> Array:
    return RANDOM.normal(0, 1, shape).astype(np.float32)


def add_operator(
    graph: LiteRTGraph, kind: str, inputs: list[int], result: int, **options: Any
) -> int:
    """Append an operator to a graph, and return the number of its result."""
    graph.operators.append(graph.make_operator(kind, inputs, (result,), **options))
    return result


def add_head(
    graph: LiteRTGraph,
    *,
    kernel_px: int = 3,
    stride: int = 1,
    activation: int = 0,
    dilation: int = 1,
) -> int:
    """Add the three convolutions of a head, and return the number of its result."""
    size = SIDE // stride
    steps = {"strideW": stride, "strideH": stride}
    blurred = graph.add_tensor((1, size, size, CHANNELS))
    kernel = graph.add_constant(random_weights(1, kernel_px, kernel_px, CHANNELS))
    add_operator(
        graph,
        "DEPTHWISE_CONV_2D",
        [INPUT, kernel, graph.add_constant(random_weights(CHANNELS))],
        blurred,
        depthMultiplier=1,
        fusedActivationFunction=activation,
        dilationWFactor=dilation,
        dilationHFactor=dilation,
        **steps,
    )
    last, depth = blurred, CHANNELS
    for channels, last_activation in ((HIDDEN, RELU6), (RESULTS, 0)):
        made = graph.add_tensor((1, size, size, channels))
        constants = random_weights(channels, 1, 1, depth), random_weights(channels)
        inputs = [last, *(graph.add_constant(each) for each in constants)]
        ones = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
        add_operator(
            graph, "CONV_2D", inputs, made, fusedActivationFunction=last_activation, **ones
        )
        last, depth = made, channels
    return last


def add_gather(graph: LiteRTGraph, result: int, places: Array = CORNERS) -> None:
    """Gather some places, given as rows and columns, of a result with an axis of pictures."""
    whole = np.insert(places, 0, 0, axis=1).astype(np.int32)
    add_operator(graph, "GATHER_ND", [result, graph.add_constant(whole)], OUTPUT)
    graph.set_shape(OUTPUT, (len(places), RESULTS))


def run_content(content: bytes, given: Array, output: int = 0) -> Array:
    """Run a LiteRT file, and return one of its outputs."""
    with suppress_stderr():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    (into, *_), out = interpreter.get_input_details(), interpreter.get_output_details()[output]
    interpreter.set_tensor(into["index"], given.astype(into["dtype"]))
    interpreter.invoke()
    result: Array = interpreter.get_tensor(out["index"])
    return result


def optimized(tmp_path: Path, graph: LiteRTGraph) -> tuple[bytes, bytes]:
    """Return the content of a file before and after it is optimized."""
    file, before = tmp_path / "x.tflite", graph.content()
    file.write_bytes(before)
    optimize(file)
    return before, file.read_bytes()


def count_operators(content: bytes, kind: str) -> int:
    """Return how many operators of a kind a file has."""
    graph = LiteRTGraph(content)
    return sum(graph.is_kind(operator, kind) for operator in graph.operators)


def assert_equal_outputs(before: bytes, after: bytes) -> None:
    """Assert that two files give the same output, which is not constant, for random numbers."""
    given = random_weights(*PICTURE)
    was, now = (run_content(content, given) for content in (before, after))
    assert was.shape == now.shape
    assert was == pytest.approx(now, abs=1e-5)
    assert float(was.max()) - float(was.min()) > 0.1
