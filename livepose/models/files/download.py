"""Get model files by HTTP and from TF Hub, within limits of time."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from functools import lru_cache
from pathlib import Path
from typing import IO

from livepose._version import __version__
from livepose.models.catalog import Download
from livepose.models.subprocesses import Progress, Unavailable, first_line, run_python
from livepose.system.files import sha256_of

REACH_LIMIT_S = 2.5
"""For a host to take a connection or to say its first word."""
TRANSFER_LIMIT_S = 900.0
_BLOCK_BYTES = 1 << 16


_silent_hosts: set[str] = set()


def fetch_file(download: Download, target: Path, progress: Progress) -> None:
    """Get one file by HTTP GET, out of its archive where it comes in one, and check its hash.

    Raises:
        Unavailable: unreachable, refused, cut off, too slow, or not the file that was asked for.
    """
    _reach(download.url)
    body = target.with_suffix(".download")
    _get(download.url, body, progress)
    if download.member is not None:
        extract(body, {download.member: target})
    else:
        body.replace(target)
    check(target, download.sha256)


def resolve_hub(url: str, cache: Path, progress: Progress) -> Path:
    """Get a SavedModel with tensorflow_hub, in a process: it has no time limit itself.

    Args:
        url: a TF Hub handle.
        cache: becomes its TFHUB_CACHE_DIR.
        progress: is shown how long it takes.

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
    arguments = [url, str(2 * REACH_LIMIT_S)]
    environment = {"TFHUB_CACHE_DIR": str(cache.absolute()), "TF_CPP_MIN_LOG_LEVEL": "3"}
    said = run_python(
        program, arguments, TRANSFER_LIMIT_S, progress, f"tensorflow_hub: {url}", environment
    )
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
            # read1 gives what is there; read would wait until a block is full, past any limit.
            while block := answer.read1(_BLOCK_BYTES):
                file.write(block)
                done_bytes += len(block)
                progress(url, done_bytes, total_bytes)
                if time.monotonic() > deadline_s:
                    raise Unavailable(f"took over {TRANSFER_LIMIT_S:.0f} s")
    except urllib.error.HTTPError as error:
        error.close()
        raise Unavailable(f"the server says {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError):
            _silent_hosts.add(_host(url))
        reason = getattr(error, "reason", None) or error
        raise Unavailable(first_line(str(reason)) or type(error).__name__) from error
    if total_bytes is not None and done_bytes != total_bytes:
        raise Unavailable(f"cut off after {done_bytes} of {total_bytes} bytes")


def extract(archive: Path, targets: dict[str, Path]) -> None:
    """Copy members out by name; no path inside of an archive is ever written to."""
    try:
        with tarfile.open(archive) as tar:
            for member, target in targets.items():
                content: IO[bytes] | None = tar.extractfile(_member(tar, member))
                if content is None:
                    raise Unavailable(f"{member} in the archive is not a file")
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except (tarfile.TarError, zlib.error, EOFError, KeyError, OSError) as error:
        reason = first_line(str(error))
        raise Unavailable(f"what came is not the archive that was asked for: {reason}") from error


def _member(tar: tarfile.TarFile, name: str) -> str:
    return name if name in tar.getnames() else f"./{name}"


def check(file: Path, sha256: str) -> None:
    got = sha256_of(file)
    if got != sha256:
        raise Unavailable(
            f"what came ({file.stat().st_size} bytes, SHA-256 {got[:12]}...) is not the "
            f"file that was asked for (SHA-256 {sha256[:12]}...)"
        )


def forget_failures() -> None:
    """Ask every host anew: what could not be reached a while ago may be there now."""
    _connection_problem.cache_clear()
    _silent_hosts.clear()


def _reach(url: str) -> None:
    """Find out fast whether there is a way to a host, or to the proxy before it."""
    host = _host(url)
    if host in _silent_hosts:
        raise Unavailable(f"{host} did not answer a moment ago")
    parts = urllib.parse.urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.netloc):
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
    try:
        port = parts.port or _port(parts.scheme)
    except ValueError as error:
        raise Unavailable(f"{url}: {error}") from error
    problem = _connection_problem(parts.hostname or "", port)
    if problem:
        raise Unavailable(f"the proxy {problem}" if proxy else problem)


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).netloc


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


@lru_cache(maxsize=8)
def _connection_problem(host: str, port: int) -> str:
    """Try to connect; gives what is wrong, or nothing. Asked once per host.

    In a process of its own, because a resolver without an answer cannot be interrupted in this one.
    """
    program = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2.2)"
    command = [sys.executable, "-I", "-S", "-c", program, host, str(port)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=REACH_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"{host} does not answer within {REACH_LIMIT_S} s"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines() or ["no reason given"]
    return f"{host} cannot be reached ({said[-1].split(': ')[-1]})"
