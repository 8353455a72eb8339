"""A hash of the options of a batch's run, by which it knows again what it has done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from livepose._version import __version__
from livepose.batch.plan import BatchItem


def options_hash(
    item: BatchItem, out_dir: Path, read_sha256: Sequence[str], piece_s: float | None = None
) -> str:
    """Return a hash of all that decides what is written of a file, but for the file itself.

    Args:
        item: Whose run it is.
        out_dir: Where the batch writes: a folder that is moved is the same.
        read_sha256: Of the files that are read for each input: the network's, and of --against.
        piece_s: The length of the pieces that videos are cut into.
    """
    options = item.options
    decisive = {
        "version": __version__,
        "read": list(read_sha256),
        "model": asdict(options.model),
        "people": asdict(options.people),
        "style": asdict(options.style),
        "data": asdict(replace(options.data, save=())),
        "part": [options.source.start_s, options.source.end_s],
        "piece_s": None if options.source.video is None else piece_s,
        "quality": options.output.quality,
        "targets": [path.relative_to(out_dir).as_posix() for path in item.targets],
    }
    text = json.dumps(decisive, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """Return what JSON can hold; sets in one order, whatever the process."""
    return sorted(map(str, value)) if isinstance(value, (set, frozenset)) else str(value)
