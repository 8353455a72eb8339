"""What is left in the output folder when the work on a video has ended."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.batch.plan import PIECES, BatchItem
from livepose.batch.remote_listing import RemoteListing
from livepose.batch.results import ItemResult, Status
from livepose.batch.tidying import tidy_up
from livepose.session.options import DataOptions, Options, SourceOptions


@pytest.mark.parametrize(
    ("status", "is_saved", "is_kept"),
    [
        (Status.DONE, True, False),
        (Status.FAILED, True, False),  # it is damaged: pieces would not mend it
        (Status.FAILED, False, True),  # the disk may have been full
        (Status.INTERRUPTED, True, True),
    ],
)
def test_pieces_are_kept_only_where_they_can_be_of_use(
    tmp_path: Path, status: Status, is_saved: bool, is_kept: bool
) -> None:
    piece = tmp_path / PIECES / "a.mp4" / "1.jsonl"
    piece.parent.mkdir(parents=True)
    piece.touch()
    target = tmp_path / "a.csv"
    options = Options(SourceOptions(video="a.mp4"), data=DataOptions(save=(target,)))
    item = BatchItem("a.mp4", Path("a.mp4"), options, 0)
    result = ItemResult("a.mp4", status, saved=(target,) if is_saved else ())
    tidy_up(item, result, tmp_path, RemoteListing([]))
    assert piece.exists() == is_kept
