"""The pool that lends each thread an item of its own."""

from __future__ import annotations

import threading

import pytest

from livepose.models.runtimes.pool import Pool


def test_an_idle_item_is_lent_again_and_a_new_one_is_made_when_all_are_in_use() -> None:
    made = iter(range(10))
    pool = Pool(lambda: next(made))
    with pool.borrow() as first, pool.borrow() as second:
        assert (first, second) == (0, 1)
    with pool.borrow() as again:
        assert again in (0, 1)
    pool.add(7)
    with pool.borrow() as added:
        assert added == 7


def test_an_item_is_not_lent_again_after_an_error_or_when_the_pool_was_cleared() -> None:
    made = iter(range(10))
    pool = Pool(lambda: next(made))
    with pytest.raises(KeyError), pool.borrow():
        raise KeyError
    with pool.borrow() as second:
        assert second == 1
    pool.clear()
    with pool.borrow() as third:
        assert third == 2


def test_several_threads_never_have_the_same_item() -> None:
    pool: Pool[list[int]] = Pool(list)
    starting = threading.Barrier(4, timeout=30)
    conflicts: list[str] = []

    def use() -> None:
        starting.wait()
        for _ in range(2000):
            with pool.borrow() as item:
                item.append(1)
                if len(item) != 1:
                    conflicts.append("in use by two")
                item.clear()

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert conflicts == []
