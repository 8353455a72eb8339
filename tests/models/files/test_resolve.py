"""Which file is meant and where it comes from: the user's own, the cache, Google, TF Hub, npm."""

from __future__ import annotations

import hashlib
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from livepose.core.errors import LivePoseError, ModelError
from livepose.models import load_model
from livepose.models.catalog import CATALOG, LIGHTNING, MULTIPOSE, THUNDER, Download, ModelSpec
from livepose.models.files.cache import ModelCache
from livepose.models.files.download import forget_failures
from livepose.models.files.resolve import ModelRef, graph_file, litert_file, resolve
from livepose.models.progress import no_progress
from tests.support.needs import TFHUB, needs_shared, needs_tensorflow
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
from tests.support.paths import CHECKOUT
from tests.support.programs import dead_process_id
from tests.support.servers import LoopbackServer, http_answer

CONTENT = b"what passes for a LiteRT file " * 100


@pytest.fixture(autouse=True)
def on_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy, no cache of TF Hub's, no npm, and no host remembered from another test."""
    monkeypatch.setattr(urllib.request, "_opener", None)
    for name in ("http_proxy", "https_proxy", "all_proxy", "tfhub_cache_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / "no programs").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "no programs"))
    forget_failures()


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeNpm:
    monkeypatch.setenv("PATH", os.defpath)
    return FakeNpm(tmp_path / "programs", monkeypatch)


def little(google_url: str, hub_url: str) -> ModelSpec:
    """Make a model of the test's own, that Google has in two places."""
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


def asked_for(spec: ModelSpec) -> ModelRef:
    return ModelRef(spec.name, spec=spec)


@pytest.mark.parametrize("spec", CATALOG.values(), ids=CATALOG)
def test_a_name_and_its_tf_hub_url_mean_the_same_model(spec: ModelSpec) -> None:
    assert resolve(spec.name) == ModelRef(spec.name, spec=spec)
    assert resolve(spec.hub_url) == ModelRef(spec.name, spec=spec)


def test_the_catalog_knows_two_models_of_one_person_and_one_of_several() -> None:
    assert CATALOG == {"lightning": LIGHTNING, "thunder": THUNDER, "multipose": MULTIPOSE}


@pytest.mark.parametrize("url", ["https://tfhub.dev/google/spice/2", "http://x/y"])
def test_another_url_is_a_url(url: str) -> None:
    assert resolve(url) == ModelRef(url, url=url)


def test_what_exists_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_a_name_means_the_model_even_where_a_file_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thunder").write_bytes(CONTENT)
    assert resolve("thunder").spec is THUNDER
    assert resolve("./thunder").path == Path("thunder")


@pytest.mark.parametrize("name", ["lightening", "Lightning", "movenet", "4"])
def test_an_unknown_name_is_told_the_known_ones(name: str) -> None:
    with pytest.raises(ModelError, match="lightning, thunder") as caught:
        resolve(name)
    assert repr(name) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "path", ["gone.tflite", "sub/gone", "/no/such/folder", "~nobody-here/gone"]
)
def test_a_path_to_nothing_is_named(path: str) -> None:
    with pytest.raises(ModelError, match="there is no model at") as caught:
        resolve(path)
    assert path.removeprefix("~nobody-here/") in str(caught.value)


def test_a_runtime_that_nobody_knows_is_an_error_of_ours() -> None:
    with pytest.raises(LivePoseError, match="onnx"):
        load_model("lightning", "onnx")


def test_a_user_s_own_file_is_taken_where_it_lies(own_cache: Path, tmp_path: Path) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(CONTENT)
    assert litert_file(resolve(str(file)), ModelCache(), no_progress) == file
    assert not own_cache.exists()


def test_google_s_file_is_stored_and_the_second_time_nobody_is_asked(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    server.answers["/little.tflite"] = http_answer(CONTENT)
    spec = little(server.url, closed_url)
    first = litert_file(asked_for(spec), ModelCache(), no_progress)
    assert first == own_cache / f"little.google.{sha256(CONTENT)[:16]}.tflite"
    assert first.read_bytes() == CONTENT
    assert [path.name for path in own_cache.iterdir()] == [first.name]
    assert server.asked == ["/little.tflite"]
    assert litert_file(asked_for(spec), ModelCache(), no_progress) == first
    assert server.asked == ["/little.tflite"]


def test_where_google_s_first_place_fails_the_second_is_tried(
    server: LoopbackServer, closed_url: str
) -> None:
    server.answers["/little.tar.gz"] = http_answer(tgz({"4.tflite": CONTENT}))
    path = litert_file(asked_for(little(server.url, closed_url)), ModelCache(), no_progress)
    assert path.read_bytes() == CONTENT
    assert server.asked == ["/little.tflite", "/little.tar.gz"]


def test_a_damaged_file_in_the_cache_is_fetched_again(
    server: LoopbackServer, closed_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.answers["/little.tflite"] = http_answer(CONTENT)
    request = asked_for(little(server.url, closed_url))
    path = litert_file(request, ModelCache(), no_progress)
    path.write_bytes(CONTENT[:-1])
    assert litert_file(request, ModelCache(), no_progress) == path
    assert path.read_bytes() == CONTENT
    assert server.asked == ["/little.tflite", "/little.tflite"]
    assert [r.levelno for r in caplog.records if r.levelno >= logging.WARNING] == [logging.WARNING]


@needs_tensorflow
def test_each_route_is_told_to_the_log_in_the_order_in_which_it_is_tried(
    closed_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(ModelError):
        litert_file(asked_for(little(closed_url, closed_url)), ModelCache(), no_progress)
    said = [record.getMessage() for record in caplog.records]
    assert [line for line in said if "trying" in line] == [
        f"model little: trying Google's LiteRT file {closed_url}/little.tflite",
        f"model little: trying Google's LiteRT file {closed_url}/little.tar.gz",
        f"model little: trying TF Hub {closed_url}/google/little/1",
        "model little: trying npm poses@1.0.0 or poses-all@2.0.0",
    ]


@needs_tensorflow
def test_where_every_route_fails_each_is_named_with_its_reason_and_the_ways_out(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    server.answers["/little.tar.gz"] = http_answer(b"please log in")
    began_s = time.monotonic()
    with pytest.raises(ModelError) as caught:
        litert_file(asked_for(little(server.url, closed_url)), ModelCache(), no_progress)
    assert time.monotonic() - began_s < 10
    lines = str(caught.value).splitlines()
    assert lines[0] == "the model little cannot be had. Tried:"
    tried, ways = lines[1 : lines.index("Ways out:")], lines[lines.index("Ways out:") + 1 :]
    routes = [
        ("  - cache: ", str(own_cache)),
        (f"  - Google's LiteRT file {server.url}/little.tflite: ", "404 Not Found"),
        (f"  - Google's LiteRT file {server.url}/little.tar.gz: ", "not the archive"),
        (f"  - TF Hub {closed_url}/google/little/1: ", "cannot be reached"),
        ("  - npm poses@1.0.0 or poses-all@2.0.0: ", "npm is not installed"),
    ]
    assert len(tried) == len(routes)
    for line, (beginning, reason) in zip(tried, routes, strict=True):
        assert line.startswith(beginning)
        assert reason in line
    assert len(ways) == 3
    assert "HTTPS_PROXY" in ways[0]
    assert "LIVEPOSE_CACHE" in ways[1] and "TFHUB_CACHE_DIR" in ways[1]
    assert f"{server.url}/little.tflite" in ways[2] and "--model FILE.tflite" in ways[2]
    assert list(own_cache.glob("*.tflite")) == []
    assert list(own_cache.glob("fetching-*")) == []


def test_with_a_cache_that_cannot_be_written_nothing_is_fetched_and_the_variable_is_named(
    server: LoopbackServer, closed_url: str, own_cache: Path
) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    server.answers["/little.tflite"] = http_answer(CONTENT)
    with pytest.raises(ModelError, match="set LIVEPOSE_CACHE to a folder of yours"):
        litert_file(asked_for(little(server.url, closed_url)), ModelCache(), no_progress)
    assert server.asked == []


@needs_tensorflow
def test_a_url_that_cannot_be_reached_is_named_with_the_ways_out(closed_url: str) -> None:
    url = f"{closed_url}/google/other/1"
    with pytest.raises(ModelError, match="Ways out") as caught:
        load_model(url)
    assert f"TF Hub {url}: 127.0.0.1 cannot be reached" in str(caught.value)


def test_a_folder_that_is_no_saved_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a SavedModel") as caught:
        load_model(str(tmp_path))
    assert str(tmp_path) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content", [b"", b"garbage " * 1000, b"\x1c\0\0\0TFL3", b"\x1c\0\0\0TFL3" + b"\0" * 1000]
)
def test_a_tflite_file_that_is_none_is_refused_in_one_line(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(content)
    with pytest.raises(ModelError, match="is not a usable LiteRT model") as caught:
        load_model(str(file))
    assert str(file) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_tensorflow_is_not_given_a_tflite_file(tmp_path: Path) -> None:
    file = tmp_path / "my.tflite"
    file.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="use --runtime litert"):
        graph_file(resolve(str(file)), ModelCache(), no_progress)


def test_tensorflow_takes_a_saved_model_folder_or_a_graph_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"a graph")
    (tmp_path / "movenet.json").write_bytes(GRAPH_JSON)
    for path in (tmp_path, tmp_path / "movenet.json"):
        assert graph_file(resolve(str(path)), ModelCache(), no_progress) == path


def test_tensorflow_takes_the_saved_model_in_tf_hub_s_cache(
    closed_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = little(closed_url, closed_url)
    entry = tmp_path / "hub" / hashlib.sha1(spec.hub_url.encode()).hexdigest()
    entry.mkdir(parents=True)
    (entry / "saved_model.pb").write_bytes(b"a graph")
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "hub"))
    assert graph_file(asked_for(spec), ModelCache(), no_progress) == entry


def test_tensorflow_is_told_every_route_that_failed(closed_url: str) -> None:
    with pytest.raises(ModelError, match="Ways out") as caught:
        graph_file(asked_for(little(closed_url, closed_url)), ModelCache(), no_progress)
    assert "TF Hub" in str(caught.value)
    assert "npm is not installed" in str(caught.value)


@posix_only
def test_the_graph_from_npm_is_kept_for_tensorflow(
    npm: FakeNpm, closed_url: str, own_cache: Path
) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    request = asked_for(little(closed_url, closed_url))
    first = graph_file(request, ModelCache(), no_progress)
    assert first.read_bytes() == GRAPH_JSON
    assert first.with_suffix(".bin").read_bytes() == GRAPH_WEIGHTS
    assert first.is_relative_to(own_cache)
    assert graph_file(request, ModelCache(), no_progress) == first
    assert npm.calls == ["view poses@1.0.0", "pack poses@1.0.0"]


@posix_only
@pytest.mark.parametrize("damage", ["no weights", "half the weights", "another graph"])
def test_a_kept_graph_that_is_not_whole_is_fetched_again(
    damage: str, npm: FakeNpm, closed_url: str
) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    request = asked_for(little(closed_url, closed_url))
    path = graph_file(request, ModelCache(), no_progress)
    if damage == "no weights":
        path.with_suffix(".bin").unlink()
    elif damage == "half the weights":
        path.with_suffix(".bin").write_bytes(GRAPH_WEIGHTS[: len(GRAPH_WEIGHTS) // 2])
    else:
        path.write_bytes(b"{}")
    assert graph_file(request, ModelCache(), no_progress) == path
    assert path.read_bytes() == GRAPH_JSON
    assert path.with_suffix(".bin").read_bytes() == GRAPH_WEIGHTS


@needs_tensorflow
@posix_only
def test_a_download_that_was_killed_does_not_block_the_next(
    server: LoopbackServer, own_cache: Path
) -> None:
    url = f"{server.url}/google/other/1"
    server.answers["/google/other/1?tf-hub-format=compressed"] = http_answer(
        tgz({"./": b"", "./saved_model.pb": b"a graph"})
    )
    name = hashlib.sha1(url.encode()).hexdigest()
    cache = own_cache / "tfhub"
    (cache / f"{name}.task.tmp").mkdir(parents=True)
    lock = cache / f"{name}.lock"
    lock.write_text(f"{socket.gethostname()}.{dead_process_id()}.task", encoding="utf-8")
    began_s = time.monotonic()
    found = graph_file(ModelRef(url, url=url), ModelCache(), no_progress)
    assert time.monotonic() - began_s < 60  # TF Hub itself would wait for 20 minutes
    assert (found / "saved_model.pb").read_bytes() == b"a graph"
    assert not (cache / f"{name}.task.tmp").exists()
    assert not lock.exists()


@pytest.fixture(scope="module")
def cache_of_lightning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Make a cache by the route of TF Hub's cache; Google's place must stay unasked."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch, LoopbackServer() as google:
        patch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
        spec = ModelSpec(
            name=LIGHTNING.name,
            summary=LIGHTNING.summary,
            hub_url=LIGHTNING.hub_url,
            litert=(Download(f"{google.url}/lightning.tflite", sha256(CONTENT)),),
            npm=npm_files(),
        )
        path = litert_file(asked_for(spec), ModelCache(cache), no_progress)
        assert google.asked == []
    yield cache, path


@needs_shared
def test_a_saved_model_in_tf_hub_s_cache_is_compiled_without_asking_google(
    cache_of_lightning: tuple[Path, Path],
) -> None:
    cache, path = cache_of_lightning
    (entry,) = ModelCache(cache).entries()
    assert (entry.key, entry.origin, entry.path) == ("lightning", "tfhub", path)
    assert entry.is_intact()
    assert list(cache.iterdir()) == [path]
    assert path.stat().st_size > 8_000_000


@needs_shared
def test_the_second_time_there_is_no_process_no_tensorflow_and_no_network(
    cache_of_lightning: tuple[Path, Path],
) -> None:
    program = (
        "import sys\n"
        "seen = []\n"
        "watched = ('subprocess.Popen', 'os.fork', 'os.posix_spawn', 'os.system',\n"
        "           'socket.connect')\n"
        "sys.addaudithook(lambda event, _: seen.append(event) if event in watched else None)\n"
        "from livepose.models import load_model\n"
        "with load_model('lightning', 'litert') as model:\n"
        "    print(model.name)\n"
        "print(seen, 'tensorflow' in sys.modules)\n"
    )
    cache, _ = cache_of_lightning
    environment = os.environ | {"LIVEPOSE_CACHE": str(cache), "PYTHONPATH": str(CHECKOUT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "lightning on LiteRT\n[] False\n"
    assert done.stderr == ""


@needs_shared
@pytest.mark.parametrize("part", [0.001, 0.1, 0.5, 0.999])
def test_a_lightning_that_is_cut_short_is_refused_in_one_line(
    part: float, cache_of_lightning: tuple[Path, Path], tmp_path: Path
) -> None:
    whole = cache_of_lightning[1].read_bytes()
    file = tmp_path / "short.tflite"
    file.write_bytes(whole[: int(len(whole) * part)])
    # In a process of its own: were it to crash, the other tests would go on.
    program = (
        "import sys\n"
        "from livepose.core.errors import ModelError\n"
        "from livepose.models import load_model\n"
        "try:\n"
        "    load_model(sys.argv[1])\n"
        "except ModelError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 1
    assert "short.tflite is not a usable LiteRT model" in done.stdout


@needs_shared
def test_a_saved_model_folder_is_compiled_once(own_cache: Path) -> None:
    folder = TFHUB / hashlib.sha1(LIGHTNING.hub_url.encode()).hexdigest()
    first = litert_file(resolve(str(folder)), ModelCache(), no_progress)
    (entry,) = ModelCache().entries()
    assert entry.path == first
    assert entry.origin == "file"
    assert entry.key.startswith("path-")
    began_s = time.monotonic()
    assert litert_file(resolve(str(folder)), ModelCache(), no_progress) == first
    assert time.monotonic() - began_s < 1
    assert [path.name for path in own_cache.iterdir()] == [first.name]
