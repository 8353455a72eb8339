"""What is deleted when the work on a file of a batch has ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from livepose.batch.pieces import remove_pieces
from livepose.batch.plan import PIECES, BatchItem
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.results import ItemResult, Status
from livepose.session import recover


def tidy_up(
    item: BatchItem,
    result: ItemResult,
    out_dir: Path,
    there: RemoteListing,
    *,
    was_cut: bool = False,
) -> None:
    """Delete the pieces that an item was made of, and what earlier runs have left of it.

    Args:
        item: The work on it has ended.
        result: What came of it.
        out_dir: Where the batch writes.
        there: What was at addresses when the batch began.
        was_cut: Whether this batch has cut it into pieces.

    Raises:
        SinkError: If it cannot be deleted.
    """
    is_done = result.status is Status.DONE
    if is_done and item.destination is None:
        _discard_parts(item)
    elif is_done and item.destination is not None:
        # On this machine, the run itself does so.
        _delete_further_files(item, item.destination, result.saved, there)
    # Of a video that is damaged, all is saved that can be, and --resume begins it anew.
    needs_no_pieces = is_done or (result.status is Status.FAILED and result.saved)
    if not needs_no_pieces or item.part_of:
        return
    if item.destination is None:
        remove_pieces(item, out_dir)
    elif was_cut or there.exists(out_dir / PIECES / item.name):
        from livepose.batch.remote import delete

        delete(item.destination / PIECES / item.name)


def _delete_further_files(
    item: BatchItem, destination: RemoteAddress, saved: Sequence[Path], there: RemoteListing
) -> None:
    """Delete the remote files of people who are not seen any more."""
    from livepose.batch.remote import delete

    further = [path for target in item.targets for path in there.further_files(target)]
    for path in set(further) - set(saved):
        delete(destination.below(path))


def _discard_parts(item: BatchItem) -> None:
    """Delete the parts that killed workers have left beside what is now whole."""
    targets = {target.absolute() for target in item.targets}
    for folder in {target.parent for target in targets}:
        for left in recover.left_in(folder):
            if left.target.absolute() in targets:
                recover.discard(left)
