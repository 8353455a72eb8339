"""What every test gets: no thread left behind, no error logged, no skip in CI."""

from __future__ import annotations

import itertools
import logging
import os
import threading
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

_numbers = itertools.count()
NOTHING_MAY_BE_MISSING = os.environ.get("LIVEPOSE_TEST_ALL") == "1"


@pytest.fixture(autouse=True)
def tidy(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No thread is left behind and no ERROR is logged by any test."""
    before = set(threading.enumerate())
    yield
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith("livepose"):
            thread.join(10.0)  # a library's thread may end a moment after its connection
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert not left, f"threads left behind: {left}"
    errors = [r.getMessage() for r in caplog.get_records("call") if r.levelno >= logging.ERROR]
    assert not errors, f"errors logged: {errors}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model cache of the test's own, not created yet: no test reads or writes the user's.

    It is not in `tmp_path`, which takes longer to be created than most tests do to run.
    """
    folder = tmp_path_factory.getbasetemp() / "caches" / str(next(_numbers))
    folder.parent.mkdir(exist_ok=True)
    monkeypatch.setenv("LIVEPOSE_CACHE", str(folder))
    return folder


@pytest.fixture
def restored_log() -> Iterator[None]:
    """Restore the package's logger, which the command line configures, after the test.

    The test begins with a logger that nobody has configured.
    """
    log = logging.getLogger("livepose")
    handlers, level, propagates = log.handlers[:], log.level, log.propagate
    log.handlers.clear()
    log.propagate = True
    yield
    log.handlers[:], log.propagate = handlers, propagates
    log.setLevel(level)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is said to be there (LIVEPOSE_TEST_ALL=1), a skip is a failure."""
    report = yield
    if NOTHING_MAY_BE_MISSING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be missing here: {report.longrepr}"
    return report
