"""`livepose edit`: the file that it writes, and its exit codes."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from livepose.cli.main import main
from tests.support.media import make_clip
from tests.support.recordings import posed_frame, write_recording

pytestmark = pytest.mark.usefixtures("restored_log")


def write_walk(folder: Path) -> None:
    """Write a clip of four frames, and the poses of person 1 in it."""
    make_clip(folder / "walk.mp4", width_px=1280, height_px=720, pts=range(4))
    write_recording(folder / "walk.jsonl", *(posed_frame(n) for n in range(4)))


def test_edits_are_written_beside_the_poses(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_walk(folder)
    words = ["edit", "walk.mp4", "walk.jsonl", "--edit", "swap_sides:1-2:1"]
    assert main(words) == 0
    assert capsys.readouterr().err == "wrote walk.edited.jsonl (2 frames changed)\n"
    lines = (folder / "walk.edited.jsonl").read_bytes().splitlines()
    assert orjson.loads(lines[0])["edits"] == ["swap_sides:1-2:1"]
    assert "left_hip" in orjson.loads(lines[2])["people"][0]["edited"]
    assert main(words) == 1
    assert "exists" in capsys.readouterr().err
    assert main([*words, "--overwrite"]) == 0


@pytest.mark.parametrize("edit", ["delete:2:77", "move:999:1:nose:1.0,2.0", "swap_ids:4-9:1,2"])
def test_an_edit_that_changes_nothing_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], edit: str
) -> None:
    write_walk(folder)
    assert main(["edit", "walk.mp4", "walk.jsonl", "--edit", "swap_sides:1:1", "--edit", edit]) == 2
    assert capsys.readouterr().err == (
        f"livepose: the edit {edit} changes nothing: walk.jsonl has no such frame or person\n"
    )
    assert not (folder / "walk.edited.jsonl").exists()


def test_edits_need_the_clip_that_the_poses_are_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_walk(folder)
    make_clip(folder / "small.mp4", pts=range(4))
    assert main(["edit", "gone.mp4", "walk.jsonl", "--edit", "delete:1:1"]) == 1
    assert "there is no file gone.mp4" in capsys.readouterr().err
    assert main(["edit", "small.mp4", "walk.jsonl", "--edit", "delete:1:1"]) == 1
    assert "walk.jsonl does not belong to small.mp4" in capsys.readouterr().err
    assert not (folder / "walk.edited.jsonl").exists()


def test_what_is_no_edit_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["edit", "walk.mp4", "walk.jsonl", "--edit", "bend:1:1"]) == 2
    assert capsys.readouterr().err.startswith("livepose: --edit: 'bend:1:1' is not an edit")


@pytest.mark.parametrize("words", [["--web", "0"], ["--show"], ["--token", "a-long-enough-token"]])
def test_a_list_of_edits_is_shown_nowhere(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    write_walk(folder)
    edit = ["edit", "walk.mp4", "walk.jsonl", "--edit", "delete:1:1"]
    assert main([*edit, *words]) == 2
    assert f"{words[0]} has no effect with --edit" in capsys.readouterr().err
    assert not (folder / "walk.edited.jsonl").exists()


def test_without_a_window_and_a_page_nothing_is_edited(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_walk(folder)
    assert main(["edit", "walk.mp4", "walk.jsonl", "--no-show"]) == 2
    assert "in a window or on a page: add --web PORT" in capsys.readouterr().err
    assert main(["edit", "walk.mp4", "walk.jsonl", "--web", "0", "--token", "short"]) == 2
    assert "at least 12" in capsys.readouterr().err
