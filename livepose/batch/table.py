"""The table of a batch: the angles of all people in all files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict

from livepose.batch.remote_paths import Place
from livepose.batch.result_files import write_result
from livepose.batch.results import ItemResult, Status
from livepose.system.files import readable_name
from livepose.system.optional_imports import optional_import

COLUMNS = (
    "file", "person", "angle", "min_deg", "max_deg", "range_deg", "frames", "rule", "repetitions",
)  # fmt: skip


def check_table(suffix: str) -> None:
    """Check that what a table needs is installed.

    Raises:
        RuntimeMissing: If pyarrow is missing.
    """
    if suffix.lower() == ".parquet":
        with optional_import("pyarrow", extra="parquet"):
            import pyarrow  # noqa: F401


def write_table(place: Place, results: Sequence[ItemResult]) -> None:
    """Write one row for each angle of each person in each file, and for each rule of it.

    Files that failed or were broken off are left out: no row tells that it is of a part.

    Args:
        place: Ends in .csv or .parquet.
        results: In the order of the rows.

    Raises:
        SinkError: If it cannot be written.
    """
    rows = [
        {"file": readable_name(result.name)} | asdict(row)
        for result in results
        if result.status in (Status.DONE, Status.KEPT)
        for row in result.angles
    ]
    is_parquet = place.suffix.lower() == ".parquet"
    write_result(place, _parquet(rows) if is_parquet else _csv(rows))


def _csv(rows: Sequence[dict[str, object]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {
                name: f"{value:.2f}" if isinstance(value, float) else value
                for name, value in row.items()
            }
        )
    return text.getvalue().encode()


def _parquet(rows: Sequence[dict[str, object]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    texts, counts = ("file", "angle", "rule"), ("person", "frames", "repetitions")
    schema = pyarrow.schema(
        [
            (
                name,
                pyarrow.string()
                if name in texts
                else pyarrow.int32()
                if name in counts
                else pyarrow.float64(),
            )
            for name in COLUMNS
        ]
    )
    file = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(list(rows), schema), file)
    return file.getvalue()
