"""Which network a batch uses: the same one for every file, whoever works on it."""

from __future__ import annotations

from dataclasses import dataclass

from livepose.models.catalog import MULTIPOSE
from livepose.models.files.resolve import ModelRef, cache_key, resolve
from livepose.models.files.trust import check_trust
from livepose.models.loader import RuntimeLoader
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes import RuntimeName
from livepose.session.decisions import detects_people
from livepose.session.options import ModelOptions, Options, PeopleOptions, SourceOptions
from livepose.system.files import sha256_of


@dataclass(frozen=True, slots=True)
class Network:
    """A network that is on this machine."""

    runtime: RuntimeName
    """What runs it: never `auto`, which would choose by the length of each file."""
    sha256: str
    """Of its file; for networks of many sizes or in TensorFlow's form, what names its graph."""
    detector: str = ""
    """The same of the network that searches for several people; empty if none does."""

    @property
    def hashes(self) -> list[str]:
        """What decides which poses are found, besides the options."""
        return [each for each in (self.sha256, self.detector) if each]


def find_network(
    options: ModelOptions, people: PeopleOptions, progress: Progress = no_progress
) -> Network:
    """Find the network of a model, which is downloaded or compiled if necessary.

    Args:
        options: Of all runs.
        people: How many people are looked for, which may need a second network.
        progress: Called during downloads.

    Raises:
        OptionError: If there is no such model.
        ModelError: If it cannot be had; `UntrustedModel` if it has to be trusted.
    """
    model = resolve(options.name)
    check_trust(model, is_trusted=options.trust)
    run = Options(SourceOptions(), model=options, people=people)
    detector = _graph_of(resolve(MULTIPOSE.name)) if detects_people(run, model.max_people) else ""
    if model.max_people > 1 or options.runtime is RuntimeName.TENSORFLOW:
        # As the loader chooses for a network with an input of any size.
        is_auto = options.runtime is RuntimeName.AUTO
        runtime = RuntimeName.LITERT if is_auto else options.runtime
        return Network(runtime, _graph_of(model), detector)
    loader = RuntimeLoader(model, options.runtime, threads=1, progress=progress)
    path, selected = loader.select()
    return Network(selected, sha256_of(path), detector)


def _graph_of(model: ModelRef) -> str:
    """Return what names a graph: with the hashes of its files if the catalog has them."""
    files = () if model.spec is None else model.spec.hub_files
    return " ".join([cache_key(model), *(sha256 for _, sha256 in files)])
