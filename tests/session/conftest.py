"""What the tests of whole runs share: the command line, run within the process of the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from livepose.cli.main import main
from tests.support.programs import CLEARED_VARIABLES, RunInProcess


@pytest.fixture
def run_in_process(capsys: pytest.CaptureFixture[str], restored_log: None) -> RunInProcess:
    """Run livepose as `run_livepose` does, where nothing depends on a process of its own.

    That saves the half second that a process takes to start.
    """

    def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(cwd)
            for name in CLEARED_VARIABLES:
                patch.delenv(name, raising=False)
            code = main(tuple(map(str, words)))
        return subprocess.CompletedProcess(words, code, *capsys.readouterr())

    return run
