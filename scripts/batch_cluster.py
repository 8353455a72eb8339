"""Run a batch on a real Ray cluster of three nodes, remove one in the middle, compare the data.

    python scripts/batch_cluster.py [--clips N] [--frames N] [--pieces S] [--s3] [--work FOLDER]

needs `pip install 'livepose[ray]'`. The same clips go through `livepose batch` on this machine
first, with 1, 2 and 4 jobs; the exit code is 1 if a file of any of these batches or of the
cluster's is missing or differs, but for the time that the network took. With --s3, for which
`pip install 'livepose[test]'` has all, the cluster's batch reads from a bucket and writes to it: a
server runs on this machine.
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
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.results import ItemResult
from livepose.batch.run import run_batch
from livepose.batch.summary import BatchSummary
from livepose.session.options import Options, OutputOptions, SourceOptions
from livepose.session.run import run

NODES = 3
JOBS = (1, 2, 4)
SCENES = ("dance", "walk", "bends", "stand")


def make_clips(folder: Path, count: int, frames: int) -> None:
    """Write clips of the built-in figure."""
    folder.mkdir(parents=True)
    for number in range(count):
        demo = SourceOptions(
            demo=True,
            scene=SCENES[number % len(SCENES)],
            size_px=(320, 240),
            max_frames=frames + 10 * number,
        )
        run(Options(demo, OutputOptions(out=folder / f"{number:02d}.mp4", show=False)))


def options_for(out_dir: Path | RemoteAddress, work: WorkOptions) -> BatchOptions:
    """Return the options of a batch that writes data only."""
    data = BatchDataOptions(save=(Path(".csv"), Path(".jsonl")))
    return BatchOptions(BatchOutputOptions(out_dir=out_dir), work, data=data)


class NodeRemover(BatchMonitor):
    """Removes a node of a cluster while work is going on there."""

    def __init__(self, cluster: object, node: object, after: int) -> None:
        self._cluster, self._node, self._left = cluster, node, after
        self._in_work: set[str] = set()
        self.most_in_work = 0

    def on_begin(self, item: BatchItem) -> None:
        """Count how many items are in work at a time."""
        self._in_work.add(item.name)
        self.most_in_work = max(self.most_in_work, len(self._in_work))

    def on_result(self, item: BatchItem, result: ItemResult) -> None:
        """Count the results, and remove the node after some."""
        print(f"  {item.name}: {result.status.value}, {result.attempts} attempts", flush=True)
        self._in_work.discard(item.name)
        self._left -= 1
        if self._left == 0:
            print("  a node is removed", flush=True)
            self._cluster.remove_node(self._node, allow_graceful=False)  # type: ignore[attr-defined]

    def on_note(self, text: str) -> None:
        """Print it."""
        print(f"  {text}", flush=True)


def run_on_cluster(
    clips: str, out_dir: Path | RemoteAddress, piece_s: float | None
) -> BatchSummary:
    """Run a batch on three nodes, of which one is removed after the second result."""
    from ray.cluster_utils import Cluster  # type: ignore[import-not-found,unused-ignore]

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        nodes = [cluster.add_node(num_cpus=1) for _ in range(NODES - 1)]
        cluster.wait_for_nodes()
        remover = NodeRemover(cluster, nodes[-1], after=2)
        options = options_for(out_dir, WorkOptions(ray=cluster.address, piece_s=piece_s))
        summary = run_batch([clips], options, monitor=remover)
        assert remover.most_in_work <= summary.jobs, "more was handed out than there are workers"
        print(f"at most {remover.most_in_work} in work at a time, with {summary.jobs} workers")
        return summary
    finally:
        cluster.shutdown()


def run_with_s3(folder: Path, piece_s: float | None) -> BatchSummary:
    """Run the batch of the cluster from a bucket to a bucket, and copy what it wrote from there."""
    from tests.support.s3 import running_s3

    # The nodes are started while it runs, and pass its address on to their workers.
    with running_s3("films") as files:
        files.put(str(folder / "clips"), "films/clips", recursive=True)
        summary = run_on_cluster("s3://films/clips", RemoteAddress("s3://films/poses"), piece_s)
        files.get("films/poses", str(folder / "cluster"), recursive=True)
        left = [path for path in files.find("films/poses") if "pieces" in path or "part" in path]
        assert not left, f"left in the bucket: {left}"
    return summary


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
    parser.add_argument("--frames", type=int, default=240, help="in the first clip")
    parser.add_argument("--work", type=Path)
    parser.add_argument("--pieces", type=float, help="cut the clips into pieces of this length")
    parser.add_argument("--s3", action="store_true", help="read from a bucket, and write to it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = arguments.work or Path(name)
        clips = folder / "clips"
        make_clips(clips, arguments.clips, arguments.frames)
        for jobs in JOBS:
            work = WorkOptions(jobs=jobs, piece_s=arguments.pieces)
            run_batch([str(clips)], options_for(folder / f"jobs{jobs}", work))
        started_s = time.perf_counter()
        if arguments.s3:
            summary = run_with_s3(folder, arguments.pieces)
        else:
            summary = run_on_cluster(str(clips), folder / "cluster", arguments.pieces)
        seconds = time.perf_counter() - started_s
        first, *others = (data_of(folder / f"jobs{jobs}") for jobs in JOBS)
        print(
            f"{NODES} nodes, one removed: {len(summary.results)} of {arguments.clips} clips, "
            f"{len(summary.failed)} failed, {seconds:.0f} s"
        )
        is_right = not summary.failed
        for title, data in [
            *((f"{jobs} jobs", each) for jobs, each in zip(JOBS[1:], others, strict=True)),
            ("the cluster", data_of(folder / "cluster")),
        ]:
            differing = [file for file in first if data.get(file) != first[file]]
            print(f"{title}: {len(differing)} of {len(first)} files differ from those of 1 job")
            is_right &= not differing and data.keys() == first.keys()
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
