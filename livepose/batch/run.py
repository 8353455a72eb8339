"""One batch: from words to files, with what was done before left out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from livepose.batch.fingerprints import options_hash
from livepose.batch.inputs import find_inputs
from livepose.batch.manifest import Manifest, without_outputs
from livepose.batch.monitor import BatchMonitor
from livepose.batch.network import Network, find_network
from livepose.batch.options import BatchOptions, check_batch
from livepose.batch.pieces import CutVideo, cut, piece_items
from livepose.batch.plan import BatchItem, check_targets, make_plan
from livepose.batch.pool import WorkerPool
from livepose.batch.remote_listing import RemoteListing, list_remote
from livepose.batch.remote_paths import shown
from livepose.batch.report import write_report
from livepose.batch.results import ItemResult, Status
from livepose.batch.staging import local_copy
from livepose.batch.summary import BatchSummary
from livepose.batch.table import write_table
from livepose.batch.tidying import tidy_up
from livepose.batch.validation import check_runs
from livepose.batch.work import FinishedItem
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import LivePoseError, OptionError, SinkError, SourceCutShort, SourceError
from livepose.export import FORMATS, format_of
from livepose.export.person_files import first_person_path
from livepose.session.option_fields import SourceKind
from livepose.session.validation.bounds import check_bounds
from livepose.system.cpu import usable_cores
from livepose.system.files import sha256_of
from livepose.system.interrupts import Interrupts
from livepose.system.thread_budget import default_jobs, threads_per_job

if TYPE_CHECKING:
    from livepose.batch.ray_pool import RayPool


def run_batch(
    words: Sequence[str],
    options: BatchOptions,
    *,
    listed: Iterable[str] = (),
    monitor: BatchMonitor | None = None,
    interrupts: Interrupts | None = None,
) -> BatchSummary:
    """Do with each file what the options ask for, in several processes.

    Args:
        words: Files, folders and patterns; `-` stands for `listed`.
        options: What to do.
        listed: Names of files and folders.
        monitor: Hears how it goes on.
        interrupts: Ends the batch after the frames in hand; repeated, at once.

    Returns:
        What was done, also if files failed or a signal ended the batch early.

    Raises:
        LivePoseError: If it cannot be done, which is found out before the first file is begun;
            later only if the manifest, the table or the report cannot be written.
    """
    monitor, interrupts = monitor or BatchMonitor(), interrupts or Interrupts()
    started_s = time.perf_counter()
    check_bounds(options.work)
    check_batch(options)
    inputs = without_outputs(find_inputs(words, listed, options.out_dir), options)
    network = find_network(options.model, options.people, monitor.on_download)
    items = make_plan(inputs, options, network.runtime)
    check_runs(items, inputs, options)
    with ExitStack() as stack:
        manifest = stack.enter_context(Manifest(options.out_dir, options.remote_out_dir))
        batch = _Batch(items, options, network, manifest, monitor, list_remote(inputs, options))
        monitor.on_plan(batch.planned, sum(item.name in batch.results for item in items))
        interrupts.defer()
        jobs = 0
        if batch.todo:
            with _open_pool(options, network, len(batch.todo)) as pool:
                jobs = pool.jobs
                try:
                    pool.run(batch.todo, batch, interrupts, batch.finish)
                except LivePoseError as error:
                    # What was done until then is worth as much as the files of it.
                    summary = batch.summary(time.perf_counter() - started_s, jobs)
                    try:
                        _write_results(options, summary)
                    except LivePoseError as further:
                        raise type(error)(f"{error}; {further}") from error
                    raise
        summary = batch.summary(time.perf_counter() - started_s, jobs)
    _write_results(options, summary)
    return summary


def _write_results(options: BatchOptions, summary: BatchSummary) -> None:
    """Write the table and the report.

    Raises:
        SinkError: If one cannot be written.
    """
    if options.data.table is not None:
        write_table(options.data.table, summary.results)
    if options.data.report is not None:
        write_report(options.data.report, summary)


def _open_pool(options: BatchOptions, network: Network, items: int) -> WorkerPool | RayPool:
    """Return what does the work: processes of this machine, or a cluster.

    Raises:
        RuntimeMissing: If Ray is asked for and not installed.
        LivePoseError: If there is no cluster.
    """
    work = options.work
    model = replace(options.model, runtime=network.runtime)
    if work.ray is not None:
        from livepose.batch.ray_pool import RayPool

        threads = work.job_threads or 1
        return RayPool(work.ray, WorkerSettings(model, threads, threads), work.jobs)
    jobs = max(1, min(work.jobs or default_jobs(), items))
    threads = work.job_threads or threads_per_job(jobs)
    cores = max(threads, usable_cores() // jobs)
    return WorkerPool(WorkerSettings(model, threads, cores), jobs)


class _Batch(BatchMonitor):
    """The items of a batch, and what has come of them so far."""

    def __init__(
        self,
        items: Sequence[BatchItem],
        options: BatchOptions,
        network: Network,
        manifest: Manifest,
        monitor: BatchMonitor,
        listing: RemoteListing,
    ) -> None:
        """Find out what is left to do.

        Raises:
            TargetExists: If a file is in the way that no earlier batch has begun.
            OptionError: If a file of another input is.
            SourceError: If the poses to compare with cannot be read.
        """
        self._items, self._options = items, options
        self._manifest, self._monitor, self._listing = manifest, monitor, listing
        self._read_sha256 = network.hashes
        against = options.style.against
        if against is not None:
            try:
                self._read_sha256.append(sha256_of(against))
            except OSError as error:
                raise SourceError(f"{against} cannot be read: {error.strerror}") from error
        self._further_files = {
            first: (path, owner)
            for path, owner in (
                (options.out_dir / target, owner) for target, owner in manifest.owners.items()
            )
            if (first := first_person_path(path)) is not None
        }
        """What earlier batches have written, by the file that a first person would have."""
        self.results: dict[str, ItemResult] = {}
        self._cut: dict[str, CutVideo] = {}
        self.todo: list[BatchItem] = []
        for item in items:
            left = self._left_of(item)
            if left is None:
                self.results[item.name] = self._kept(item)
            else:
                self.todo += self._in_pieces(left)

    @property
    def planned(self) -> list[BatchItem]:
        """All that is to be done: of videos that are cut, their pieces and the joined ones."""
        joined = [video.joined for video in self._cut.values()]
        return list({item.name: item for item in (*self.todo, *joined)}.values())

    def _left_of(self, item: BatchItem) -> BatchItem | None:
        """Return an item as it is to be done; None if it is done and whole.

        Raises:
            TargetExists: If a file is in the way that no earlier batch has begun.
            OptionError: If a file of another input is.
        """
        out_dir = self._options.out_dir
        if self._options.output.resume:
            entry = self._manifest.done.get(item.name)
            if entry and entry.is_whole(item, self._hash(item), out_dir, self._listing):
                return None
        self._check_further_files(item)
        if self._options.output.resume:
            begun = self._manifest.begun
            others = [
                path for path in item.targets if path.relative_to(out_dir).as_posix() not in begun
            ]
            check_targets(item, others, self._listing, resume=True)
            # What an earlier batch has begun is its own to replace.
            return item.replacing() if len(others) < len(item.targets) else item
        check_targets(item, item.targets, self._listing, resume=False)
        return item

    def _check_further_files(self, item: BatchItem) -> None:
        """Check that no file of another input would be taken for that of a further person.

        Raises:
            OptionError: If one would be.
        """
        for target in item.options.data.save:
            path, owner = self._further_files.get(target, (target, item.name))
            is_person = FORMATS[format_of(target)].is_for_each_person
            if is_person and owner != item.name and self._listing.exists(path):
                raise OptionError(
                    f"{shown(path)}, of {owner}, would be replaced as that of a further person of "
                    f"{shown(item.path)}: rename one, or give another --out-dir"
                )

    def _kept(self, item: BatchItem) -> ItemResult:
        return replace(self._manifest.done[item.name].result, status=Status.KEPT)

    def _in_pieces(self, item: BatchItem) -> list[BatchItem]:
        """Return the pieces of a video that are to be worked on; else the item itself."""
        piece_s = self._options.work.piece_s
        if piece_s is None or item.options.source.kind is not SourceKind.VIDEO:
            return [item]
        if item.source is not None:
            self._monitor.on_download(str(item.source), 0, item.size_bytes)
        try:
            with local_copy(item) as here:
                pieces = cut(here, piece_s, self._options.out_dir)
        except SourceCutShort as error:
            self._monitor.on_note(f"{error}, so it is processed in one piece")
            return [item]
        except SourceError:
            return [item]  # its run says why
        if not pieces:
            return [item]
        found = list(piece_items(item, pieces))
        left = [piece for piece in found if self._left_of(piece) is not None]
        video = self._cut[item.name] = CutVideo(item, pieces, {piece.name for piece in left})
        return left or self._not_done(video)

    def _not_done(self, video: CutVideo) -> list[BatchItem]:
        """Return what is to be done with a video whose pieces are done, apart from what is done."""
        while True:
            items = video.next_items()
            left = [each for each in items if not each.part_of or self._left_of(each) is not None]
            video.left = {item.name for item in left if item.part_of}
            if left:
                return left

    def _hash(self, item: BatchItem) -> str:
        return options_hash(item, self._options.out_dir, self._read_sha256)

    def on_begin(self, item: BatchItem) -> None:
        self._manifest.begin(item)
        if item.part_of:
            self._cut[item.part_of].begin(item)
        self._monitor.on_begin(item)

    def on_frames(self, item: BatchItem, done: int, total: int | None) -> None:
        self._monitor.on_frames(item, done, total)

    def on_note(self, text: str) -> None:
        self._monitor.on_note(text)

    def finish(self, item: BatchItem, finished: FinishedItem) -> list[BatchItem]:
        """Note what came of an item, and tidy up what killed workers have left of it.

        Returns:
            What is to be done then: a video whose last piece this was.
        """
        result, was_cut = finished.result, item.name in self._cut
        if was_cut:
            seconds = result.seconds + self._cut[item.name].seconds
            result = replace(result, seconds=round(seconds, 3))
        missing = [path for path in result.saved if not (item.destination or path.exists())]
        if result.status is Status.DONE and missing:
            error = (
                f"{missing[0]} is not here: all machines of a cluster must see the same folders, "
                "or --out-dir must be an address such as s3://bucket/name"
            )
            result = replace(result, status=Status.FAILED, errors=(error,))
        if finished.input is not None:
            self._manifest.finish(result, self._hash(item), finished.input, finished.outputs)
        try:
            tidy_up(item, result, self._options.out_dir, self._listing, was_cut=was_cut)
        except SinkError as error:
            self._monitor.on_note(str(error))
        self._monitor.on_result(item, result)
        if item.part_of:
            video = self._cut[item.part_of]
            further = video.finish(item, result)
            again = [each for each in further if each.part_of]
            if again:
                self._monitor.on_more(again)
            elif further and not further[0].pieces:
                self._monitor.on_one_piece(video.item, video.not_begun)
            return further
        self.results[item.name] = result
        return []

    def summary(self, seconds: float, jobs: int) -> BatchSummary:
        """Return what was done, in the order of the files."""
        for name, video in self._cut.items():
            if video.is_begun and name not in self.results:
                self.results[name] = ItemResult(name, Status.INTERRUPTED, video.frames)
        names = [item.name for item in self._items]
        return BatchSummary(
            [self.results[name] for name in names if name in self.results],
            seconds,
            jobs,
            [name for name in names if name not in self.results],
        )
