"""Downloads from a real server: complete and verified, or refused in time with the reason."""

from __future__ import annotations

import gc
import io
import os
import tarfile
import threading
import time
from io import BufferedIOBase
from pathlib import Path

import pytest

from livepose.core.errors import ModelError, ModelUnavailable
from livepose.models.catalog import Download
from livepose.models.files.download import REACH_LIMIT_S, download_file, download_hub_model
from livepose.models.progress import no_progress
from tests.support.needs import needs_tensorflow
from tests.support.npm import (
    sha256,
    tgz,
)
from tests.support.servers import LoopbackServer, http_answer, raw_answer

CONTENT = bytes(range(256)) * 1000


def silence(wire: BufferedIOBase, closing: threading.Event) -> None:
    """Send nothing until the server is closed."""
    closing.wait(30)


def dripping(wire: BufferedIOBase, closing: threading.Event) -> None:
    """Send a byte every 0.1 s for six seconds, of a thousand that were promised."""
    wire.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(60):
        wire.write(b".")
        if closing.wait(0.1):
            return


def refusal_of(download: Download, folder: Path) -> str:
    """Return the reason why a file cannot be downloaded, which is one line."""
    target = folder / "model.tflite"
    with pytest.raises(ModelUnavailable) as caught:
        download_file(download, target, no_progress)
    reason = str(caught.value)
    assert len(reason.splitlines()) == 1
    return reason


def test_a_file_is_downloaded_and_its_progress_is_reported(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = http_answer(CONTENT)
    calls: list[tuple[str, int, int | None]] = []
    target = tmp_path / "model.tflite"
    url = f"{server.url}/model"
    download_file(Download(url, sha256(CONTENT)), target, lambda *step: calls.append(step))
    assert target.read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["model.tflite"]
    assert server.asked == ["/model"]
    done = [done_bytes for _, done_bytes, _ in calls]
    assert len(done) > 1
    assert done == sorted(set(done))
    assert done[-1] == len(CONTENT)
    assert {label for label, _, _ in calls} == {url}
    assert {total_bytes for _, _, total_bytes in calls} == {len(CONTENT)}


def test_a_file_without_a_content_length_is_downloaded(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = raw_answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CONTENT)
    calls: list[int | None] = []
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/model", sha256(CONTENT))
    download_file(download, target, lambda label, done, total: calls.append(total))
    assert target.read_bytes() == CONTENT
    assert set(calls) == {None}


def test_a_redirect_is_followed(server: LoopbackServer, tmp_path: Path) -> None:
    server.answers["/old?lite-format=tflite"] = http_answer(
        b"", "Location: /new", status="302 Found"
    )
    server.answers["/new"] = http_answer(CONTENT)
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/old?lite-format=tflite", sha256(CONTENT))
    download_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT
    assert server.asked == ["/old?lite-format=tflite", "/new"]


def test_a_proxy_is_used_for_hosts_that_cannot_be_reached_directly(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    server.answers["http://models.invalid/model"] = http_answer(CONTENT)
    target = tmp_path / "model.tflite"
    download_file(Download("http://models.invalid/model", sha256(CONTENT)), target, no_progress)
    assert target.read_bytes() == CONTENT


def test_a_file_with_another_hash_is_refused_with_its_size_and_hashes(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = http_answer(CONTENT)
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
def test_an_http_error_is_reported(
    status: str, words: str, server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = http_answer(b"<html>sorry</html>", status=status)
    assert words in refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    gc.collect()  # a socket that was not closed is a warning here, and so a failure


def test_a_truncated_file_is_refused_with_the_number_of_bytes(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = http_answer(CONTENT[:100_000], length=len(CONTENT))
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert "100000 of 256000 bytes" in reason
    assert not (tmp_path / "model.tflite").exists()


def test_a_truncated_chunked_response_is_refused(server: LoopbackServer, tmp_path: Path) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.answers["/model"] = raw_answer(head + b"10000\r\n" + CONTENT[:1000])
    refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)


def test_an_empty_file_is_refused(server: LoopbackServer, tmp_path: Path) -> None:
    server.answers["/model"] = http_answer(b"")
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
def test_a_response_that_is_not_http_is_refused(
    nonsense: bytes, server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = raw_answer(nonsense)
    refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)


def test_a_member_is_extracted_from_its_archive(server: LoopbackServer, tmp_path: Path) -> None:
    server.answers["/archive"] = http_answer(tgz({"readme.txt": b"hello", "4.tflite": CONTENT}))
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    download_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT


def test_a_member_whose_name_begins_with_dot_slash_is_found(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/archive"] = http_answer(tgz({"./4.tflite": CONTENT}))
    target = tmp_path / "model.tflite"
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    download_file(download, target, no_progress)
    assert target.read_bytes() == CONTENT


def test_paths_inside_of_an_archive_are_never_written_to(
    server: LoopbackServer, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "deeper"
    folder.mkdir(parents=True)
    members = {"../../escaped": b"!", str(tmp_path / "absolute"): b"!", "4.tflite": CONTENT}
    server.answers["/archive"] = http_answer(tgz(members))
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    download_file(download, folder / "model.tflite", no_progress)
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
def test_another_file_than_the_expected_archive_is_refused(
    body: bytes, server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/archive"] = http_answer(body)
    download = Download(f"{server.url}/archive", sha256(CONTENT), member="4.tflite")
    reason = refusal_of(download, tmp_path)
    assert "is not the expected" in reason or "is not a file" in reason


def test_a_server_that_accepts_a_connection_and_never_answers_is_abandoned_soon(
    server: LoopbackServer, tmp_path: Path
) -> None:
    server.answers["/model"] = silence
    began_s = time.monotonic()
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < 15, "half of what the server would wait"
    assert "timed out" in reason


def test_a_slow_transfer_ends_at_its_time_limit(
    server: LoopbackServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.models.files.download.TRANSFER_LIMIT_S", 1.0)
    server.answers["/model"] = dripping
    reason = refusal_of(Download(f"{server.url}/model", sha256(CONTENT)), tmp_path)
    assert "took over 1 s" in reason


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999/model", "http:///model", "nonsense"])
def test_an_invalid_url_is_refused(url: str, tmp_path: Path) -> None:
    refusal_of(Download(url, sha256(CONTENT)), tmp_path)


def test_a_host_that_refuses_connections_is_reported_at_once(
    closed_url: str, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    reason = refusal_of(Download(f"{closed_url}/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < REACH_LIMIT_S
    assert "127.0.0.1 cannot be reached" in reason
    assert "refused" in reason


def test_an_unknown_host_is_reported_within_the_time_limit(tmp_path: Path) -> None:
    began_s = time.monotonic()
    reason = refusal_of(Download("https://models.invalid/model", sha256(CONTENT)), tmp_path)
    assert time.monotonic() - began_s < 15
    assert "models.invalid" in reason


def test_a_tf_hub_that_refuses_connections_is_reported_at_once(
    closed_url: str, tmp_path: Path
) -> None:
    began_s = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"127\.0\.0\.1 cannot be reached"):
        download_hub_model(f"{closed_url}/google/movenet/4", tmp_path, no_progress)
    assert time.monotonic() - began_s < REACH_LIMIT_S
    assert list(tmp_path.iterdir()) == []


@needs_tensorflow
def test_a_model_that_tf_hub_does_not_have_is_reported(
    server: LoopbackServer, tmp_path: Path
) -> None:
    with pytest.raises(ModelUnavailable, match="404") as caught:
        download_hub_model(f"{server.url}/google/movenet/5", tmp_path, no_progress)
    assert len(str(caught.value).splitlines()) == 1


def test_what_cannot_be_downloaded_is_a_model_error() -> None:
    assert issubclass(ModelUnavailable, ModelError)
