"""Slimming: the same network in a LiteRT file that does less work for the same points.

MoveNet computes how far each point is from its place in the grid at all 48 x 48 places, and then
looks at one or seventeen of them. It multiplies three colours by the same number one at a time, and
takes the distance along y at every x. Without that Lightning takes an eighth less time, and its
points are the same to 0.001 px.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from livepose.models.flatgraph import Constant, FlatGraph, run_on_noise

_log = logging.getLogger(__name__)

_UINT8 = 3
_SAME, _PLAIN = 0, 0
"""The schema's numbers for bytes, for padding as wide as the kernel, for no activation function."""
_BY_ELEMENT = ("ADD", "SUB", "MUL", "DIV", "SQUARED_DIFFERENCE")


def slim(file: Path) -> None:
    """Rewrite a LiteRT file; one that is not understood is left as it is."""
    before = file.read_bytes()
    try:
        graph = FlatGraph(before)
        take_bytes(graph)
        shrink_constants(graph)
        look_in_places(graph)
        graph.prune()
        after = graph.content()
        is_the_same = _give_the_same(before, after)
    except Exception as error:
        # Whatever a file is that others made, a network that does more work is a network.
        _log.info("%s is used as it is: %s", file, error)
        return
    if not is_the_same:
        _log.info("%s is used as it is: with less work it gives something else", file)
        return
    file.write_bytes(after)


def _give_the_same(*contents: bytes) -> bool:
    """Tell whether two files make the same of the same noise."""
    return all(
        was.shape == now.shape and np.allclose(was, now, rtol=1e-4, atol=1e-5)
        for was, now in zip(*map(run_on_noise, contents), strict=True)
    )


def take_bytes(graph: FlatGraph) -> None:
    """Let an input of whole numbers that is cast at once be bytes, as pictures are."""
    for number in graph.inputs:
        users = graph.users(number)
        is_cast = all(graph.is_kind(user, "CAST") for user in users)
        if users and is_cast and graph.is_of(number, np.int32):
            graph.tensor(number).type = _UINT8
            for user in users:
                if user.builtinOptions is not None:
                    user.builtinOptions.inDataType = _UINT8


def shrink_constants(graph: FlatGraph) -> None:
    """Store what repeats along an axis once: what is computed with it is then computed once."""
    for operator in graph.operators:
        if not graph.is_kind(operator, *_BY_ELEMENT):
            continue
        for place, number in enumerate(operator.inputs):
            values = graph.constant(int(number))
            small = values if values is None else _once(values)
            if small is None or values is None or small.shape == values.shape:
                continue
            result, other = int(operator.outputs[0]), int(operator.inputs[1 - place])
            if not graph.is_fixed(result) or not graph.is_fixed(other):
                continue
            shape = np.broadcast_shapes(small.shape, graph.shape(other))
            if shape == graph.shape(result) or _is_spread_later(graph, result, shape):
                graph.set_input(operator, place, graph.add_constant(small))
                graph.set_shape(result, shape)


def _once(values: Constant) -> Constant:
    for axis in range(values.ndim):
        first = values.take([0], axis)
        if values.shape[axis] > 1 and (values == first).all():
            values = first
    return values


def _is_spread_later(graph: FlatGraph, number: int, shape: tuple[int, ...]) -> bool:
    """Tell whether all that takes a tensor gives the same when it has a smaller shape."""
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


def look_in_places(graph: FlatGraph) -> None:
    """Compute the last convolutions of a head only where its result is looked at.

    A head is a 3 x 3 convolution of each channel alone and some 1 x 1 convolutions behind it, of
    whose result some places are gathered. Gathering the 3 x 3 places around them of what goes into
    it, and multiplying matrices, gives the same.
    """
    for gather in list(graph.operators):
        if graph.is_kind(gather, "GATHER_ND"):
            head = _head_of(graph, gather)
            if head is not None:
                _replace(graph, gather, head)


def _head_of(graph: FlatGraph, gather: Any) -> list[Any] | None:
    """Find the convolutions before a gathering, from the first to the last; None if it is other."""
    picture, places = (int(number) for number in gather.inputs)
    reshapes = list(graph.ancestors(picture, "RESHAPE"))
    source = int(reshapes[-1].inputs[0]) if reshapes else picture
    shape, whole = graph.shape(picture), graph.shape(source)
    if len(whole) != 4 or whole[0] != 1 or shape not in (whole, whole[1:]):
        return None
    if not (graph.is_of(source, np.float32) and graph.is_of(places, np.int32)):
        return None
    if not all(map(graph.is_fixed, (picture, source, places))):
        return None
    # It is gathered by image, row and column; or by row and column, where there is but one image.
    if graph.shape(places)[1:] != (len(shape) - 1,):
        return None
    pointwise = list(graph.ancestors(source, "CONV_2D"))
    if not pointwise:
        return None
    depthwise = list(graph.ancestors(int(pointwise[-1].inputs[0]), "DEPTHWISE_CONV_2D"))[:1]
    head = [*depthwise, *reversed(pointwise)]
    fits = bool(depthwise) and _is_three_by_three(graph, depthwise[0])
    return head if fits and all(_is_one_by_one(graph, each) for each in pointwise) else None


def _is_three_by_three(graph: FlatGraph, operator: Any) -> bool:
    options = operator.builtinOptions
    channels = graph.shape(int(operator.inputs[0]))[-1]
    steps = (options.strideW, options.strideH, options.dilationWFactor, options.dilationHFactor)
    return (
        graph.shape(int(operator.inputs[1])) == (1, 3, 3, channels)
        and steps == (1, 1, 1, 1)
        and options.padding == _SAME
        and options.fusedActivationFunction == _PLAIN
        and _is_known(graph, operator)
    )


def _is_one_by_one(graph: FlatGraph, operator: Any) -> bool:
    options = operator.builtinOptions
    return (
        graph.shape(int(operator.inputs[1]))[1:3] == (1, 1)
        and (options.strideW, options.strideH) == (1, 1)
        and _is_known(graph, operator)
    )


def _is_known(graph: FlatGraph, operator: Any) -> bool:
    """Tell whether a convolution's weights and biases are constants that can be read."""
    return len(operator.inputs) == 3 and all(
        graph.constant(int(number)) is not None for number in operator.inputs[1:]
    )


def _replace(graph: FlatGraph, gather: Any, head: list[Any]) -> None:
    features, places = int(head[0].inputs[0]), int(gather.inputs[1])
    gathering, patches = _gathered(graph, features, places)
    multiplying = _multiplied(graph, patches, head, int(gather.outputs[0]))
    at = next(index for index, each in enumerate(graph.operators) if each is gather)
    graph.operators[at : at + 1] = [*gathering, *multiplying]


def _gathered(graph: FlatGraph, features: int, places: int) -> tuple[list[Any], int]:
    """Gather the 3 x 3 around each place: the operators, and the tensor of a row for each place."""
    _, height, width, channels = graph.shape(features)
    count, columns = graph.shape(places)
    padded = graph.add_tensor((1, height + 2, width + 2, channels))
    margins = np.array(((0, 0), (1, 1), (1, 1), (0, 0)), np.int32)
    steps = [graph.operator("PAD", (features, graph.add_constant(margins)), (padded,))]

    def reshaped(number: int, shape: tuple[int, ...], dtype: type = np.float32) -> int:
        made, wanted = graph.add_tensor(shape, dtype), np.array(shape, np.int32)
        given = (number, graph.add_constant(wanted))
        steps.append(graph.operator("RESHAPE", given, (made,), newShape=wanted))
        return made

    if columns == 2:
        padded = reshaped(padded, (height + 2, width + 2, channels))
    rows, across = np.divmod(np.arange(9, dtype=np.int32), 3)
    around = np.stack((np.zeros(9, np.int32), rows, across), axis=1)[None, :, 3 - columns :]
    middles = reshaped(places, (count, 1, columns), np.int32)
    corners = graph.add_tensor((count, 9, columns), np.int32)
    patches = graph.add_tensor((count, 9, channels))
    steps.append(graph.operator("ADD", (middles, graph.add_constant(around)), (corners,)))
    steps.append(graph.operator("GATHER_ND", (padded, corners), (patches,)))
    return steps, reshaped(patches, (count, 9 * channels))


def _multiplied(graph: FlatGraph, values: int, head: list[Any], result: int) -> list[Any]:
    """Multiply rows with the weights of each 1 x 1 convolution in turn: the operators."""
    steps, count = [], graph.shape(values)[0]
    for operator, (weights, biases) in zip(head[1:], _matrices(graph, head), strict=True):
        made = result if operator is head[-1] else graph.add_tensor((count, len(weights)))
        given = (values, graph.add_constant(weights), graph.add_constant(biases))
        activation = operator.builtinOptions.fusedActivationFunction
        steps.append(
            graph.operator("FULLY_CONNECTED", given, (made,), fusedActivationFunction=activation)
        )
        values = made
    return steps


def _matrices(graph: FlatGraph, head: list[Any]) -> list[tuple[Constant, Constant]]:
    """Give weights and biases of each 1 x 1 convolution; of the first, with the 3 x 3 before it."""
    (kernel, offsets), *others = (
        [np.asarray(graph.constant(int(number)), np.float64) for number in operator.inputs[1:]]
        for operator in head
    )
    pairs = [(weights.reshape(len(weights), -1), biases) for weights, biases in others]
    weights, biases = pairs[0]
    together = weights[:, None] * kernel.reshape(9, -1)
    pairs[0] = together.reshape(len(weights), -1), biases + weights @ offsets
    return [(w.astype(np.float32), b.astype(np.float32)) for w, b in pairs]
