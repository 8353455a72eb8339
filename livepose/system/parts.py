"""Part: a file that grows beside its target, and is put in its place when it is whole."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.system.files import write_error
from livepose.system.part_names import Kind, Leftover, create_beside, lock
from livepose.system.targets import check_vacant, is_special, part_stem, place_of, status_of

_READER_WAIT_S = 5.0
"""How long a pipe may be without a program that reads it."""
_STALLED_S = 60.0
"""How long a program that reads a pipe may take nothing."""
_POLL_S = 0.05
_COPY_BYTES = 1 << 20


class Part:
    """A file that is being written: nothing happens to its target until `put_in_place`.

    The old file stays until the new one is whole and on the disk. If the process is killed, the
    part is left, and is found by its name (`livepose.system.part_names`).

    A pipe or a device has no part: `path` is the target itself, and what is written is there at
    once. For a format that goes back in its file, the part lies in the folder of temporary files,
    and is copied to the pipe when it is whole.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     target = Path(folder, "poses.csv")
    ...     _ = target.write_text("old")
    ...     part = Part(target, overwrite=True)
    ...     part.write(b"new")
    ...     before = target.read_text()
    ...     part.put_in_place()
    ...     before, target.read_text(), len(list(Path(folder).iterdir()))
    ('old', 'new', 1)
    """

    def __init__(self, target: Path, *, overwrite: bool, is_sequential: bool = False) -> None:
        """Create the part, empty and locked.

        Args:
            target: Where the file will be. A link is followed.
            overwrite: Whether an existing file is replaced.
            is_sequential: Whether the file is written from its beginning to its end, so that a pipe
                can take it.

        Raises:
            TargetExists: If the target exists and `overwrite` is not set.
            SinkError: If the part cannot be created, or if no program reads the pipe.
        """
        check_vacant(target, overwrite=overwrite)
        self.target = target
        self._overwrite = overwrite
        self._place = place_of(target)
        status = status_of(target)
        is_pipe = status is not None and is_special(status)
        self._pipe = _open_special(target) if is_pipe else None
        self.is_direct = is_pipe and is_sequential
        """Whether the target is written at once, as it is a pipe or a device."""
        self.path = target
        """What is written."""
        self._handle: int | None = None
        if self.is_direct:
            self._handle, self._pipe = self._pipe, None
            return
        self._beside = _temporary_folder() / target.name if is_pipe else part_stem(target)
        try:
            self._handle, self.path = create_beside(target, self._beside, Kind.PART)
        except SinkError:
            self._close_handles()
            raise
        self._identity = _identity(os.fstat(self._handle))
        if status is not None and not is_pipe:
            _copy_owner(status, self._handle)

    @classmethod
    def resume(cls, left: Leftover, *, overwrite: bool) -> Part:
        """Take over the part of a run that was killed.

        Args:
            left: What the run left; it is not in use any more.
            overwrite: Whether an existing target is replaced.

        Raises:
            SinkError: If the part cannot be opened.
        """
        part = cls.__new__(cls)
        part.target = part._place = part._beside = left.target
        part.path, part.is_direct = left.path, False
        part._overwrite, part._handle, part._pipe = overwrite, None, None
        try:
            part._identity = _identity(os.lstat(left.path))
            part._handle = part._reopened()
        except OSError as error:
            raise write_error(left.path, error) from error
        return part

    def fileno(self) -> int:
        """Return the descriptor of the file, for reading and writing; it is opened if need be.

        Raises:
            SinkError: If it cannot be opened.
        """
        if self._handle is None:
            try:
                self._check_identity()
                self._handle = self._reopened()
            except SinkError:
                raise
            except OSError as error:
                raise write_error(self.target, error) from error
        return self._handle

    def write(self, data: bytes | memoryview) -> None:
        """Write at the current position.

        Raises:
            SinkError: If it cannot be written; a part of it may be there.
        """
        self._write(self.fileno(), data)

    @contextmanager
    def rewriting(self) -> Iterator[Path]:
        """Yield a new, empty file that replaces the part when the block ends without an error.

        Raises:
            SinkError: If the file cannot be created, or cannot replace the part; that stays then.
        """
        handle, path = create_beside(self.target, self._beside, Kind.WHOLE)
        identity = _identity(os.fstat(handle))
        try:
            try:
                yield path
                self._sync(handle)
                _copy_owner(self.path.stat(), handle)
            finally:
                os.close(handle)  # Windows cannot rename an open file
            self.close_file()
            path.replace(self.path)
        except BaseException as error:
            with suppress(OSError):
                path.unlink()
            if isinstance(error, OSError) and not isinstance(error, SinkError):
                raise write_error(self.target, error) from error
            raise
        self._identity = identity
        self._handle = self._reopened()

    def close_file(self) -> None:
        """Close the file until it is used again: there may be hundreds of parts.

        The other parts of the run in the same folder show that it is in use.
        """
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def put_in_place(self) -> None:
        """Store the file safely, and let it take its target's place.

        Raises:
            SinkError: If that fails; the old file stays, and the message says where the part is.
        """
        if self.is_direct:
            self._close_handles()
            return
        try:
            handle = self.fileno()
            self._check_identity()
            self._sync(handle)
            if self._pipe is not None:
                self._copy_to_pipe(handle, self._pipe)
                self.discard()
                return
            if not self._overwrite and os.path.lexists(self._place):
                raise SinkError(f"{self.target} has appeared in the meantime")
            self._close_handles()  # Windows cannot rename an open file
            self.path.replace(self._place)
        except OSError as error:
            self._close_handles()
            made = error if isinstance(error, SinkError) else write_error(self.target, error)
            raise SinkError(f"{made}; the new file is {self.path}") from error
        sync_folder(self._place.parent)

    def keep(self) -> Path | None:
        """Close the part and leave it; return its path, or None if it was empty and is deleted."""
        if self.is_direct:
            self._close_handles()
            return None
        with suppress(OSError):
            if self.path.stat().st_size == 0:
                self.discard()
                return None
        self._close_handles()
        return self.path

    def discard(self) -> None:
        """Close and delete the part."""
        self._close_handles()
        if not self.is_direct:
            with suppress(OSError):
                self.path.unlink()

    def _close_handles(self) -> None:
        handles, self._handle, self._pipe = (self._handle, self._pipe), None, None
        for handle in handles:
            if handle is not None:
                os.close(handle)

    def _reopened(self) -> int:
        flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        handle = os.open(self.path, flags | getattr(os, "O_CLOEXEC", 0))
        lock(handle)
        return handle

    def _check_identity(self) -> None:
        """Check that what has the part's name is the part, and not a file put there since."""
        if os.name != "nt" and _identity(os.lstat(self.path)) != self._identity:
            raise SinkError(f"{self.target} cannot be written: its part was replaced")

    def _sync(self, handle: int) -> None:
        try:
            os.fsync(handle)
        except OSError as error:
            raise write_error(self.target, error) from error

    def _copy_to_pipe(self, handle: int, pipe: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        while block := os.read(handle, _COPY_BYTES):
            self._write(pipe, block)

    def _write(self, handle: int, data: bytes | memoryview) -> None:
        left = memoryview(data)
        try:
            # A disk that is nearly full takes a part, and reports that at the next write.
            while left:
                try:
                    left = left[os.write(handle, left) :]
                except BlockingIOError:
                    if not select.select([], [handle], [], _STALLED_S)[1]:
                        raise SinkError(
                            f"the program that reads {self.target} has stopped reading"
                        ) from None
        except BrokenPipeError as error:
            raise SinkError(f"the program that reads {self.target} has ended") from error
        except OSError as error:
            if isinstance(error, SinkError):
                raise
            raise write_error(self.target, error) from error


def write_whole(target: Path, data: bytes) -> None:
    """Write a file at once; an existing one is replaced when the new one is whole.

    Raises:
        SinkError: If it cannot be written. No part is left behind.
    """
    part = Part(target, overwrite=True, is_sequential=True)
    try:
        part.write(data)
        part.put_in_place()
    except BaseException:
        part.discard()
        raise


def sync_folder(folder: Path) -> None:
    """Store safely which files a folder has.

    Raises:
        SinkError: If the disk fails.
    """
    if os.name == "nt":  # where folders cannot be opened
        return
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EACCES):  # some network drives cannot do it
            raise write_error(folder, error) from error


def _temporary_folder() -> Path:
    import tempfile  # for few targets

    return Path(tempfile.gettempdir())


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _copy_owner(old: os.stat_result, handle: int) -> None:
    """Let a file have the owner and the permissions of the one that it replaces."""
    if os.name == "nt":
        return
    with suppress(OSError):  # only root may change the owner
        os.fchown(handle, old.st_uid, old.st_gid)
    with suppress(OSError):
        os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _open_special(target: Path) -> int:
    """Open a pipe or a device, once a program reads it."""
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    deadline_s = time.monotonic() + _READER_WAIT_S
    while True:
        try:
            return os.open(target, flags)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise write_error(target, error) from error
            if time.monotonic() > deadline_s:
                raise SinkError(
                    f"{target} cannot be written: it is a pipe that no program reads"
                ) from error
        time.sleep(_POLL_S)
