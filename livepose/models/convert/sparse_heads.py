"""Compute the heads of a network only in the places whose result is used.

A head is a depthwise 3 x 3 convolution and some 1 x 1 convolutions behind it, from whose result
GATHER_ND takes some places.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from livepose.models.convert.litert_graph import Constant, LiteRTGraph

_SAME_PADDING, _NO_ACTIVATION = 0, 0
"""The schema's numbers."""


def sparsify_heads(graph: LiteRTGraph) -> None:
    """Replace each head by matrix multiplications of the 3 x 3 inputs around the places used.

    This gives the same result, with as much work as there are places rather than pixels.
    """
    padded: dict[int, int] = {}
    """Number of the padded tensor of each head's input: several heads have one in common."""
    for gather in list(graph.operators):
        if graph.is_kind(gather, "GATHER_ND"):
            head = _find_head(graph, gather)
            if head is not None:
                _replace_head(graph, gather, head, padded)


def _find_head(graph: LiteRTGraph, gather: Any) -> list[Any] | None:
    """Return the convolutions before a GATHER_ND, first to last; None if it is not a head's."""
    image, places = (int(number) for number in gather.inputs)
    reshapes = list(graph.ancestors(image, "RESHAPE"))
    source = int(reshapes[-1].inputs[0]) if reshapes else image
    shape, source_shape = graph.shape(image), graph.shape(source)
    if len(source_shape) != 4 or source_shape[0] != 1:
        return None
    if shape not in (source_shape, source_shape[1:]):
        return None
    if not (graph.has_type(source, np.float32) and graph.has_type(places, np.int32)):
        return None
    if not all(map(graph.has_fixed_shape, (image, source, places))):
        return None
    # A place is (image, row, column), or (row, column) if the array has no axis of images.
    if graph.shape(places)[1:] != (len(shape) - 1,):
        return None
    pointwise = list(graph.ancestors(source, "CONV_2D"))
    if not pointwise:
        return None
    depthwise = list(graph.ancestors(int(pointwise[-1].inputs[0]), "DEPTHWISE_CONV_2D"))[:1]
    if not depthwise or not _is_plain_3x3(graph, depthwise[0]):
        return None
    if not all(_is_plain_1x1(graph, operator) for operator in pointwise):
        return None
    return [*depthwise, *reversed(pointwise)]


def _is_plain_3x3(graph: LiteRTGraph, operator: Any) -> bool:
    """Return whether a depthwise convolution is 3 x 3, in each pixel, without an activation."""
    options = operator.builtinOptions
    channels = graph.shape(int(operator.inputs[0]))[-1]
    steps = (options.strideW, options.strideH, options.dilationWFactor, options.dilationHFactor)
    return (
        graph.shape(int(operator.inputs[1])) == (1, 3, 3, channels)
        and steps == (1, 1, 1, 1)
        and options.padding == _SAME_PADDING
        and options.fusedActivationFunction == _NO_ACTIVATION
        and _has_constant_weights(graph, operator)
    )


def _is_plain_1x1(graph: LiteRTGraph, operator: Any) -> bool:
    """Return whether a convolution is 1 x 1, in each pixel."""
    options = operator.builtinOptions
    return (
        graph.shape(int(operator.inputs[1]))[1:3] == (1, 1)
        and (options.strideW, options.strideH) == (1, 1)
        and _has_constant_weights(graph, operator)
    )


def _has_constant_weights(graph: LiteRTGraph, operator: Any) -> bool:
    """Return whether a convolution's weights and biases are constants that can be read."""
    return len(operator.inputs) == 3 and all(
        graph.constant(int(number)) is not None for number in operator.inputs[1:]
    )


def _replace_head(graph: LiteRTGraph, gather: Any, head: list[Any], padded: dict[int, int]) -> None:
    features, places = int(head[0].inputs[0]), int(gather.inputs[1])
    if features not in padded:
        _, height, width, channels = graph.shape(features)
        padded[features] = graph.add_tensor((1, height + 2, width + 2, channels))
        margins = graph.add_constant(np.array(((0, 0), (1, 1), (1, 1), (0, 0)), np.int32))
        pad = graph.make_operator("PAD", (features, margins), (padded[features],))
        graph.insert_before(gather, pad)
    patches, gathering = _gather_patches(graph, padded[features], places)
    multiplying = _multiply(graph, patches, head, int(gather.outputs[0]))
    graph.insert_before(gather, *gathering, *multiplying)
    graph.operators = [operator for operator in graph.operators if operator is not gather]


def _gather_patches(graph: LiteRTGraph, padded: int, places: int) -> tuple[int, list[Any]]:
    """Gather the 3 x 3 pixels around each place.

    Args:
        graph: The graph, which receives the new tensors.
        padded: Number of the image with a margin of one pixel.
        places: Number of the (N, 3) or (N, 2) places.

    Returns:
        The number of the (N, 9 * channels) tensor of patches, and the operators that compute it.
    """
    operators = []
    _, height, width, channels = graph.shape(padded)
    count, columns = graph.shape(places)
    if columns == 2:  # The places are given without the image's number.
        image = graph.add_tensor((height, width, channels))
        operators.append(graph.make_reshape(padded, image))
        padded = image
    rows, across = np.divmod(np.arange(9, dtype=np.int32), 3)
    offsets = np.stack((np.zeros(9, np.int32), rows, across), axis=1)[None, :, 3 - columns :]
    # In the image with a margin, a place is the top left corner of its patch.
    corners = graph.add_tensor((count, 1, columns), np.int32)
    operators.append(graph.make_reshape(places, corners))
    pixels = graph.add_tensor((count, 9, columns), np.int32)
    values = graph.add_tensor((count, 9, channels))
    added = (corners, graph.add_constant(offsets))
    operators.append(graph.make_operator("ADD", added, (pixels,)))
    operators.append(graph.make_operator("GATHER_ND", (padded, pixels), (values,)))
    patches = graph.add_tensor((count, 9 * channels))
    operators.append(graph.make_reshape(values, patches))
    return patches, operators


def _multiply(graph: LiteRTGraph, patches: int, head: list[Any], result: int) -> list[Any]:
    """Multiply patches by the weights of each 1 x 1 convolution in turn.

    Returns:
        The operators, of which the last one computes `result`.
    """
    operators = []
    values, count = patches, graph.shape(patches)[0]
    for operator, (weights, biases) in zip(head[1:], _matrices(graph, head), strict=True):
        output = result if operator is head[-1] else graph.add_tensor((count, len(weights)))
        inputs = (values, graph.add_constant(weights), graph.add_constant(biases))
        activation = operator.builtinOptions.fusedActivationFunction
        operators.append(
            graph.make_operator(
                "FULLY_CONNECTED", inputs, (output,), fusedActivationFunction=activation
            )
        )
        values = output
    return operators


def _matrices(graph: LiteRTGraph, head: list[Any]) -> list[tuple[Constant, Constant]]:
    """Return weights and biases of each 1 x 1 convolution; the first includes the 3 x 3 one."""
    (kernel, offsets), *others = (
        [np.asarray(graph.constant(int(number)), np.float64) for number in operator.inputs[1:]]
        for operator in head
    )
    pairs = [(weights.reshape(len(weights), -1), biases) for weights, biases in others]
    weights, biases = pairs[0]
    combined = weights[:, None] * kernel.reshape(9, -1)
    pairs[0] = combined.reshape(len(weights), -1), biases + weights @ offsets
    return [(w.astype(np.float32), b.astype(np.float32)) for w, b in pairs]
