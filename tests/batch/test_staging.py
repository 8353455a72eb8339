"""Remote files near a worker: fetched one ahead, deleted after use, and never left for good."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livepose.batch.inputs import find_inputs
from livepose.batch.options import BatchDataOptions, BatchOptions, BatchOutputOptions
from livepose.batch.plan import BatchItem, make_plan
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.results import Status
from livepose.batch.staging import Stage, unseen
from livepose.models import RuntimeName
from livepose.session.kept_models import KeptModels
from livepose.session.options import ModelOptions, Options, SourceOptions
from livepose.system.interrupts import Interrupts
from tests.support.needs import needs_s3
from tests.support.s3 import running_s3

MODEL = ModelOptions("lightning", runtime=RuntimeName.LITERT)


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """Return fsspec's view of a server with a bucket."""
    with running_s3("club") as files:
        yield files


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of temporary files, which is empty."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def plan(out: RemoteAddress) -> list[BatchItem]:
    options = BatchOptions(
        BatchOutputOptions(out_dir=out), model=MODEL, data=BatchDataOptions(save=(Path(".csv"),))
    )
    inputs = find_inputs(["s3://club/in"], (), options.out_dir)
    return make_plan(inputs, options, RuntimeName.LITERT)


@needs_s3
def test_one_input_is_fetched_ahead_and_each_is_deleted_after_use(s3: Any, temporary: Path) -> None:
    for name in "abc":
        s3.pipe_file(f"club/in/{name}.mp4", b"no video")
    a, b, c = plan(RemoteAddress("s3://club/out"))

    def fetched() -> list[str]:
        return sorted(path.name for path in temporary.rglob("*.mp4"))

    with Stage() as stage, KeptModels(MODEL, 1) as kept:
        for item, upcoming, left in [(a, b, ["a.mp4", "b.mp4"]), (b, c, ["b.mp4", "c.mp4"])]:
            finished = stage.work_on(item, upcoming, kept, Interrupts())
            assert finished.result.status is Status.FAILED
            address = f"s3://club/in/{item.name}"
            assert finished.result.errors[0].startswith(f"{address} is not a video")
            for each in stage._fetched:
                each.call.result()
            assert fetched() == left
        for name in "ac":
            s3.rm(f"club/in/{name}.mp4")
        ahead, gone = (stage.work_on(each, None, kept, Interrupts()) for each in (c, a))
        assert ahead.result.errors[0].startswith("s3://club/in/c.mp4 is not a video")
        assert gone.result.errors == ("s3://club/in/a.mp4 cannot be read: there is no such file",)
        assert fetched() == []
    assert not list(temporary.iterdir())


def test_a_machine_that_does_not_see_a_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    item = BatchItem("clip.mp4", path, Options(SourceOptions(video=str(path))), 0)
    assert "clip.mp4 is not on " in unseen(item) and "s3://bucket/name" in unseen(item)
    path.touch()
    assert unseen(item) == ""
