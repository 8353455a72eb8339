"""A virtual environment for each peer, made once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.roster import CHECKOUT, Peer

_STAMP = "bench-requirements"
# What has a say in the speed; the rest of a venv is left unnamed.
_TOLD = (
    *("livepose", "ai-edge-litert", "openvino", "tensorflow", "mediapipe", "matplotlib", "av"),
    *("opencv-python", "opencv-contrib-python", "numpy"),
)


class Unavailable(Exception):
    """A peer cannot be had here; the message says why."""


def python_of(peer: Peer, folder: Path) -> Path:
    """Return a peer's own interpreter; its venv is created if there is none for its requirements.

    Raises:
        Unavailable: Pip does not find or install something.
    """
    home = folder / peer.name
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = _wanted(peer)
    stamp = home / _STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"{peer.name}: a venv in {home}", file=sys.stderr)
    shutil.rmtree(home, ignore_errors=True)
    requirements = [word.format(checkout=CHECKOUT) for word in peer.requirements]
    _run([sys.executable, "-m", "venv", str(home)])
    _run([str(python), "-m", "pip", "install", "--quiet", *requirements])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def versions(python: Path) -> dict[str, str]:
    """Return which versions of the packages that matter a venv has."""
    listing = _run([str(python), "-m", "pip", "list", "--format", "json"])
    found = {package["name"].lower(): package["version"] for package in json.loads(listing)}
    return {name: found[name] for name in _TOLD if name in found}


def _wanted(peer: Peer) -> str:
    """Describe what a venv must hold; a checkout by what it says it depends on."""
    text = "\n".join(peer.requirements)
    if "{checkout}" in text:
        text += hashlib.sha256((CHECKOUT / "pyproject.toml").read_bytes()).hexdigest()
    return f"{sys.version}\n{text}\n"


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        errors = [line for line in lines if line.startswith("ERROR")]
        raise Unavailable((errors or lines)[-1])
    return done.stdout
