"""LiteRT files as what they are: a list of operators on numbered tensors.

The names are those of the file format's schema (`schema.fbs` of LiteRT), in whose Python classes a
file is held while it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from livepose.system.optional_imports import needed
from livepose.system.quiet import quiet_stderr

Constant = npt.NDArray[np.generic]

_MARK = b"TFL3"
_FLOAT32, _FLOAT16, _INT32 = 0, 1, 2
_TYPES = {_FLOAT32: np.float32, _FLOAT16: np.float16, _INT32: np.int32}
_ALIGNMENT = 16


class FlatGraph:
    """The one graph of a file, to be read and changed."""

    def __init__(self, content: bytes) -> None:
        """Read a file.

        Raises:
            ValueError: it is not a LiteRT file of one graph.
            RuntimeMissing: ai-edge-litert is not installed.
        """
        with needed("LiteRT", "ai-edge-litert"):
            from ai_edge_litert import schema_py_generated as schema
        if content[4:8] != _MARK:
            raise ValueError("this is not a LiteRT file")
        self._schema: Any = schema
        self._model: Any = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
        if len(self._model.subgraphs) != 1:
            raise ValueError(f"this LiteRT file has {len(self._model.subgraphs)} graphs")
        self._graph: Any = self._model.subgraphs[0]
        self.operators: list[Any] = list(self._graph.operators)
        """In the order in which they are done."""

    def content(self) -> bytes:
        """Give the file."""
        import flatbuffers

        class Builder(flatbuffers.Builder):  # type: ignore[misc]
            def StartVector(self, size: int, count: int, alignment: int) -> Any:
                # As the schema has it for what is in buffers.
                return super().StartVector(size, count, max(alignment, _ALIGNMENT))

        self._graph.operators = self.operators
        builder = Builder(1 << 20)
        builder.Finish(self._model.Pack(builder), _MARK)
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

    def is_fixed(self, number: int) -> bool:
        """Tell whether a tensor has its shape whatever the network is given."""
        signature = self.tensor(number).shapeSignature
        return signature is None or bool((np.asarray(signature) >= 0).all())

    def is_of(self, number: int, dtype: npt.DTypeLike) -> bool:
        """Tell whether a tensor is of a type: float32, float16 or int32."""
        return bool(_TYPES.get(self.tensor(number).type) == dtype)

    def is_kind(self, operator: Any, *names: str) -> bool:
        """Tell whether an operator is one of some kinds: `CONV_2D`."""
        kinds = self._schema.BuiltinOperator
        code = self._model.operatorCodes[operator.opcodeIndex]
        # Files from before there were so many kinds have the one, newer ones both.
        builtin = max(code.builtinCode, code.deprecatedBuiltinCode)
        return any(builtin == getattr(kinds, name) for name in names)

    def maker(self, number: int) -> Any | None:
        """Find the operator that makes a tensor; None for inputs and constants."""
        return next((each for each in self.operators if number in each.outputs), None)

    def users(self, number: int) -> list[Any]:
        """Find the operators that take a tensor."""
        return [each for each in self.operators if number in each.inputs]

    def constant(self, number: int) -> Constant | None:
        """Give the numbers of a constant tensor; as float32 where they are stored as float16."""
        if number < 0:  # an input that may be left out, and is
            return None
        tensor = self.tensor(number)
        data = self._model.buffers[tensor.buffer].data
        if data is not None and len(data) and tensor.type in _TYPES:
            values = np.frombuffer(bytes(np.asarray(data, np.uint8)), _TYPES[tensor.type])
            return values.reshape(self.shape(number))
        maker = self.maker(number)
        if maker is None or not self.is_kind(maker, "DEQUANTIZE"):
            return None
        stored = self.constant(int(maker.inputs[0]))
        is_half = stored is not None and stored.dtype == np.float16
        return stored.astype(np.float32) if stored is not None and is_half else None

    def add_constant(self, values: Constant) -> int:
        """Add a constant; gives its number."""
        buffer = self._schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._added(values.shape, values.dtype, len(self._model.buffers) - 1)

    def add_tensor(self, shape: Sequence[int], dtype: npt.DTypeLike = np.float32) -> int:
        """Add a tensor that an operator will make; gives its number."""
        return self._added(shape, np.dtype(dtype), 0)

    def operator(
        self, kind: str, inputs: Sequence[int], outputs: Sequence[int], **options: Any
    ) -> Any:
        """Make an operator, which is not yet in the list.

        Args:
            kind: as in `is_kind`.
            inputs: its tensors.
            outputs: likewise.
            options: the fields of its options.
        """
        words = "".join(w if w[0].isdigit() else w.capitalize() for w in kind.split("_"))
        made = self._schema.OperatorT()
        made.opcodeIndex = self._code_of(getattr(self._schema.BuiltinOperator, kind))
        made.inputs, made.outputs = (np.array(ends, np.int32) for ends in (inputs, outputs))
        made.builtinOptionsType = getattr(self._schema.BuiltinOptions, f"{words}Options")
        made.builtinOptions = getattr(self._schema, f"{words}OptionsT")()
        for name, value in options.items():
            setattr(made.builtinOptions, name, value)
        return made

    def reshaping(self, number: int, result: int) -> Any:
        """Make an operator, not yet in the list, that gives a tensor the shape of another."""
        shape = np.array(self.shape(result), np.int32)
        given = (number, self.add_constant(shape))
        return self.operator("RESHAPE", given, (result,), newShape=shape)

    def insert_before(self, operator: Any, *more: Any) -> None:
        """Put operators into the list."""
        at = next(index for index, each in enumerate(self.operators) if each is operator)
        self.operators[at:at] = more

    def set_input(self, operator: Any, place: int, number: int) -> None:
        """Let an operator take another tensor."""
        operator.inputs = np.array(
            [number if at == place else old for at, old in enumerate(operator.inputs)], np.int32
        )

    def set_shape(self, number: int, shape: Sequence[int]) -> None:
        self.tensor(number).shape = np.array(shape, np.int32)

    def prune(self) -> None:
        """Take out the operators that nobody needs the results of, and their constants."""
        wanted = {*self.inputs, *self.outputs}
        kept = []
        for operator in reversed(self.operators):
            if wanted.intersection(int(tensor) for tensor in operator.outputs):
                wanted.update(int(tensor) for tensor in operator.inputs)
                kept.append(operator)
        self.operators = kept[::-1]
        for number, tensor in enumerate(self._graph.tensors):
            if number not in wanted:
                tensor.buffer = 0  # the empty one
        used = {tensor.buffer for tensor in self._graph.tensors}
        used.update(each.buffer for each in self._model.metadata or ())
        for number, buffer in enumerate(self._model.buffers):
            if number not in used:
                buffer.data = None

    def ancestors(self, number: int, kind: str) -> Iterator[Any]:
        """Walk from a tensor to the operator that makes it, and on while they are of a kind.

        Only those whose result nobody else takes count.
        """
        maker = self.maker(number)
        while maker is not None and self.is_kind(maker, kind) and len(self.users(number)) == 1:
            yield maker
            number = int(maker.inputs[0])
            maker = self.maker(number)

    def _added(self, shape: Sequence[int], dtype: np.dtype[Any], buffer: int) -> int:
        tensor = self._schema.TensorT()
        tensor.shape = np.array(shape, np.int32)
        tensor.type = next(number for number, known in _TYPES.items() if dtype == known)
        tensor.name = f"livepose/{len(self._graph.tensors)}".encode()
        tensor.buffer = buffer
        self._graph.tensors.append(tensor)
        return len(self._graph.tensors) - 1

    def _code_of(self, builtin: int) -> int:
        codes = self._model.operatorCodes
        for index, code in enumerate(codes):
            if code.builtinCode == builtin:
                return index
        code = self._schema.OperatorCodeT()
        code.builtinCode, code.version = builtin, 1
        # Where readers of long ago look.
        code.deprecatedBuiltinCode = min(builtin, 127)
        codes.append(code)
        return len(codes) - 1


def run_on_noise(content: bytes) -> list[Constant]:
    """Give what a LiteRT file, whatever it is for, makes of bytes without a meaning; all outputs.

    Raises:
        ValueError, RuntimeError: it cannot be loaded, or not be run.
    """
    with needed("LiteRT", "ai-edge-litert"):
        from ai_edge_litert.interpreter import Interpreter
    with quiet_stderr():
        interpreter = Interpreter(model_content=content)
        interpreter.allocate_tensors()
    random = np.random.default_rng(0)
    for each in interpreter.get_input_details():
        noise = random.integers(0, 256, each["shape"])
        interpreter.set_tensor(each["index"], noise.astype(each["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]
