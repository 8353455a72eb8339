"""Heads that are computed only in the places that are used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.litert_graphs import (
    CORNERS,
    OUTPUT,
    RELU6,
    RESULTS,
    SIDE,
    add_gather,
    add_head,
    add_operator,
    assert_equal_outputs,
    count_operators,
    empty_graph,
    optimized,
)


def test_a_head_is_computed_only_in_the_places_used(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_gather(graph, add_head(graph))
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert (count_operators(before, "CONV_2D"), count_operators(before, "DEPTHWISE_CONV_2D")) == (
        2,
        1,
    )
    assert (count_operators(after, "CONV_2D"), count_operators(after, "DEPTHWISE_CONV_2D")) == (
        0,
        0,
    )


def test_a_head_without_an_axis_of_pictures_is_sparsified_too(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    flat = graph.add_tensor((SIDE, SIDE, RESULTS))
    shape = np.array((SIDE, SIDE, RESULTS), np.int32)
    add_operator(
        graph, "RESHAPE", [add_head(graph), graph.add_constant(shape)], flat, newShape=shape
    )
    add_operator(graph, "GATHER_ND", [flat, graph.add_constant(CORNERS)], OUTPUT)
    graph.set_shape(OUTPUT, (len(CORNERS), RESULTS))
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert count_operators(after, "CONV_2D") == count_operators(after, "DEPTHWISE_CONV_2D") == 0


def test_a_head_whose_whole_result_is_used_is_kept(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    result, shape = add_head(graph), np.array((SIDE * SIDE, RESULTS), np.int32)
    gathered, whole = (graph.add_tensor((n, RESULTS)) for n in (len(CORNERS), SIDE**2))
    add_gather(graph, result)
    graph.operators[-1].outputs = [gathered]
    add_operator(graph, "RESHAPE", [result, graph.add_constant(shape)], whole, newShape=shape)
    add_operator(graph, "CONCATENATION", [gathered, whole], OUTPUT, axis=0)
    graph.set_shape(OUTPUT, (len(CORNERS) + SIDE * SIDE, RESULTS))
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert count_operators(after, "CONV_2D") == 2


@pytest.mark.parametrize(
    "change",
    [{"stride": 2}, {"kernel_px": 5}, {"dilation": 2}, {"activation": RELU6}],
    ids=lambda change: next(iter(change)),
)
def test_a_head_of_another_kind_is_kept(change: dict[str, int], tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_gather(graph, add_head(graph, **change), CORNERS // 2)
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert (count_operators(after, "CONV_2D"), count_operators(after, "DEPTHWISE_CONV_2D")) == (
        2,
        1,
    )


def test_a_head_with_a_variable_number_of_places_is_kept(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    places = graph.add_constant(np.insert(CORNERS, 0, 0, axis=1).astype(np.int32))
    graph.tensor(places).shapeSignature = np.array((-1, 3), np.int32)
    add_operator(graph, "GATHER_ND", [add_head(graph), places], OUTPUT)
    graph.set_shape(OUTPUT, (len(CORNERS), RESULTS))
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert count_operators(after, "CONV_2D") == 2


def test_two_heads_with_the_same_input_pad_it_once(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    results = []
    for _ in range(2):
        add_gather(graph, add_head(graph))
        results.append(graph.add_tensor((len(CORNERS), RESULTS)))
        graph.operators[-1].outputs = [results[-1]]
    add_operator(graph, "CONCATENATION", results, OUTPUT, axis=0)
    graph.set_shape(OUTPUT, (2 * len(CORNERS), RESULTS))
    before, after = optimized(tmp_path, graph)
    assert_equal_outputs(before, after)
    assert (count_operators(after, "PAD"), count_operators(after, "CONV_2D")) == (1, 0)
