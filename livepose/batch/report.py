"""The report on a batch, as JSON."""

from __future__ import annotations

import json

from livepose._version import __version__
from livepose.batch.remote_paths import Place
from livepose.batch.result_files import write_result
from livepose.batch.results import ItemResult
from livepose.batch.summary import BatchSummary
from livepose.system.cpu import processor_name, usable_cores


def write_report(place: Place, summary: BatchSummary) -> None:
    """Write what a batch did: in all, and with each file.

    Raises:
        SinkError: If it cannot be written.
    """
    counts = {status.value: count for status, count in sorted(summary.counts.items())}
    report = {
        "livepose": __version__,
        "processor": processor_name(),
        "cores": usable_cores(),
        "jobs": summary.jobs,
        "seconds": round(summary.seconds, 3),
        "frames": summary.frames,
        "files": counts | {"not begun": len(summary.not_begun)},
        "results": [_described(result) for result in summary.results],
        "not_begun": list(summary.not_begun),
    }
    write_result(place, json.dumps(report, indent=1).encode() + b"\n")


def _described(result: ItemResult) -> dict[str, object]:
    described = result.to_json()
    del described["angles"]  # --table has them
    return described
