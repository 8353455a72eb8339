"""Words that name a source, and `{name}` in the files to write."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from livepose.core.errors import OptionError
from livepose.session.named_source import check_is_clip, is_source, with_names, with_source
from livepose.session.options import DataOptions, Options, OutputOptions, SourceOptions

NONE = Options(SourceOptions())


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("0", SourceOptions(camera="0")),
        ("/dev/video2", SourceOptions(camera="/dev/video2")),
        ("rtsp://10.0.0.7/live", SourceOptions(camera="rtsp://10.0.0.7/live")),
        ("clip.mp4", SourceOptions(video="clip.mp4")),
        ("file:///films/a%20b.mp4", SourceOptions(video="/films/a b.mp4")),
        ("-", SourceOptions(video="-")),
        ("img_%04d.png", SourceOptions(video="img_%04d.png")),
        ("img*.jpg", SourceOptions(video="img*.jpg")),
        ("photo.JPG", SourceOptions(image=Path("photo.JPG"))),
        ("a/b.webp", SourceOptions(image=Path("a/b.webp"))),
    ],
)
def test_a_word_is_a_camera_a_video_or_an_image(word: str, source: SourceOptions) -> None:
    assert is_source(word)
    assert with_source(NONE, word).source == source


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("-", "standard input cannot be read twice"),
        ("https://example.org/a.mp4", "https://example.org/a.mp4 is an address: give a file"),
        ("photo.JPG", "photo.JPG is a single image: give a clip"),
        ("walk.jsonl", "walk.jsonl has poses, not pictures"),
    ],
)
def test_what_is_no_clip_is_refused(path: str, message: str) -> None:
    with pytest.raises(OptionError, match=f"^{message}"):
        check_is_clip(Path(path))


def test_clips_are_files_and_images_in_sequence(tmp_path: Path) -> None:
    for path in ("clip.mp4", "C:/films/clip.mp4", "img_%04d.png", str(tmp_path)):
        check_is_clip(Path(path))


def test_a_folder_is_a_sequence(tmp_path: Path) -> None:
    assert with_source(NONE, str(tmp_path)).source.video == str(tmp_path)


def test_a_word_without_a_suffix_is_a_source_if_there_is_such_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_source("clip")
    Path("clip").touch()
    assert is_source("clip")


def test_two_sources_are_refused() -> None:
    with pytest.raises(OptionError, match=r"a\.mp4 and --demo"):
        with_source(Options(SourceOptions(demo=True)), "a.mp4")


@pytest.mark.parametrize("field", ["{nam}", "{Name}", "{stem}", "{}", "{1}"])
def test_an_unknown_field_in_the_name_of_a_file_is_refused(field: str) -> None:
    path = Path(f"out/{field}_{{name}}.csv")
    for options in (
        Options(SourceOptions(demo=True), OutputOptions(out=path)),
        Options(SourceOptions(demo=True), data=DataOptions(save=(path,))),
        Options(SourceOptions(demo=True), data=DataOptions(reports=(path,))),
    ):
        with pytest.raises(OptionError, match=re.escape(f"unknown field {field}: {{name}}, the")):
            with_names(options)


def test_braces_that_are_no_field_are_kept() -> None:
    out = Path("{a b}/{x-1}{.mp4")
    assert with_names(Options(SourceOptions(demo=True), OutputOptions(out=out))).output.out == out


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (SourceOptions(video="films/clip.mp4"), "clip"),
        (SourceOptions(video="seq/img_%04d.png"), "img"),
        (SourceOptions(video="seq/img*.png"), "img"),
        (SourceOptions(video="seq/*.png"), "seq"),
        (SourceOptions(video="-"), "stdin"),
        (SourceOptions(image=Path("photo.jpg")), "photo"),
        (SourceOptions(camera="0"), "camera-0"),
        (SourceOptions(camera="rtsp://me:secret@10.0.0.7/live"), "10.0.0.7-live"),
        (SourceOptions(demo=True), "demo"),
        (SourceOptions(demo=True, scene="walk"), "walk"),
    ],
)
def test_name_in_every_file_is_that_of_the_source(source: SourceOptions, name: str) -> None:
    options = Options(
        source,
        OutputOptions(out=Path("out/{name}_pose.mp4")),
        data=DataOptions(save=(Path("{name}.csv"), Path("x.trc")), reports=(Path("{name}.html"),)),
    )
    named = with_names(options)
    assert named.output.out == Path(f"out/{name}_pose.mp4")
    assert named.data.files == (Path(f"{name}.csv"), Path("x.trc"), Path(f"{name}.html"))
    assert replace(named, output=options.output, data=options.data) == options
