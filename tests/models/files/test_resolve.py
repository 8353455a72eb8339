"""Which model is meant by a name, a URL or a path, and its key in the cache."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from livepose.core.errors import ModelError
from livepose.models.catalog import CATALOG, MULTIPOSE, THUNDER, ModelSpec
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import (
    ModelRef,
    cache_key,
    graph_file,
    litert_file,
    resolve,
)
from livepose.models.progress import no_progress
from tests.support.models import put_model
from tests.support.npm import GRAPH_JSON, sha256

CONTENT = b"what could be a LiteRT file " * 100


@pytest.mark.parametrize("spec", CATALOG.values(), ids=CATALOG)
def test_a_name_and_its_tf_hub_url_mean_the_same_model(spec: ModelSpec) -> None:
    assert resolve(spec.name) == ModelRef(spec.name, spec=spec)
    assert resolve(spec.hub_url) == ModelRef(spec.name, spec=spec)


@pytest.mark.parametrize("url", ["https://tfhub.dev/google/spice/2", "http://x/y"])
def test_an_unknown_url_is_kept_as_it_is(url: str) -> None:
    assert resolve(url) == ModelRef(url, url=url)


def test_an_existing_file_or_folder_is_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    file = tmp_path / "my.tflite"
    file.write_bytes(CONTENT)
    (tmp_path / "folder").mkdir()
    assert resolve(str(file)) == ModelRef("my.tflite", path=file)
    assert resolve("my.tflite") == ModelRef("my.tflite", path=Path("my.tflite"))
    assert resolve("folder") == ModelRef("folder", path=Path("folder"))
    assert resolve("~/my.tflite") == ModelRef("my.tflite", path=file)


def test_a_model_s_name_means_the_model_even_if_a_file_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thunder").write_bytes(CONTENT)
    assert resolve("thunder").spec is THUNDER
    assert resolve("./thunder").path == Path("thunder")


@pytest.mark.parametrize(
    "path", ["gone.tflite", "sub/gone", "/no/such/folder", "~nobody-here/gone"]
)
def test_a_path_that_does_not_exist_is_refused(path: str) -> None:
    with pytest.raises(ModelError, match="there is no model at") as caught:
        resolve(path)
    assert path.removeprefix("~nobody-here/") in str(caught.value)


def test_a_user_s_own_litert_file_is_not_copied(own_cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(CONTENT)
    assert litert_file(resolve(str(file)), ModelCache(), no_progress) == file
    assert not own_cache.exists()


def test_a_tflite_file_is_no_graph_for_tensorflow(tmp_path: Path) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="use --runtime litert"):
        graph_file(resolve(str(file)), ModelCache(), no_progress)


def test_a_user_s_own_graph_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"a graph")
    (tmp_path / "movenet.json").write_bytes(GRAPH_JSON)
    for path in (tmp_path, tmp_path / "movenet.json"):
        assert graph_file(resolve(str(path)), ModelCache(), no_progress) == path


def test_the_cache_key_of_a_dynamic_model_has_the_size_of_its_input() -> None:
    model = resolve("multipose")
    assert model.spec is MULTIPOSE
    wide = dataclasses.replace(model, input_px=(256, 160))
    assert cache_key(wide) == "multipose-256x160"
    assert cache_key(dataclasses.replace(model, input_px=(160, 256))) == "multipose-160x256"
    cache = ModelCache()
    kept = put_model(cache, "multipose-256x160", CONTENT, origin="tfhub")
    assert kept.name.startswith("multipose-256x160.tfhub.")
    assert litert_file(wide, cache, no_progress) == kept
    assert cache.find("multipose-160x256") is None


def test_the_cache_key_of_other_models_is_their_name_url_or_content(tmp_path: Path) -> None:
    url = "https://tfhub.dev/google/spice/2"
    assert cache_key(resolve("lightning")) == "lightning"
    assert cache_key(resolve(url)) == f"url-{sha256(url.encode())[:12]}"
    (tmp_path / "saved_model.pb").write_bytes(b"a graph")
    assert cache_key(resolve(str(tmp_path))) == f"path-{sha256(b'a graph')[:12]}"
