"""Without Ray it is said what to install; `scripts/batch_cluster.py` runs a real cluster."""

from __future__ import annotations

import sys

import pytest

from livepose.batch.ray_pool import RayPool, check_reachable
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import LivePoseError, RuntimeMissing
from livepose.session.options import ModelOptions
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
