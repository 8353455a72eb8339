"""Files, folders, patterns and lists name the files of a batch, each once, in one order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from livepose.batch.inputs import find_inputs
from livepose.core.errors import SourceError, SourceNotFound

OUT = Path("out")


@pytest.fixture(autouse=True)
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current folder, with some files in it."""
    for name in (
        "films/b.mp4",
        "films/a/10.MOV",
        "films/a/photo.jpg",
        "films/a/notes.txt",
        "films/.trash/gone.mp4",
        "films/._b.mp4",
        "films/b.livepose-3fa9c1.part.mp4",
        "more/c.mkv",
        "out/b.mp4",
        "data.bin",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(*words: str, listed: tuple[str, ...] = (), out_dir: Path = OUT) -> list[str]:
    return [file.relative.as_posix() for file in find_inputs(words, listed, out_dir)]


def test_a_folder_is_its_videos_and_images_without_parts_and_hidden_files() -> None:
    assert names("films") == ["b.mp4", "a/10.MOV", "a/photo.jpg"]


def test_what_is_in_the_output_folder_is_no_input() -> None:
    assert names(".") == ["films/b.mp4", "films/a/10.MOV", "films/a/photo.jpg", "more/c.mkv"]
    assert names("out") == ["b.mp4"]


def test_words_with_a_folder_above_keep_all_files_below_the_output_folder(
    films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert names("films/b.mp4", "more/../films/b.mp4") == ["b.mp4"]
    assert names("films/a/../*.mp4") == ["b.mp4"]
    monkeypatch.chdir(films / "more")
    assert names("../films/b.mp4", "c.mkv") == ["films/b.mp4", "more/c.mkv"]
    assert "out/b.mp4" not in names("..", out_dir=Path("../out"))


def test_links_are_kept_unless_they_lead_elsewhere_by_a_folder_above(films: Path) -> None:
    (films / "link").symlink_to(films / "films" / "a")
    assert names("link/10.MOV", "more") == ["link/10.MOV", "more/c.mkv"]
    assert names("link/../b.mp4", "more") == ["films/b.mp4", "more/c.mkv"]


def test_several_inputs_keep_their_places_below_what_they_have_in_common() -> None:
    assert names("more", "films/b.mp4") == ["more/c.mkv", "films/b.mp4"]


def test_a_file_is_taken_once_and_whatever_its_suffix_if_it_is_named() -> None:
    assert names("films/b.mp4", "films", "data.bin") == [
        "films/b.mp4", "films/a/10.MOV", "films/a/photo.jpg", "data.bin",
    ]  # fmt: skip


def test_a_pattern_keeps_the_folders_behind_its_first_wildcard() -> None:
    assert names("films/**/*.mp4") == ["b.mp4"]
    assert names("*/*.m*") == ["films/b.mp4", "more/c.mkv"]


def test_a_pattern_may_match_folders() -> None:
    assert names("film*") == ["films/b.mp4", "films/a/10.MOV", "films/a/photo.jpg"]


def test_links_to_folders_are_followed_but_not_in_a_circle(films: Path) -> None:
    (films / "more" / "again").symlink_to(films / "films" / "a")
    (films / "films" / "a" / "round").symlink_to(films / "more")
    assert names("more") == ["c.mkv", "again/10.MOV", "again/photo.jpg"]


def test_a_list_names_files() -> None:
    assert names("-", listed=("more/c.mkv", "films/a")) == [
        "more/c.mkv", "films/a/10.MOV", "films/a/photo.jpg",
    ]  # fmt: skip


def test_a_file_of_a_list_that_is_gone_does_not_keep_the_others_from_being_found() -> None:
    assert names("-", listed=("films/b.mp4", "films/gone.mp4", "films/[1].mp4")) == [
        "b.mp4", "gone.mp4", "[1].mp4",
    ]  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused(films: Path) -> None:
    os.mkfifo(films / "pipe")
    with pytest.raises(SourceError, match="pipe is neither a file nor a folder"):
        names("pipe")


def test_the_path_of_each_file_is_absolute(films: Path) -> None:
    (file,) = find_inputs(["more"], (), OUT)
    assert file.path == films / "more" / "c.mkv" and not file.is_image


@pytest.mark.parametrize("word", ["gone.mp4", "films/*.webm"])
def test_what_does_not_exist_is_refused(word: str) -> None:
    with pytest.raises(SourceNotFound, match=r"gone\.mp4|webm"):
        names("films", word)


def test_a_folder_without_videos_and_images_is_refused(films: Path) -> None:
    (films / "empty").mkdir()
    with pytest.raises(SourceError, match="no videos and no images"):
        names("empty")
