"""The cache of LiteRT files, used by several processes at once."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import platformdirs
import pytest

from livepose.core.errors import ModelError
from livepose.models.files.cache import ModelCache, default_folder
from tests.support.models import put_model
from tests.support.paths import CHECKOUT
from tests.support.programs import LIMIT_S

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
    """Run a program several times, started at the same moment; return the stderr of each."""
    processes = processes_of(program, *arguments, count=count)
    try:
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate(timeout=LIMIT_S)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.communicate()


def test_a_file_that_was_put_is_found_with_its_origin(own_cache: Path) -> None:
    cache = ModelCache()
    path = put_model(cache, "lightning", CONTENT)
    digits = hashlib.sha256(CONTENT).hexdigest()[:16]
    assert path == own_cache / f"lightning.google.{digits}.tflite"
    assert path.read_bytes() == CONTENT
    assert cache.find("lightning") == path
    (entry,) = cache.entries()
    assert (entry.key, entry.origin, entry.path) == ("lightning", "google", path)
    assert entry.is_intact()


def test_an_empty_or_missing_cache_has_no_entries(own_cache: Path) -> None:
    assert ModelCache().entries() == []
    assert ModelCache().find("lightning") is None
    own_cache.mkdir()
    assert ModelCache().find("lightning") is None


def test_a_key_finds_only_its_own_file() -> None:
    cache = ModelCache()
    put_model(cache, "thunder", b"thunder")
    put_model(cache, "lightning", b"lightning")
    found = cache.find("lightning")
    assert found is not None
    assert found.read_bytes() == b"lightning"
    assert cache.find("light") is None
    assert cache.find("lightning-2") is None


@pytest.mark.parametrize("damage", ["cut short", "one bit turned", "emptied"])
def test_a_damaged_file_is_removed_with_a_warning(
    damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ModelCache()
    path = put_model(cache, "lightning", CONTENT)
    damaged = {
        "cut short": CONTENT[:-1],
        "one bit turned": bytes([CONTENT[0] ^ 1]) + CONTENT[1:],
        "emptied": b"",
    }
    path.write_bytes(damaged[damage])
    assert not cache.entries()[0].is_intact()
    with caplog.at_level(logging.INFO):
        assert cache.find("lightning") is None
    assert not path.exists()
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert str(path) in record.getMessage()


def test_an_intact_file_is_found_behind_a_damaged_one_with_the_same_key() -> None:
    cache = ModelCache()
    broken = put_model(cache, "lightning", b"first", origin="google")
    broken.write_bytes(b"no longer what it was")
    intact = put_model(cache, "lightning", b"second", origin="npm")
    assert cache.find("lightning") == intact
    assert not broken.exists()


def test_a_file_with_another_kind_of_name_is_neither_found_nor_removed(own_cache: Path) -> None:
    own_cache.mkdir()
    strange = own_cache / "lightning.tflite"
    strange.write_bytes(CONTENT)
    assert ModelCache().find("lightning") is None
    assert strange.exists()


def test_putting_the_same_content_again_leaves_one_file() -> None:
    cache = ModelCache()
    assert put_model(cache, "lightning", CONTENT) == put_model(cache, "lightning", CONTENT)
    assert len(cache.entries()) == 1


def test_several_processes_at_once_put_one_intact_file(
    own_cache: Path,
) -> None:
    program = (
        "import sys\n"
        "from livepose.models.files.cache import ModelCache\n"
        "cache = ModelCache()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(20):\n"
        "    with cache.workspace() as folder:\n"
        "        (folder / 'm').write_bytes(b'0123456789' * 200_000)\n"
        "        path = cache.put('lightning', 'google', folder / 'm')\n"
        "    assert cache.find('lightning') == path, 'it was not there'\n"
    )
    assert run_together(program, count=3) == ["", "", ""]
    (entry,) = ModelCache().entries()
    assert entry.path.read_bytes() == b"0123456789" * 200_000
    assert [path.name for path in own_cache.iterdir()] == [entry.path.name]


def test_several_processes_open_and_close_workspaces_at_once() -> None:
    program = (
        "import sys\n"
        "from livepose.models.files.cache import ModelCache\n"
        "cache = ModelCache()\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "for _ in range(500):\n"
        "    with cache.workspace():\n"
        "        pass\n"
    )
    assert run_together(program, count=4) == ["", "", "", ""]


def test_several_processes_remove_the_same_damaged_files(own_cache: Path) -> None:
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
    outputs = run_together(program, count=3)
    assert [
        line for text in outputs for line in text.splitlines() if "is damaged" not in line
    ] == []
    assert list(own_cache.iterdir()) == []


def test_a_workspace_is_in_the_cache_folder_and_is_removed_afterwards(own_cache: Path) -> None:
    with ModelCache().workspace() as folder:
        assert folder.parent == own_cache
        (folder / "deeper").mkdir()
        (folder / "deeper" / "file").write_bytes(b"half")
    assert list(own_cache.iterdir()) == []


def test_a_workspace_is_removed_after_an_exception_too(own_cache: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ModelCache().workspace() as folder:
        (folder / "half.tflite").write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(own_cache.iterdir()) == []


def test_an_error_within_a_workspace_is_not_converted() -> None:
    with pytest.raises(FileNotFoundError), ModelCache().workspace() as folder:
        (folder / "no such file").read_bytes()


def test_two_workspaces_at_once_are_two_folders() -> None:
    cache = ModelCache()
    with cache.workspace() as one, cache.workspace() as other:
        assert one != other


def test_an_abandoned_workspace_is_removed_and_a_recent_one_is_kept(own_cache: Path) -> None:
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


def test_the_error_for_a_folder_that_cannot_be_created_names_the_variable(own_cache: Path) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    assert ModelCache().find("lightning") is None
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE") as caught, ModelCache().workspace():
        pass
    assert str(own_cache) in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_folder_below_a_file_cannot_be_created(own_cache: Path) -> None:
    own_cache.write_bytes(b"a file where the folder should be")
    cache = ModelCache(own_cache / "deeper")
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE"), cache.workspace():
        pass


def test_putting_a_file_into_a_missing_folder_is_a_model_error(
    own_cache: Path, tmp_path: Path
) -> None:
    file = tmp_path / "model.tflite"
    file.write_bytes(CONTENT)
    with pytest.raises(ModelError, match="LIVEPOSE_CACHE"):
        ModelCache(own_cache / "never made").put("lightning", "google", file)
    assert file.exists()


def test_the_folder_is_that_of_the_environment_variable(
    own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert default_folder() == own_cache
    assert ModelCache().folder == own_cache
    monkeypatch.delenv("LIVEPOSE_CACHE")
    assert default_folder().name == "livepose"
    monkeypatch.setenv("LIVEPOSE_CACHE", "")
    assert default_folder().name == "livepose"


@pytest.mark.parametrize("home", ["/dev/null/nobody", "/nonexistent-of-livepose/nobody"])
def test_without_a_home_models_are_kept_among_temporary_files(
    home: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("LIVEPOSE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    real_access = os.access
    # Root may write everywhere.
    monkeypatch.setattr(
        os, "access", lambda path, mode: str(path) != "/" and real_access(path, mode)
    )
    folder = default_folder()
    assert folder == tmp_path / f"livepose-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert default_folder() == folder


def test_a_home_that_nobody_knows_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*words: object, **settings: object) -> Path:
        raise RuntimeError("could not determine the home directory for '~/.cache'")

    monkeypatch.delenv("LIVEPOSE_CACHE", raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_path", unknown)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert default_folder().parent == tmp_path


def test_a_temporary_folder_of_others_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/dev/null/nobody")
    monkeypatch.delenv("LIVEPOSE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / f"livepose-{os.getuid()}").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="set LIVEPOSE_CACHE"):
        default_folder()


def test_a_cache_that_cannot_be_read_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path, pattern: str) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "glob", denied)
    with pytest.raises(ModelError, match=r"cannot be read \(Permission denied\): set"):
        ModelCache(Path("/root/.cache/livepose")).entries()
