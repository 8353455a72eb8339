"""Load damaged and malicious models: each is refused in a sentence, or is as good as before."""

from __future__ import annotations

import hashlib
import shutil
from importlib.util import find_spec
from pathlib import Path
from random import Random

from fault_sections.program import LIMIT_S
from fault_sections.program import run as run_livepose
from fault_sections.section import Outcome, Trial
from livepose.core.errors import ModelError
from livepose.models.catalog import LIGHTNING
from livepose.models.convert.tensorflow_graph import tensorflow_problem
from livepose.models.files import tfhub_cache
from livepose.models.files.cache import ModelCache
from livepose.models.files.resolve import litert_file, resolve
from livepose.models.progress import no_progress

_GRAPH_EVERY = 5
"""TensorFlow takes seconds: of so many models, one is a graph."""
_RUNTIMES = ("litert", "openvino") if find_spec("openvino") else ("litert",)


def run(trial: Trial, outcome: Outcome) -> None:
    """Damage a LiteRT file and a SavedModel in many ways, and load each."""
    try:
        good = litert_file(resolve("lightning"), ModelCache(), no_progress).read_bytes()
    except ModelError as error:
        outcome.skip(str(error).splitlines()[0])
        return
    cache = tfhub_cache.folder(ModelCache().folder / "tfhub")
    graph = None if tensorflow_problem() else tfhub_cache.find(cache, LIGHTNING.hub_url)
    refused = 0
    for number in range(trial.count(10, 120)):
        folder = trial.folder / str(number)
        folder.mkdir()
        is_graph = graph is not None and number % _GRAPH_EVERY == 0
        if is_graph and graph is not None:
            what, words, environment = _damaged_graph(graph, folder, trial.random)
        else:
            what, words, environment = _damaged_file(good, folder, trial.random)
        demo = ("--demo", "--no-show", "--max-frames", "2", "--save", "poses.csv")
        finished = run_livepose(*demo, *words, cwd=folder, limit_s=LIMIT_S, **environment)
        failure = finished.misbehaviour(0, 1)
        if (folder / "written").exists():
            failure = "the graph has written a file"
        elif finished.code == 1 and (folder / "poses.csv").exists():
            failure = "refused, and left a file"
        outcome.add(what, failure=failure)
        refused += finished.code == 1
        shutil.rmtree(folder, ignore_errors=True)
    outcome.note(f"{refused} refused, the others run")


def _damaged_file(
    good: bytes, folder: Path, chance: Random
) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Write a damaged LiteRT file, and return what was done and the words to load it."""
    what, data = _damage(good, chance)
    (folder / "model.tflite").write_bytes(data)
    runtime = chance.choice(_RUNTIMES)
    return f"{runtime}: {what}", ("--model", "model.tflite", "--runtime", runtime), {}


def _damaged_graph(
    graph: Path, folder: Path, chance: Random
) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Write a damaged SavedModel, and return what was done and what loads it."""
    runtime = chance.choice(("litert", "tensorflow"))
    environment = {"LIVEPOSE_CACHE": str(folder / "cache"), "TFHUB_CACHE_DIR": str(folder / "hub")}
    is_named = chance.random() < 0.3
    entry = hashlib.sha1(LIGHTNING.hub_url.encode(), usedforsecurity=False).hexdigest()
    copy = folder / "hub" / entry if is_named else folder / "model"
    shutil.copytree(graph, copy, copy_function=shutil.copyfile)
    for each in (copy, *copy.rglob("*")):
        each.chmod(0o755)
    file = copy / chance.choice(("saved_model.pb", "saved_model.pb", "variables/variables.index"))
    what, data = _damage(file.read_bytes(), chance)
    if chance.random() < 0.3:
        file = copy / "saved_model.pb"
        what, data = "Relu6 became ReadFile", file.read_bytes().replace(b"Relu6", b"Relu7", 1)
    file.write_bytes(data)
    name = "lightning" if is_named else "model"
    words = ("--trust-model", "--model", name, "--runtime", runtime)
    return f"{runtime}: {name}, {file.name}: {what}", words, environment


def _damage(good: bytes, chance: Random) -> tuple[str, bytes]:
    """Return what was done to a file, and its new content."""
    kind = chance.randrange(8)
    place = chance.randrange(len(good))
    data = bytearray(good)
    if kind == 0:
        return f"cut after {place} bytes", good[:place]
    if kind == 1:
        short = chance.choice((0, 1, 4, 8, 64))
        return f"cut after {short} bytes", good[:short]
    if kind == 2:
        return "random bytes", good[:8] + chance.randbytes(20_000)
    if kind == 3:
        size = min(len(good) - place, chance.randrange(1, 100_000))
        data[place : place + size] = bytes(size)
        return f"{size} zeros from {place}", bytes(data)
    if kind == 4:
        places = [chance.randrange(len(good)) for _ in range(100)]
        for each in places:
            data[each] ^= 1 << chance.randrange(8)
        return "100 bits flipped", bytes(data)
    if kind == 5:
        # The structure of a LiteRT file is at its end, behind or before the weights.
        end = chance.choice((0, max(0, len(good) - 30_000)))
        for _ in range(10):
            data[end + chance.randrange(min(30_000, len(good) - end))] = chance.randrange(256)
        return f"10 bytes changed from {end}", bytes(data)
    if kind == 6:
        return f"{place} bytes doubled", good[:place] + good
    return "a picture's header", b"\x89PNG\r\n\x1a\n" + good[8:]
