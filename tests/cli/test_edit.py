"""`livepose edit`: the file that it writes, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from livepose.cli.main import main
from tests.support.recordings import posed_frame, write_recording

pytestmark = pytest.mark.usefixtures("restored_log")


def test_edits_are_written_beside_the_poses(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_recording(folder / "walk.jsonl", *(posed_frame(n) for n in range(4)))
    words = ["edit", "walk.mp4", "walk.jsonl", "--edit", "swap_sides:1-2:1"]
    assert main(words) == 0
    assert capsys.readouterr().err == "wrote walk.edited.jsonl (2 frames changed)\n"
    lines = (folder / "walk.edited.jsonl").read_bytes().splitlines()
    assert orjson.loads(lines[0])["edits"] == ["swap_sides:1-2:1"]
    assert "left_hip" in orjson.loads(lines[2])["people"][0]["edited"]
    assert main(words) == 1
    assert "exists" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


def test_what_is_no_edit_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "walk.mp4", "walk.jsonl", "--edit", "bend:1:1"]) == 2
    assert capsys.readouterr().err.startswith("livepose: --edit: 'bend:1:1' is not an edit")
