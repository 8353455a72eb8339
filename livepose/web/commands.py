"""Commands: what pages ask for, which wait until the viewer takes them."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import orjson

_MAX_WAITING = 64
_MAX_TEXT_BYTES = 256
_MOVES = frozenset({"position", "threshold", "drag", "hover"})
"""Of several of them in a row, only where the last one leads counts, as with a window's mouse."""


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody has asked for on a page."""

    name: str
    numbers: tuple[float, ...] = ()


def parse_command(text: str | None) -> Command | None:
    """Return the command in a message, such as `["threshold", 0.4]`; None if it is none.

    >>> parse_command('["threshold", 0.4]'), parse_command('["threshold", "high"]')
    (Command(name='threshold', numbers=(0.4,)), None)
    """
    if text is None or len(text) > _MAX_TEXT_BYTES:
        return None
    try:
        name, *numbers = orjson.loads(text)
    except (ValueError, TypeError):
        return None
    is_command = isinstance(name, str) and all(
        isinstance(each, int | float) and abs(each) < 1e9 for each in numbers
    )
    return Command(name, tuple(map(float, numbers))) if is_command else None


class CommandQueue:
    """The commands of all pages in their order: any thread puts them in, one takes them out.

    >>> queue = CommandQueue()
    >>> for share in (0.1, 0.2, 0.3):
    ...     queue.put(Command("position", (share,)))
    >>> queue.take(), queue.take()
    (Command(name='position', numbers=(0.3,)), None)
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._waiting: deque[Command] = deque()
        self._has_come = threading.Condition()

    def put(self, command: Command) -> None:
        """Put a command behind the others; it is left out if too many of them wait."""
        with self._has_come:
            if command.name in _MOVES and self._waiting and self._waiting[-1].name == command.name:
                self._waiting.pop()
            if len(self._waiting) < _MAX_WAITING:  # nobody can mean so many at once
                self._waiting.append(command)
                self._has_come.notify()

    def take(self, wait_s: float = 0.0) -> Command | None:
        """Return the next command; None if there is none.

        Args:
            wait_s: How long to wait for one.
        """
        with self._has_come:
            if wait_s:
                self._has_come.wait_for(lambda: self._waiting, wait_s)
            return self._waiting.popleft() if self._waiting else None
