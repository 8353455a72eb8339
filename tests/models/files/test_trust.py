"""Which models are loaded, and which are refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from livepose.core.errors import ModelError, ModelUnavailable, OptionError, UntrustedModel
from livepose.models import load_model
from livepose.models.catalog import CATALOG, LIGHTNING
from livepose.models.files.resolve import resolve
from livepose.models.files.tfhub_cache import check_saved_model, find
from livepose.models.files.trust import check_trust
from tests.support.needs import TFHUB, needs_shared, needs_tensorflow
from tests.support.programs import error_line
from tests.support.savedmodels import write_saved_model


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/movenet/1",
        "https://tfhub.dev/somebody/movenet/1",
        "https://tfhub.dev/google/../somebody/movenet/1",
        "https://tfhub.dev.example.org/google/movenet/1",
        "https://tfhub.dev@example.org/google/movenet/1",
        "https://www.kaggle.com/models/somebody/movenet",
        "https://storage.googleapis.com/somebodys-bucket/google/model.tar.gz",
        "http://127.0.0.1:8000/google/movenet/1",
    ],
)
def test_a_strange_url_has_to_be_trusted(url: str) -> None:
    with pytest.raises(UntrustedModel, match=r"is a program .* --trust-model"):
        check_trust(resolve(url), is_trusted=False)
    check_trust(resolve(url), is_trusted=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://tfhub.dev/google/movenet/singlepose/lightning/3",
        "HTTPS://tfhub.dev/google/movenet/singlepose/lightning/3",
        "https://www.kaggle.com/models/google/movenet/frameworks/tensorFlow2/variations/x/1",
    ],
)
def test_googles_own_models_are_loaded_by_their_url(url: str) -> None:
    check_trust(resolve(url), is_trusted=False)


@pytest.mark.parametrize("is_trusted", [False, True])
@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_plain_http_is_refused_beyond_this_machine(scheme: str, is_trusted: bool) -> None:
    with pytest.raises(UntrustedModel, match="over plain HTTP anybody"):
        check_trust(resolve(f"{scheme}://tfhub.dev/google/movenet/1"), is_trusted=is_trusted)


@pytest.mark.parametrize("url", ["http://[::1", "https://", "https://example.org:99999/m"])
def test_what_is_not_an_address_is_refused(url: str) -> None:
    with pytest.raises((ModelError, OptionError), match=r"is not an address|names no host"):
        check_trust(resolve(url), is_trusted=True)


def test_a_folder_has_to_be_trusted_and_a_litert_file_has_not(tmp_path: Path) -> None:
    folder = write_saved_model(tmp_path / "folder", ["Const"])
    with pytest.raises(UntrustedModel, match="is a program"):
        check_trust(resolve(str(folder)), is_trusted=False)
    check_trust(resolve(str(folder)), is_trusted=True)
    file = tmp_path / "model.tflite"
    file.write_bytes(b"TFL3")
    check_trust(resolve(str(file)), is_trusted=False)


@needs_shared
def test_a_folder_with_the_content_of_a_known_model_needs_no_trust(tmp_path: Path) -> None:
    folder = shutil.copytree(next(TFHUB.glob("29fb*/")), tmp_path / "copy")
    check_trust(resolve(str(folder)), is_trusted=False)


def test_load_model_refuses_a_strange_folder(tmp_path: Path) -> None:
    folder = write_saved_model(tmp_path / "folder", ["Const"])
    with pytest.raises(UntrustedModel, match="is a program"):
        load_model(str(folder))


@needs_tensorflow
@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_a_graph_that_writes_files_is_refused_even_if_it_is_trusted(
    runtime: str, tmp_path: Path
) -> None:
    folder = write_saved_model(tmp_path / "folder", ["Const", "WriteFile"])
    with pytest.raises(UntrustedModel, match="is refused: its graph has the operator 'WriteFile'"):
        load_model(str(folder), runtime, trust=True)


@needs_shared
@pytest.mark.parametrize("name", CATALOG)
def test_the_pinned_hashes_are_those_of_the_models(name: str) -> None:
    spec = CATALOG[name]
    folder = find(TFHUB, spec.hub_url)
    assert folder is not None
    check_saved_model(folder, spec)


def test_a_model_with_files_missing_is_not_taken(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="is incomplete"):
        check_saved_model(tmp_path, LIGHTNING)


@needs_tensorflow
@pytest.mark.parametrize("runtime", ["litert", "tensorflow"])
def test_another_graph_in_the_place_of_lightning_is_refused_in_one_line(
    runtime: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restored_log: None,
) -> None:
    from livepose.models.files.tfhub_cache import _entry_name

    write_saved_model(tmp_path / "hub" / _entry_name(LIGHTNING.hub_url), ["Const"])
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UntrustedModel, match="is not the file of the model lightning"):
        load_model("lightning", runtime)


def test_the_command_line_refuses_a_strange_model_in_one_line_before_any_work(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    restored_log: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_saved_model(tmp_path / "folder", ["Const"])
    words = ("--demo", "--out", "a.mp4", "--model")
    assert "--trust-model" in error_line(capsys, 1, *words, "folder")
    line = error_line(capsys, 1, *words, "http://me:secret@example.org/m?token=secret")
    assert "plain HTTP" in line and "secret" not in line


def test_a_tensorflow_js_graph_with_a_file_operator_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    from livepose.models.convert.tfjs import read_function

    node = {"name": "read", "op": "ReadFile", "input": []}
    model = {
        "signature": {"inputs": {"i": {"name": "i"}}, "outputs": {"o": {"name": "read"}}},
        "modelTopology": {"node": [node]},
        "weightsManifest": [],
    }
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model))
    with pytest.raises(UntrustedModel, match=r"model\.json is refused.*ReadFile"):
        read_function(path)
