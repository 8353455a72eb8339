"""Without Ray it is said what to install; `scripts/batch_cluster.py` runs a real cluster."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livepose.batch.plan import BatchItem, Piece
from livepose.batch.ray_pool import RayPool, RayWorker, check_reachable
from livepose.batch.results import Status
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import LivePoseError, RuntimeMissing
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions
from tests.support.servers import LoopbackServer, free_port


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RuntimeMissing, match=r"Ray cannot be loaded .*\[ray\]"):
        RayPool("auto", WorkerSettings(ModelOptions(), 1, 1), None)


def test_where_nobody_answers_it_is_said_at_once() -> None:
    port = free_port()
    for address in (f"ray://127.0.0.1:{port}", f"127.0.0.1:{port}"):
        with pytest.raises(LivePoseError, match=f"there is no Ray cluster at {address}: Conn"):
            check_reachable(address)
    with LoopbackServer() as server:
        check_reachable(server.url.removeprefix("http://").partition("/")[0])
    check_reachable("auto")


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
        "the video is worked on in one piece"
    ]
