"""`livepose models`: what is listed, downloaded, located and verified; no model is needed."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from livepose.cli import models
from livepose.cli.main import main
from livepose.core.errors import ModelNotFound
from livepose.models.files.cache import ModelCache
from tests.support.models import put_model
from tests.support.programs import run_livepose
from tests.support.signals import signals_as_they_were

pytestmark = pytest.mark.usefixtures("restored_log")


def test_the_help_of_models_lists_its_four_verbs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--help"]) == 0
    text = capsys.readouterr().out
    assert all(verb in text for verb in ("list", "get", "path", "verify"))


def test_models_without_a_verb_shows_its_help_and_no_empty_complaint(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models"]) in (0, 2)
    output, errors = capsys.readouterr()
    assert "verify" in output + errors
    assert not re.search(r"livepose: +\(", errors)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_download_is_one_line_and_its_code(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(models, "litert_file", lambda *_: signal.raise_signal(number))
    with signals_as_they_were():
        assert main(["models", "get", "lightning"]) == 128 + number
    assert capsys.readouterr() == ("", "livepose: interrupted\n")


def test_a_model_that_is_nowhere_is_reported_in_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def find(*_: object) -> None:
        raise ModelNotFound("the model is nowhere. Tried:\n  - the cache\nWhat you can do:\n  1. x")

    monkeypatch.setattr(models, "litert_file", find)
    assert main(["models", "get", "lightning"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "livepose: the model is nowhere. Tried:",
        "  - the cache",
        "What you can do:",
        "  1. x",
    ]


@pytest.fixture
def store(own_cache: Path) -> ModelCache:
    return ModelCache(own_cache)


def test_an_empty_cache_lists_every_model_as_not_fetched(
    folder: Path, own_cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list"]) == 0
    output, errors = capsys.readouterr()
    rows = output.splitlines()
    assert [row.split()[0] for row in rows] == ["lightning", "thunder", "multipose"]
    assert all("not downloaded yet" in row for row in rows)
    assert str(own_cache) in errors


def test_an_empty_cache_is_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors.startswith("0 files in ")


def test_what_is_in_the_cache_is_listed_with_where_it_came_from(
    folder: Path, store: ModelCache, capsys: pytest.CaptureFixture[str]
) -> None:
    put_model(store, "thunder", b"a model", origin="npm")
    assert main(["models", "list"]) == 0
    lightning, thunder, multipose = capsys.readouterr().out.splitlines()
    assert "not downloaded yet" in lightning
    assert "here, from npm" in thunder
    assert "not downloaded yet" in multipose


def test_the_path_of_what_is_in_the_cache_is_all_that_stdout_gets(
    folder: Path, store: ModelCache, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "path", "lightning"]) == 0
    assert capsys.readouterr() == (f"{path}\n", "")


def test_getting_what_is_in_the_cache_gives_its_path(
    folder: Path, store: ModelCache, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "get", "lightning"]) == 0
    assert capsys.readouterr().out == f"{path}\n"


def test_a_damaged_file_is_found_and_named(
    folder: Path, store: ModelCache, capsys: pytest.CaptureFixture[str]
) -> None:
    good = put_model(store, "lightning", b"a model")
    damaged = put_model(store, "thunder", b"a larger model")
    damaged.write_bytes(b"a larger m0del")
    assert main(["models", "verify"]) == 1
    output, errors = capsys.readouterr()
    assert output.splitlines() == [f"good     {good}", f"DAMAGED  {damaged}"]
    assert errors.startswith("livepose: 1 ")
    assert errors.count("\n") == 1


def test_a_whole_cache_is_verified_with_0(
    folder: Path, store: ModelCache, capsys: pytest.CaptureFixture[str]
) -> None:
    path = put_model(store, "lightning", b"a model")
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == f"good     {path}\n"


def test_brackets_in_a_path_are_printed_as_they_are(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(tmp_path / "the [old] cache [/x]"))
    path = put_model(ModelCache(), "lightning", b"a model")
    assert main(["models", "verify"]) == 0
    assert capsys.readouterr().out == f"good     {path}\n"
    assert main(["models", "path", "lightning"]) == 0
    assert capsys.readouterr().out == f"{path}\n"
    assert main(["models", "list"]) == 0
    assert str(path.parent) in capsys.readouterr().err
    assert main(["--video", "gone [red].mp4"]) == 1
    assert "there is no file gone [red].mp4" in capsys.readouterr().err


def test_a_cache_that_is_a_file_is_one_line(
    folder: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_cache.write_text("in the way")
    (folder / "model").mkdir()
    (folder / "model" / "saved_model.pb").touch()
    refused = run_livepose("--demo", "--trust-model", "--model", "model", cwd=folder)
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    assert "LIVEPOSE_CACHE" in refused.stderr
