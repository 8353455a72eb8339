"""Download model files by HTTP and from TF Hub, with time limits.

Whether a host can be reached is found out first, by a short connection attempt: without a network,
name servers and firewalls that drop packets would keep a user waiting for minutes.
"""

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

from livepose._version import __version__
from livepose.core.errors import ModelUnavailable
from livepose.core.secrets import hide_secrets
from livepose.models.catalog import Download
from livepose.models.progress import Progress
from livepose.models.subprocesses import first_line, run_python
from livepose.system.files import sha256_of

REACH_LIMIT_S = 2.5
"""For a host to accept a connection, or to begin its answer."""
TRANSFER_LIMIT_S = 900.0
_BLOCK_BYTES = 1 << 16

_HUB_PROGRAM = """
import socket, sys, urllib.request
url, limit_s = sys.argv[1:]
socket.setdefaulttimeout(float(limit_s))
redirect = urllib.request.HTTPRedirectHandler.redirect_request
def redirect_securely(self, request, answer, code, message, headers, target):
    if url.startswith("https://") and not target.startswith("https://"):
        raise OSError("it redirects to plain HTTP, in which a model could be exchanged")
    return redirect(self, request, answer, code, message, headers, target)
urllib.request.HTTPRedirectHandler.redirect_request = redirect_securely
import tensorflow_hub
print(tensorflow_hub.resolve(url))
"""
_silent_hosts: set[str] = set()
"""Hosts that accepted a connection, and then did not answer in time."""


def download_file(download: Download, target: Path, progress: Progress) -> None:
    """Download a file by HTTP GET, take it out of its archive if it is in one, and check its hash.

    Raises:
        ModelUnavailable: If the host cannot be reached, refuses, breaks off or is too slow, or if
            the file does not have the expected hash.
    """
    _check_host(download.url)
    body = target.with_suffix(".download")
    _get(download.url, body, progress)
    if download.member is not None:
        extract(body, {download.member: target})
    else:
        body.replace(target)
    check_hash(target, download.sha256)


def download_hub_model(url: str, cache: Path, progress: Progress) -> Path:
    """Download a SavedModel with tensorflow_hub, and return its folder.

    This is done in another process, because tensorflow_hub has no time limit of its own.

    Args:
        url: A TF Hub handle.
        cache: The folder that becomes its TFHUB_CACHE_DIR.
        progress: Called while it goes on.

    Raises:
        ModelUnavailable: If the host cannot be reached, refuses, or is too slow.
    """
    _check_host(url)
    output = run_python(
        _HUB_PROGRAM,
        [url, str(2 * REACH_LIMIT_S)],
        TRANSFER_LIMIT_S,
        progress,
        f"tensorflow_hub: {hide_secrets(url)}",
        {"TFHUB_CACHE_DIR": str(cache.absolute()), "TF_CPP_MIN_LOG_LEVEL": "3"},
    )
    folder = Path(output.splitlines()[-1])
    # TF Hub notes the URL beside the model, with the secrets that it may have.
    note = folder.with_name(f"{folder.name}.descriptor.txt")
    if note.is_file():
        note.write_text(hide_secrets(note.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def extract(archive: Path, targets: dict[str, Path]) -> None:
    """Copy members of a tar archive to the given paths; paths in the archive are never used.

    Raises:
        ModelUnavailable: If the archive is damaged, or has no such member.
    """
    try:
        with tarfile.open(archive) as tar:
            names = set(tar.getnames())
            for member, target in targets.items():
                content = tar.extractfile(member if member in names else f"./{member}")
                if content is None:
                    raise ModelUnavailable(f"{member} in the archive is not a file")
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except (tarfile.TarError, zlib.error, EOFError, KeyError, OSError) as error:
        reason = first_line(str(error))
        raise ModelUnavailable(
            f"the downloaded file is not the expected archive: {reason}"
        ) from error


def check_hash(file: Path, sha256: str) -> None:
    """Check a downloaded file.

    Raises:
        ModelUnavailable: If its hash is not the expected one.
    """
    actual = sha256_of(file)
    if actual != sha256:
        raise ModelUnavailable(
            f"the downloaded file ({file.stat().st_size} bytes, SHA-256 {actual[:12]}...) is not "
            f"the expected one (SHA-256 {sha256[:12]}...)"
        )


def forget_failures() -> None:
    """Forget which hosts could not be reached, so that the next download tries them again."""
    _connection_problem.cache_clear()
    _silent_hosts.clear()


def _get(url: str, target: Path, progress: Progress) -> None:
    request = urllib.request.Request(url, headers={"User-Agent": f"livepose/{__version__}"})
    deadline_s = time.monotonic() + TRANSFER_LIMIT_S
    try:
        with (
            urllib.request.urlopen(request, timeout=REACH_LIMIT_S) as response,
            target.open("wb") as file,
        ):
            length = response.headers.get("Content-Length")
            total_bytes = int(length) if length else None
            done_bytes = 0
            # `read1` returns what has arrived; `read` would wait for a full block, past any limit.
            while block := response.read1(_BLOCK_BYTES):
                file.write(block)
                done_bytes += len(block)
                progress(url, done_bytes, total_bytes)
                if time.monotonic() > deadline_s:
                    raise ModelUnavailable(f"took over {TRANSFER_LIMIT_S:.0f} s")
    except urllib.error.HTTPError as error:
        error.close()
        raise ModelUnavailable(f"the server answers {error.code} {error.reason}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        if isinstance(error, TimeoutError):
            _silent_hosts.add(urllib.parse.urlsplit(url).netloc)
        reason = getattr(error, "reason", None) or error
        raise ModelUnavailable(first_line(str(reason)) or type(error).__name__) from error
    if total_bytes is not None and done_bytes != total_bytes:
        raise ModelUnavailable(f"cut off after {done_bytes} of {total_bytes} bytes")


def _check_host(url: str) -> None:
    """Check that a URL's host, or the proxy in front of it, can be reached.

    Raises:
        ModelUnavailable: If it cannot be reached, or did not answer a moment ago.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.netloc in _silent_hosts:
        raise ModelUnavailable(f"{parts.hostname} did not answer a moment ago")
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.netloc):
        parts = urllib.parse.urlsplit(proxy if "//" in proxy else f"//{proxy}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise ModelUnavailable(f"{url}: {error}") from error
    problem = _connection_problem(parts.hostname or "", port)
    if problem:
        raise ModelUnavailable(f"the proxy {problem}" if proxy else problem)


@lru_cache(maxsize=8)
def _connection_problem(host: str, port: int) -> str:
    """Try to connect to a host, and return what went wrong; empty if nothing did.

    This is done in another process, because a name lookup cannot be interrupted in this one.
    """
    program = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2.2)"
    command = [sys.executable, "-I", "-S", "-c", program, host, str(port)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=REACH_LIMIT_S)
    except subprocess.TimeoutExpired:
        return f"{host} does not answer within {REACH_LIMIT_S} s"
    if done.returncode == 0:
        return ""
    lines = done.stderr.strip().splitlines() or ["no reason given"]
    return f"{host} cannot be reached ({lines[-1].split(': ')[-1]})"
