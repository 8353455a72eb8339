"""Networks as a runtime has compiled them, kept in the cache for the next start.

A file is named `<network>.<settings>.compiled`, the first 16 digits of two SHA-256: of the
network's file, and of whatever else the result depends on. It begins with the SHA-256 of the rest.
All of them may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import logging
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livepose.core.errors import ModelError
from livepose.models.files.cache import ModelCache
from livepose.system.files import sha256_of

_log = logging.getLogger(__name__)
_HASH_DIGITS = 16
_HASH_BYTES = 32
_MAX_FILES = 16
"""A network has other settings live than for files, and several machines may share a cache."""


@dataclass(frozen=True, slots=True)
class CompiledNetworks:
    """The compiled networks of a cache. Without a cache that can be used, none is kept.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     network = Path(folder, "network.tflite")
    ...     _ = network.write_bytes(b"a network")
    ...     networks = CompiledNetworks(ModelCache(Path(folder)))
    ...     is_kept = networks.put(network, "version 1", b"compiled")
    ...     is_kept, networks.find(network, "version 1"), networks.find(network, "version 2")
    (True, b'compiled', None)
    """

    cache: ModelCache

    def find(self, network: Path, settings: str) -> bytes | None:
        """Return a compiled network; None if there is none, or if it is damaged.

        Args:
            network: The file that was compiled.
            settings: Whatever else the result depends on: runtime, version, processor.
        """
        try:
            file = self.cache.folder / _name(network, settings)
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.info("compiled networks cannot be read: %s", error)
            return None
        checksum, compiled = content[:_HASH_BYTES], content[_HASH_BYTES:]
        if checksum != hashlib.sha256(compiled).digest():
            _log.info("%s is damaged", file)
            return None
        with suppress(OSError):
            os.utime(file)  # those that are in use stay
        return compiled

    def put(self, network: Path, settings: str, compiled: bytes) -> bool:
        """Keep a compiled network, and return whether that could be done."""
        try:
            name = _name(network, settings)
            with self.cache.workspace() as workspace:
                file = workspace / name
                file.write_bytes(hashlib.sha256(compiled).digest() + compiled)
                file.replace(self.cache.folder / name)
        except (OSError, ModelError) as error:
            _log.info("a compiled network cannot be kept: %s", error)
            return False
        self._remove_unused()
        return True

    def _remove_unused(self) -> None:
        """Remove those that were not used for the longest time, beyond the limit."""
        used_s: dict[Path, float] = {}
        for file in self.cache.folder.glob("*.*.compiled"):
            with suppress(OSError):  # Another process has just removed it.
                used_s[file] = file.stat().st_mtime
        for file in sorted(used_s, key=lambda each: -used_s[each])[_MAX_FILES:]:
            with suppress(OSError):
                file.unlink()


def _name(network: Path, settings: str) -> str:
    of_settings = hashlib.sha256(settings.encode()).hexdigest()
    return f"{sha256_of(network)[:_HASH_DIGITS]}.{of_settings[:_HASH_DIGITS]}.compiled"
