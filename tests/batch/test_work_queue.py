"""The largest file comes first, and a worker is told early what it has to fetch next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from livepose.batch.plan import BatchItem
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.work_queue import Task, WorkQueue
from livepose.session.options import Options, SourceOptions


def item(name: str, size_bytes: int, *, is_remote: bool = True) -> BatchItem:
    address = RemoteAddress(f"s3://bucket/{name}") if is_remote else None
    path = Path(name) if address is None else address.path
    return BatchItem(name, path, Options(SourceOptions(video=name)), size_bytes, source=address)


def names(queue: WorkQueue[str], worker: str) -> tuple[str, str | None]:
    """Return what a worker is to do, and what is reserved for it then."""
    task, upcoming = queue.take(worker), queue.reserve(worker)
    return task.item.name, None if upcoming is None else upcoming.name


def test_each_worker_gets_what_was_reserved_for_it() -> None:
    queue = WorkQueue[str]([item(name, size) for size, name in enumerate("edcba")], workers=2)
    assert names(queue, "x") == ("a", "b")
    assert names(queue, "y") == ("c", "d"), "b is reserved for x"
    assert names(queue, "x") == ("b", None), "e may be begun by whoever is free first"
    assert len(queue) == 2


def test_what_is_reserved_is_done_by_another_worker_if_nothing_else_is_left() -> None:
    queue = WorkQueue[str]([item("a", 2), item("b", 1)], workers=1)
    assert names(queue, "x") == ("a", "b")
    assert names(queue, "y") == ("b", None)
    assert not queue


def test_what_was_reserved_for_a_worker_that_is_gone_is_done_by_others() -> None:
    queue = WorkQueue[str]([item(name, size) for size, name in enumerate("cba")], workers=1)
    assert names(queue, "x") == ("a", "b")
    queue.release("x")
    queue.add([Task(item("a", 9), attempt=2)])
    assert [queue.take("y").item.name for _ in range(3)] == ["a", "b", "c"]


def test_a_video_in_one_piece_takes_the_place_of_its_pieces() -> None:
    pieces = [
        replace(item(f"{name}#{n}", 3 - n), part_of=name)
        for name in ("film", "other")
        for n in (1, 2)
    ]
    queue = WorkQueue[str]([item("large", 9), *pieces], workers=1)
    assert names(queue, "x") == ("large", "film#1"), "the first piece of the film is reserved"
    queue.add([Task(item("film", 9))])
    assert [queue.take("x").item.name for _ in range(len(queue))] == ["film", "other#1", "other#2"]


def test_nothing_is_reserved_of_local_files() -> None:
    queue = WorkQueue[str]([item(name, 1, is_remote=False) for name in "ab"], workers=1)
    assert names(queue, "x") == ("a", None)
