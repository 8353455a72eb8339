"""Optimized LiteRT files do less work and give the same results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from livepose.core.region import Region
from livepose.models.catalog import get_spec
from livepose.models.convert.litert_graph import LiteRTGraph
from livepose.models.convert.optimize import optimize
from livepose.models.files.tfhub_cache import find
from livepose.models.letterbox import crop_and_resize
from livepose.models.progress import no_progress
from livepose.models.subprocesses import run_python
from livepose.sources import open_video
from livepose.system.optional_imports import suppress_stderr
from tests.support.litert_graphs import (
    CHANNELS,
    INPUT,
    INT32,
    OUTPUT,
    PICTURE,
    RANDOM,
    SIDE,
    Array,
    add_gather,
    add_head,
    add_operator,
    assert_equal_outputs,
    count_operators,
    empty_graph,
    optimized,
    random_weights,
    run_content,
)
from tests.support.needs import DANCE, TFHUB, needs_shared


def arg_max_graph(tmp_path: Path, shape: tuple[int, ...], axis: int) -> LiteRTGraph:
    graph = empty_graph(tmp_path, shape)
    graph.tensor(OUTPUT).type = INT32
    axis_number = graph.add_constant(np.array(axis, np.int32))
    add_operator(graph, "ARG_MAX", [INPUT, axis_number], OUTPUT, outputType=INT32)
    graph.set_shape(OUTPUT, np.zeros(shape).argmax(axis).shape)
    return graph


@pytest.mark.parametrize("axis", [1, -2])
@pytest.mark.parametrize("channels", [1, 17])
def test_arg_max_along_a_column_becomes_one_along_a_row(
    channels: int, axis: int, tmp_path: Path
) -> None:
    before, after = optimized(tmp_path, arg_max_graph(tmp_path, (1, 50, channels), axis))
    given = RANDOM.integers(0, 9, (1, 50, channels))  # The largest number is there several times.
    assert (
        run_content(after, given).tolist()
        == run_content(before, given).tolist()
        == given.argmax(1).tolist()
    )
    assert count_operators(after, "TRANSPOSE" if channels > 1 else "RESHAPE") == 1
    assert optimized(tmp_path, LiteRTGraph(after))[1] == after


def test_arg_max_along_a_row_is_kept(tmp_path: Path) -> None:
    _, after = optimized(tmp_path, arg_max_graph(tmp_path, (1, 17, 50), 2))
    given = RANDOM.integers(0, 9, (1, 17, 50))
    assert run_content(after, given).tolist() == given.argmax(2).tolist()
    assert count_operators(after, "TRANSPOSE") == count_operators(after, "RESHAPE") == 0


def test_a_graph_with_arg_max_of_bytes_is_optimized_otherwise(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path, (1, 1, 50, 17), kind="UINT8")
    graph.tensor(OUTPUT).type = INT32
    table, axis = graph.add_tensor((1, 50, 17)), graph.add_constant(np.array(1, np.int32))
    graph.tensor(table).type = graph.tensor(INPUT).type
    add_operator(graph, "UNPACK", [INPUT], table, num=1, axis=0)
    add_operator(graph, "ARG_MAX", [table, axis], OUTPUT, outputType=INT32)
    graph.set_shape(OUTPUT, (1, 17))
    _, after = optimized(tmp_path, graph)
    given = RANDOM.integers(0, 255, (1, 1, 50, 17))
    assert run_content(after, given).tolist() == given[0].argmax(1).tolist()
    assert [count_operators(after, kind) for kind in ("TRANSPOSE", "UNPACK")] == [0, 0]


@pytest.mark.parametrize(("height", "kind"), [(1, "RESHAPE"), (2, "UNPACK")])
def test_unpack_of_a_single_array_becomes_a_reshape(height: int, kind: str, tmp_path: Path) -> None:
    graph = empty_graph(tmp_path, (height, SIDE, CHANNELS))
    singles = [graph.add_tensor((SIDE, CHANNELS)) for _ in range(height)]
    add_operator(graph, "UNPACK", [INPUT], singles[0], num=height, axis=0)
    graph.operators[-1].outputs = singles
    two = graph.add_constant(np.full((1, 1), 2, np.float32))
    add_operator(graph, "MUL", [singles[-1], two], OUTPUT)
    graph.set_shape(OUTPUT, (SIDE, CHANNELS))
    _, after = optimized(tmp_path, graph)
    given = random_weights(height, SIDE, CHANNELS)
    assert np.array_equal(run_content(after, given), 2 * given[-1])
    assert [count_operators(after, each) for each in ("UNPACK", "RESHAPE")] == [
        kind == "UNPACK",
        kind == "RESHAPE",
    ]


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
def test_a_constant_that_repeats_along_an_axis_is_shrunk(
    values: Array, shape: tuple[int, ...], tmp_path: Path
) -> None:
    graph = empty_graph(tmp_path)
    add_operator(graph, "MUL", [INPUT, graph.add_constant(values.astype(np.float32))], OUTPUT)
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert shapes_of_constants(after, "MUL") == [shape]


def test_a_distance_along_one_axis_is_computed_only_once_for_the_other_axis(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path, (1, 1, 1, 2))
    along = np.arange(SIDE, dtype=np.float32)
    grids = np.meshgrid(along, along, indexing="ij")
    squares = []
    for grid in grids:
        squares.append(graph.add_tensor((1, SIDE, SIDE, 2)))
        inputs = [INPUT, graph.add_constant(grid.reshape(1, SIDE, SIDE, 1))]
        add_operator(graph, "SQUARED_DIFFERENCE", inputs, squares[-1])
    add_operator(graph, "ADD", squares, OUTPUT)
    graph.set_shape(OUTPUT, (1, SIDE, SIDE, 2))
    before, after = optimized(tmp_path, graph)
    given = np.array((1.5, -2.0), np.float32).reshape(1, 1, 1, 2)
    assert np.array_equal(run_content(before, given), run_content(after, given))
    assert run_content(after, given)[0, 3, 5, 0] == 1.5**2 + 3.5**2
    found = shapes_of_constants(after, "SQUARED_DIFFERENCE")
    assert found == [(1, SIDE, 1, 1), (1, 1, SIDE, 1)]


def test_a_constant_that_determines_the_size_of_the_result_is_kept(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path, (1, 1, 1, CHANNELS))
    spread = np.ones((1, SIDE, SIDE, 1), np.float32)
    add_operator(graph, "MUL", [INPUT, graph.add_constant(spread)], OUTPUT)
    graph.set_shape(OUTPUT, PICTURE)
    _, after = optimized(tmp_path, graph)
    assert shapes_of_constants(after, "MUL") == [(1, SIDE, SIDE, 1)]
    assert run_content(after, random_weights(1, 1, 1, CHANNELS)).shape == PICTURE


def test_an_output_of_the_graph_keeps_its_shape(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    grid = np.tile(np.arange(SIDE).reshape(1, SIDE, 1, 1), (1, 1, SIDE, 1)).astype(np.float32)
    narrow, wide = (graph.add_constant(np.full(n, 2, np.float32)) for n in ((1, 1, 1, 1), PICTURE))
    product = graph.add_tensor((1, SIDE, SIDE, 1))
    add_operator(graph, "MUL", [narrow, graph.add_constant(grid)], product)
    add_operator(graph, "ADD", [product, wide], OUTPUT)
    graph._graph.outputs = np.array([*graph.outputs, product], np.int32)
    _, after = optimized(tmp_path, graph)
    assert run_content(after, random_weights(*PICTURE), 1) == pytest.approx(2 * grid)


def cast_graph(tmp_path: Path, kind: str) -> LiteRTGraph:
    graph = empty_graph(tmp_path, kind=kind)
    graph.tensor(OUTPUT).type = 0
    add_operator(graph, "CAST", [INPUT], OUTPUT)
    return graph


def test_an_int32_input_that_is_cast_becomes_uint8(tmp_path: Path) -> None:
    _, after = optimized(tmp_path, cast_graph(tmp_path, "INT32"))
    with suppress_stderr():
        interpreter = Interpreter(model_content=after)
        interpreter.allocate_tensors()
    assert interpreter.get_input_details()[0]["dtype"] is np.uint8
    image = np.arange(SIDE * SIDE * CHANNELS, dtype=np.uint8).reshape(PICTURE)
    assert np.array_equal(run_content(after, image), image.astype(np.float32))


def test_an_input_that_is_not_cast_keeps_its_type(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_operator(graph, "MUL", [INPUT, graph.add_constant(np.full((1,), 2, np.float32))], OUTPUT)
    _, after = optimized(tmp_path, graph)
    assert np.array_equal(run_content(after, np.full(PICTURE, 0.25)), np.full(PICTURE, 0.5))


@pytest.mark.parametrize(
    "content",
    [b"", b"no", b"<html>no such page</html>", b"1234TFL3", b"\x1c\0\0\0TFL3 and something else"],
)
def test_a_file_that_is_not_litert_is_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x.tflite"
    file.write_bytes(content)
    optimize(file)
    assert file.read_bytes() == content


def test_a_truncated_file_is_left_as_it_is(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_gather(graph, add_head(graph))
    file, content = tmp_path / "x.tflite", graph.content()
    for length in range(0, len(content), 97):
        file.write_bytes(content[:length])
        optimize(file)
        assert file.read_bytes() == content[:length]


def test_a_file_whose_results_would_change_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoil(graph: LiteRTGraph) -> None:
        graph.set_input(graph.operators[0], 1, graph.add_constant(np.full(1, 3, np.float32)))

    monkeypatch.setattr("livepose.models.convert.optimize.shrink_constants", spoil)
    graph = empty_graph(tmp_path)
    add_operator(graph, "MUL", [INPUT, graph.add_constant(np.full(1, 2, np.float32))], OUTPUT)
    before, after = optimized(tmp_path, graph)
    assert before == after


def test_a_file_with_infinite_results_is_left_as_it_is(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    whole = graph.add_tensor(PICTURE)
    endless = np.full(PICTURE, np.inf, np.float32)
    add_operator(graph, "MUL", [INPUT, graph.add_constant(np.full(PICTURE, 2, np.float32))], whole)
    add_operator(graph, "ADD", [whole, graph.add_constant(endless)], OUTPUT)
    before, after = optimized(tmp_path, graph)
    assert before == after


def test_an_optimized_file_does_not_change_again(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_gather(graph, add_head(graph))
    _, once = optimized(tmp_path, graph)
    _, twice = optimized(tmp_path, LiteRTGraph(once))
    assert_equal_outputs(once, twice)
    assert len(LiteRTGraph(once).operators) == len(LiteRTGraph(twice).operators)


MOVENETS = {"lightning": (192, 192), "thunder": (256, 256), "multipose": (256, 192)}
"""The width and height of each network's input."""
COMPILE_EACH = """
import sys
from pathlib import Path
from livepose.models.convert.tensorflow_graph import load_function
for name, graph, target in zip(sys.argv[1::3], sys.argv[2::3], sys.argv[3::3]):
    function = load_function(Path(graph), (256, 192) if name == "multipose" else None)
    import tensorflow as tf
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], function)
    Path(target).write_bytes(converter.convert())
"""


@pytest.fixture(scope="module")
def unoptimized(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The networks as TensorFlow compiles them, in one process: it takes seconds to import."""
    folder = tmp_path_factory.mktemp("unoptimized")
    files = {name: folder / f"{name}.tflite" for name in MOVENETS}
    arguments = []
    for name, file in files.items():
        graph = find(TFHUB, get_spec(name).hub_url)
        assert graph is not None
        arguments += [name, str(graph), str(file)]
    run_python(COMPILE_EACH, arguments, 300.0, no_progress, "compiling")
    return files


@needs_shared
@pytest.mark.parametrize("name", MOVENETS)
def test_an_optimized_movenet_gives_the_same_keypoints(
    name: str, unoptimized: dict[str, Path], tmp_path: Path
) -> None:
    before, file = unoptimized[name].read_bytes(), tmp_path / "x.tflite"
    file.write_bytes(before)
    optimize(file)
    after = file.read_bytes()
    with open_video(DANCE) as source:
        for number, frame in zip(range(10), source, strict=False):
            region = Region.letterbox(frame.width_px + 20 * number, frame.height_px)
            rgb, _ = crop_and_resize(frame.pixels, region, *MOVENETS[name])
            old, new = run_content(before, rgb), run_content(after, rgb)
            assert old == pytest.approx(new, abs=1e-5)  # 0.002 px of the network's input.
    heads = 3 if name == "multipose" else 2
    removed = count_operators(before, "DEPTHWISE_CONV_2D") - count_operators(
        after, "DEPTHWISE_CONV_2D"
    )
    assert removed == heads
