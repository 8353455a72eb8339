"""Print to the terminal: data to stdout, notes to stderr."""

from __future__ import annotations

import logging
import os
import re
import sys
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from livepose.core.secrets import hide_secrets
from livepose.system.files import readable_name
from livepose.system.unfinished import tidy_unfinished

if TYPE_CHECKING:
    from rich.console import Console

_STDERR = 2
_LIKE_A_TERMINAL = ("FORCE_COLOR", "TTY_COMPATIBLE")
"""Variables that ask for what a terminal gets, whatever stderr is."""
_CONTROLS = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


@cache
def data_console() -> Console:
    """Return the console of stdout."""
    from rich.console import Console  # most runs print no data

    return Console(highlight=False, soft_wrap=True, markup=False)


@cache
def note_console() -> Console:
    """Return the console of stderr."""
    from rich.console import Console  # only a terminal needs it

    return Console(stderr=True, highlight=False, soft_wrap=True)


def is_note_terminal() -> bool:
    """Return whether stderr gets styles and bars: it is a terminal, or is to be used as one."""
    is_asked = any(os.environ.get(name) for name in _LIKE_A_TERMINAL)
    return (is_asked or sys.stderr.isatty()) and note_console().is_terminal


def printable(text: str) -> str:
    r"""Return text without characters that control a terminal, or turn the direction of writing.

    File names, metadata and addresses may hold them; each is shown as its escape.

    >>> printable("red\x1b[31m.mp4")
    'red\\x1b[31m.mp4'
    """
    return _CONTROLS.sub(
        lambda match: match[0].encode("unicode_escape").decode(), readable_name(text)
    )


def print_note(text: str, style: str = "") -> None:
    """Print one line to stderr."""
    print_text(printable(hide_secrets(text)), style)


def print_text(text: str, style: str) -> None:
    """Print text to stderr as it is; its style is for terminals."""
    if not is_note_terminal():
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
        return
    from rich.text import Text

    note_console().print(Text(text, style=style))


def report_unfinished() -> None:
    """Print that a run is broken off, and where its unfinished files are, without waiting.

    For a thread beside the one that prints everything else, which may hang in doing so.
    """
    lines = ["livepose: interrupted, while something does not return"]
    lines += [f"what was written is in {printable(str(path))}" for path in tidy_unfinished()]
    text = "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")
    with suppress(OSError):  # nobody reads it
        if os.name != "nt":
            os.set_blocking(_STDERR, False)
        try:
            os.write(_STDERR, text)
        finally:
            if os.name != "nt":
                os.set_blocking(_STDERR, True)  # the shell has the same terminal


class _LogToTerminal(logging.Handler):
    """Prints what is logged in one command.

    Of all records with the same text in `once`, the first one is printed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._printed: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        once: str = getattr(record, "once", "")
        if once in self._printed:
            return
        if once:
            self._printed.add(once)
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        print_note(record.getMessage(), style)


def show_log() -> None:
    """Print livepose's own log, such as where models are loaded from, from the command on."""
    log = logging.getLogger("livepose")
    for handler in log.handlers[:]:
        if isinstance(handler, _LogToTerminal):  # of a command before, in the same process
            log.removeHandler(handler)
    if not log.handlers:
        log.addHandler(_LogToTerminal())
    log.setLevel(logging.INFO)
    log.propagate = False
