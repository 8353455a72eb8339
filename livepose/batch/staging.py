"""Remote files near the worker: fetched before a run, stored after it, deleted then.

While one file is worked on, the next one is fetched: at most two inputs of a worker are on its disk
at a time. The run itself knows nothing of it. What it writes is whole before it is stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from livepose.batch.file_identity import FileIdentity
from livepose.batch.plan import BatchItem
from livepose.batch.remote import fetch, store
from livepose.batch.remote_paths import REMOTE_ROOT, RemoteAddress, is_remote_path, shown
from livepose.batch.results import ItemResult, Status
from livepose.batch.temporary_folders import (
    LOCK,
    create_locked,
    delete_locked,
    temporary_folder,
)
from livepose.batch.work import FinishedItem, work_on
from livepose.core.errors import LivePoseError
from livepose.core.interfaces import Closeable
from livepose.pipeline.background_call import BackgroundCall
from livepose.session.kept_models import KeptModels
from livepose.system.interrupts import Interrupts

_POLL_S = 0.2

OnFrames = Callable[[int, int | None], None]


@dataclass(slots=True)
class _Fetched:
    """An input that is on its way, or here."""

    address: RemoteAddress
    path: Path
    call: BackgroundCall[FileIdentity]


class Stage(Closeable):
    """The temporary folder of a worker, in which remote files are while it works on them."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._lock: int | None = None
        self._fetched: list[_Fetched] = []
        """The input in work, and the next one."""

    def close(self) -> None:
        """Delete the folder with all that is in it."""
        for fetched in self._fetched:
            fetched.call.wait(_POLL_S)
        self._fetched.clear()
        if self._folder is not None and self._lock is not None:
            delete_locked(self._folder, self._lock)
        self._folder = self._lock = None

    def work_on(
        self,
        item: BatchItem,
        upcoming: BatchItem | None,
        kept: KeptModels,
        interrupts: Interrupts,
        on_frames: OnFrames = lambda done, total: None,
    ) -> FinishedItem:
        """Do all that is to be done with one file, wherever it is and its outputs are to go.

        Args:
            item: The file, and the options of its run.
            upcoming: The file that is probably the next one, which is fetched meanwhile.
            kept: The models.
            interrupts: Ends the run after the frame in hand.
            on_frames: Called now and then with the number of frames done, and of all, if known.
        """
        if item.source is None and item.destination is None:
            self._fetch_next(item, upcoming)
            return work_on(item, kept, interrupts, on_frames)
        try:
            folder = self._open_folder()
            read = self._bring(item, interrupts, on_frames)
            if read is None and item.source is not None:
                return FinishedItem(ItemResult(item.name, Status.INTERRUPTED), None)
            self._fetch_next(item, upcoming)
            finished = work_on(_relocated(item, folder), kept, interrupts, on_frames)
            return self._stored(item, finished, read)
        except LivePoseError as error:
            errors = (self.readable(str(error)),)
            result = ItemResult(item.name, Status.FAILED, errors=errors)
            return FinishedItem(result, None)
        finally:
            self._remove_all_but_inputs()

    def readable(self, text: str) -> str:
        """Return a text with addresses in the place of files in the folder."""
        if self._folder is None:
            return text
        for each in self._folder.iterdir():
            text = text.replace(f"{each}{os.sep}", f"{each.name}://")
        return text

    def _open_folder(self) -> Path:
        """Return the folder, which is created and locked if there is none yet.

        Raises:
            SourceError: If it cannot be created.
        """
        if self._folder is None:
            self._folder, self._lock = create_locked()
        return self._folder

    def _bring(
        self, item: BatchItem, interrupts: Interrupts, on_frames: OnFrames
    ) -> FileIdentity | None:
        """Fetch what an item reads; return what its input is, or None after a signal.

        Raises:
            SourceError: If it cannot be read.
        """
        if item.destination is not None:
            for piece in item.pieces:
                fetch(item.destination.below(piece.poses), _here(piece.poses, self._open_folder()))
        if item.source is None:
            return None
        fetched = self._fetch(item.source)
        self._drop_others(fetched)
        while not fetched.call.wait(_POLL_S):
            on_frames(0, None)
            if interrupts.received is not None:
                return None
        try:
            return fetched.call.result()
        except BaseException:
            self._fetched.remove(fetched)  # another attempt fetches it anew
            raise

    def _fetch(self, address: RemoteAddress) -> _Fetched:
        for fetched in self._fetched:
            if fetched.address == address:
                return fetched
        path = _here(address.path, self._open_folder())
        call = BackgroundCall("fetch", lambda: fetch(address, path))
        self._fetched.append(_Fetched(address, path, call))
        return self._fetched[-1]

    def _fetch_next(self, item: BatchItem, upcoming: BatchItem | None) -> None:
        if upcoming is not None and upcoming.source is not None and len(self._fetched) < 2:
            self._fetch(upcoming.source)

    def _drop_others(self, needed: _Fetched) -> None:
        """Delete all inputs but one; those that are still on their way are waited for later."""
        for fetched in [each for each in self._fetched if each is not needed]:
            if fetched.call.wait(0):
                self._fetched.remove(fetched)
                with suppress(OSError):
                    fetched.path.unlink()

    def _stored(
        self, item: BatchItem, finished: FinishedItem, read: FileIdentity | None
    ) -> FinishedItem:
        """Store what was written, and return what came of the item in terms of its addresses.

        Raises:
            SinkError: If it cannot be stored.
        """
        folder = self._open_folder()
        result = finished.result
        errors = tuple(map(self.readable, result.errors))
        if item.destination is None:
            result = replace(result, errors=errors)
            return FinishedItem(result, finished.input and read, finished.outputs)
        if result.status is Status.INTERRUPTED:
            return FinishedItem(replace(result, errors=errors, saved=()), None)
        saved: list[Path] = []
        outputs: list[FileIdentity] = []
        for path in result.saved:
            planned = REMOTE_ROOT / path.relative_to(folder)
            identity = store(path, item.destination.below(planned))
            saved.append(planned)
            outputs.append(replace(identity, path=str(planned)))
        result = replace(result, errors=errors, saved=tuple(saved))
        known = read if item.source is not None else finished.input
        return FinishedItem(result, known if finished.input is not None else None, tuple(outputs))

    def _remove_all_but_inputs(self) -> None:
        if self._folder is None:
            return
        kept = {fetched.path for fetched in self._fetched}
        kept |= {path.with_name(f".{path.name}.part") for path in kept} | {self._folder / LOCK}
        for path in self._folder.rglob("*"):
            if path not in kept and not path.is_dir():
                with suppress(OSError):
                    path.unlink()


def _relocated(item: BatchItem, folder: Path) -> BatchItem:
    """Return an item whose remote files are in a folder of this machine."""
    options = item.options
    source = options.source
    path = _here(item.path, folder)
    source = replace(
        source,
        video=source.video and str(path),
        image=source.image and path,
    )
    output = options.output
    output = replace(output, out=output.out and _here(output.out, folder))
    data = replace(options.data, save=tuple(_here(each, folder) for each in options.data.save))
    pieces = tuple(replace(each, poses=_here(each.poses, folder)) for each in item.pieces)
    options = replace(options, source=source, output=output, data=data)
    return replace(item, path=path, options=options, pieces=pieces)


def _here(path: Path, folder: Path) -> Path:
    return folder / path.relative_to(REMOTE_ROOT) if is_remote_path(path) else path


@contextmanager
def local_copy(item: BatchItem) -> Iterator[BatchItem]:
    """Yield an item whose input is on this machine, for as long as that is needed.

    Raises:
        SourceError: If it cannot be fetched.
    """
    if item.source is None:
        yield item
        return
    with temporary_folder() as folder:
        path = folder / item.path.name
        fetch(item.source, path)
        yield replace(item, path=path)


def unseen(item: BatchItem) -> str:
    """Return why a machine of a cluster cannot read an input; nothing if it can."""
    if item.source is not None or item.path.exists():
        return ""
    import socket

    return (
        f"{shown(item.path)} is not on {socket.gethostname()}: all machines of a cluster must see "
        "the same folders, or the input must have an address such as s3://bucket/name"
    )
