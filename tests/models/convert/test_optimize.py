"""Slimming: LiteRT files that do less work, and give what they gave before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert.interpreter import Interpreter

from livepose.core.region import Region
from livepose.models.convert.litert_graph import LiteRTGraph
from livepose.models.convert.optimize import optimize
from livepose.models.files.resolve import resolve
from livepose.models.files.tfhub_cache import find
from livepose.models.letterbox import crop_and_resize
from livepose.models.progress import no_progress
from livepose.models.subprocesses import run_python
from livepose.sources import open_video
from livepose.system.optional_imports import suppress_stderr
from tests.support.needs import DANCE, TFHUB, needs_shared
from tests.support.networks import make_network

Array = npt.NDArray[np.generic]

SIDE, CHANNELS, HIDDEN, RESULTS = 6, 4, 5, 3
PICTURE = (1, SIDE, SIDE, CHANNELS)
RELU6 = 3
INT32 = 2
CORNERS = np.array([[0, 0], [0, 5], [5, 0], [5, 5], [2, 3]], np.int32)
RANDOM = np.random.default_rng(7)
INPUT, OUTPUT = 0, 1


def begun(tmp_path: Path, shape: tuple[int, ...] = PICTURE, kind: str = "FLOAT32") -> LiteRTGraph:
    """Make a graph with an input, an output and nothing between."""
    graph = LiteRTGraph(
        make_network(tmp_path / "begun.tflite", shape=shape, kind=kind).read_bytes()
    )
    graph.operators.clear()
    return graph


def weights(*shape: int) -> Array:
    return RANDOM.normal(0, 1, shape).astype(np.float32)


def add(graph: LiteRTGraph, kind: str, inputs: list[int], result: int, **options: Any) -> int:
    graph.operators.append(graph.make_operator(kind, inputs, (result,), **options))
    return result


def add_head(
    graph: LiteRTGraph,
    *,
    kernel_px: int = 3,
    stride: int = 1,
    between: int = 0,
    dilation: int = 1,
) -> int:
    """Add the three convolutions of a head; gives its result."""
    size = SIDE // stride
    steps = {"strideW": stride, "strideH": stride}
    spread = graph.add_tensor((1, size, size, CHANNELS))
    kernel = graph.add_constant(weights(1, kernel_px, kernel_px, CHANNELS))
    add(
        graph,
        "DEPTHWISE_CONV_2D",
        [INPUT, kernel, graph.add_constant(weights(CHANNELS))],
        spread,
        depthMultiplier=1,
        fusedActivationFunction=between,
        dilationWFactor=dilation,
        dilationHFactor=dilation,
        **steps,
    )
    last, wide = spread, CHANNELS
    for channels, activation in ((HIDDEN, RELU6), (RESULTS, 0)):
        made = graph.add_tensor((1, size, size, channels))
        constants = weights(channels, 1, 1, wide), weights(channels)
        inputs = [last, *(graph.add_constant(each) for each in constants)]
        ones = {"strideW": 1, "strideH": 1, "dilationWFactor": 1, "dilationHFactor": 1}
        add(graph, "CONV_2D", inputs, made, fusedActivationFunction=activation, **ones)
        last, wide = made, channels
    return last


def add_gather(graph: LiteRTGraph, result: int, places: Array = CORNERS) -> None:
    """Look at some places of a result: row and column, behind the number of the picture."""
    whole = np.insert(places, 0, 0, axis=1).astype(np.int32)
    add(graph, "GATHER_ND", [result, graph.add_constant(whole)], OUTPUT)
    graph.set_shape(OUTPUT, (len(places), RESULTS))


def ran(content: bytes, given: Array, output: int = 0) -> Array:
    with suppress_stderr():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    (into, *_), out = interpreter.get_input_details(), interpreter.get_output_details()[output]
    interpreter.set_tensor(into["index"], given.astype(into["dtype"]))
    interpreter.invoke()
    result: Array = interpreter.get_tensor(out["index"])
    return result


def slimmed(tmp_path: Path, graph: LiteRTGraph) -> tuple[bytes, bytes]:
    """Return a file before and after."""
    file, before = tmp_path / "x.tflite", graph.content()
    file.write_bytes(before)
    optimize(file)
    return before, file.read_bytes()


def count(content: bytes, kind: str) -> int:
    graph = LiteRTGraph(content)
    return sum(graph.is_kind(operator, kind) for operator in graph.operators)


def assert_same(before: bytes, after: bytes) -> None:
    given = weights(*PICTURE)
    was, now = (ran(content, given) for content in (before, after))
    assert was.shape == now.shape
    assert was == pytest.approx(now, abs=1e-5)
    assert float(was.max()) - float(was.min()) > 0.1  # it is a result, and not nothing


# Heads that are looked at in some places.


def test_a_head_is_computed_only_where_it_is_looked_at(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    add_gather(graph, add_head(graph))
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert (count(before, "CONV_2D"), count(before, "DEPTHWISE_CONV_2D")) == (2, 1)
    assert (count(after, "CONV_2D"), count(after, "DEPTHWISE_CONV_2D")) == (0, 0)


def test_a_head_without_its_axis_of_pictures_is_too(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    flat = graph.add_tensor((SIDE, SIDE, RESULTS))
    shape = np.array((SIDE, SIDE, RESULTS), np.int32)
    add(graph, "RESHAPE", [add_head(graph), graph.add_constant(shape)], flat, newShape=shape)
    add(graph, "GATHER_ND", [flat, graph.add_constant(CORNERS)], OUTPUT)
    graph.set_shape(OUTPUT, (len(CORNERS), RESULTS))
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert count(after, "CONV_2D") == count(after, "DEPTHWISE_CONV_2D") == 0


def test_a_head_that_others_need_whole_stays(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    result, shape = add_head(graph), np.array((SIDE * SIDE, RESULTS), np.int32)
    gathered, whole = (graph.add_tensor((n, RESULTS)) for n in (len(CORNERS), SIDE**2))
    add_gather(graph, result)
    graph.operators[-1].outputs = [gathered]
    add(graph, "RESHAPE", [result, graph.add_constant(shape)], whole, newShape=shape)
    add(graph, "CONCATENATION", [gathered, whole], OUTPUT, axis=0)
    graph.set_shape(OUTPUT, (len(CORNERS) + SIDE * SIDE, RESULTS))
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert count(after, "CONV_2D") == 2


@pytest.mark.parametrize(
    "change",
    [{"stride": 2}, {"kernel_px": 5}, {"dilation": 2}, {"between": RELU6}],
    ids=lambda change: next(iter(change)),
)
def test_a_head_of_another_kind_stays(change: dict[str, int], tmp_path: Path) -> None:
    graph = begun(tmp_path)
    add_gather(graph, add_head(graph, **change), CORNERS // 2)
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert (count(after, "CONV_2D"), count(after, "DEPTHWISE_CONV_2D")) == (2, 1)


def test_a_head_whose_places_are_not_fixed_stays(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    places = graph.add_constant(np.insert(CORNERS, 0, 0, axis=1).astype(np.int32))
    graph.tensor(places).shapeSignature = np.array((-1, 3), np.int32)
    add(graph, "GATHER_ND", [add_head(graph), places], OUTPUT)
    graph.set_shape(OUTPUT, (len(CORNERS), RESULTS))
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert count(after, "CONV_2D") == 2


def test_two_that_look_at_the_same_picture_pad_it_once(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    results = []
    for _ in range(2):
        add_gather(graph, add_head(graph))
        results.append(graph.add_tensor((len(CORNERS), RESULTS)))
        graph.operators[-1].outputs = [results[-1]]
    add(graph, "CONCATENATION", results, OUTPUT, axis=0)
    graph.set_shape(OUTPUT, (2 * len(CORNERS), RESULTS))
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert (count(after, "PAD"), count(after, "CONV_2D")) == (1, 0)


# Where the largest number is.


def largest(tmp_path: Path, shape: tuple[int, ...], axis: int) -> LiteRTGraph:
    graph = begun(tmp_path, shape)
    graph.tensor(OUTPUT).type = INT32
    axis_number = graph.add_constant(np.array(axis, np.int32))
    add(graph, "ARG_MAX", [INPUT, axis_number], OUTPUT, outputType=INT32)
    graph.set_shape(OUTPUT, np.zeros(shape).argmax(axis).shape)
    return graph


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("channels", [1, 17])
def test_the_largest_of_a_column_is_sought_along_a_row(
    channels: int, axis: int, tmp_path: Path
) -> None:
    before, after = slimmed(tmp_path, largest(tmp_path, (1, 50, channels), axis))
    given = RANDOM.integers(0, 9, (1, 50, channels))  # so that the largest is there several times
    assert ran(after, given).tolist() == ran(before, given).tolist() == given.argmax(1).tolist()
    assert count(after, "TRANSPOSE" if channels > 1 else "RESHAPE") == 1
    assert slimmed(tmp_path, LiteRTGraph(after))[1] == after


def test_the_largest_of_a_row_is_sought_as_before(tmp_path: Path) -> None:
    _, after = slimmed(tmp_path, largest(tmp_path, (1, 17, 50), 2))
    given = RANDOM.integers(0, 9, (1, 17, 50))
    assert ran(after, given).tolist() == given.argmax(2).tolist()
    assert count(after, "TRANSPOSE") == count(after, "RESHAPE") == 0


def test_where_bytes_are_sought_all_else_is_slimmed(tmp_path: Path) -> None:
    graph = begun(tmp_path, (1, 1, 50, 17), kind="UINT8")
    graph.tensor(OUTPUT).type = INT32
    table, axis = graph.add_tensor((1, 50, 17)), graph.add_constant(np.array(1, np.int32))
    graph.tensor(table).type = graph.tensor(INPUT).type
    add(graph, "UNPACK", [INPUT], table, num=1, axis=0)
    add(graph, "ARG_MAX", [table, axis], OUTPUT, outputType=INT32)
    graph.set_shape(OUTPUT, (1, 17))
    _, after = slimmed(tmp_path, graph)
    given = RANDOM.integers(0, 255, (1, 1, 50, 17))
    assert ran(after, given).tolist() == given[0].argmax(1).tolist()
    assert [count(after, kind) for kind in ("TRANSPOSE", "UNPACK")] == [0, 0]


# Stacks.


@pytest.mark.parametrize(("height", "kind"), [(1, "RESHAPE"), (2, "UNPACK")])
def test_what_is_taken_out_of_a_stack_is_copied_only_if_there_is_more_in_it(
    height: int, kind: str, tmp_path: Path
) -> None:
    graph = begun(tmp_path, (height, SIDE, CHANNELS))
    singles = [graph.add_tensor((SIDE, CHANNELS)) for _ in range(height)]
    add(graph, "UNPACK", [INPUT], singles[0], num=height, axis=0)
    graph.operators[-1].outputs = singles
    two = graph.add_constant(np.full((1, 1), 2, np.float32))
    add(graph, "MUL", [singles[-1], two], OUTPUT)
    graph.set_shape(OUTPUT, (SIDE, CHANNELS))
    _, after = slimmed(tmp_path, graph)
    given = weights(height, SIDE, CHANNELS)
    assert np.array_equal(ran(after, given), 2 * given[-1])
    assert [count(after, each) for each in ("UNPACK", "RESHAPE")] == [
        kind == "UNPACK",
        kind == "RESHAPE",
    ]


# Constants that repeat.


def shapes_of_constants(content: bytes, kind: str) -> list[tuple[int, ...]]:
    graph = LiteRTGraph(content)
    return [
        graph.shape(int(number))
        for operator in graph.operators
        if graph.is_kind(operator, kind)
        for number in operator.inputs
        if graph.constant(int(number)) is not None
    ]


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        (np.full((1, 1, 1, CHANNELS), 0.5), (1, 1, 1, 1)),
        (np.arange(CHANNELS).reshape(1, 1, 1, CHANNELS), (1, 1, 1, CHANNELS)),
        (np.tile(np.arange(SIDE).reshape(1, SIDE, 1, 1), (1, 1, SIDE, 1)), (1, SIDE, 1, 1)),
    ],
    ids=["all the same", "none the same", "the same along a row"],
)
def test_what_repeats_in_a_constant_is_stored_once(
    values: Array, shape: tuple[int, ...], tmp_path: Path
) -> None:
    graph = begun(tmp_path)
    add(graph, "MUL", [INPUT, graph.add_constant(values.astype(np.float32))], OUTPUT)
    before, after = slimmed(tmp_path, graph)
    assert_same(before, after)
    assert shapes_of_constants(after, "MUL") == [shape]


def test_a_distance_along_one_axis_is_computed_once_for_the_other(tmp_path: Path) -> None:
    graph = begun(tmp_path, (1, 1, 1, 2))
    along = np.arange(SIDE, dtype=np.float32)
    grids = np.meshgrid(along, along, indexing="ij")
    squares = []
    for grid in grids:
        squares.append(graph.add_tensor((1, SIDE, SIDE, 2)))
        inputs = [INPUT, graph.add_constant(grid.reshape(1, SIDE, SIDE, 1))]
        add(graph, "SQUARED_DIFFERENCE", inputs, squares[-1])
    add(graph, "ADD", squares, OUTPUT)
    graph.set_shape(OUTPUT, (1, SIDE, SIDE, 2))
    before, after = slimmed(tmp_path, graph)
    given = np.array((1.5, -2.0), np.float32).reshape(1, 1, 1, 2)
    assert np.array_equal(ran(before, given), ran(after, given))
    assert ran(after, given)[0, 3, 5, 0] == 1.5**2 + 3.5**2
    found = shapes_of_constants(after, "SQUARED_DIFFERENCE")
    assert found == [(1, SIDE, 1, 1), (1, 1, SIDE, 1)]


def test_a_constant_that_gives_the_result_its_size_stays(tmp_path: Path) -> None:
    graph = begun(tmp_path, (1, 1, 1, CHANNELS))
    spread = np.ones((1, SIDE, SIDE, 1), np.float32)
    add(graph, "MUL", [INPUT, graph.add_constant(spread)], OUTPUT)
    graph.set_shape(OUTPUT, PICTURE)
    _, after = slimmed(tmp_path, graph)
    assert shapes_of_constants(after, "MUL") == [(1, SIDE, SIDE, 1)]
    assert ran(after, weights(1, 1, 1, CHANNELS)).shape == PICTURE


def test_what_is_asked_for_itself_keeps_its_shape(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    grid = np.tile(np.arange(SIDE).reshape(1, SIDE, 1, 1), (1, 1, SIDE, 1)).astype(np.float32)
    narrow, wide = (graph.add_constant(np.full(n, 2, np.float32)) for n in ((1, 1, 1, 1), PICTURE))
    product = graph.add_tensor((1, SIDE, SIDE, 1))
    add(graph, "MUL", [narrow, graph.add_constant(grid)], product)
    add(graph, "ADD", [product, wide], OUTPUT)
    graph._graph.outputs = np.array([*graph.outputs, product], np.int32)
    _, after = slimmed(tmp_path, graph)
    assert ran(after, weights(*PICTURE), 1) == pytest.approx(2 * grid)


# Inputs.


def cast(tmp_path: Path, kind: str) -> LiteRTGraph:
    graph = begun(tmp_path, kind=kind)
    graph.tensor(OUTPUT).type = 0
    add(graph, "CAST", [INPUT], OUTPUT)
    return graph


def test_whole_numbers_that_are_cast_come_as_bytes(tmp_path: Path) -> None:
    _, after = slimmed(tmp_path, cast(tmp_path, "INT32"))
    with suppress_stderr():
        interpreter = Interpreter(model_content=after)
        interpreter.allocate_tensors()
    assert interpreter.get_input_details()[0]["dtype"] is np.uint8
    picture = np.arange(SIDE * SIDE * CHANNELS, dtype=np.uint8).reshape(PICTURE)
    assert np.array_equal(ran(after, picture), picture.astype(np.float32))


def test_an_input_that_is_used_as_it_is_keeps_its_kind(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    add(graph, "MUL", [INPUT, graph.add_constant(np.full((1,), 2, np.float32))], OUTPUT)
    _, after = slimmed(tmp_path, graph)
    assert np.array_equal(ran(after, np.full(PICTURE, 0.25)), np.full(PICTURE, 0.5))


# Files.


@pytest.mark.parametrize(
    "content",
    [b"", b"no", b"<html>no such page</html>", b"1234TFL3", b"\x1c\0\0\0TFL3 and something else"],
)
def test_what_is_no_litert_file_is_left_alone(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.tflite"
    file.write_bytes(content)
    optimize(file)
    assert file.read_bytes() == content


def test_a_file_that_is_cut_short_is_left_alone(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    add_gather(graph, add_head(graph))
    file, content = tmp_path / "x.tflite", graph.content()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        optimize(file)
        assert file.read_bytes() == content[:length]


def test_a_file_that_would_give_something_else_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(graph: LiteRTGraph) -> None:
        graph.set_input(graph.operators[0], 1, graph.add_constant(np.full(1, 3, np.float32)))

    monkeypatch.setattr("livepose.models.convert.optimize.shrink_constants", spoil)
    graph = begun(tmp_path)
    add(graph, "MUL", [INPUT, graph.add_constant(np.full(1, 2, np.float32))], OUTPUT)
    before, after = slimmed(tmp_path, graph)
    assert before == after


def test_results_that_are_no_numbers_say_nothing_about_a_file(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    whole = graph.add_tensor(PICTURE)
    endless = np.full(PICTURE, np.inf, np.float32)
    add(graph, "MUL", [INPUT, graph.add_constant(np.full(PICTURE, 2, np.float32))], whole)
    add(graph, "ADD", [whole, graph.add_constant(endless)], OUTPUT)
    before, after = slimmed(tmp_path, graph)
    assert before == after


def test_slimming_twice_changes_nothing_more(tmp_path: Path) -> None:
    graph = begun(tmp_path)
    add_gather(graph, add_head(graph))
    _, once = slimmed(tmp_path, graph)
    _, twice = slimmed(tmp_path, LiteRTGraph(once))
    assert_same(once, twice)
    assert len(LiteRTGraph(once).operators) == len(LiteRTGraph(twice).operators)


def test_constants_lie_where_the_format_wants_them_and_those_of_nobody_are_gone(
    tmp_path: Path,
) -> None:
    graph = begun(tmp_path)
    marks = [1000 * each + np.arange(7, dtype=np.float32) for each in range(1, 4)]
    wanted, unwanted, other = (graph.add_constant(mark) for mark in marks)
    add(graph, "MUL", [wanted, other], OUTPUT)
    add(graph, "MUL", [unwanted, other], graph.add_tensor((7,)))
    graph.set_shape(OUTPUT, (7,))
    _, after = slimmed(tmp_path, graph)
    assert after.find(marks[0].tobytes()) > 0
    assert after.find(marks[0].tobytes()) % 16 == after.find(marks[2].tobytes()) % 16 == 0
    assert after.find(marks[1].tobytes()) == -1


_AS_IT_IS = """
import sys
from pathlib import Path
from livepose.models.convert.tensorflow_graph import load_function
function = load_function(Path(sys.argv[1]), (256, 192) if "multi" in sys.argv[3] else None)
import tensorflow as tf
converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
Path(sys.argv[2]).write_bytes(converter.convert())
"""


@needs_shared
@pytest.mark.parametrize("name", ["lightning", "thunder", "multipose"])
def test_a_slim_movenet_gives_the_same_points(name: str, tmp_path: Path) -> None:
    spec = resolve(name).spec
    assert spec is not None
    graph = find(TFHUB, spec.hub_url)
    assert graph is not None
    file = tmp_path / "x.tflite"
    run_python(_AS_IT_IS, [str(graph), str(file), name], 300.0, no_progress, "compiling")
    before = file.read_bytes()
    optimize(file)
    after = file.read_bytes()
    size_px = {"lightning": (192, 192), "thunder": (256, 256), "multipose": (256, 192)}[name]
    with open_video(DANCE) as source:
        for number, frame in zip(range(10), source, strict=False):
            region = Region.letterbox(frame.width_px + 20 * number, frame.height_px)
            rgb, _ = crop_and_resize(frame.pixels, region, *size_px)
            was, now = ran(before, rgb), ran(after, rgb)
            assert was == pytest.approx(now, abs=1e-5)  # 0.002 px of the network's input
    assert count(after, "DEPTHWISE_CONV_2D") == count(before, "DEPTHWISE_CONV_2D") - (
        3 if name == "multipose" else 2
    )
