"""A package that is missing is an error that says what to install; stderr can be discarded."""

from __future__ import annotations

import os

import pytest

from livepose.core.errors import RuntimeMissing
from livepose.system.optional_imports import optional_import, suppress_stderr


def test_a_missing_package_is_an_error_that_says_what_to_install() -> None:
    with (
        pytest.raises(RuntimeMissing, match=r"Wings cannot be loaded .*: pip install 'wings>=2'"),
        optional_import("Wings", "'wings>=2'"),
    ):
        raise ImportError("No module named 'wings'")


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
