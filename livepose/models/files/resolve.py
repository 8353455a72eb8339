"""Which model is meant by a name, path or URL, and where its file is.

This module needs no network. What is not on this machine is fetched by `search`, which is imported
only then.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.core.secrets import hide_secrets
from livepose.core.skeleton import COCO_SKELETON, Skeleton
from livepose.models.catalog import CATALOG, ModelSpec, get_spec
from livepose.models.files.cache import ModelCache
from livepose.models.progress import Progress
from livepose.system.addresses import check_address
from livepose.system.files import check_name, sha256_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """The model that is meant: exactly one of `spec`, `url` and `path` is set.

    >>> resolve("https://tfhub.dev/google/movenet/singlepose/lightning/4").label
    'lightning'
    """

    label: str
    """A short name for people."""
    spec: ModelSpec | None = None
    url: str | None = None
    path: Path | None = None
    input_px: tuple[int, int] | None = None
    """Width and height of the network's input, for a model with a dynamic input."""

    @property
    def skeleton(self) -> Skeleton:
        """What its keypoints are: COCO's unless the catalog says otherwise."""
        return COCO_SKELETON if self.spec is None else self.spec.skeleton

    @property
    def max_people(self) -> int:
        """How many people it finds in one frame."""
        return 1 if self.spec is None else self.spec.max_people


def resolve(model: str) -> ModelRef:
    """Return the model that a name, a URL or a path means.

    The URL of a model of the catalog means the same as its name.

    Raises:
        OptionError: If no model, or no file, can have this name.
        ModelError: If there is nothing at this path.
    """
    for spec in CATALOG.values():
        if model in (spec.name, spec.hub_url):
            return ModelRef(spec.name, spec=spec)
    scheme, separator, rest = model.partition("://")
    if separator and scheme.lower() in ("http", "https"):
        check_address(model)
        return ModelRef(hide_secrets(model), url=f"{scheme.lower()}://{rest}")
    try:
        path = Path(model).expanduser()
    except RuntimeError as error:
        raise ModelError(f"there is no model at {model}: {error}") from error
    check_name(path)
    if path.exists():
        return ModelRef(path.name, path=path)
    if path.suffix or len(path.parts) > 1:
        raise ModelError(f"there is no model at {model}")
    return ModelRef(model, spec=get_spec(model))


def litert_file(model: ModelRef, cache: ModelCache, progress: Progress) -> Path:
    """Return a model's LiteRT file, which is downloaded or compiled if necessary.

    Raises:
        ModelError: If it is nowhere to be found. The message lists what was tried, and what can be
            done.
        RuntimeMissing: If TensorFlow is needed to convert the user's own file, and is missing.
    """
    if model.path is not None and model.path.is_file() and model.path.suffix != ".json":
        return model.path
    key = cache_key(model)
    path = cache.find(key)
    if path is None:
        from livepose.models.files.search import ModelSearch

        search = ModelSearch(model.label, cache, progress)
        if model.path is not None:
            path = search.compile(model.path, key, "file")
        elif model.spec is not None:
            path = search.find_litert(model.spec, key, model.input_px)
        else:
            path = search.find_litert_by_url(model.url or "", key)
    _report(model, path)
    return path


def graph_file(model: ModelRef, cache: ModelCache, progress: Progress) -> Path:
    """Return a model as TensorFlow reads it: a SavedModel folder, or a TensorFlow.js `.json`.

    Raises:
        ModelError: If it is nowhere to be found, or is a `.tflite`, which TensorFlow cannot run.
    """
    if model.path is not None:
        return check_graph(model.path)
    from livepose.models.files.search import ModelSearch

    search = ModelSearch(model.label, cache, progress)
    if model.spec is not None:
        path = search.find_graph(model.spec)
    else:
        path = search.find_graph_by_url(model.url or "")
    _report(model, path)
    return path


def _report(model: ModelRef, path: Path) -> None:
    # One command may load a model several times, also at several sizes: its terminal names it once.
    _log.info("model %s: %s", model.label, path, extra={"once": f"model {model.label}"})


def cache_key(model: ModelRef) -> str:
    """Return a model's key in the cache: made of its name, its URL, or its files' content.

    >>> cache_key(resolve("lightning"))
    'lightning'

    Raises:
        ModelError: If its path is not that of a graph.
    """
    if model.spec is not None:
        if model.input_px is None:
            return model.spec.name
        width_px, height_px = model.input_px
        return f"{model.spec.name}-{width_px}x{height_px}"
    if model.url is not None:
        return f"url-{hashlib.sha256(model.url.encode()).hexdigest()[:12]}"
    graph = check_graph(model.path or Path())
    content = graph.rglob("*") if graph.is_dir() else graph.parent.glob(f"{graph.stem}.*")
    files = sorted(file for file in content if file.is_file())
    return f"path-{sha256_of(*files)[:12]}"


def check_graph(path: Path) -> Path:
    """Return a path if it is that of a graph that TensorFlow reads; raise ModelError otherwise."""
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
