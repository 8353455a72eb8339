"""The manifest: which files of a batch are done, and what they were made of.

It lies beside the outputs and grows by a JSON line for each step, which is on the disk before the
next one begins. So it holds after a crash, too:

    {"begun": "day1/clip.mp4", "targets": ["day1/clip.csv"]}
    {"done": {"name": "day1/clip.mp4", "status": "done", ...}, "options": "3fa9...",
     "input": {"path": ..., "size_bytes": ..., "modified_ns": ..., "sha256": ...}, "outputs": [...]}

What was begun and not done may have been written or not: a later batch replaces it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livepose.batch.fingerprints import FileIdentity, identity_from_json
from livepose.batch.plan import MANIFEST, BatchItem
from livepose.batch.results import ItemResult, Status
from livepose.core.errors import SinkError
from livepose.core.interfaces import Closeable
from livepose.system.files import write_error
from livepose.system.part_names import is_locked, lock


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that is done, as the manifest has it."""

    result: ItemResult
    options_sha256: str
    input: FileIdentity
    outputs: tuple[FileIdentity, ...]
    """Their paths are relative to the folder of the manifest."""

    def is_whole(self, item: BatchItem, options_sha256: str, out_dir: Path) -> bool:
        """Return whether nothing has changed since, and all that was written is there."""
        return (
            self.result.status is Status.DONE
            and self.options_sha256 == options_sha256
            and self.input.is_same(item.path)
            and all(each.is_same(out_dir / each.path) for each in self.outputs)
        )


class Manifest(Closeable):
    """The manifest in a folder; while it is open, no other batch can open it."""

    def __init__(self, out_dir: Path) -> None:
        """Open the manifest of a folder, which is created if there is none, and read it.

        Raises:
            SinkError: If it cannot be written, or if another batch has it open.
        """
        self.path = out_dir / MANIFEST
        self.done: dict[str, Entry] = {}
        """The last entry of each file, by the name of the item."""
        self.begun: set[str] = set()
        """What was ever begun to be written, relative to the folder, with / between folders."""
        self.owners: dict[str, str] = {}
        """The name of the item by which each target was begun, relative as well."""
        self._out_dir = out_dir
        try:
            out_dir.mkdir(parents=True, exist_ok=True)
            self._is_new = not self.path.exists()
            if self.path.exists() and is_locked(self.path):
                raise SinkError(f"another batch is writing to {out_dir}")
            self._file = self.path.open("a+b")
        except OSError as error:
            if isinstance(error, SinkError):
                raise
            raise write_error(self.path, error) from error
        lock(self._file.fileno())
        self._read()

    def close(self) -> None:
        if self._is_new and not self._file.closed and not os.fstat(self._file.fileno()).st_size:
            # Nothing was begun. It is deleted while no other batch can open it; on Windows, where
            # an open file cannot be deleted, it stays.
            with suppress(OSError):
                self.path.unlink()
        self._file.close()

    def begin(self, item: BatchItem) -> None:
        """Note that a file is begun.

        Raises:
            SinkError: If the manifest cannot be written.
        """
        targets = [self._relative(path) for path in item.targets]
        self._append({"begun": item.name, "targets": targets})

    def finish(
        self,
        result: ItemResult,
        options_sha256: str,
        input_file: FileIdentity,
        outputs: Sequence[FileIdentity],
    ) -> None:
        """Note what came of a file.

        Raises:
            SinkError: If the manifest cannot be written.
        """
        relative = [replace(each, path=self._relative(Path(each.path))) for each in outputs]
        self._append(
            {
                "done": result.to_json(),
                "options": options_sha256,
                "input": input_file.to_json(),
                "outputs": [each.to_json() for each in relative],
            }
        )

    def _relative(self, path: Path) -> str:
        return Path(os.path.relpath(path, self._out_dir)).as_posix()

    def _append(self, line: dict[str, Any]) -> None:
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise write_error(self.path, error) from error

    def _read(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        for text in content.splitlines():
            # A line that was cut off by a crash says nothing.
            try:
                self._take(json.loads(text))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        if content and not content.endswith(b"\n"):
            self._file.write(b"\n")

    def _take(self, line: dict[str, Any]) -> None:
        targets = [str(target) for target in line.get("targets", ())]
        self.begun |= set(targets)
        self.owners |= {target: str(line["begun"]) for target in targets}
        if "done" in line:
            entry = Entry(
                ItemResult.from_json(line["done"]),
                str(line["options"]),
                identity_from_json(line["input"]),
                tuple(map(identity_from_json, line["outputs"])),
            )
            self.done[entry.result.name] = entry
            self.begun |= {each.path for each in entry.outputs}
