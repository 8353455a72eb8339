"""Which of several video streams is the film, and what is said where none can be read."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from livepose.core.errors import SourceError
from livepose.sources.copy_protection import copy_protection
from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from livepose.system.video_streams import select_video_stream
from tests.support.errors import assert_one_sentence
from tests.support.media import ffmpeg, make_clip, make_sound_file, number_of, numbered
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared
from tests.support.video_files import frames_of

CASES = SHARED / "cases"


def cover(tmp_path: Path, side_px: int = 400) -> Path:
    path = tmp_path / "cover.jpg"
    assert cv2.imwrite(str(path), numbered(200, side_px, side_px))
    return path


def assert_is_film(path: Path, size_px: tuple[int, int] = (160, 120)) -> None:
    frames = frames_of(path)
    assert [number_of(frame.bgr) for frame in frames] == list(range(30))
    assert (frames[0].width_px, frames[0].height_px) == size_px


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".m4v", ".mkv"])
@pytest.mark.parametrize("is_first", [True, False])
def test_an_attached_picture_is_not_the_film(tmp_path: Path, suffix: str, is_first: bool) -> None:
    clip, target = make_clip(tmp_path / "clip.mp4"), tmp_path / f"with_cover{suffix}"
    inputs = (cover(tmp_path), clip) if is_first else (clip, cover(tmp_path))
    place = 0 if is_first else 1
    words = ("-map", "0", "-map", "1", "-c", "copy", f"-disposition:v:{place}", "attached_pic")
    ffmpeg("-i", inputs[0], "-i", inputs[1], *words, target)
    assert_is_film(target)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts", ".avi"])
def test_the_largest_of_several_films_is_read(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    codec = "mpeg4" if suffix == ".avi" else "libx264"
    small = make_clip(tmp_path / "small.mkv", width_px=80, height_px=64, pts=range(5), codec=codec)
    large = make_clip(tmp_path / "large.mkv", codec=codec)
    target = tmp_path / f"both{suffix}"
    dispositions = ("-disposition:v:0", "default", "-disposition:v:1", "default")
    maps = ("-map", "0", "-map", "1", "-c", "copy", *dispositions)
    ffmpeg("-i", small, "-i", large, *maps, target)
    with caplog.at_level("INFO", "livepose"):
        assert_is_film(target)
    (record,) = caplog.records
    assert record.getMessage().startswith(f"both{suffix} has 2 video streams: stream 1 (")


@needs_ffmpeg
def test_the_default_film_is_read_where_one_is_marked(tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.mkv", width_px=80, height_px=64)
    large = make_clip(tmp_path / "large.mkv", pts=range(5))
    target = tmp_path / "both.mkv"
    maps = ("-map", "0", "-map", "1", "-c", "copy")
    marks = ("-disposition:v:0", "default", "-disposition:v:1", "0")
    ffmpeg("-i", large, "-i", small, *maps, *marks[:1], "0", *marks[2:3], "default", target)
    assert_is_film(target, size_px=(80, 64))


@needs_ffmpeg
def test_a_preview_of_images_is_not_the_film_however_large_it_is(tmp_path: Path) -> None:
    preview = make_clip(
        tmp_path / "p.avi", width_px=320, height_px=240, pts=range(9), codec="mjpeg",
        pix_fmt="yuvj420p",
    )  # fmt: skip
    target = tmp_path / "both.mp4"
    clip = make_clip(tmp_path / "clip.mp4")
    ffmpeg("-i", preview, "-i", clip, "-map", "0", "-map", "1", "-c", "copy", target)
    assert_is_film(target)


def test_a_film_of_images_alone_is_read(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.avi", codec="mjpeg", pix_fmt="yuvj420p")
    assert_is_film(path)


def test_a_file_without_a_film_is_refused_in_one_sentence(tmp_path: Path) -> None:
    sound = make_sound_file(tmp_path / "sound.m4a")
    with pytest.raises(SourceError, match=r"it has no video stream$") as caught:
        VideoSource(sound)
    assert_one_sentence(caught.value, str(sound))


@needs_ffmpeg
def test_music_with_a_cover_is_no_film(tmp_path: Path) -> None:
    sound, target = make_sound_file(tmp_path / "sound.m4a"), tmp_path / "song.m4a"
    words = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic")
    ffmpeg("-i", cover(tmp_path), "-i", sound, *words, target)
    with pytest.raises(SourceError, match="it has no video stream, only an image"):
        VideoSource(target)


@pytest.mark.parametrize(
    ("codec", "reason"),
    [
        (b"drmi", "it is copy-protected (drmi, FairPlay)"),
        (b"qqqq", "FFmpeg does not know the codec of its video"),
    ],
)
def test_a_codec_that_nobody_knows_is_named_in_one_sentence(
    tmp_path: Path, codec: bytes, reason: str
) -> None:
    path = make_clip(tmp_path / "clip.mp4", sound="aac")
    path.write_bytes(path.read_bytes().replace(b"avc1", codec))
    with pytest.raises(SourceError) as caught:
        VideoSource(path)
    assert str(caught.value) == f"{path} is not a video that can be read: {reason}"
    assert copy_protection(path) == (reason if codec == b"drmi" else "")


def test_another_film_is_read_where_the_codec_of_the_first_is_unknown(tmp_path: Path) -> None:
    path = tmp_path / "both.mp4"
    with av.open(str(path), "w") as container:
        for codec in ("libx264", "mpeg4"):
            stream = container.add_stream(codec, rate=30)
            stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(30):
            for stream in container.streams.video:
                picture = av.VideoFrame.from_ndarray(numbered(number, 160, 120), format="bgr24")
                container.mux(stream.encode(picture))
        for stream in container.streams.video:
            container.mux(stream.encode())
    path.write_bytes(path.read_bytes().replace(b"avc1", b"qqqq"))
    with av.open(str(path)) as container:
        assert select_video_stream(container).index == 1
    assert_is_film(path)


@needs_shared
@pytest.mark.parametrize("name", ["covr_first.mp4", "cover_stream0.mkv"])
def test_films_with_covers_in_front_are_whole(name: str) -> None:
    frames = frames_of(CASES / name)
    assert len(frames) == 60
    assert (frames[0].width_px, frames[0].height_px) == (384, 496)
