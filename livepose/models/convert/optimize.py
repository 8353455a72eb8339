"""Optimize a LiteRT file: the same network does less work for the same keypoints.

MoveNet predicts the offset of each keypoint from its grid cell in all 48 x 48 cells, and then uses
one cell or seventeen. It multiplies each of three colours by the same constant, and computes the
distance along y again for every x. It takes ARG_MAX along a column of an array, which is slow in
LiteRT. Without all this, Lightning takes a sixth less time, and its keypoints are the same to 0.001
px.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from livepose.models.convert.litert_graph import Constant, LiteRTGraph, run_on_noise
from livepose.models.convert.sparse_heads import sparsify_heads

_log = logging.getLogger(__name__)

_UINT8 = 3
"""The schema's number for uint8."""
_BY_ELEMENT = ("ADD", "SUB", "MUL", "DIV", "SQUARED_DIFFERENCE")


def optimize(file: Path) -> None:
    """Rewrite a LiteRT file so that it does less work.

    A file that cannot be optimized is left as it is, and the reason is logged.
    """
    before = file.read_bytes()
    try:
        graph = LiteRTGraph(before)
        accept_uint8(graph)
        shrink_constants(graph)
        replace_unpack(graph)
        transpose_arg_max(graph)
        sparsify_heads(graph)
        graph.prune()
        after = graph.content()
        is_equivalent = _have_equal_outputs(before, after)
    except Exception as error:
        # A file that others made may contain anything; a slower network still works.
        _log.info("%s is used as it is: %s", file, error)
        return
    if not is_equivalent:
        _log.info("%s is used as it is: optimized, it would give other results", file)
        return
    file.write_bytes(after)


def _have_equal_outputs(before: bytes, after: bytes) -> bool:
    """Return whether two files give the same outputs for the same noise, up to rounding errors."""
    for old, new in zip(run_on_noise(before), run_on_noise(after), strict=True):
        if old.shape != new.shape or not np.isfinite(old).all():
            return False
        # Rounding errors are relative to the largest value in each column.
        largest = np.abs(old).max(axis=tuple(range(old.ndim - 1)), initial=0)
        if not np.allclose(old, new, rtol=1e-4, atol=1e-5 * largest):
            return False
    return True


def accept_uint8(graph: LiteRTGraph) -> None:
    """Change an int32 input that is cast to float at once to uint8, the type of images."""
    for number in graph.inputs:
        users = graph.users(number)
        is_cast = all(graph.is_kind(user, "CAST") for user in users)
        if users and is_cast and graph.has_type(number, np.int32):
            graph.tensor(number).type = _UINT8
            for user in users:
                if user.builtinOptions is not None:
                    user.builtinOptions.inDataType = _UINT8


def shrink_constants(graph: LiteRTGraph) -> None:
    """Store what repeats along an axis only once, so that operators compute with it only once."""
    for operator in graph.operators:
        if not graph.is_kind(operator, *_BY_ELEMENT):
            continue
        for place, number in enumerate(operator.inputs):
            values = graph.constant(int(number))
            small = None if values is None else _without_repetition(values)
            if small is None or values is None or small.shape == values.shape:
                continue
            result, other = int(operator.outputs[0]), int(operator.inputs[1 - place])
            if not graph.has_fixed_shape(result) or not graph.has_fixed_shape(other):
                continue
            shape = np.broadcast_shapes(small.shape, graph.shape(other))
            if shape == graph.shape(result) or _is_broadcast_later(graph, result, shape):
                graph.set_input(operator, place, graph.add_constant(small))
                graph.set_shape(result, shape)


def _without_repetition(values: Constant) -> Constant:
    """Return an array of which every axis along which the values are all equal has length 1."""
    for axis in range(values.ndim):
        first = values.take([0], axis)
        if values.shape[axis] > 1 and (values == first).all():
            values = first
    return values


def _is_broadcast_later(graph: LiteRTGraph, number: int, shape: tuple[int, ...]) -> bool:
    """Return whether all users of a tensor give the same result if it has a smaller shape."""
    users = graph.users(number)
    if number in graph.outputs or not users:
        return False
    return all(
        graph.is_kind(user, *_BY_ELEMENT)
        and np.broadcast_shapes(
            *(shape if int(each) == number else graph.shape(int(each)) for each in user.inputs)
        )
        == graph.shape(int(user.outputs[0]))
        for user in users
    )


def replace_unpack(graph: LiteRTGraph) -> None:
    """Replace UNPACK of a stack of one array, which copies it, with RESHAPE, which does not."""
    for at, operator in enumerate(graph.operators):
        if graph.is_kind(operator, "UNPACK") and len(operator.outputs) == 1:
            stack, single = int(operator.inputs[0]), int(operator.outputs[0])
            if graph.has_fixed_shape(stack) and graph.has_fixed_shape(single):
                graph.operators[at] = graph.make_reshape(stack, single)


def transpose_arg_max(graph: LiteRTGraph) -> None:
    """Transpose arrays in front of ARG_MAX along a column, so that it is along a row.

    LiteRT has a fast loop for a row, and makes a function call for each number of a column.
    """
    for operator in list(graph.operators):
        if not graph.is_kind(operator, "ARG_MAX"):
            continue
        table, axis = int(operator.inputs[0]), graph.constant(int(operator.inputs[1]))
        shape = graph.shape(table)
        if axis is None or axis.size != 1 or len(shape) != 3 or int(axis.item()) % 3 != 1:
            continue
        if not graph.has_fixed_shape(table) or not graph.has_type(table, np.float32):
            continue
        rows = graph.add_tensor((shape[0], shape[2], shape[1]))
        if shape[2] == 1:
            transpose = graph.make_reshape(table, rows)
        else:
            order = graph.add_constant(np.array((0, 2, 1), np.int32))
            transpose = graph.make_operator("TRANSPOSE", (table, order), (rows,))
        graph.insert_before(operator, transpose)
        graph.set_input(operator, 0, rows)
        graph.set_input(operator, 1, graph.add_constant(np.array(2, np.int32)))
