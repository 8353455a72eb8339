"""The names of parts: created, never opened, and found again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livepose.system.part_names import (
    Kind,
    abandoned_parts_in,
    create_beside,
    create_folder_beside,
    leftover,
    lock,
    parts_in,
)


@pytest.mark.parametrize(
    "name", ["a.mp4", "a.coco.json", ".hidden", "walk_json", "a\nb.csv", "x.MP4"]
)
def test_a_part_leads_back_to_its_target(name: str, tmp_path: Path) -> None:
    target = tmp_path / name
    handle, path = create_beside(target, target, Kind.PART)
    (left,) = parts_in(tmp_path)
    assert (left.path, left.target, left.kind) == (path, target, Kind.PART)
    assert path.suffix == target.suffix or not target.suffix
    os.close(handle)


@pytest.mark.parametrize(
    "name",
    ["a.part.mp4", "a.livepose-12345.part.mp4", "livepose-123abc.part", "a.livepose-123abc.csv"],
)
def test_other_names_are_not_those_of_parts(name: str) -> None:
    assert leftover(Path(name)) is None


def test_what_has_the_name_of_a_part_already_is_not_touched(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    handle, first = create_beside(target, target, Kind.PART)
    os.close(handle)
    first.unlink()
    first.symlink_to(tmp_path / "elsewhere")
    handle, second = create_beside(target, target, Kind.PART)
    os.close(handle)
    assert first != second
    assert not (tmp_path / "elsewhere").exists()
    assert [each.path for each in parts_in(tmp_path)] == [second]
    folder = create_folder_beside(tmp_path / "a_json", tmp_path / "a_json")
    assert create_folder_beside(tmp_path / "a_json", tmp_path / "a_json") != folder


def test_all_parts_of_a_run_are_in_use_while_it_holds_one(tmp_path: Path) -> None:
    first, first_path = create_beside(tmp_path / "a.trc", tmp_path / "a.trc", Kind.PART)
    second, second_path = create_beside(tmp_path / "b.trc", tmp_path / "b.trc", Kind.PART)
    strange = tmp_path / "c.livepose-ffffff.part.trc"
    strange.write_bytes(b"")
    os.close(second)
    assert {each.path: each.is_in_use() for each in parts_in(tmp_path)} == {
        first_path: True,
        second_path: True,
        strange: False,
    }
    assert [each.path for each in abandoned_parts_in(tmp_path)] == [strange]
    os.close(first)
    assert abandoned_parts_in(tmp_path) == parts_in(tmp_path)
    assert not any(each.is_in_use() for each in parts_in(tmp_path))


@pytest.mark.skipif(os.name == "nt", reason="there, an open file cannot be renamed")
def test_of_two_who_lock_a_file_one_is_told_that_it_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("ab") as first, path.open("ab") as second:
        assert lock(first.fileno())
        assert not lock(second.fileno())
        first.close()
        assert lock(second.fileno())
