"""Run a batch on a real Ray cluster of three nodes, remove one in the middle, compare the data.

    python scripts/batch_cluster.py [--clips N] [--work FOLDER]

needs `pip install 'livepose[ray]'`. The same clips go through `livepose batch` on this machine
first; the exit code is 1 if a file of the cluster's batch is missing or differs from that, but for
the time that the network took.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from livepose.batch.monitor import BatchMonitor
from livepose.batch.options import (
    BatchDataOptions,
    BatchOptions,
    BatchOutputOptions,
    WorkOptions,
)
from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult
from livepose.batch.run import run_batch
from livepose.batch.summary import BatchSummary
from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.session.run import run

NODES = 3
FRAMES = 240
SCENES = ("dance", "walk", "bends", "stand")


def make_clips(folder: Path, count: int) -> None:
    """Write clips of the built-in figure."""
    folder.mkdir(parents=True)
    for number in range(count):
        demo = SourceOptions(
            demo=True,
            scene=SCENES[number % len(SCENES)],
            size_px=(320, 240),
            max_frames=FRAMES + 10 * number,
        )
        run(Options(demo, OutputOptions(out=folder / f"{number:02d}.mp4", show=False)))


def options_for(out_dir: Path, ray: str | None, piece_s: float | None) -> BatchOptions:
    """Return the options of a batch that writes data only."""
    return BatchOptions(
        BatchOutputOptions(out_dir=out_dir),
        WorkOptions(ray=ray, piece_s=piece_s),
        data=BatchDataOptions(save=(Path(".csv"), Path(".jsonl"))),
    )


class NodeRemover(BatchMonitor):
    """Removes a node of a cluster while work is going on there."""

    def __init__(self, cluster: object, node: object, after: int) -> None:
        self._cluster, self._node, self._left = cluster, node, after

    def on_result(self, item: BatchItem, result: ItemResult) -> None:
        """Count the results, and remove the node after some."""
        print(f"  {item.name}: {result.status.value}, {result.attempts} attempts", flush=True)
        self._left -= 1
        if self._left == 0:
            print("  a node is removed", flush=True)
            self._cluster.remove_node(self._node, allow_graceful=False)  # type: ignore[attr-defined]

    def on_note(self, text: str) -> None:
        """Print it."""
        print(f"  {text}", flush=True)


def run_on_cluster(clips: Path, out_dir: Path, piece_s: float | None) -> BatchSummary:
    """Run a batch on three nodes, of which one is removed after the second result."""
    from ray.cluster_utils import Cluster  # type: ignore[import-not-found,unused-ignore]

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        nodes = [cluster.add_node(num_cpus=1) for _ in range(NODES - 1)]
        cluster.wait_for_nodes()
        remover = NodeRemover(cluster, nodes[-1], after=2)
        options = options_for(out_dir, cluster.address, piece_s)
        return run_batch([str(clips)], options, monitor=remover)
    finally:
        cluster.shutdown()


def data_of(folder: Path) -> dict[str, object]:
    """Return the data files of a batch, without how long the network took."""
    found: dict[str, object] = {}
    for path in sorted(folder.glob("[0-9]*")):
        lines = path.read_text("utf-8").splitlines()
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in lines]
            found[path.name] = [row | {"inference_s": 0} for row in rows]
        else:
            found[path.name] = lines
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=9)
    parser.add_argument("--work", type=Path)
    parser.add_argument("--pieces", type=float, help="cut the clips into pieces of this length")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.work or Path(name)
        make_clips(folder / "clips", arguments.clips)
        run_batch([str(folder / "clips")], options_for(folder / "here", None, arguments.pieces))
        started_s = time.perf_counter()
        summary = run_on_cluster(folder / "clips", folder / "cluster", arguments.pieces)
        seconds = time.perf_counter() - started_s
        here, cluster = data_of(folder / "here"), data_of(folder / "cluster")
        differing = [file for file in here if cluster.get(file) != here[file]]
        print(
            f"{NODES} nodes, one removed: {len(summary.results)} of {arguments.clips} clips, "
            f"{len(summary.failed)} failed, {len(differing)} of {len(here)} files differ, "
            f"{seconds:.0f} s"
        )
        is_right = not differing and not summary.failed and here.keys() == cluster.keys()
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
