"""Items that a thread makes while those before them are used."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from livepose.pipeline.made_ahead import MadeAhead


def test_items_are_made_in_order_by_another_thread() -> None:
    makers: set[str] = set()

    def make() -> Iterator[int]:
        for number in range(20):
            makers.add(threading.current_thread().name)
            yield number

    with MadeAhead(make()) as made:
        assert list(made) == list(range(20))
    assert makers == {"livepose-ahead"}


def test_an_error_comes_behind_the_items_before_it() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("the second one fails")

    got: list[int] = []
    with MadeAhead(make()) as made, pytest.raises(ValueError, match="the second one fails"):
        got.extend(made)
    assert got == [1]


def test_no_further_item_is_made_once_nobody_wants_any() -> None:
    begun: list[int] = []

    def make() -> Iterator[int]:
        for number in range(1000):
            begun.append(number)
            yield number

    with MadeAhead(make()) as made:
        assert next(iter(made)) == 0
    assert len(begun) < 10
