"""A package that is missing is an error that says what to install; stderr can be discarded."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from livepose.core.errors import RuntimeMissing
from livepose.system.optional_imports import install_command, optional_import, suppress_stderr


def test_a_missing_package_is_an_error_that_says_what_to_install() -> None:
    with (
        pytest.raises(RuntimeMissing, match=r"Wings cannot be loaded .*: pip install 'wings>=2'"),
        optional_import("Wings", "'wings>=2'"),
    ):
        raise ImportError("No module named 'wings'")


class Installed:
    """What `importlib.metadata` knows of an installed package."""

    def __init__(self, origin: Mapping[str, object] | None, installer: str = "pip") -> None:
        self.texts = {"INSTALLER": f"{installer}\n"}
        if origin is not None:
            self.texts["direct_url.json"] = json.dumps(origin)

    def read_text(self, name: str) -> str | None:
        return self.texts.get(name)


def test_an_extra_is_installed_the_way_livepose_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = tmp_path / "livepose-1.0-py3-none-any.whl"
    wheel.touch()
    checkout = {"url": tmp_path.as_uri(), "dir_info": {}}
    editable = {"url": tmp_path.as_uri(), "dir_info": {"editable": True}}
    git = {"url": "https://example.org/livepose", "vcs_info": {"vcs": "git"}}
    cases = [
        (Installed(None), "pip install 'livepose[parquet]'"),
        (Installed(None, "uv"), "uv pip install 'livepose[parquet]'"),
        (Installed(checkout), f"pip install '.[parquet]' (in the folder {tmp_path})"),
        (Installed(editable), f"pip install -e '.[parquet]' (in the folder {tmp_path})"),
        (Installed({"url": wheel.as_uri(), "archive_info": {}}), f"pip install '{wheel}[parquet]'"),
        (Installed(git), "pip install 'livepose[parquet] @ git+https://example.org/livepose'"),
        (Installed({"url": "file:///gone", "dir_info": {}}), "pip install 'livepose[parquet]'"),
    ]
    for installed, command in cases:
        monkeypatch.setattr("importlib.metadata.distribution", lambda name, it=installed: it)
        assert install_command("parquet") == command
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Installed(checkout))
    assert install_command("parquet") == "pip install '.[parquet]'"


def test_an_import_that_succeeds_and_other_errors_pass_through() -> None:
    with optional_import("JSON", "json"):
        import json
    assert json.loads("1") == 1
    with pytest.raises(ValueError, match="another"), optional_import("JSON", "json"):
        raise ValueError("another")


def test_ctrl_c_during_an_import_stays_ctrl_c() -> None:
    error = ImportError("initialization failed")
    error.__cause__ = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt), optional_import("Wings", "wings"):
        raise error


def test_stderr_is_discarded_only_within_the_block(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(2, b"before ")
    with suppress_stderr():
        os.write(2, b"within ")
    os.write(2, b"after")
    assert capfd.readouterr().err == "before after"


def test_stderr_is_restored_after_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="inside"), suppress_stderr():
        raise ValueError("inside")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
