"""LiteRT files, read, changed and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livepose.models.convert.litert_graph import LiteRTGraph, run_on_noise
from tests.support.litert_graphs import INPUT, OUTPUT, PICTURE, Array, add_operator, empty_graph


def test_a_graph_without_changes_keeps_what_it_computes(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    add_operator(graph, "ABS", [INPUT], OUTPUT)
    content = graph.content()
    again = LiteRTGraph(content).content()
    (first,), (second,) = run_on_noise(content), run_on_noise(again)
    assert first.shape == PICTURE
    assert np.array_equal(first, second)


@pytest.mark.parametrize("content", [b"", b"<html>no such page</html>", b"TFL3 but too late"])
def test_another_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a LiteRT file"):
        LiteRTGraph(content)


def test_tensors_know_their_shape_type_producer_and_users(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    middle = graph.add_tensor(PICTURE)
    add_operator(graph, "ABS", [INPUT], middle)
    add_operator(graph, "NEG", [middle], OUTPUT)
    first, second = graph.operators
    assert (graph.inputs, graph.outputs) == ([INPUT], [OUTPUT])
    assert graph.shape(middle) == PICTURE and graph.has_fixed_shape(middle)
    assert graph.has_type(middle, np.float32) and not graph.has_type(middle, np.int32)
    assert graph.producer(middle) is first and graph.producer(INPUT) is None
    assert graph.users(middle) == [second]
    assert graph.is_kind(first, "ABS", "CAST") and not graph.is_kind(first, "NEG")
    assert list(graph.ancestors(OUTPUT, "NEG")) == []  # The output has no users.
    assert list(graph.ancestors(middle, "ABS")) == [first]


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int32])
def test_constants_are_read_as_they_were_added(dtype: type, tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    values: Array = np.arange(6).reshape(2, 3).astype(dtype)
    constant = graph.constant(graph.add_constant(values))
    assert constant is not None
    assert constant.dtype == dtype and np.array_equal(constant, values)
    assert graph.constant(INPUT) is None and graph.constant(-1) is None


def test_constants_are_aligned_and_unused_ones_are_removed(tmp_path: Path) -> None:
    graph = empty_graph(tmp_path)
    marks = [1000 * each + np.arange(7, dtype=np.float32) for each in range(1, 4)]
    used, unused, other = (graph.add_constant(mark) for mark in marks)
    add_operator(graph, "MUL", [used, other], OUTPUT)
    add_operator(graph, "MUL", [unused, other], graph.add_tensor((7,)))
    graph.set_shape(OUTPUT, (7,))
    graph.prune()
    content = graph.content()
    assert content.find(marks[0].tobytes()) > 0
    assert content.find(marks[0].tobytes()) % 16 == content.find(marks[2].tobytes()) % 16 == 0
    assert content.find(marks[1].tobytes()) == -1
    assert len(LiteRTGraph(content).operators) == 1
