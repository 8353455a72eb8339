"""The manifest: which files of a batch are done, and what they were made of.

It lies beside the outputs and grows by a JSON line for each step, which is on the disk before the
next one begins. So it holds after a crash, too:

    {"begun": "day1/clip.mp4", "targets": ["day1/clip.csv"]}
    {"done": {"name": "day1/clip.mp4", "status": "done", ...}, "options": "3fa9...",
     "input": {"path": ..., "size_bytes": ..., "modified_ns": ..., "sha256": ...}, "outputs": [...]}

What was begun and not done may have been written or not: a later batch replaces it. In a remote
folder it is a folder of files that are as long as can be stored at each step (`journal`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from livepose.batch.file_identity import FileIdentity, identity_from_json
from livepose.batch.inputs import InputFile
from livepose.batch.journal import FileJournal, Journal, RemoteJournal
from livepose.batch.options import BatchOptions
from livepose.batch.plan import MANIFEST, BatchItem
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.remote_paths import RemoteAddress, shown
from livepose.batch.results import ItemResult, Status
from livepose.core.errors import SourceError
from livepose.core.interfaces import Closeable


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that is done, as the manifest has it."""

    result: ItemResult
    options_sha256: str
    input: FileIdentity
    outputs: tuple[FileIdentity, ...]
    """Their paths are relative to the folder of the manifest."""

    def is_whole(
        self, item: BatchItem, options_sha256: str, out_dir: Path, there: RemoteListing
    ) -> bool:
        """Return whether nothing has changed since, and all that was written is there.

        Args:
            item: As it is to be done now.
            options_sha256: Of its options.
            out_dir: The folder of the manifest.
            there: What remote files are now.
        """
        return (
            self.result.status is Status.DONE
            and self.options_sha256 == options_sha256
            and there.is_same(item.path, self.input)
            and all(there.is_same(out_dir / each.path, each) for each in self.outputs)
        )


class Manifest(Closeable):
    """The manifest in a folder; while it is open, no other batch can open it."""

    def __init__(self, out_dir: Path, remote: RemoteAddress | None = None) -> None:
        """Open the manifest of a folder, which is created if there is none, and read it.

        Args:
            out_dir: The folder, as the plan has it.
            remote: Its address, if it is remote.

        Raises:
            SinkError: If it cannot be written, or if another batch has it open.
            SourceError: If a remote one cannot be read.
        """
        self.done: dict[str, Entry] = {}
        """The last entry of each file, by the name of the item."""
        self.begun: set[str] = set()
        """What was ever begun to be written, relative to the folder, with / between folders."""
        self.owners: dict[str, str] = {}
        """The name of the item by which each target was begun, relative as well."""
        self._out_dir = out_dir
        self._journal: Journal = (
            FileJournal(out_dir / MANIFEST) if remote is None else RemoteJournal(remote / MANIFEST)
        )
        self._read()

    def close(self) -> None:
        self._journal.close()

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
        self._journal.append(json.dumps(line).encode())

    def _read(self) -> None:
        for text in self._journal.content.splitlines():
            # A line that was cut off by a crash says nothing.
            try:
                self._take(json.loads(text))
            except (ValueError, KeyError, TypeError, AttributeError):
                continue

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


def without_outputs(inputs: Sequence[InputFile], options: BatchOptions) -> list[InputFile]:
    """Return inputs but for those that an earlier batch has written to the same folder.

    Args:
        inputs: Of the batch.
        options: Of the batch.

    Raises:
        SinkError: If the manifest of the folder cannot be opened.
        SourceError: If it is remote, and cannot be read; or if there is nothing else.
    """
    out_dir, remote = options.out_dir, options.remote_out_dir
    if not any(out_dir in file.path.parents for file in inputs):
        return list(inputs)
    with Manifest(out_dir, remote) as manifest:
        written = {out_dir / target for target in manifest.begun}
    left = [file for file in inputs if file.path not in written]
    if not left:
        raise SourceError(f"all files in {shown(out_dir)} were written by an earlier batch")
    return left
