"""Without Ray it is said what to install; `scripts/batch_cluster.py` runs a real cluster."""

from __future__ import annotations

import sys

import pytest

from livepose.batch.ray_pool import RayPool
from livepose.batch.worker import WorkerSettings
from livepose.core.errors import RuntimeMissing
from livepose.session.options import ModelOptions


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RuntimeMissing, match=r"Ray cannot be loaded .*\[ray\]"):
        RayPool("auto", WorkerSettings(ModelOptions(), 1, 1), None)
