"""What is deleted when a file of a batch is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livepose.batch.pieces import remove_pieces
from livepose.batch.plan import PIECES, BatchItem
from livepose.batch.remote_listing import RemoteListing
from livepose.session import recover


def tidy_up(item: BatchItem, saved: Sequence[Path], out_dir: Path, there: RemoteListing) -> None:
    """Delete the pieces that an item was made of, and what earlier runs have left of it.

    Args:
        item: It is done.
        saved: What it has written.
        out_dir: Where the batch writes.
        there: What was at addresses when the batch began.

    Raises:
        SinkError: If it cannot be deleted.
    """
    if item.destination is None:
        _discard_parts(item)
        if not item.part_of:
            remove_pieces(item, out_dir)
        return
    from livepose.batch.remote import delete

    # Here, the run itself deletes the files of people who are not seen any more.
    further = [path for target in item.targets for path in there.further_files(target)]
    for path in set(further) - set(saved):
        delete(item.destination.below(path))
    if item.pieces or there.exists(out_dir / PIECES / item.name):
        delete(item.destination / PIECES / item.name)


def _discard_parts(item: BatchItem) -> None:
    """Delete the parts that killed workers have left beside what is now whole."""
    targets = {target.absolute() for target in item.targets}
    for folder in {target.parent for target in targets}:
        for left in recover.left_in(folder):
            if left.target.absolute() in targets:
                recover.discard(left)
