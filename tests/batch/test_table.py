"""The table has the angles of files that are done, and of no part of one."""

from __future__ import annotations

from pathlib import Path

from livepose.batch.results import AngleRow, ItemResult, Status
from livepose.batch.table import write_table


def test_only_files_that_are_done_have_rows(tmp_path: Path) -> None:
    row = AngleRow(1, "left_knee", 10.0, 90.5, 80.5, 30)
    results = [ItemResult(f"{each.value}.mp4", each, angles=(row,)) for each in Status]
    write_table(tmp_path / "all.csv", results)
    header, *rows = (tmp_path / "all.csv").read_text("utf-8").splitlines()
    assert header == "file,person,angle,min_deg,max_deg,range_deg,frames,rule,repetitions"
    assert rows == [
        "done.mp4,1,left_knee,10.00,90.50,80.50,30,,",
        "kept.mp4,1,left_knee,10.00,90.50,80.50,30,,",
    ]
