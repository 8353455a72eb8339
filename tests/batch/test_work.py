"""The work on one file of a batch."""

from __future__ import annotations

from pathlib import Path

from livepose.batch.inputs import find_inputs
from livepose.batch.options import BatchOptions, BatchOutputOptions
from livepose.batch.plan import make_plan
from livepose.batch.results import Status
from livepose.batch.work import work_on
from livepose.models import RuntimeName
from livepose.session.kept_models import KeptModels
from livepose.system.interrupts import Interrupts


def test_a_file_of_poses_among_the_clips_fails_and_says_what_it_is(tmp_path: Path) -> None:
    (poses := tmp_path / "a.jsonl").write_text("{}\n")
    options = BatchOptions(BatchOutputOptions(out_dir=tmp_path / "out"))
    files = find_inputs([str(poses)], (), tmp_path / "out")
    (item,) = make_plan(files, options, RuntimeName.LITERT)
    with KeptModels(item.options.model, 1) as kept:
        result = work_on(item, kept, Interrupts()).result
    assert result.status is Status.FAILED
    assert "a.jsonl has poses, not pictures" in result.errors[0]
