"""`livepose bench`: how fast livepose is on this machine."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.cli.arguments import command
from livepose.cli.execute import interrupted_code
from livepose.cli.terminal import data_console, print_note, report_unfinished
from livepose.models.catalog import LIGHTNING
from livepose.pipeline.exit_watch import exit_after_two_signals
from livepose.session.option_fields import option
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions
from livepose.session.validation.bounds import check_bounds
from livepose.system.interrupts import Interrupts

if TYPE_CHECKING:
    from livepose.bench import BenchResults

_DEMO_FRAMES = 240


@dataclass(frozen=True, slots=True)
class BenchOptions:
    """What is measured, and how often."""

    video: Path | None = option(
        None, "The video to measure with, instead of the built-in figure.", metavar="FILE"
    )
    model: str = option(
        LIGHTNING.name, "The model, as for livepose itself.", metavar="NAME|PATH|URL"
    )
    trust: bool = option(
        False, "Load a SavedModel from anywhere, as for livepose itself.", flag="--trust-model"
    )
    runs: int = option(
        3, "Measure this often; print medians.", metavar="N", minimum=1, maximum=1000
    )
    rate: float = option(30.0, "Frame rate of the live test.", metavar="N", minimum=1, maximum=1000)
    as_json: bool = option(False, "Print the results as JSON.", flag="--json")


def _bench(options: BenchOptions) -> int:
    """Measure each stage and the whole pipeline on this machine, and what bounds its speed."""
    from livepose.bench import bench

    check_bounds(options)
    print_note("measuring for a minute or two; other programs would distort the results")
    interrupts = Interrupts()
    try:
        with (
            exit_after_two_signals(report_unfinished),
            interrupts.handled(),
            tempfile.TemporaryDirectory() as folder,
        ):
            clip = options.video or _demo_clip(Path(folder), options)
            results = bench(
                clip, options.model, trust=options.trust, runs=options.runs, rate=options.rate
            )
    except KeyboardInterrupt:
        return interrupted_code(interrupts)
    if options.as_json:
        data_console().print(json.dumps(asdict(results), indent=2))
    else:
        _print(results)
    return 0


def _demo_clip(folder: Path, options: BenchOptions) -> Path:
    from livepose.session.run import run

    clip = folder / "demo.mp4"
    run(
        Options(
            SourceOptions(demo=True, max_frames=_DEMO_FRAMES),
            OutputOptions(out=clip, show=False),
            ModelOptions(name=options.model, trust=options.trust),
        )
    )
    return clip


def _print(results: BenchResults) -> None:
    from rich.table import Table

    facts = dict(results.machine)
    named = [facts.pop("processor"), f"{facts.pop('cores')} cores", facts.pop("system")]
    machine = ", ".join([*named, *(f"{name} {version}" for name, version in facts.items())])
    data_console().print(machine)
    table = Table(title=f"{results.clip}: milliseconds a frame")
    table.add_column("stages of the pipeline; below the line, alternatives to one of them")
    table.add_column("CPU", justify="right")
    table.add_column("wall", justify="right")
    for stage in results.stages:
        if not stage.counts and results.stages[results.stages.index(stage) - 1].counts:
            table.add_section()
        style = "" if stage.counts else "dim"
        table.add_row(stage.name, f"{stage.cpu_ms:.2f}", f"{stage.wall_ms:.2f}", style=style)
    data_console().print(table)
    offline, live = results.throughput, results.live
    data_console().print(
        f"file to file: {offline.frames_per_second:.0f} frames/s, "
        f"{offline.cpu_ms:.2f} ms of CPU each; bound {offline.bound:.0f} frames/s, "
        f"{100 * offline.share_of_bound:.0f} % of it reached"
    )
    data_console().print(
        f"live at {live.camera_rate:g} frames/s: lag p50 {live.p50_ms:.1f}, p95 {live.p95_ms:.1f}, "
        f"p99 {live.p99_ms:.1f} ms; {live.dropped} of {live.frames + live.dropped} dropped"
    )


bench_command = command(BenchOptions, _bench)
