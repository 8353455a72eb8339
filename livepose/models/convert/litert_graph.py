"""Read and change a LiteRT file: a list of operators on numbered tensors.

The names are those of the file format's schema (`schema.fbs` of LiteRT), whose Python classes hold
the content while it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livepose.system.optional_imports import optional_import, suppress_stderr

Constant = npt.NDArray[np.generic]

_FILE_IDENTIFIER = b"TFL3"
_FLOAT32, _FLOAT16, _INT32 = 0, 1, 2
_TYPES = {_FLOAT32: np.float32, _FLOAT16: np.float16, _INT32: np.int32}
_ALIGNMENT = 16


class LiteRTGraph:
    """The graph of a LiteRT file, which can be read and changed."""

    def __init__(self, content: bytes) -> None:
        """Read a file.

        Raises:
            ValueError: If it is not a LiteRT file, or has more than one graph.
            RuntimeMissing: If ai-edge-litert is not installed.
        """
        with optional_import("LiteRT", "ai-edge-litert"):
            from ai_edge_litert import schema_py_generated as schema
        if content[4:8] != _FILE_IDENTIFIER:
            raise ValueError("this is not a LiteRT file")
        self._schema: Any = schema
        self._model: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        if len(self._model.subgraphs) != 1:
            raise ValueError(f"this LiteRT file has {len(self._model.subgraphs)} graphs")
        self._graph: Any = self._model.subgraphs[0]
        self.operators: list[Any] = list(self._graph.operators)
        """In the order in which they are executed."""

    def content(self) -> bytes:
        """Return the content of the file."""
        import flatbuffers

        class Builder(flatbuffers.Builder):  # type: ignore[misc]
            def StartVector(self, size: int, count: int, alignment: int) -> Any:
                # The schema demands this alignment for the data of buffers.
                return super().StartVector(size, count, max(alignment, _ALIGNMENT))

        self._graph.operators = self.operators
        builder = Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), _FILE_IDENTIFIER)
        return bytes(builder.Output())

    @property
    def inputs(self) -> list[int]:
        return [int(tensor) for tensor in self._graph.inputs]

    @property
    def outputs(self) -> list[int]:
        return [int(tensor) for tensor in self._graph.outputs]

    def tensor(self, number: int) -> Any:
        return self._graph.tensors[number]

    def shape(self, number: int) -> tuple[int, ...]:
        shape = self.tensor(number).shape
        return () if shape is None else tuple(int(side) for side in shape)

    def has_fixed_shape(self, number: int) -> bool:
        """Return whether a tensor's shape does not depend on the network's input."""
        signature = self.tensor(number).shapeSignature
        return signature is None or bool((np.asarray(signature) >= 0).all())

    def has_type(self, number: int, dtype: npt.DTypeLike) -> bool:
        """Return whether a tensor is of a type: float32, float16 or int32."""
        return bool(_TYPES.get(self.tensor(number).type) == dtype)

    def is_kind(self, operator: Any, *names: str) -> bool:
        """Return whether an operator is of one of some kinds, such as `CONV_2D`."""
        kinds = self._schema.BuiltinOperator
        code = self._model.operatorCodes[operator.opcodeIndex]
        # Files from before the wide field have the deprecated one only; newer files have both.
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        return any(builtin == getattr(kinds, name) for name in names)

    def producer(self, number: int) -> Any | None:
        """Return the operator that computes a tensor; None for inputs and constants."""
        return next((each for each in self.operators if number in each.outputs), None)

    def users(self, number: int) -> list[Any]:
        """Return the operators that have a tensor among their inputs."""
        return [each for each in self.operators if number in each.inputs]

    def constant(self, number: int) -> Constant | None:
        """Return the values of a constant tensor, as float32 if they are stored as float16.

        None if the tensor is not a constant.
        """
        if number < 0:  # An optional input that is left out.
            return None
        tensor = self.tensor(number)
        data = self._model.buffers[tensor.buffer].data
        if data is not None and len(data) and tensor.type in _TYPES:
            values = np.frombuffer(bytes(np.asarray(data, np.uint8)), _TYPES[tensor.type])
            return values.reshape(self.shape(number))
        producer = self.producer(number)
        if producer is None or not self.is_kind(producer, "DEQUANTIZE"):
            return None
        stored = self.constant(int(producer.inputs[0]))
        if stored is None or stored.dtype != np.float16:
            return None
        return stored.astype(np.float32)

    def add_constant(self, values: Constant) -> int:
        """Add a constant tensor, and return its number."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._add(values.shape, values.dtype, len(self._model.buffers) - 1)

    def add_tensor(self, shape: Sequence[int], dtype: npt.DTypeLike = np.float32) -> int:
        """Add a tensor that an operator will compute, and return its number."""
        return self._add(shape, np.dtype(dtype), 0)

    def make_operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any
    ) -> Any:
        """Return a new operator, which is not yet in the list.

        Args:
            kind: As in `is_kind`.
            inputs: Numbers of its input tensors.
            outputs: Numbers of its output tensors.
            options: Fields of the schema's options for this kind.
        """
        # CONV_2D has Conv2DOptions.
        words = "".join(w if w[0].isdigit() else w.capitalize() for w in kind.split("_"))
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code_index(getattr(self._schema.BuiltinOperator, kind))
        made.inputs, made.outputs = np.array(inputs, np.int32), np.array(outputs, np.int32)
        made.builtinOptionsType = getattr(self._schema.BuiltinOptions, f"{words}Options")
        made.builtinOptions = getattr(self._schema, f"{words}OptionsT")()
        for name, value in options.items():
            setattr(made.builtinOptions, name, value)
        return made

    def make_reshape(self, number: int, result: int) -> Any:
        """Return a new operator, not yet in the list, that reshapes a tensor into another."""
        shape = np.array(self.shape(result), np.int32)
        inputs = (number, self.add_constant(shape))
        return self.make_operator("RESHAPE", inputs, (result,), newShape=shape)

    def insert_before(self, operator: Any, *more: Any) -> None:
        """Insert operators into the list, in front of one that is in it."""
        at = next(index for index, each in enumerate(self.operators) if each is operator)
        self.operators[at:at] = more

    def set_input(self, operator: Any, place: int, number: int) -> None:
        """Replace one of an operator's input tensors."""
        operator.inputs = np.array(
            [number if at == place else old for at, old in enumerate(operator.inputs)], np.int32
        )

    def set_shape(self, number: int, shape: Sequence[int]) -> None:
        self.tensor(number).shape = np.array(shape, np.int32)

    def prune(self) -> None:
        """Remove the operators whose results are not used, and their constants."""
        wanted = {*self.inputs, *self.outputs}
        kept = []
        for operator in reversed(self.operators):
            if wanted.intersection(int(tensor) for tensor in operator.outputs):
                wanted.update(int(tensor) for tensor in operator.inputs)
                kept.append(operator)
        self.operators = kept[::-1]
        for number, tensor in enumerate(self._graph.tensors):
            if number not in wanted:
                tensor.buffer = 0  # Buffer 0 is empty.
        used = {tensor.buffer for tensor in self._graph.tensors}
        used.update(each.buffer for each in self._model.metadata or ())
        for number, buffer in enumerate(self._model.buffers):
            if number not in used:
                buffer.data = None

    def ancestors(self, number: int, kind: str) -> Iterator[Any]:
        """Yield the operators of one kind that a tensor is computed by, from the last to the first.

        Each computes the first input of the one before. The walk ends at an operator of another
        kind, or whose result has other users.
        """
        producer = self.producer(number)
        while (
            producer is not None and self.is_kind(producer, kind) and len(self.users(number)) == 1
        ):
            yield producer
            number = int(producer.inputs[0])
            producer = self.producer(number)

    def _add(self, shape: Sequence[int], dtype: np.dtype[Any], buffer: int) -> int:
        tensor = self._schema.TensorT()
        tensor.shape = np.array(shape, np.int32)
        tensor.type = next(number for number, known in _TYPES.items() if dtype == known)
        tensor.name = f"livepose/{len(self._graph.tensors)}".encode()
        tensor.buffer = buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _code_index(self, builtin: int) -> int:
        """Return the index of an operator code, which is added if the file does not have it."""
        codes = self._model.operatorCodes
        for index, code in enumerate(codes):
            if code.builtinCode == builtin:
                return index
        code = self._schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, 1
        # For readers that are older than the wide field.
        code.deprecatedBuiltinCode = min(builtin, 127)
        codes.append(code)
        return len(codes) - 1


def run_on_noise(content: bytes) -> list[Constant]:
    """Run a LiteRT file on random bytes, and return all of its outputs.

    Raises:
        ValueError: If it cannot be loaded.
        RuntimeError: If it cannot be loaded or run.
    """
    with optional_import("LiteRT", "ai-edge-litert"):
        from ai_edge_litert.interpreter import Interpreter
    with suppress_stderr():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for each in interpreter.get_input_details():
        noise = random.integers(0, 256, each["shape"])
        interpreter.set_tensor(each["index"], noise.astype(each["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
