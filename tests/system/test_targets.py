"""Where a run may write: one rule for every kind of target, checked before any work."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from livepose.core.errors import OptionError, SinkError, TargetExists
from livepose.system.targets import (
    check_location,
    check_suffix,
    check_target,
    check_vacant,
    part_stem,
)


def test_a_new_name_in_an_existing_folder_passes_every_check(tmp_path: Path) -> None:
    target = tmp_path / "new.csv"
    check_location(target, None)
    check_vacant(target, overwrite=False)
    check_target(target, overwrite=False)
    assert list(tmp_path.glob("new*")) == []


def test_a_suffix_alone_is_no_name_of_a_file(tmp_path: Path) -> None:
    check_suffix(tmp_path / "x.mp4", (".mp4", ".mkv"))
    with pytest.raises(OptionError, match=r"\.MP4 is a suffix without a name: use .* pose\.mp4$"):
        check_suffix(tmp_path / ".MP4", (".mp4", ".mkv"))
    with pytest.raises(OptionError, match=r"x\.avi must end in one of \.mp4, \.mkv$"):
        check_suffix(tmp_path / "x.avi", (".mp4", ".mkv"))
    with pytest.raises(OptionError, match=r"x\.avi must end in \.html$"):
        check_suffix(tmp_path / "x.avi", (".html",))


def test_a_missing_parent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"there is no folder .*gone to write new\.csv in"):
        check_location(tmp_path / "gone" / "new.csv", None)


def test_the_input_is_recognized_under_another_name(tmp_path: Path) -> None:
    source = tmp_path / "in.mp4"
    source.write_bytes(b"video")
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    for target in (source, link, tmp_path / "." / "in.mp4"):
        with pytest.raises(OptionError, match="is the input"):
            check_location(target, source)
    check_location(tmp_path / "out.mp4", source)
    check_location(source, tmp_path / "another.mp4")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_in_the_place_of_a_file_is_refused(overwrite: bool, tmp_path: Path) -> None:
    with pytest.raises(SinkError, match="is a folder") as caught:
        check_vacant(tmp_path, overwrite=overwrite)
    assert not isinstance(caught.value, TargetExists)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_a_folder_is_refused(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "openpose").write_bytes(b"")
    with pytest.raises(SinkError, match="is a file") as caught:
        check_vacant(tmp_path / "openpose", overwrite=overwrite, is_folder=True)
    assert not isinstance(caught.value, TargetExists)


def test_an_existing_file_is_refused_unless_it_may_be_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "old.csv"
    target.write_bytes(b"precious")
    with pytest.raises(TargetExists, match=r"old\.csv exists: --overwrite replaces it"):
        check_vacant(target, overwrite=False)
    check_vacant(target, overwrite=True)
    assert target.read_bytes() == b"precious"


def test_an_empty_folder_is_vacant_and_a_full_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "openpose"
    folder.mkdir()
    check_vacant(folder, overwrite=False, is_folder=True)
    (folder / "0.json").write_bytes(b"{}")
    with pytest.raises(TargetExists):
        check_vacant(folder, overwrite=False, is_folder=True)
    check_vacant(folder, overwrite=True, is_folder=True)


def test_a_read_only_file_is_refused_also_where_root_could_replace_it(tmp_path: Path) -> None:
    old = tmp_path / "old.mp4"
    old.write_bytes(b"")
    check_target(old, overwrite=True)
    old.chmod(0o444)
    with pytest.raises(SinkError, match=r"old\.mp4 cannot be written: it is read-only"):
        check_target(old, overwrite=True)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that takes no files")
def test_a_folder_in_which_no_file_can_be_created_is_refused() -> None:
    with pytest.raises(SinkError, match=r"^/proc/new\.csv cannot be written: "):
        check_target(Path("/proc/new.csv"), overwrite=False)


@pytest.mark.skipif(os.name == "nt", reason="names are counted in other units")
def test_a_name_leaves_room_for_that_of_its_part(tmp_path: Path) -> None:
    check_target(tmp_path / ("é" * 114 + ".csv"), overwrite=False)  # two bytes each
    with pytest.raises(SinkError, match="its name has 234 bytes, and at most 233 leave room"):
        check_target(tmp_path / ("é" * 115 + ".csv"), overwrite=False)
    with pytest.raises(SinkError, match="its name has 304 bytes, and at most 233 leave room"):
        check_target(tmp_path / ("e" * 300 + ".csv"), overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_folders_of_names_that_are_too_long_are_refused() -> None:
    with pytest.raises(SinkError, match="cannot be written: the names of its folders are too long"):
        check_location(Path("/tmp", *["x" * 200] * 30, "a.csv"), None)


def test_a_link_is_followed_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "far" / "new.csv")
    check_target(link, overwrite=False)
    assert part_stem(link) == (tmp_path / "far" / "new.csv").resolve()
    (tmp_path / "far" / "new.csv").write_bytes(b"")
    with pytest.raises(TargetExists):
        check_target(link, overwrite=False)
    other = tmp_path / "other.csv"
    other.symlink_to(tmp_path / "far" / "blob")
    assert part_stem(other) == (tmp_path / "far").resolve() / "other.csv"


def test_links_that_lead_nowhere_are_refused(tmp_path: Path) -> None:
    loop, lost = tmp_path / "loop.csv", tmp_path / "lost.csv"
    loop.symlink_to(loop)
    lost.symlink_to(tmp_path / "gone" / "lost.csv")
    with pytest.raises(SinkError, match=r"loop\.csv cannot be written: Too many levels of symb"):
        check_target(loop, overwrite=True)
    with pytest.raises(SinkError, match=r"lost\.csv is a link into a folder that does not exist"):
        check_target(lost, overwrite=True)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes with names")
def test_a_pipe_or_a_device_needs_no_permission_to_be_replaced(tmp_path: Path) -> None:
    pipe, null = tmp_path / "pipe.csv", tmp_path / "null.csv"
    os.mkfifo(pipe)
    null.symlink_to("/dev/null")
    for target in (pipe, null):
        check_target(target, overwrite=False)


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets with names")
def test_a_socket_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        with pytest.raises(SinkError, match="is a socket, and no file"):
            check_target(path, overwrite=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs owners of files")
def test_a_file_of_somebody_else_in_a_shared_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old.csv"
    old.write_bytes(b"")
    monkeypatch.setattr(os, "geteuid", lambda: old.stat().st_uid + 1)
    check_target(old, overwrite=True)
    tmp_path.chmod(0o1777)
    with pytest.raises(SinkError, match="it belongs to another user"):
        check_target(old, overwrite=True)
