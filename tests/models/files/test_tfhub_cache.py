"""TF Hub's own cache: looking up its entries, and clearing what a killed download left behind."""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from pathlib import Path

import pytest

from livepose.models.files import tfhub_cache
from tests.support.needs import TFHUB, needs_shared
from tests.support.programs import dead_process_id

URL = "https://tfhub.dev/google/movenet/singlepose/lightning/4"
NAME = "29fb93a7b6cbd61f33bf8c76777682f0a9b06839"
posix_only = pytest.mark.skipif(os.name != "posix", reason="process ids are asked on POSIX alone")


def leave_behind(cache: Path, host: str, process_id: int, *, age_s: float) -> tuple[Path, Path]:
    """Leave a lock and its half-written folder, as tensorflow_hub does; all of it of this age."""
    task = uuid.uuid4().hex
    cache.mkdir(parents=True, exist_ok=True)
    lock = cache / f"{NAME}.lock"
    lock.write_text(f"{host}.{process_id}.{task}", encoding="utf-8")
    half = cache / f"{NAME}.{task}.tmp"
    (half / "variables").mkdir(parents=True)
    (half / "variables" / "variables.index").write_bytes(b"half")
    for path in (lock, *half.rglob("*"), half):
        os.utime(path, (time.time() - age_s,) * 2)
    return lock, half


def make_entry(cache: Path) -> Path:
    entry = cache / NAME
    entry.mkdir(parents=True)
    (entry / "saved_model.pb").write_bytes(b"a graph")
    return entry


def test_an_entry_is_named_by_the_sha1_of_its_url(tmp_path: Path) -> None:
    assert hashlib.sha1(URL.encode()).hexdigest() == NAME
    assert tfhub_cache.find(tmp_path, URL) is None
    entry = make_entry(tmp_path)
    assert tfhub_cache.find(tmp_path, URL) == entry
    assert tfhub_cache.find(tmp_path, URL + "?x=y") is None
    assert tfhub_cache.find(tmp_path, URL.replace("lightning", "thunder")) is None


@pytest.mark.parametrize("lacks", ["everything", "the graph", "a folder"])
def test_an_incomplete_entry_is_not_found(lacks: str, tmp_path: Path) -> None:
    entry = tmp_path / NAME
    if lacks == "a folder":
        entry.write_bytes(b"")
    else:
        (entry / "variables").mkdir(parents=True)
    if lacks == "the graph":
        (entry / "saved_model.pb").mkdir()
    assert tfhub_cache.find(tmp_path, URL) is None


@needs_shared
@pytest.mark.parametrize("name", ["lightning", "thunder"])
def test_the_real_cache_has_the_real_models(name: str) -> None:
    found = tfhub_cache.find(TFHUB, f"https://tfhub.dev/google/movenet/singlepose/{name}/4")
    assert found is not None
    assert (found / "variables" / "variables.index").is_file()


def test_the_folder_is_that_of_tf_hub_s_environment_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = tmp_path / "ours"
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "theirs"))
    assert tfhub_cache.folder(ours) == tmp_path / "theirs"
    monkeypatch.setenv("TFHUB_CACHE_DIR", "")
    assert tfhub_cache.folder(ours) == ours
    monkeypatch.delenv("TFHUB_CACHE_DIR")
    assert tfhub_cache.folder(ours) == ours


def test_nothing_is_removed_from_a_clean_cache(tmp_path: Path) -> None:
    assert tfhub_cache.remove_leftovers(tmp_path / "not there", URL) == []
    entry = make_entry(tmp_path)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert tfhub_cache.find(tmp_path, URL) == entry


@posix_only
def test_a_recent_lock_of_a_dead_process_is_removed_with_its_folder(tmp_path: Path) -> None:
    lock, half = leave_behind(tmp_path, socket.gethostname(), dead_process_id(), age_s=0)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == [lock]
    assert list(tmp_path.iterdir()) == []
    assert not half.exists()


def test_a_recent_lock_of_a_running_process_is_kept(tmp_path: Path) -> None:
    lock, half = leave_behind(tmp_path, socket.gethostname(), os.getpid(), age_s=0)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert lock.exists()
    assert half.exists()


def test_an_old_lock_whose_download_still_grows_is_kept(tmp_path: Path) -> None:
    lock, half = leave_behind(tmp_path, "another.host.example", 1, age_s=600)
    (half / "variables" / "variables.data").write_bytes(b"just now")
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert lock.exists()
    assert half.exists()


def test_a_recent_lock_of_another_host_is_kept(tmp_path: Path) -> None:
    lock, half = leave_behind(tmp_path, "another.host.example", 1, age_s=5)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert lock.exists()
    assert half.exists()


@pytest.mark.parametrize("host", ["another.host.example", "elsewhere", socket.gethostname()])
def test_a_lock_that_has_not_changed_for_two_minutes_is_removed(host: str, tmp_path: Path) -> None:
    lock, _ = leave_behind(tmp_path, host, os.getpid(), age_s=120)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == [lock]
    assert list(tmp_path.iterdir()) == []


def test_an_old_lock_without_a_folder_is_removed(tmp_path: Path) -> None:
    lock, half = leave_behind(tmp_path, "another.host.example", 1, age_s=120)
    for path in sorted(half.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    half.rmdir()
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == [lock]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"a.b.c", b"host.999999999999999999999.task", b"\xff\xfe\x00.1.x"]
)
def test_an_unreadable_lock_is_judged_by_its_age_only(content: bytes, tmp_path: Path) -> None:
    lock = tmp_path / f"{NAME}.lock"
    lock.write_bytes(content.replace(b"host", socket.gethostname().encode()))
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert lock.exists()
    os.utime(lock, (time.time() - 120,) * 2)
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == [lock]
    assert not lock.exists()


def test_a_partial_entry_is_removed(tmp_path: Path) -> None:
    entry = tmp_path / NAME
    (entry / "variables").mkdir(parents=True)
    (entry / "variables" / "variables.index").write_bytes(b"half")
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == [entry]
    assert list(tmp_path.iterdir()) == []


def test_files_of_other_models_are_kept(tmp_path: Path) -> None:
    other = "0" * 40
    for name in (f"{other}.lock", f"{other}.descriptor.txt", "notes.txt"):
        (tmp_path / name).write_text("dead.1.task", encoding="utf-8")
        os.utime(tmp_path / name, (0, 0))
    (tmp_path / other).mkdir()
    (tmp_path / f"{other}.task.tmp").mkdir()
    before = sorted(tmp_path.iterdir())
    assert tfhub_cache.remove_leftovers(tmp_path, URL) == []
    assert sorted(tmp_path.iterdir()) == before
