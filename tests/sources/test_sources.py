"""What every source promises, and which source opens what."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import OptionError, SourceError, SourceNotFound
from livepose.core.frame import Frame
from livepose.core.interfaces import Source
from livepose.sources import (
    ImageSource,
    open_camera,
    open_source,
    open_video,
)
from livepose.sources.camera import CameraSource
from livepose.sources.stream import StreamSource
from livepose.sources.synthetic.source import SyntheticSource
from livepose.sources.video import VideoSource
from tests.support.errors import assert_one_sentence
from tests.support.media import make_clip, numbered
from tests.support.needs import needs_ffmpeg
from tests.support.servers import LoopbackServer, StreamServer

Maker = Callable[[Path, ExitStack], Source]
SOME = 8
"""So many frames are looked at; a picture has one, a live source many."""


def synthetic(folder: Path, stack: ExitStack) -> Source:
    return SyntheticSource(160, 120, frame_count=SOME)


def live_synthetic(folder: Path, stack: ExitStack) -> Source:
    return SyntheticSource(160, 120, is_live=True)


def video(folder: Path, stack: ExitStack) -> Source:
    return VideoSource(make_clip(folder / "clip.mp4", pts=range(SOME)))


def part_of_a_video(folder: Path, stack: ExitStack) -> Source:
    return VideoSource(make_clip(folder / "clip.mkv"), 0.3, 0.6)


def picture(folder: Path, stack: ExitStack) -> Source:
    path = folder / "photo.png"
    cv2.imwrite(str(path), numbered(5, 160, 120))
    return ImageSource(path)


def camera(folder: Path, stack: ExitStack) -> Source:
    # Stands in for a device: cv2 reads a file through the same calls.
    clip = make_clip(folder / "cam.avi", codec="mjpeg", pix_fmt="yuvj420p", pts=range(60))
    return CameraSource(clip)


def stream(folder: Path, stack: ExitStack) -> Source:
    clip = make_clip(folder / "clip.mp4", pts=range(60))
    server = stack.enter_context(StreamServer(clip))
    return server.connect()


MAKERS = [synthetic, live_synthetic, video, part_of_a_video, picture, camera]
ALL = [pytest.param(maker, id=maker.__name__) for maker in MAKERS] + [
    pytest.param(stream, id="stream", marks=needs_ffmpeg)
]


@pytest.fixture(params=ALL)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    """One source of each kind, in turn."""
    maker: Maker = request.param
    with ExitStack() as stack:
        yield stack.enter_context(maker(tmp_path, stack))


def some(source: Source) -> list[Frame]:
    return list(itertools.islice(source, SOME))


def test_a_sources_frames_keep_every_promise(source: Source) -> None:
    info = source.info
    frames = some(source)
    assert frames
    assert len(frames) == SOME or not info.is_live
    indices = [frame.index for frame in frames]
    # A stream counts what it left out because something newer was there.
    is_stream = isinstance(source, StreamSource)
    assert indices == (sorted(set(indices)) if is_stream else list(range(len(frames))))
    assert indices[0] == 0
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)
    assert not info.is_live or times_s[0] == 0
    grabbed_s = [frame.grabbed_s for frame in frames]
    assert grabbed_s == sorted(grabbed_s)
    for frame in frames:
        assert (frame.width_px, frame.height_px) == (info.width_px, info.height_px) == (160, 120)
        assert frame.bgr.dtype == np.uint8
        assert not frame.bgr.flags.writeable
    if len(frames) > 1:
        assert not np.array_equal(frames[0].bgr, frames[-1].bgr)


def test_a_frame_stays_as_it_is_while_others_come(source: Source) -> None:
    frames = iter(source)
    first = next(frames)
    pixels = first.bgr.copy()
    list(itertools.islice(frames, SOME - 1))
    assert np.array_equal(first.bgr, pixels)


def test_the_info_of_a_source_does_not_change(source: Source) -> None:
    before = source.info
    some(source)
    assert source.info == before
    assert before.name
    if before.frame_count is not None and not before.is_live:
        assert before.frame_count == (1 if isinstance(source, ImageSource) else before.frame_count)


def test_a_source_can_be_closed_twice(source: Source) -> None:
    some(source)
    source.close()
    source.close()


def test_a_source_can_be_closed_before_its_first_frame(source: Source) -> None:
    source.close()


def test_a_source_closed_midway_ends_or_raises(source: Source) -> None:
    frames = iter(source)
    next(frames)
    source.close()
    try:
        left = list(itertools.islice(frames, 1000))
    except SourceError:
        return
    assert len(left) <= 1


def test_iterating_a_closed_source_ends_or_raises(source: Source) -> None:
    source.close()
    try:
        left = list(itertools.islice(source, 1000))
    except SourceError:
        return
    assert len(left) <= 1


def test_leaving_the_context_closes(source: Source) -> None:
    with source as entered:
        assert entered is source
        next(iter(entered))
    try:
        left = list(itertools.islice(source, 1000))
    except SourceError:
        return
    assert len(left) <= 1


def test_the_demo_is_opened_by_its_name() -> None:
    with open_source("synthetic:") as source:
        assert isinstance(source, SyntheticSource)
        assert source.info.name == "demo"


@pytest.mark.parametrize("suffix", [".mp4", ".MP4", ".mkv", ".avi", ".mov", ".webm"])
def test_a_path_opens_a_video(tmp_path: Path, suffix: str) -> None:
    codec = "libvpx" if suffix == ".webm" else "libx264"
    made = make_clip(tmp_path / f"clip{suffix.lower()}", codec=codec, pts=range(3))
    path = made.rename(tmp_path / f"named{suffix}")
    for what in (path, str(path)):
        with open_source(what) as source:
            assert source.info.path == path
            assert len(list(source)) == 3


def test_a_video_is_known_by_its_content_not_its_suffix(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", pts=range(3)).rename(tmp_path / "clip")
    with open_source(path) as source:
        assert len(list(source)) == 3


@pytest.mark.parametrize("what", ["0", "7", "/dev/video99"])
def test_without_a_camera_the_demo_is_named(what: str) -> None:
    if Path(what if "/" in what else f"/dev/video{what}").exists():
        pytest.skip(f"there is a camera {what} here")
    with pytest.raises(SourceNotFound, match="--demo") as caught:
        open_source(what)
    assert_one_sentence(caught.value, what)


@pytest.mark.parametrize("name", ["no.mp4", "no.png", "no", "no/such/clip.mkv", "no.txt"])
def test_a_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(SourceNotFound) as caught:
        open_source(path)
    assert_one_sentence(caught.value, str(path))


CONTENTS = {
    "text": b"Once upon a time there was no video.\n" * 50,
    "empty": b"",
    "zeros": bytes(5000),
    "garbage": np.random.default_rng(3).integers(0, 256, 5000, dtype=np.uint8).tobytes(),
    "html": b"<!DOCTYPE html><html><body>Sign in</body></html>",
}


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv", ".png", ".jpg", ".webp", ".tiff"])
@pytest.mark.parametrize("content", CONTENTS)
def test_a_file_that_is_neither_video_nor_image_is_refused(
    tmp_path: Path, suffix: str, content: str
) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_bytes(CONTENTS[content])
    with pytest.raises(SourceError) as caught:
        open_source(path)
    assert not isinstance(caught.value, SourceNotFound)
    assert_one_sentence(caught.value, str(path))


def test_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "folder.mp4", tmp_path / "folder.png"):
        path.mkdir(exist_ok=True)
        with pytest.raises(SourceError) as caught:
            open_source(path)
        assert_one_sentence(caught.value, str(path))


@pytest.mark.parametrize(
    "address", ["gopher://x", "ftp://host/clip.mp4", "gopher://10.0.0.5/live", "RTPS://host", "://"]
)
def test_an_address_of_another_kind_is_refused_and_the_kinds_are_named(address: str) -> None:
    with pytest.raises(OptionError, match="rtsp") as caught:
        open_source(address)
    assert_one_sentence(caught.value, address)


def test_the_scheme_of_an_address_may_be_in_capitals() -> None:
    with LoopbackServer() as server, pytest.raises(SourceError, match="404"):
        open_camera(server.url.replace("http://", "HTTP://") + "/nowhere.mjpg")


@pytest.mark.parametrize("what", ["clip.mp4", "-1", "", "front door", "./0"])
def test_open_camera_refuses_what_is_no_camera(what: str) -> None:
    with pytest.raises(OptionError, match="is not a camera"):
        open_camera(what)


def test_a_part_is_opened_by_its_times(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    with open_video(path, 0.5, 0.8) as source:
        assert len(list(source)) == 9


def test_a_demo_of_an_impossible_size_is_refused() -> None:
    with pytest.raises(OptionError, match="cannot be"):
        SyntheticSource(3, 3)
