"""The worker of a cluster is an ordinary object, and needs no cluster for its work."""

from __future__ import annotations

from pathlib import Path

import pytest

from livepose.batch.plan import BatchItem, Piece
from livepose.batch.ray_worker import RayWorker
from livepose.batch.results import Status
from livepose.batch.worker import WorkerSettings
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions


def test_what_the_log_of_a_worker_says_is_passed_on(
    tmp_path: Path, restored_log: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("livepose.system.cpu._shares", [])
    (path := tmp_path / "a.mp4").write_bytes(b"no video")
    options = Options(SourceOptions(video=str(path)), OutputOptions(show=False))
    piece = Piece(0.0, None, tmp_path / "1.jsonl")
    worker = RayWorker(WorkerSettings(ModelOptions(), 1, 1))
    result = worker.work(BatchItem("a.mp4", path, options, 8, pieces=(piece,)), None)
    worker.end()
    assert result.finished.result.status is Status.FAILED
    assert [text.partition("; ")[2] for text in result.notes] == [
        "the video is processed in one piece"
    ]
