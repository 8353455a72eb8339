"""Which files of a process are left when it has to end at once."""

from __future__ import annotations

from pathlib import Path

from livepose.system.unfinished import note_begun, tidy_unfinished


def test_empty_files_and_useless_ones_are_deleted_and_the_others_returned(tmp_path: Path) -> None:
    part, empty, copy, finished = (tmp_path / name for name in ("part", "empty", "copy", "gone"))
    for path in (part, empty, finished):
        note_begun(path)
    note_begun(copy, is_useful=False)
    part.write_text("frames")
    empty.touch()
    copy.write_text("half of it")
    folder, empty_folder = tmp_path / "folder", tmp_path / "empty folder"
    for path in (folder, empty_folder):
        path.mkdir()
        note_begun(path)
    (folder / "0.json").write_text("{}")
    ours = [path for path in tidy_unfinished() if path.parent == tmp_path]
    assert ours == [part, folder]
    assert set(tmp_path.iterdir()) == {part, folder}
