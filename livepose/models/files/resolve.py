"""Find a model's file: the user's own, the cache, Google, TF Hub, npm, in this order.

Here is what needs no network; `routes` is imported when the cache has nothing.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.models.catalog import CATALOG, ModelSpec, named
from livepose.models.files.cache import Store
from livepose.models.subprocesses import Progress
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: at most one of spec, url and path is set; `label` is for people."""

    label: str
    spec: ModelSpec | None = None
    url: str | None = None
    path: Path | None = None
    input_px: tuple[int, int] | None = None
    """Width and height of its input, where the model takes any."""


def understand(model: str) -> Request:
    """Tell a model's name, a URL and a path apart. The known models' URLs are their names.

    Raises:
        ModelError: it is none of them.
    """
    for spec in CATALOG.values():
        if model in (spec.name, spec.hub_url):
            return Request(spec.name, spec=spec)
    if model.startswith(("http://", "https://")):
        return Request(model, url=model)
    try:
        path = Path(model).expanduser()
    except RuntimeError as error:
        raise ModelError(f"there is no model at {model}: {error}") from error
    if path.exists():
        return Request(path.name, path=path)
    if path.suffix or len(path.parts) > 1:
        raise ModelError(f"there is no model at {model}")
    return Request(model, spec=named(model))


def finds_several(model: str) -> bool:
    """Tell whether a model finds several people, without loading it.

    Raises:
        ModelError: there is no such model.
    """
    spec = understand(model).spec
    return spec is not None and spec.takes_any_size


def litert_file(request: Request, store: Store, progress: Progress) -> Path:
    """Find or make a LiteRT file.

    Raises:
        ModelError: no route gave one; the message names each, and the ways out.
    """
    if request.path is not None and request.path.is_file() and request.path.suffix != ".json":
        return request.path
    key = cache_key(request)
    cached = store.find(key)
    if cached is not None:
        _log.info("model %s: %s", request.label, cached)
        return cached
    from livepose.models.files.search import Routes

    routes = Routes(request.label, store, progress)
    if request.path is not None:
        return routes.compiled(request.path, key, "file")
    if request.spec is not None:
        return routes.litert_of(request.spec, key, request.input_px)
    return routes.litert_of_url(request.url or "", key)


def graph_file(request: Request, store: Store, progress: Progress) -> Path:
    """Find a SavedModel folder, or a TensorFlow.js `.json`, for TensorFlow itself.

    Raises:
        ModelError: there is none; a `.tflite` cannot be run by TensorFlow.
    """
    if request.path is not None:
        return _checked_graph(request.path)
    from livepose.models.files.search import Routes

    routes = Routes(request.label, store, progress)
    if request.spec is not None:
        return routes.graph_of(request.spec)
    return routes.graph_of_url(request.url or "")


def cache_key(request: Request) -> str:
    """Name a model in the cache: by its name, its URL, or what is in its folder."""
    if request.spec is not None:
        width_px, height_px = request.input_px or (0, 0)
        return f"{request.spec.name}-{width_px}x{height_px}" if width_px else request.spec.name
    if request.url is not None:
        return f"url-{hashlib.sha256(request.url.encode()).hexdigest()[:12]}"
    graph = _checked_graph(request.path or Path())
    inside = graph.rglob("*") if graph.is_dir() else graph.parent.glob(f"{graph.stem}.*")
    files = sorted(file for file in inside if file.is_file())
    return f"path-{sha256_of(*files)[:12]}"


def _checked_graph(path: Path) -> Path:
    if path.is_file() and path.suffix == ".json":
        return path
    if path.is_file():
        raise ModelError(
            f"{path} is a file, and TensorFlow runs SavedModel folders: "
            "use --runtime litert for a .tflite"
        )
    if not (path / "saved_model.pb").is_file():
        raise ModelError(f"{path} is not a SavedModel: it has no saved_model.pb")
    return path
