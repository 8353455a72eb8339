"""Several at a time, where each can fail, and those before it count all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def take_some(most: int, get: Callable[[], T]) -> tuple[list[T], BaseException | None]:
    """Get so many; or those before an error, and the error."""
    found: list[T] = []
    try:
        while len(found) < most:
            found.append(get())
    except BaseException as error:
        return found, error
    return found, None


def do_with_all(
    items: Sequence[T], do: Callable[[T], R], error: BaseException | None
) -> tuple[list[R], BaseException | None]:
    """Do something with each, up to where it fails.

    Args:
        items: in their order.
        do: what is done.
        error: what came behind the items.

    Returns:
        The results, and the error that comes behind them.
    """
    done: list[R] = []
    try:
        for item in items:
            done.append(do(item))
    except BaseException as earlier:
        return done, earlier
    return done, error
