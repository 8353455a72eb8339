"""Batches on a real S3 server: what goes in, what comes out, what is known again, what fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from livepose.analysis.angle_definitions import parse_angles
from livepose.batch.options import (
    BatchDataOptions,
    BatchOptions,
    BatchOutputOptions,
    WorkOptions,
)
from livepose.batch.remote_paths import RemoteAddress
from livepose.batch.run import run_batch
from livepose.models import RuntimeName
from livepose.session.options import ModelOptions, Options, OutputOptions, SourceOptions
from livepose.session.run import run
from tests.support.models import warm_cache
from tests.support.needs import needs_s3, needs_shared
from tests.support.s3 import SECRET, put_folder, running_s3

pytestmark = [needs_s3, needs_shared]

LITERT = ModelOptions("lightning", runtime=RuntimeName.LITERT)


@pytest.fixture(autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache with a compiled Lightning."""
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """Return fsspec's view of a server with a bucket."""
    with running_s3("club") as files:
        yield files


def options_for(out_dir: Path | RemoteAddress, *, resume: bool = False) -> BatchOptions:
    results = out_dir if isinstance(out_dir, RemoteAddress) else out_dir.parent
    return BatchOptions(
        BatchOutputOptions(out_dir=out_dir, resume=resume),
        WorkOptions(jobs=1),
        LITERT,
        data=BatchDataOptions(
            save=(Path(".csv"),),
            angles=parse_angles("knee"),
            table=results / "all.csv",
            report=results / "batch.json",
        ),
    )


def test_a_batch_from_a_bucket_to_a_bucket(s3: Any, tmp_path: Path) -> None:
    films = tmp_path / "films"
    (films / "a").mkdir(parents=True)
    clip = films / "a" / "1.mp4"
    demo = SourceOptions(demo=True, size_px=(160, 120), max_frames=20)
    run(Options(demo, OutputOptions(out=clip, show=False), LITERT))
    (films / "2 b.mp4").write_bytes(b"no video")
    (films / "notes.txt").touch()
    put_folder(s3, films, "club/in")
    out = RemoteAddress("s3://club/in/out")
    first = run_batch(["s3://club/in"], options_for(out))
    assert {each.name: each.status.value for each in first.results} == {
        "2 b.mp4": "failed",
        "a/1.mp4": "done",
    }
    (failed,) = first.failed
    assert failed.errors[0].startswith("s3://club/in/2 b.mp4 is not a video that can be read")
    run_batch([str(films)], options_for(tmp_path / "out"))
    assert s3.cat("club/in/out/a/1.csv") == (tmp_path / "out" / "a" / "1.csv").read_bytes()
    assert s3.cat("club/in/out/all.csv") == (tmp_path / "all.csv").read_bytes()
    assert all(SECRET.encode() not in content for content in map(s3.cat, s3.find("club/in")))

    s3.put_file(str(clip), "club/in/2 b.mp4")
    again = run_batch(["s3://club/in/**/*.mp4"], options_for(out, resume=True))
    assert [each.status.value for each in again.results] == ["done", "kept"]
    report = json.loads(s3.cat("club/in/out/batch.json"))
    assert [each["saved"] for each in report["results"]] == [
        ["s3://club/in/out/2 b.csv"],
        ["s3://club/in/out/a/1.csv"],
    ]
