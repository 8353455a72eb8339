"""What needs no trying: the machine, the packages, the display, the disk, the models."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from livepose._version import __version__
from livepose.bench.doctor.check import Check
from livepose.core.errors import ModelError
from livepose.models.catalog import CATALOG
from livepose.models.files.cache import CacheEntry, ModelCache
from livepose.sinks.display import display_problem
from livepose.system.cpu import processor_name, usable_cores

_OPTIONAL = ("openvino", "tensorflow", "pyarrow", "pandas", "pyvirtualcam", "ray")
_LISTED = ("numpy", "av", "ai-edge-litert", "starlette", "uvicorn", "websockets")
_OPENCV = ("opencv-python", "opencv-python-headless", "opencv-contrib-python")
_FOR_TENSORFLOW = ("tensorflow", "tensorflow-hub", "setuptools", "protobuf")
_LIBRARIES = "sudo apt-get install libgl1 libglib2.0-0 libsm6 libx11-xcb1 libxcb1"
_MIN_FREE_BYTES, _GIGABYTE = 500_000_000, 1e9
DEFAULT_MODEL = "lightning"
ELSEWHERE = "export LIVEPOSE_CACHE=/a/folder/elsewhere"


def check_machine() -> Iterator[Check]:
    """Yield what the machine is, and its Python."""
    yield Check("machine", "livepose", __version__)
    yield Check("machine", "system", platform.platform(terse=True))
    yield Check("machine", "processor", f"{processor_name()}, {usable_cores()} cores")
    # A newer Python cannot have installed livepose, and an older one could not read this.
    yield Check("machine", "Python", f"{platform.python_version()}, {sys.executable}")


def check_packages() -> Iterator[Check]:
    """Yield the versions of the packages that matter, and the required ones that are wrong."""
    wrong = dict(_wrong_requirements())
    opencv = [name for name in _OPENCV if _version(name)] or [_OPENCV[0]]
    names = dict.fromkeys([_LISTED[0], *opencv, *_LISTED[1:], *wrong])
    for name in names:
        trouble, requirement = wrong.get(name, ("", ""))
        cure = f"pip install '{requirement}'" if trouble else ""
        version = _version(name) or "not installed"
        yield Check("packages", name, version, trouble, cure, is_needed=True)
    absent = [name for name in _OPTIONAL if not _version(name)]
    for name in _OPTIONAL:
        if name not in absent:
            yield Check("packages", name, _version(name))
    if absent:
        yield Check("packages", "optional", f"not installed: {', '.join(absent)}")
    several = [name for name in _OPENCV if _version(name)]
    if len(several) > 1:
        yield Check(
            "packages",
            "cv2",
            ", ".join(several),
            "several packages of OpenCV overwrite each other's files",
            f"pip uninstall -y {' '.join(several)} && pip install opencv-python",
        )


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _wrong_requirements() -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the required packages that are wrong: what is wrong with them, what is required."""
    from packaging.requirements import Requirement  # matplotlib requires it

    try:
        requirements = metadata.requires("livepose") or []
    except metadata.PackageNotFoundError:  # it runs from its sources
        return
    has_opencv = any(_version(name) for name in _OPENCV)
    for requirement in map(Requirement, requirements):
        if requirement.name in _OPENCV and has_opencv and not _version(requirement.name):
            continue  # without windows, as in a container
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        if requirement.name in _FOR_TENSORFLOW and not _version("tensorflow"):
            continue  # as in a light install
        version, required = _version(requirement.name), f"{requirement.name}{requirement.specifier}"
        if not version:
            yield requirement.name, (f"{requirement.name} is not installed", required)
        elif version not in requirement.specifier:
            yield requirement.name, (f"{requirement.name} {version} is not {required}", required)


def check_display() -> Iterator[Check]:
    """Yield whether windows can be shown."""
    problem = display_problem()
    if not problem:
        name = os.environ.get("DISPLAY", "") if sys.platform.startswith("linux") else ""
        yield Check("display", "windows", f"can be shown{name and f' on {name}'}")
        return
    is_missing = "apt-get" in problem or "libxcb" in problem
    cure = _LIBRARIES if is_missing else "livepose --demo --web 8000"
    if "headless" in problem and os.environ.get("DISPLAY"):
        cure = "pip uninstall -y opencv-python-headless && pip install opencv-python"
    yield Check("display", "windows", "cannot be shown", problem, cure)


def check_models() -> Iterator[Check]:
    """Yield which models are here, and whether they are whole."""
    try:
        entries = ModelCache().entries()
    except ModelError as error:
        yield Check("models", "cache", "cannot be read", str(error), ELSEWHERE, is_needed=True)
        return
    for name in CATALOG:
        is_needed = name == DEFAULT_MODEL
        found = [entry for entry in entries if entry.key.partition("-")[0] == name]
        get = f"livepose models get {name}"
        if not found:
            missing = f"the model {name} is not here yet" if is_needed else ""
            value = "not here" if is_needed else f"not here; {get} downloads it"
            yield Check("models", name, value, missing, get if is_needed else "", is_needed)
        elif any(not _is_intact(entry) for entry in found):
            yield Check("models", name, "damaged", f"the model {name} is damaged", get, is_needed)
        else:
            yield Check("models", name, f"verified, from {found[0].origin}")


def has_default_model() -> bool:
    """Return whether the default model is here and whole."""
    return any(each.name == DEFAULT_MODEL and each.is_good for each in check_models())


def _is_intact(entry: CacheEntry) -> bool:
    try:
        return entry.is_intact()
    except OSError:
        return False


def check_disk() -> Iterator[Check]:
    """Yield where models are kept, and how much room there is."""
    try:
        folder = ModelCache().folder
    except ModelError as error:
        yield Check("disk", "cache", "there is none", str(error), ELSEWHERE, is_needed=True)
        return
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free_bytes = shutil.disk_usage(existing).free
    value, trouble = f"{folder}, {free_bytes / _GIGABYTE:.1f} GB free", ""
    if existing.is_dir() and not os.access(existing, os.W_OK) and has_default_model():
        value = f"{folder}, read-only: the models in it can be used, others cannot be added"
    elif not existing.is_dir() or not os.access(existing, os.W_OK):
        trouble = f"the cache folder {folder} cannot be written to"
    elif free_bytes < _MIN_FREE_BYTES:
        trouble = f"the disk of the cache folder is nearly full: {free_bytes / 1e6:.0f} MB are free"
    yield Check("disk", "cache", value, trouble, ELSEWHERE if trouble else "", is_needed=True)
    try:
        here = Path.cwd()
    except FileNotFoundError:
        yield Check("disk", "here", "-", "the current folder has been deleted", "cd ~")
        return
    value = f"{here}, {shutil.disk_usage(here).free / _GIGABYTE:.1f} GB free"
    is_writable = os.access(here, os.W_OK)
    trouble = "" if is_writable else f"the current folder {here} cannot be written to"
    yield Check("disk", "here", value, trouble, "cd ~" if trouble else "")
