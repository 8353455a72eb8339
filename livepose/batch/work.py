"""The work on one item: an ordinary run, and the hashes of what it read and wrote."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from livepose.batch.file_identity import FileIdentity
from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult, Status, result_of_image, result_of_run
from livepose.core.errors import LivePoseError, SourceError
from livepose.core.frame import StreamInfo
from livepose.session.kept_models import KeptModels
from livepose.session.named_source import check_has_pictures
from livepose.session.option_fields import SourceKind
from livepose.session.options import Options
from livepose.system.files import write_error
from livepose.system.interrupts import Interrupts

if TYPE_CHECKING:
    from livepose.session.summary import Summary

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FinishedItem:
    """What came of an item, for the manifest."""

    result: ItemResult
    input: FileIdentity | None
    """None where there is nothing that could be kept, also if it was changed meanwhile."""
    outputs: tuple[FileIdentity, ...] = ()


def work_on(
    item: BatchItem,
    kept: KeptModels,
    interrupts: Interrupts,
    on_frames: Callable[[int, int | None], None] = lambda done, total: None,
) -> FinishedItem:
    """Do all that is to be done with one file, and return what came of it, also if that failed.

    Args:
        item: The file, and the options of its run.
        kept: The models.
        interrupts: Ends the run after the frame in hand.
        on_frames: Called now and then with the number of frames done, and of all, if it is known.
    """
    started_s = time.perf_counter()
    before = _state_of(item.path)
    try:
        result = _run(item, kept, interrupts, on_frames)
        if interrupts.received is not None:
            result = replace(result, status=Status.INTERRUPTED)
    except KeyboardInterrupt:
        result = ItemResult(item.name, Status.INTERRUPTED)
    except LivePoseError as error:
        result = ItemResult(item.name, Status.FAILED, errors=(str(error),))
    except Exception as error:  # one file must not end the work on all others
        text = " ".join(str(error).split())
        message = f"unexpected {type(error).__name__}: {text}"
        result = ItemResult(item.name, Status.FAILED, errors=(message,))
    result = replace(result, seconds=round(time.perf_counter() - started_s, 3))
    try:
        # A long video is not read anew for each piece of it.
        read = FileIdentity.of(item.path, reads=not item.part_of)
        outputs = tuple(map(FileIdentity.of, result.saved))
    except OSError:  # it is gone, or cannot be read: then the run has failed, too
        return FinishedItem(result, None)
    if before is None or not before.is_same(item.path):
        _log.warning("%s was written to meanwhile: --resume will work on it again", item.path)
        return FinishedItem(result, None)
    return FinishedItem(result, read, outputs)


def _state_of(path: Path) -> FileIdentity | None:
    """Return the size and the time of a file; None if there is none."""
    try:
        return FileIdentity.of(path, reads=False)
    except OSError:
        return None


def _run(
    item: BatchItem,
    kept: KeptModels,
    interrupts: Interrupts,
    on_frames: Callable[[int, int | None], None],
) -> ItemResult:
    check_has_pictures(item.path)
    for target in item.targets:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(target, error) from error
    if item.options.source.kind is SourceKind.IMAGE:
        from livepose.session.image import annotate

        return result_of_image(item.name, annotate(item.options, kept.load))
    from livepose.session.callbacks import RunCallbacks
    from livepose.session.run import run

    total: list[int | None] = [None]

    def on_begin(info: StreamInfo, model: str, has_window: bool) -> None:
        total[0] = info.frame_count

    found = 0

    def on_first_pass(done: int) -> None:
        nonlocal found
        found = done
        on_frames(done, total[0])

    callbacks = RunCallbacks(
        on_begin=on_begin,
        # The second of two passes is short.
        on_frame=lambda done: on_frames(max(done, found), total[0]),
        on_first_pass=on_first_pass,
    )
    summary = run(_run_options(item), callbacks, interrupts, kept)
    if item.part_of:
        _add_track_starts(item, summary)
    return result_of_run(item.name, summary, item.options.data)


def _add_track_starts(piece: BatchItem, summary: Summary) -> None:
    """Add to the poses of a piece what is needed to join them.

    Raises:
        SinkError: If the file cannot be written.
    """
    from livepose.batch.seams import add_track_starts

    for path in summary.saved:
        try:
            add_track_starts(path, summary.track_starts_s)
        except OSError as error:
            raise write_error(path, error) from error


def _run_options(item: BatchItem) -> Options:
    """Return the options of a run; where there are pieces, it takes their poses.

    Pieces that do not fit together are left out, with a warning in the log.
    """
    if not item.pieces:
        return item.options
    from livepose.batch.seams import join
    from livepose.sources import open_video

    target = item.pieces[0].poses.with_name("joined.jsonl")
    try:
        with open_video(item.path) as source:
            info = source.info
        return replace(item.options, poses=join(item.pieces, info, target))
    except SourceError as error:
        _log.warning("%s; the video is processed in one piece", error)
        return item.options
    except OSError as error:
        raise write_error(target, error) from error
