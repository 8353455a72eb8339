"""A hash of the options of a batch's run, by which it knows again what it has done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from livepose._version import __version__
from livepose.batch.plan import BatchItem


def options_hash(item: BatchItem, out_dir: Path, read_sha256: Sequence[str]) -> str:
    """Return a hash of all that decides what is written of a file, but for the file itself.

    The pieces that a video is cut into decide nothing: they are joined as if there were none.

    Args:
        item: Whose run it is.
        out_dir: Where the batch writes: a folder that is moved is the same.
        read_sha256: Of the files that are read for each input: the network's, and of --against.
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
        "quality": options.output.quality,
        "targets": [path.relative_to(out_dir).as_posix() for path in item.targets],
    }
    text = json.dumps(decisive, default=_plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    """Return what JSON can hold; sets in one order, whatever the process."""
    return sorted(map(str, value)) if isinstance(value, (set, frozenset)) else str(value)
