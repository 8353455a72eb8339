"""Networks as a runtime has compiled them, kept in the cache for the next start.

A file is named `<network>.<settings>.<content>.compiled`, each the first 16 digits of a SHA-256: of
the network's file, of whatever else the result depends on, and of the compiled network itself.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.models.files.cache import ModelCache
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)
_HASH_DIGITS = 16
_MAX_OF_A_NETWORK = 4
"""Live and from file to file, the settings differ, and machines may share a cache."""


@dataclass(frozen=True, slots=True)
class CompiledNetworks:
    """The compiled networks of a cache. Without a cache that can be used, none is kept.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     network = Path(folder, "network.tflite")
    ...     _ = network.write_bytes(b"a network")
    ...     kept = CompiledNetworks(ModelCache(Path(folder)))
    ...     kept.put(network, "version 1", b"compiled")
    ...     kept.find(network, "version 1"), kept.find(network, "version 2")
    (b'compiled', None)
    """

    cache: ModelCache

    def find(self, network: Path, settings: str) -> bytes | None:
        """Return a compiled network that is intact; None if there is none.

        Args:
            network: The file that was compiled.
            settings: Whatever else the result depends on: runtime, version, processor.
        """
        try:
            for file in self.cache.folder.glob(f"{_key(network, settings)}.*.compiled"):
                compiled = file.read_bytes()
                if _digits(compiled) == file.name.split(".")[2]:
                    return compiled
                _log.info("%s is damaged", file)
                file.unlink()
        except OSError as error:
            _log.info("compiled networks cannot be read: %s", error)
        return None

    def put(self, network: Path, settings: str, compiled: bytes) -> None:
        """Keep a compiled network. Where that cannot be done, the next start compiles again."""
        try:
            key = _key(network, settings)
            name = f"{key}.{_digits(compiled)}.compiled"
            with self.cache.workspace() as workspace:
                file = workspace / name
                file.write_bytes(compiled)
                file.replace(self.cache.folder / name)
            self._remove_older(name)
        except (OSError, ModelError) as error:
            _log.info("a compiled network cannot be kept: %s", error)

    def _remove_older(self, name: str) -> None:
        """Remove what a file replaces, and what too many others of its network are."""
        network, settings, _, _ = name.split(".")
        files = self.cache.folder.glob(f"{network}.*.*.compiled")
        newest_first = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)
        others = [file for file in newest_first if file.name != name]
        replaced = [file for file in others if file.name.split(".")[1] == settings]
        rest = [file for file in others if file not in replaced]
        for file in (*replaced, *rest[_MAX_OF_A_NETWORK - 1 :]):
            with suppress(FileNotFoundError):  # Another process has removed it.
                file.unlink()


def _key(network: Path, settings: str) -> str:
    return f"{sha256_of(network)[:_HASH_DIGITS]}.{_digits(settings.encode())}"


def _digits(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:_HASH_DIGITS]
