"""`livepose compare`: what it prints, and its exit codes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from livepose.cli.main import main
from livepose.core.angles import Angles
from livepose.export import open_exporter
from tests.support.recordings import RECORDING, posed_frame
from tests.support.takes import clock, scene_poses

pytestmark = pytest.mark.usefixtures("restored_log")


def save_dance(path: Path) -> None:
    times = clock(1.0)
    with open_exporter(path, RECORDING) as exporter:
        for index, poses in enumerate(scene_poses("dance", times)):
            posed = posed_frame(index, ())
            frame = replace(posed.frame, time_s=float(times[index]))
            exporter.write(replace(posed, frame=frame, poses=poses, angles=Angles()))


def test_the_score_and_the_table_are_printed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_dance(folder / "dance.jsonl")
    assert main(["compare", "dance.jsonl", "dance.jsonl"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("score 100 of 100\nThere is no difference.")
    assert "left knee" in out
    assert "The score is 100 where everything is alike." in err


def test_what_cannot_be_compared_is_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "gone.jsonl", "gone.jsonl"]) == 1
    assert capsys.readouterr().err == "livepose: there is no file gone.jsonl\n"
    assert main(["compare", "a.jsonl", "b.jsonl", "--align", "soon"]) == 2
    assert capsys.readouterr().err.startswith("livepose: --align: 'soon' is not auto, event,")
