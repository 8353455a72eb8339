"""Which models may be loaded. A SavedModel is a program, which TensorFlow runs.

- The models of the catalog are known by the SHA-256 of their files, wherever those come from.
- Others of Google's own pages are loaded by their URL, over HTTPS.
- Every other graph, from the web or in a folder, has to be trusted by the user.
- A graph with an operator that does more than compute is refused always: see `convert/operators`.

A `.tflite` file is data: LiteRT has no operators for files or the network.
"""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import urlsplit

from livepose.core.errors import ModelError, UntrustedModel
from livepose.models.catalog import CATALOG
from livepose.models.files.resolve import ModelRef, check_graph
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)

_GOOGLES_PAGES = {
    "tfhub.dev": ("/google/", "/tensorflow/", "/mediapipe/"),
    "www.kaggle.com": ("/models/google/", "/api/v1/models/google/"),
    "kaggle.com": ("/models/google/", "/api/v1/models/google/"),
    "storage.googleapis.com": ("/tfhub-modules/google/", "/tfhub-lite-models/google/"),
}
"""Hosts, and where Google's own models are on them; the rest of these pages is for everybody's."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def check_trust(model: ModelRef, *, is_trusted: bool) -> None:
    """Check that a model may be loaded, before it is downloaded or read.

    Args:
        model: The model.
        is_trusted: Whether the user trusts it, whatever it is.

    Raises:
        UntrustedModel: If it may not.
        ModelError: If its URL has no host, or its path is not that of a model.
    """
    if model.url is not None:
        if not _is_googles(model.url) and not is_trusted:
            raise _stranger(model.label)
        return
    if model.path is None or not is_graph(model.path):
        return
    if not is_trusted and not _is_in_catalog(check_graph(model.path)):
        raise _stranger(str(model.path))


def log_origin(model: ModelRef) -> None:
    """Log that a graph is going to be run, unless it is one of the catalog."""
    if model.url is not None or (model.path is not None and is_graph(model.path)):
        _log.info("model %s: loading a SavedModel, which is a program", model.label)


def is_graph(path: Path) -> bool:
    """Return whether a model file is a graph for TensorFlow, not a LiteRT file."""
    return not path.is_file() or path.suffix == ".json"


def _is_googles(url: str) -> bool:
    """Return whether a URL is that of one of Google's own models.

    Raises:
        UntrustedModel: If what it names could be exchanged on the way.
        ModelError: If it is not a URL.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ModelError(f"{url} is not an address: {error}") from error
    if not host:
        raise ModelError(f"{url} names no host")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise UntrustedModel(
            f"{url} is refused: over plain HTTP anybody on the way can exchange a model; "
            "give its https:// address"
        )
    is_plain_path = "/." not in parts.path and "%" not in parts.path and "\\" not in parts.path
    return (
        parts.scheme == "https"
        and port in (None, 443)
        and is_plain_path
        and parts.path.startswith(_GOOGLES_PAGES.get(host, ()) or ("\0",))
    )


def _is_in_catalog(graph: Path) -> bool:
    """Return whether a user's own graph has the content of one of the catalog."""
    if graph.is_dir():
        return any(
            spec.hub_files and _has_files(graph, spec.hub_files) for spec in CATALOG.values()
        )
    npm = [spec.npm for spec in CATALOG.values() if spec.npm is not None]
    return any(
        _has_files(
            graph.parent,
            ((graph.name, each.json_sha256), (Path(each.bin_member).name, each.bin_sha256)),
        )
        for each in npm
    )


def _has_files(folder: Path, files: tuple[tuple[str, str], ...]) -> bool:
    return all(
        (folder / name).is_file() and sha256_of(folder / name) == sha256 for name, sha256 in files
    )


def _stranger(label: str) -> UntrustedModel:
    return UntrustedModel(
        f"{label} is not a model that livepose knows, and a SavedModel is a program that runs with "
        "your rights: --trust-model (in Python trust=True) loads it, if you trust who made it"
    )
