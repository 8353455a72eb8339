"""The cache of LiteRT files: whole or not there, for any number of processes."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from livepose.core.errors import ModelError
from livepose.models.files.cache import ModelCache, default_folder
from livepose.system.files import sha256_of
from tests.support.models import put_model
from tests.support.paths import CHECKOUT

CONTENT = b"a model, or what passes for one " * 1000


def processes_of(program: str, *arguments: str, count: int) -> list[subprocess.Popen[str]]:
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    return [
        subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(count)
    ]


def run_together(program: str, *arguments: str, count: int) -> list[str]:
    """Run a program several times, released at the same moment; give what each said on stderr."""
    processes = processes_of(program, *arguments, count=count)
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=30)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_file_that_was_put_is_found_and_says_where_it_came_from(own_cache: Path) -> None:
    store = ModelCache()
    path = put_model(store, "lightning", CONTENT)
    digits = hashlib.sha256(CONTENT).hexdigest()[:16]
    assert path == own_cache / f"lightning.google.{digits}.tflite"
    assert path.read_bytes() == CONTENT
    assert store.find("lightning") == path
    (entry,) = store.entries()
    assert (entry.key, entry.origin, entry.path) == ("lightning", "google", path)
    assert entry.is_intact()


def test_an_empty_or_absent_cache_has_nothing(own_cache: Path) -> None:
    assert ModelCache().entries() == []
    assert ModelCache().find("lightning") is None
    own_cache.mkdir()
    assert ModelCache().find("lightning") is None


def test_a_name_finds_its_own_file_alone() -> None:
    store = ModelCache()
    put_model(store, "thunder", b"thunder")
    put_model(store, "lightning", b"lightning")
    found = store.find("lightning")
    assert found is not None
    assert found.read_bytes() == b"lightning"
    assert store.find("light") is None
    assert store.find("lightning-2") is None


@pytest.mark.parametrize("damage", ["cut short", "one bit turned", "emptied"])
def test_a_damaged_file_is_put_away_with_a_warning(
    damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    store = ModelCache()
    path = put_model(store, "lightning", CONTENT)
    damaged = {
        "cut short": CONTENT[:-1],
        "one bit turned": bytes([CONTENT[0] ^ 1]) + CONTENT[1:],
        "emptied": b"",
    }
    path.write_bytes(damaged[damage])
    assert not store.entries()[0].is_intact()
    with caplog.at_level(logging.INFO):
        assert store.find("lightning") is None
    assert not path.exists()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(path) in record.getMessage()


def test_behind_a_damaged_file_a_whole_one_of_the_same_name_is_found() -> None:
    store = ModelCache()
    broken = put_model(store, "lightning", b"first", origin="google")
    broken.write_bytes(b"no longer what it was")
    whole = put_model(store, "lightning", b"second", origin="npm")
    assert store.find("lightning") == whole
    assert not broken.exists()


def test_a_stranger_s_file_in_the_cache_is_neither_taken_nor_removed(own_cache: Path) -> None:
    own_cache.mkdir()
    strange = own_cache / "lightning.tflite"
    strange.write_bytes(CONTENT)
    assert ModelCache().find("lightning") is None
    assert strange.exists()


def test_putting_the_same_content_again_leaves_one_file() -> None:
    store = ModelCache()
    assert put_model(store, "lightning", CONTENT) == put_model(store, "lightning", CONTENT)
    assert len(store.entries()) == 1


def test_a_file_put_by_several_processes_at_once_is_whole_and_only_there_once(
    own_cache: Path,
) -> None:
    program = (
        "import sys\n"
        "from livepose.models.files.cache import ModelCache\n"
        "store = ModelCache()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(20):\n"
        "    with store.workspace() as folder:\n"
        "        (folder / 'm').write_bytes(b'0123456789' * 200_000)\n"
        "        path = store.put('lightning', 'google', folder / 'm')\n"
        "    assert store.find('lightning') == path, 'it was not there'\n"
    )
    assert run_together(program, count=3) == ["", "", ""]
    (entry,) = ModelCache().entries()
    assert entry.path.read_bytes() == b"0123456789" * 200_000
    assert [path.name for path in own_cache.iterdir()] == [entry.path.name]


def test_processes_that_open_and_close_workspaces_do_not_trip_over_each_other() -> None:
    program = (
        "import sys\n"
        "from livepose.models.files.cache import ModelCache\n"
        "store = ModelCache()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(500):\n"
        "    with store.workspace():\n"
        "        pass\n"
    )
    assert run_together(program, count=4) == ["", "", "", ""]


def test_processes_that_find_the_same_damaged_file_both_go_on(own_cache: Path) -> None:
    program = (
        "import sys\n"
        "from livepose.models.files.cache import ModelCache\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for number in range(300):\n"
        "    assert ModelCache().find(f'model{number}') is None\n"
    )
    own_cache.mkdir()
    for number in range(300):
        (own_cache / f"model{number}.google.{'0' * 16}.tflite").write_bytes(b"not zeros")
    said = run_together(program, count=3)
    assert [line for text in said for line in text.splitlines() if "is damaged" not in line] == []
    assert list(own_cache.iterdir()) == []


def test_the_workspace_is_beside_the_files_and_is_gone_afterwards(own_cache: Path) -> None:
    with ModelCache().workspace() as folder:
        assert folder.parent == own_cache
        (folder / "deeper").mkdir()
        (folder / "deeper" / "file").write_bytes(b"half")
    assert list(own_cache.iterdir()) == []


def test_the_workspace_is_gone_after_an_exception_too(own_cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ModelCache().workspace() as folder:
        (folder / "half.tflite").write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(own_cache.iterdir()) == []


def test_an_error_from_within_the_workspace_stays_what_it_is() -> None:
    with pytest.raises(FileNotFoundError), ModelCache().workspace() as folder:
        (folder / "no such file").read_bytes()


def test_two_workspaces_at_once_are_two_folders() -> None:
    store = ModelCache()
    with store.workspace() as one, store.workspace() as other:
        assert one != other


def test_an_abandoned_workspace_is_swept_and_a_fresh_one_is_left(own_cache: Path) -> None:
    abandoned = own_cache / "fetching-abandoned"
    fresh = own_cache / "fetching-fresh"
    for folder in (abandoned, fresh):
        folder.mkdir(parents=True)
        (folder / "half.tflite").write_bytes(b"half")
    kept = put_model(ModelCache(), "lightning", CONTENT)
    for path, age_s in ((abandoned, 7 * 3600), (fresh, 5 * 3600), (kept, 400 * 86400)):
        os.utime(path, (time.time() - age_s,) * 2)
    with ModelCache().workspace():
        pass
    assert sorted(own_cache.iterdir()) == [fresh, kept]


def test_a_folder_that_cannot_be_made_says_which_variable_to_set(own_cache: Path) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    assert ModelCache().find("lightning") is None
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE") as caught, ModelCache().workspace():
        pass
    assert str(own_cache) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_below_a_file_says_so_too(own_cache: Path) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    store = ModelCache(own_cache / "deeper")
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE"), store.workspace():
        pass


def test_a_folder_that_vanishes_before_the_file_is_moved_in_is_a_model_error(
    own_cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE"):
        ModelCache(own_cache / "never made").put("lightning", "google", file)
    assert file.exists()


def test_the_cache_is_where_the_variable_says(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_folder() == own_cache
    assert ModelCache().folder == own_cache
    monkeypatch.delenv("LIVEPOSE_CACHE")
    assert default_folder().name == "livepose"
    monkeypatch.setenv("LIVEPOSE_CACHE", "")
    assert default_folder().name == "livepose"


def test_several_files_are_hashed_as_one(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"x" * 3_000_000)
    other.write_bytes(b"y")
    assert sha256_of(one, other) == hashlib.sha256(b"x" * 3_000_000 + b"y").hexdigest()
    assert sha256_of(one) == hashlib.sha256(b"x" * 3_000_000).hexdigest()
