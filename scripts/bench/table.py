"""What was measured, as Markdown."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Callable
from pathlib import Path

from bench.measure import Measured
from bench.roster import YARDSTICK, Peer

_BLOCK = re.compile(r"(?<=<!-- peers -->\n).*(?=<!-- /peers -->)", re.DOTALL)
Runs = dict[tuple[str, str], list[Measured]]
"""By peer and size; the same place in two lists is the same round."""


def table(peers: list[Peer], labels: dict[str, str], runs: Runs) -> str:
    """Lay the medians out: a row for each peer, what is told of one size is told of 720p."""
    shown = "720p" if "720p" in labels else list(labels)[-1]
    heads = ["frames per second", *labels.values()]
    heads += [
        "CPU ms per frame",
        "Mbit/s",
        f"file at {labels[shown]}",
        "ratio to the plain loop there",
    ]
    rows = ["| " + " | ".join(heads) + " |", "|---" + "|---:" * len(labels) + "|---" * 4 + "|"]
    for peer in peers:
        by_size = [runs.get((peer.name, size), []) for size in labels]
        cells = [peer.label, *(_median(of, lambda run: run.frames_per_second) for of in by_size)]
        cells.append(" / ".join(_median(of, lambda run: run.cpu_ms) for of in by_size))
        cells.append(" / ".join(_median(of, lambda run: run.mbit_per_second) for of in by_size))
        here = runs.get((peer.name, shown), [])
        cells.append(
            f"{_median(here, lambda run: run.size_mb)} MB, {here[0].codec}" if here else ""
        )
        cells.append(_ratio(here, runs.get((YARDSTICK, shown), [])))
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def machine(versions: dict[str, set[str]]) -> str:
    """Return what it was measured on."""
    told = ", ".join(f"{name} {' and '.join(sorted(of))}" for name, of in versions.items())
    return (
        f"{_processor()}, {_cores()} cores, {platform.system()}, "
        f"Python {platform.python_version()}; {told}."
    )


def replace_block(readme: Path, text: str) -> None:
    """Put a text between the two markers of a README."""
    old = readme.read_text(encoding="utf-8")
    new, count = _BLOCK.subn(lambda _: text, old)
    if count != 1:
        raise SystemExit(f"{readme} has no block between <!-- peers --> and <!-- /peers -->")
    readme.write_text(new, encoding="utf-8")


def _median(runs: list[Measured], value: Callable[[Measured], float]) -> str:
    if not runs:
        return "-"
    middle = statistics.median(value(run) for run in runs)
    return f"{middle:.0f}" if middle >= 20 else f"{middle:.1f}"


def _ratio(runs: list[Measured], yardsticks: list[Measured]) -> str:
    """Compare within each round: the machine's own speed wanders."""
    ratios = [
        ours.frames_per_second / theirs.frames_per_second
        for ours, theirs in zip(runs, yardsticks, strict=False)
    ]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        found = re.search(r"model name\s*: (.+)", cpuinfo.read_text(encoding="utf-8"))
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
