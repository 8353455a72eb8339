"""Heads: the last convolutions of a network, computed only where their result is looked at."""

from __future__ import annotations

from typing import Any

import numpy as np

from livepose.models.convert.litert_graph import Constant, FlatGraph

_SAME, _PLAIN = 0, 0
"""The schema's numbers for padding as wide as the kernel, for no activation function."""


def look_in_places(graph: FlatGraph) -> None:
    """Compute the last convolutions of a head only where its result is looked at.

    A head is a 3 x 3 convolution of each channel alone and some 1 x 1 convolutions behind it, of
    whose result some places are gathered. Gathering the 3 x 3 places around them of what goes into
    it, and multiplying matrices, gives the same.
    """
    padded: dict[int, int] = {}
    for gather in list(graph.operators):
        if graph.is_kind(gather, "GATHER_ND"):
            head = _head_of(graph, gather)
            if head is not None:
                _replace(graph, gather, head, padded)


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


def _replace(graph: FlatGraph, gather: Any, head: list[Any], padded: dict[int, int]) -> None:
    features, places = int(head[0].inputs[0]), int(gather.inputs[1])
    if features not in padded:
        padding, padded[features] = _padded(graph, features)
        graph.insert_before(gather, padding)
    gathering, patches = _gathered(graph, padded[features], places)
    multiplying = _multiplied(graph, patches, head, int(gather.outputs[0]))
    graph.insert_before(gather, *gathering, *multiplying)
    graph.operators = [each for each in graph.operators if each is not gather]


def _padded(graph: FlatGraph, features: int) -> tuple[Any, int]:
    """Put a place more around a picture: the operator, and the tensor."""
    _, height, width, channels = graph.shape(features)
    padded = graph.add_tensor((1, height + 2, width + 2, channels))
    margins = np.array(((0, 0), (1, 1), (1, 1), (0, 0)), np.int32)
    return graph.operator("PAD", (features, graph.add_constant(margins)), (padded,)), padded


def _gathered(graph: FlatGraph, padded: int, places: int) -> tuple[list[Any], int]:
    """Gather the 3 x 3 around each place: the operators, and the tensor of a row for each place."""
    steps: list[Any] = []

    def reshaped(number: int, shape: tuple[int, ...], dtype: type = np.float32) -> int:
        made = graph.add_tensor(shape, dtype)
        steps.append(graph.reshaping(number, made))
        return made

    _, *picture, channels = graph.shape(padded)
    count, columns = graph.shape(places)
    if columns == 2:
        padded = reshaped(padded, (*picture, channels))
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
