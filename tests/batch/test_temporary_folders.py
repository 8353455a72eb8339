"""No folder of remote files is left for good, also if a process was killed."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from livepose.batch.temporary_folders import LOCK, temporary_folder


def test_what_a_killed_process_has_left_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, age_s in [("livepose-batch-1", 99), ("livepose-batch-2", 1), ("others", 99)]:
        (tmp_path / name).mkdir()
        (lock_file := tmp_path / name / LOCK).touch()
        os.utime(lock_file, (time.time() - age_s,) * 2)
    kept = {tmp_path / "others", tmp_path / "livepose-batch-2"}
    with temporary_folder() as used:
        os.utime(used / LOCK, (time.time() - 99,) * 2)
        with temporary_folder() as other:
            assert set(tmp_path.iterdir()) == {used, other} | kept, "one may be about to be locked"
    assert set(tmp_path.iterdir()) == kept
