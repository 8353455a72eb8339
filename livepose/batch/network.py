"""Which network a batch uses: the same one for every file, whoever works on it."""

from __future__ import annotations

from dataclasses import dataclass

from livepose.models.files.resolve import cache_key, resolve
from livepose.models.files.trust import check_trust
from livepose.models.loader import RuntimeLoader
from livepose.models.progress import Progress, no_progress
from livepose.models.runtimes import RuntimeName
from livepose.session.options import ModelOptions
from livepose.system.files import sha256_of


@dataclass(frozen=True, slots=True)
class Network:
    """A network that is on this machine."""

    runtime: RuntimeName
    """What runs it: never `auto`, which would choose by the length of each file."""
    sha256: str
    """Of its file; for networks of many sizes or in TensorFlow's form, what names it."""


def find_network(options: ModelOptions, progress: Progress = no_progress) -> Network:
    """Find the network of a model, which is downloaded or compiled if necessary.

    Raises:
        OptionError: If there is no such model.
        ModelError: If it cannot be had; `UntrustedModel` if it has to be trusted.
    """
    model = resolve(options.name)
    check_trust(model, is_trusted=options.trust)
    if model.max_people > 1 or options.runtime is RuntimeName.TENSORFLOW:
        # As the loader chooses for a network with an input of any size.
        is_auto = options.runtime is RuntimeName.AUTO
        runtime = RuntimeName.LITERT if is_auto else options.runtime
        return Network(runtime, cache_key(model))
    loader = RuntimeLoader(model, options.runtime, threads=1, progress=progress)
    path, selected = loader.select()
    return Network(selected, sha256_of(path))
