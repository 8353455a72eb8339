"""stdout and stderr that may be closed, full, or left by whoever reads them."""

from __future__ import annotations

import io
import os
import sys
from typing import TextIO

_STDOUT, _STDERR = 1, 2


class TolerantStream(io.TextIOWrapper):
    """A text stream that never raises: after the first failure it drops what is written to it.

    >>> stream = TolerantStream(io.BytesIO(), encoding="utf-8")
    >>> stream.write("text"), stream.failure
    (4, None)
    """

    failure: OSError | ValueError | None = None
    """Why the stream could not be written to."""

    def write(self, text: str, /) -> int:
        """Write text, and return its length."""
        if self.failure is None:
            try:
                return super().write(text)
            except UnicodeError:  # an encoding that cannot hold all text, whatever `errors` says
                self.reconfigure(encoding="ascii", errors="backslashreplace")
                return self.write(text)
            except (OSError, ValueError) as error:  # the latter if it was closed
                self.failure = error
        return len(text)

    def flush(self) -> None:
        """Write what is buffered."""
        if self.failure is None:
            try:
                super().flush()
            except (OSError, ValueError) as error:
                self.failure = error


def make_streams_tolerant() -> None:
    """Replace `sys.stdout` and `sys.stderr` by streams that never raise.

    A stream that was closed when the program started is opened on the null device: otherwise the
    next file to be opened would take its place, and get everything that is printed.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
    sys.stdout = _tolerant(_STDOUT, sys.stdout)
    sys.stderr = _tolerant(_STDERR, sys.stderr)


def flush_streams() -> str:
    """Flush both streams, and return why stdout could not be written to, or an empty string.

    A reader that left early, such as `head`, has what it wanted: that is no failure.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    failure = sys.stdout.failure if isinstance(sys.stdout, TolerantStream) else None
    if failure is None or isinstance(failure, BrokenPipeError):
        return ""
    return f"the standard output cannot be written: {getattr(failure, 'strerror', None) or failure}"


def _tolerant(descriptor: int, replaced: TextIO | None) -> TolerantStream:
    encoding = replaced.encoding if replaced is not None else "utf-8"
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    return TolerantStream(
        open(descriptor, "wb", closefd=False),
        encoding=encoding,
        # File names that are not UTF-8 come out as the bytes that they are.
        errors="surrogateescape" if is_utf8 else "backslashreplace",
        line_buffering=descriptor == _STDERR or (replaced is not None and replaced.isatty()),
    )
