"""Marks for tests that need what a user's machine may not have; each skips and says why."""

from __future__ import annotations

import os
import shutil
import subprocess
from ctypes.util import find_library
from functools import lru_cache
from importlib.util import find_spec

import pytest

from tests.support.paths import CHECKOUT

SHARED = CHECKOUT.parent / "shared"
TFHUB = SHARED / "tfhub"
DANCE = SHARED / "clips" / "dance.mp4"


@lru_cache(maxsize=1)
def _npm_answers() -> bool:
    npm = shutil.which("npm")
    if npm is None:
        return False
    asked = [npm, "view", "@vladmandic/human@3.3.6", "version", "--fetch-retries=0"]
    try:
        return subprocess.run(asked, capture_output=True, timeout=15).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _need(is_there: bool, what: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not is_there, reason=f"needs {what}")


needs_shared = _need(SHARED.is_dir(), "the real models and clips beside the checkout, in ../shared")
needs_ffmpeg = _need(shutil.which("ffmpeg") is not None, "the ffmpeg program")
needs_xvfb = _need(
    bool(shutil.which("Xvfb") and shutil.which("xdotool")), "the programs Xvfb and xdotool"
)
needs_x11_xcb = _need(find_library("X11-xcb") is not None, "the library libX11-xcb")
needs_affinity = _need(
    hasattr(os, "sched_setaffinity"), "a system where a process can be restricted to some cores"
)
needs_chromium = _need(
    bool(shutil.which("chromium")) and find_spec("playwright") is not None,
    "the program chromium and the package playwright",
)
needs_tensorflow = _need(find_spec("tensorflow") is not None, "the package tensorflow")
needs_openvino = _need(find_spec("openvino") is not None, "the package openvino")
needs_s3 = _need(
    find_spec("moto") is not None and find_spec("s3fs") is not None, "the packages moto and s3fs"
)
needs_pure_data = _need(shutil.which("pd") is not None, "the program pd (Pure Data)")
needs_npm = _need(_npm_answers(), "npm and its registry")
needs_pyright = _need(
    find_spec("pyright") is not None and _npm_answers(), "the package pyright, npm and its registry"
)
