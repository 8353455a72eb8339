"""The operators of a graph, read before TensorFlow loads it."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.core.errors import ModelError, UntrustedModel
from livepose.models.convert.operators import check_graph_operators
from tests.support.needs import TFHUB, needs_shared
from tests.support.savedmodels import write_saved_model

pytest.importorskip("google.protobuf")
SAVER = {"__inference__traced_save_1": ["Const", "MergeV2Checkpoints", "SaveV2"]}


@needs_shared
def test_the_three_models_pass() -> None:
    folders = [each for each in TFHUB.iterdir() if each.is_dir()]
    assert len(folders) >= 3
    for folder in folders:
        check_graph_operators(folder)


@pytest.mark.parametrize(
    "operator",
    [
        *("ReadFile", "WriteFile", "MatchingFiles", "SaveV2", "RestoreV2", "DeleteFile"),
        *("PyFunc", "EagerPyFunc", "PyFuncStateless", "PrintV2", "TextLineDataset", "Save"),
        *("InitializeTableFromTextFileV2", "WholeFileReaderV2", "TFRecordDataset", "DebugIdentity"),
        *("RemoteCall", "SummaryWriter", "_Send", "LoadLibrary", "ShardedFilename", "", "Écrire"),
    ],
)
def test_whatever_does_more_than_compute_is_refused(operator: str, tmp_path: Path) -> None:
    in_main = write_saved_model(tmp_path / "main", ["Const", operator], concrete_functions=[])
    in_function = write_saved_model(
        tmp_path / "function", ["Const"], {"f": ["Mul", operator]}, concrete_functions=["f"]
    )
    for folder in (in_main, in_function):
        with pytest.raises(UntrustedModel, match="is refused: its graph has the operator"):
            check_graph_operators(folder)


def test_the_functions_that_save_a_model_are_left_alone(tmp_path: Path) -> None:
    check_graph_operators(
        write_saved_model(tmp_path / "m", ["StatefulPartitionedCall"], SAVER, concrete_functions=[])
    )


def test_a_function_that_saves_is_refused_where_it_could_be_called(tmp_path: Path) -> None:
    (saver,) = SAVER
    functions = {**SAVER, "serve": ["Mul"]}
    folders = [
        write_saved_model(tmp_path / "no objects", ["Const"], SAVER),
        write_saved_model(tmp_path / "two", ["Const"], SAVER, concrete_functions=[], graphs=2),
        write_saved_model(tmp_path / "named", ["Const"], SAVER, concrete_functions=[saver]),
        write_saved_model(
            tmp_path / "called",
            ["Const"],
            functions,
            calls={"serve": saver},
            concrete_functions=["serve"],
        ),
        write_saved_model(
            tmp_path / "as operator",
            ["Const"],
            {**SAVER, "serve": [saver]},
            concrete_functions=["serve"],
        ),
        write_saved_model(
            tmp_path / "and more",
            ["Const"],
            {"save": ["SaveV2", "WriteFile"]},
            concrete_functions=[],
        ),
    ]
    for folder in folders:
        with pytest.raises(UntrustedModel, match=r"SaveV2|MergeV2Checkpoints"):
            check_graph_operators(folder)


def test_a_function_named_like_an_operator_does_not_allow_it(tmp_path: Path) -> None:
    folder = write_saved_model(
        tmp_path / "m", ["ReadFile"], {"ReadFile": ["Mul"]}, concrete_functions=[]
    )
    with pytest.raises(UntrustedModel, match="ReadFile"):
        check_graph_operators(folder)


@pytest.mark.parametrize("content", [b"\xff" * 40, b"\x12\x7f", None])
def test_a_damaged_graph_is_refused_in_a_sentence(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        check_graph_operators(tmp_path)
