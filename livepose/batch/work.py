"""The work on one item: an ordinary run, and the hashes of what it read and wrote."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from livepose.batch.fingerprints import FileIdentity
from livepose.batch.plan import BatchItem
from livepose.batch.results import ItemResult, Status, result_of_image, result_of_run
from livepose.core.errors import LivePoseError
from livepose.core.frame import StreamInfo
from livepose.session.kept_models import KeptModels
from livepose.session.option_fields import SourceKind
from livepose.system.interrupts import Interrupts


@dataclass(frozen=True, slots=True)
class FinishedItem:
    """What came of an item, for the manifest."""

    result: ItemResult
    input: FileIdentity | None
    """None where there is nothing that could be kept."""
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
        return FinishedItem(
            result, FileIdentity.of(item.path), tuple(map(FileIdentity.of, result.saved))
        )
    except OSError:  # it is gone, or cannot be read: then the run has failed, too
        return FinishedItem(result, None)


def _run(
    item: BatchItem,
    kept: KeptModels,
    interrupts: Interrupts,
    on_frames: Callable[[int, int | None], None],
) -> ItemResult:
    for target in item.targets:
        target.parent.mkdir(parents=True, exist_ok=True)
    if item.options.source.kind is SourceKind.IMAGE:
        from livepose.session.image import annotate

        return result_of_image(item.name, annotate(item.options, kept.load))
    from livepose.session.callbacks import RunCallbacks
    from livepose.session.run import run

    total: list[int | None] = [None]

    def on_begin(info: StreamInfo, model: str, has_window: bool) -> None:
        total[0] = info.frame_count

    callbacks = RunCallbacks(on_begin=on_begin, on_frame=lambda done: on_frames(done, total[0]))
    summary = run(item.options, callbacks, interrupts, kept)
    return result_of_run(item.name, summary, item.options.data)
