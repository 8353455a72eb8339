"""Check which operators a TensorFlow graph has, before TensorFlow loads it.

A graph is a program: among TensorFlow's 1300 operators are some that read, write and delete files,
open connections or run Python. So only those are allowed that compute numbers from numbers, which
is all that a pose model needs. A list of what is forbidden would be outdated with each release.

The file is read with protobuf itself, without TensorFlow, whose import takes seconds. Only the
fields that are needed are declared here; their numbers are those of TensorFlow's `.proto` files.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from livepose.core.errors import ModelError, UntrustedModel

ALLOWED_OPERATORS = frozenset(
    name
    for line in """
# Structure: constants, inputs, calls of the graph's own functions, branches, variables.
Const Placeholder PlaceholderWithDefault Identity IdentityN NoOp StopGradient PreventGradient
Snapshot EnsureShape PartitionedCall StatefulPartitionedCall If StatelessIf While StatelessWhile
Case StatelessCase Switch RefSwitch Merge Enter Exit NextIteration LoopCond ControlTrigger Assert
VarHandleOp VarIsInitializedOp ReadVariableOp AssignVariableOp AssignAddVariableOp
AssignSubVariableOp DestroyResourceOp _Arg _Retval
# Element by element.
Abs Acos Acosh Add AddN AddV2 Asin Asinh Atan Atan2 Atanh BitwiseAnd BitwiseOr BitwiseXor Cast
Ceil ClipByValue Cos Cosh Cumprod Cumsum DivNoNan Div Elu Equal Erf Erfc Exp Expm1 Floor FloorDiv
FloorMod Greater GreaterEqual Inv Invert IsFinite IsInf IsNan LeakyRelu LeftShift Less LessEqual
Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr Maximum Minimum Mod Mul MulNoNan Neg NotEqual
Pow RealDiv Reciprocal Relu Relu6 RightShift Rint Round Rsqrt Select SelectV2 Selu Sigmoid Sign
Sin Sinh Softmax Softplus Softsign Sqrt Square SquaredDifference Sub Tan Tanh TruncateDiv
TruncateMod
# Sums, products, convolutions, pooling, normalization, images.
All Any ArgMax ArgMin AvgPool AvgPool3D BatchMatMul BatchMatMulV2 BatchMatMulV3
BatchNormWithGlobalNormalization BiasAdd BiasAddV1 Bincount Bucketize Conv2D Conv2DBackpropInput
Conv3D Conv3DBackpropInputV2 Cross CropAndResize DepthwiseConv2dNative Dilation2D Einsum
FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel FusedBatchNorm
FusedBatchNormV2 FusedBatchNormV3 ImageProjectiveTransformV2 ImageProjectiveTransformV3 InTopKV2
L2Loss LRN MatMul Max MaxPool MaxPool3D MaxPoolV2 MaxPoolWithArgmax Mean Min NonMaxSuppressionV3
NonMaxSuppressionV4 NonMaxSuppressionV5 CombinedNonMaxSuppression Prod ResizeArea ResizeBicubic
ResizeBilinear ResizeNearestNeighbor SegmentMax SegmentMean SegmentMin SegmentSum Sum TopK TopKV2
UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentSum _FusedConv2D _FusedDepthwiseConv2dNative
_FusedMatMul
# Shapes and places.
BatchToSpace BatchToSpaceND BroadcastArgs BroadcastTo Concat ConcatOffset ConcatV2 DepthToSpace
Diag DiagPart DynamicPartition DynamicStitch Empty ExpandDims ExtractImagePatches Fill Gather
GatherNd GatherV2 InvertPermutation LinSpace ListDiff MatrixBandPart MatrixDiag MatrixDiagV2
MatrixDiagV3 MirrorPad OneHot OnesLike Pack Pad PadV2 ParallelDynamicStitch Range Rank Reshape
Reverse ReverseSequence ReverseV2 Roll ScatterNd Shape ShapeN Size Slice SpaceToBatch
SpaceToBatchND SpaceToDepth Split SplitV Squeeze StridedSlice TensorListElementShape
TensorListFromTensor TensorListGetItem TensorListLength TensorListPushBack TensorListReserve
TensorListSetItem TensorListStack TensorScatterAdd TensorScatterMax TensorScatterMin
TensorScatterUpdate Tile Transpose Unique UniqueV2 Unpack UpperBound LowerBound Where ZerosLike
# Texts, which the standard functions that save a model put together; random numbers.
StringJoin StaticRegexFullMatch RandomStandardNormal RandomUniform StatelessRandomNormalV2
StatelessRandomUniformV2
""".splitlines()
    if not line.startswith("#")
    for name in line.split()
)
_SAVER_OPERATORS = frozenset(("SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"))
"""In the two functions by which every SavedModel is saved again. Loading it does not call them."""
_FUNCTION_NAME = re.compile(r"_*[a-z].*")
"""A function may be called by its name in the place of an operator's, which begins with a capital
letter."""
_SCHEMA = {
    "SavedModel": {"meta_graphs": (2, "MetaGraph", True)},
    "MetaGraph": {"graph": (2, "Graph", False), "objects": (7, "Objects", False)},
    "Objects": {"concrete_functions": (2, "NamedFunction", True)},
    "NamedFunction": {"name": (1, "", False)},
    "Graph": {"nodes": (1, "Node", True), "library": (2, "Library", False)},
    "Library": {"functions": (1, "Function", True)},
    "Function": {"signature": (1, "Signature", False), "nodes": (3, "Node", True)},
    "Signature": {"name": (1, "", False)},
    "Node": {"op": (2, "", False), "attributes": (5, "Attribute", True)},
    "Attribute": {"value": (2, "Value", False)},
    "Value": {"list": (1, "List", False), "function": (10, "Reference", False)},
    "List": {"functions": (9, "Reference", True)},
    "Reference": {"name": (1, "", False)},
}
"""The fields of each message: number, type ("" is text), whether there may be several."""


def check_graph_operators(path: Path) -> None:
    """Check the operators of a SavedModel.

    Args:
        path: Of its folder.

    Raises:
        UntrustedModel: If an operator is not allowed.
        ModelError: If the file cannot be read.
    """
    try:
        model = _message_class().FromString((path / "saved_model.pb").read_bytes())
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror or error}") from error
    except Exception as error:  # protobuf's errors have no base class of their own
        if type(error).__module__.partition(".")[0] not in ("google", "builtins"):
            raise
        raise ModelError(f"{path} is not a usable SavedModel: its graph cannot be read") from error
    for meta in model.meta_graphs:
        # Such a graph is loaded function by function. Of any other, all nodes may be run.
        is_functional = len(model.meta_graphs) == 1 and meta.HasField("objects")
        savers = _saver_functions(meta) if is_functional else set()
        check_operators(_used_operators(meta.graph, savers), str(path))


def check_operators(operators: Iterable[str], label: str) -> None:
    """Check that operators are allowed.

    Args:
        operators: Their names.
        label: Names the model in the message.

    Raises:
        UntrustedModel: If one is not allowed.
    """
    for name in operators:
        if name not in ALLOWED_OPERATORS:
            raise UntrustedModel(
                f"{label} is refused: its graph has the operator {name[:60]!r}, and only operators "
                "that compute numbers from numbers are allowed"
            )


def _used_operators(graph: Any, savers: set[str]) -> Iterator[str]:
    """Yield the operators of a graph and its functions, but for those that save the model."""
    functions = {each.signature.name for each in graph.library.functions}
    bodies = [each.nodes for each in graph.library.functions if each.signature.name not in savers]
    for node in chain(graph.nodes, *bodies):
        if not (node.op in functions and _FUNCTION_NAME.fullmatch(node.op)):
            yield node.op


def _saver_functions(meta: Any) -> set[str]:
    """Return the functions that do nothing but save and restore, and that nothing else can call."""
    functions = meta.graph.library.functions
    names = [each.signature.name for each in functions]
    callable_names = {each.name for each in meta.objects.concrete_functions}
    for function in functions:
        callable_names |= _called_functions(function.nodes)
    return {
        function.signature.name
        for function in functions
        if names.count(function.signature.name) == 1
        and function.signature.name not in callable_names
        and {node.op for node in function.nodes} <= ALLOWED_OPERATORS | _SAVER_OPERATORS
    }


def _called_functions(nodes: Iterable[Any]) -> set[str]:
    """Return the names of all functions that nodes may call."""
    names = set()
    for node in nodes:
        names.add(node.op)
        for attribute in node.attributes:
            names.add(attribute.value.function.name)
            names |= {each.name for each in attribute.value.list.functions}
    return names


@lru_cache(maxsize=1)
def _message_class() -> Any:
    """Return a protobuf class that reads a SavedModel."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="livepose_graph.proto", package="livepose_graph", syntax="proto3"
    )
    for message, fields in _SCHEMA.items():
        declared = file.message_type.add(name=message)
        for name, (number, kind, is_repeated) in fields.items():
            declared.field.add(
                name=name,
                number=number,
                type=field.TYPE_MESSAGE if kind else field.TYPE_STRING,
                type_name=f".{file.package}.{kind}" if kind else None,
                label=field.LABEL_REPEATED if is_repeated else field.LABEL_OPTIONAL,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{file.package}.SavedModel")
    return message_factory.GetMessageClass(found)
