"""A video file as a source: exact times, upright pictures, right colours, honest about damage."""

from __future__ import annotations

import os
import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceCutShort, SourceError, SourceNotFound
from livepose.core.frame import Frame
from livepose.sources.video import VideoSource
from tests.support.media import (
    BLUE,
    GREEN,
    RED,
    corners_of,
    ffmpeg,
    make_clip,
    make_sound_file,
    noise,
    number_of,
    patch_colors,
    patches,
    turn,
)
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared

MILLISECOND = Fraction(1, 1000)
NTSC = Fraction(30000, 1001)
UNEVEN_MS = [0, 33, 100, 101, 350, 351, 352, 1000, 1500, 1533]
BT709, BT601 = 1, 6


def frames_of(path: Path, start_s: float = 0.0, end_s: float | None = None) -> list[Frame]:
    with VideoSource(path, start_s, end_s) as source:
        return list(source)


def numbers_of(frames: list[Frame]) -> list[int]:
    return [number_of(frame.bgr) for frame in frames]


def until_it_breaks(path: Path) -> tuple[list[Frame], SourceError | None]:
    frames: list[Frame] = []
    with VideoSource(path) as source:
        try:
            frames.extend(source)
        except SourceError as error:
            return frames, error
    return frames, None


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".avi", ".ts", ".webm"])
def test_every_frame_of_every_container_comes_once_and_in_order(
    tmp_path: Path, suffix: str
) -> None:
    codec = {".webm": "libvpx", ".avi": "mpeg4"}.get(suffix, "libx264")
    frames = frames_of(make_clip(tmp_path / f"clip{suffix}", codec=codec))
    assert numbers_of(frames) == list(range(30))
    assert [frame.index for frame in frames] == list(range(30))
    gaps = np.diff([frame.time_s for frame in frames])
    assert gaps == pytest.approx(1 / 30, abs=0.0011)


def test_times_of_an_avi_with_b_frames_do_not_go_back(tmp_path: Path) -> None:
    # AVI stores no time of showing, only the order of decoding.
    frames = frames_of(make_clip(tmp_path / "clip.avi", codec="libx264"))
    assert numbers_of(frames) == list(range(30))
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)


def test_the_first_frame_is_not_lost_where_the_origin_is_no_whole_microsecond(
    tmp_path: Path,
) -> None:
    # FFmpeg gives the origin in microseconds: 0.066667 for a first frame at 1/15.
    frames = frames_of(make_clip(tmp_path / "clip.ts"))
    assert frames[0].time_s == pytest.approx(1 / 15, abs=1e-9)
    assert numbers_of(frames)[0] == 0


def test_info_is_what_the_file_declares(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", time_base=1 / NTSC, rate=NTSC)
    with VideoSource(path) as source:
        info = source.info
    assert (info.name, info.path) == ("clip.mp4", path)
    assert (info.width_px, info.height_px, info.is_live) == (160, 120, False)
    assert (info.frame_rate, info.frame_count) == (NTSC, 30)
    assert info.origin_s == 0


def test_times_of_a_29_97_clip_are_exact(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", time_base=1 / NTSC, rate=NTSC, pts=range(60))
    times_s = [frame.time_s for frame in frames_of(path)]
    assert times_s == pytest.approx([float(n / NTSC) for n in range(60)], abs=1e-9)
    with VideoSource(path) as source:
        base = source.info.time_base
    assert base is not None
    assert all((n / NTSC / base).denominator == 1 for n in range(60))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip{suffix}", pts=UNEVEN_MS, time_base=MILLISECOND)
    frames = frames_of(path)
    assert numbers_of(frames) == list(range(len(UNEVEN_MS)))
    wanted = [float(stamp * MILLISECOND) for stamp in UNEVEN_MS]
    assert [frame.time_s for frame in frames] == pytest.approx(wanted, abs=1e-9)


def test_times_of_a_transport_stream_count_from_its_origin(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts", sound="aac")
    with VideoSource(path) as source:
        origin_s = source.info.origin_s
        frames = list(source)
    shift_s = frames[0].time_s - origin_s
    assert 0 <= shift_s < 0.05
    assert frames[15].time_s - frames[0].time_s == pytest.approx(0.5, abs=1e-9)


@pytest.mark.parametrize(
    ("degrees", "size_px", "corners"),
    [(90, (120, 160), "brwg"), (180, (160, 120), "wbgr"), (270, (120, 160), "gwrb")],
)
def test_a_phones_clip_is_upright(
    tmp_path: Path, degrees: int, size_px: tuple[int, int], corners: str
) -> None:
    path = turn(make_clip(tmp_path / "phone.mp4", pts=range(3)), degrees)
    with VideoSource(path) as source:
        info = source.info
        frames = list(source)
    assert (info.width_px, info.height_px) == size_px
    assert [(frame.width_px, frame.height_px) for frame in frames] == [size_px] * 3
    assert [corners_of(frame.bgr) for frame in frames] == [corners] * 3
    assert frames[0].bgr.flags.c_contiguous


def test_rotation_moves_no_pixel(tmp_path: Path) -> None:
    plain = frames_of(make_clip(tmp_path / "plain.mp4", pts=range(1)))[0].bgr
    for degrees, quarters in ((90, -1), (180, 2), (270, 1)):
        path = turn(make_clip(tmp_path / f"{degrees}.mp4", pts=range(1)), degrees)
        assert np.array_equal(frames_of(path)[0].bgr, np.rot90(plain, quarters))


def test_pixels_that_are_not_square_are_widened(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mp4", aspect=Fraction(4, 3), pts=range(3))
    with VideoSource(path) as source:
        info = source.info
        frames = list(source)
    assert (info.width_px, info.height_px) == (213, 120)
    assert frames[2].bgr.shape == (120, 213, 3)
    assert corners_of(frames[2].bgr) == "rgbw"
    # The red corner took a quarter of the width, and still does.
    is_red = frames[0].bgr[5, :, 2].astype(int) > 150
    assert int(np.argmin(is_red)) == pytest.approx(213 / 4, abs=2)


def test_pixels_that_are_not_square_are_widened_before_a_rotation(tmp_path: Path) -> None:
    path = turn(make_clip(tmp_path / "w.mp4", aspect=Fraction(4, 3), pts=range(2)), 90)
    with VideoSource(path) as source:
        assert (source.info.width_px, source.info.height_px) == (120, 213)
        assert corners_of(next(iter(source)).bgr) == "brwg"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_a_part_begins_and_ends_where_asked(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip{suffix}", keyframe_every=30)
    frames = frames_of(path, start_s=0.5, end_s=0.8)
    # A Matroska clip's 24th frame stands at 0.800, a transport stream's first at 0.
    assert numbers_of(frames) == list(range(15, 24))
    assert [frame.index for frame in frames] == list(range(9))
    assert [frame.source_frame for frame in frames] == list(range(15, 24))
    whole = frames_of(path)
    assert frames[0].time_s == whole[15].time_s


@pytest.mark.parametrize("clip", ["dance.mp4", "one_by_one.mp4"])
@needs_shared
def test_frames_of_a_part_know_their_number_in_the_file(clip: str) -> None:
    times_s = [frame.time_s for frame in frames_of(SHARED / "clips" / clip, end_s=3.0)]
    for start_s in (0.0, 0.1, 0.98, 2.5):
        first = frames_of(SHARED / "clips" / clip, start_s, 2.8)[0]
        assert times_s[first.source_frame] == first.time_s
        assert first.index == 0


def test_a_part_estimates_its_frame_count(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    with VideoSource(path, 0.5, 0.8) as source:
        assert source.info.frame_count == 9
    with VideoSource(path, 0.5) as source:
        assert source.info.frame_count == 15
    with VideoSource(path, 0.0, 99.0) as source:
        assert source.info.frame_count == 30
        assert len(list(source)) == 30


def test_an_empty_part_is_refused_and_the_length_named(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    with pytest.raises(SourceError, match=r"it lasts 1\.00 s"):
        VideoSource(path, 5.0)
    with pytest.raises(SourceError, match="nothing in the requested part"):
        VideoSource(path, 0.501, 0.502)


def test_an_animated_webp_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    frames = [np.full((48, 64, 3), grey, np.uint8) for grey in (0, 100)]
    assert cv2.imwritemulti(str(path), frames)
    with pytest.raises(SourceError, match="as FFmpeg decodes no animated WebP: convert it to"):
        VideoSource(path)


def test_a_clip_without_a_frame_that_can_be_decoded_says_what_is_wrong(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4")
    content = path.read_bytes()
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    path.write_bytes(content[:start] + bytes(end - start) + content[end:])
    with pytest.raises(SourceError, match=r"no frame that can be read: \w+"):
        VideoSource(path)


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi"])
def test_a_truncated_file_delivers_what_it_has_and_then_the_number_of_frames_as_an_error(
    tmp_path: Path, suffix: str
) -> None:
    path = make_clip(
        tmp_path / f"clip{suffix}", painter=noise, pts=range(60), movflags="+faststart"
    )
    whole = frames_of(path)
    assert len(whole) == 60
    frames, error = until_it_breaks(cut(path, 0.6))
    assert isinstance(error, SourceCutShort)
    assert 25 <= len(frames) <= 40
    assert f"{len(frames)} frames" in str(error) and path.name in str(error)
    # All but the torn frame, and those that lean on it, are as they were.
    for frame, was in list(zip(frames, whole, strict=False))[:-4]:
        assert frame.time_s == was.time_s
        assert np.array_equal(frame.bgr, was.bgr)


def test_a_complete_file_is_not_reported(tmp_path: Path) -> None:
    for suffix in (".mp4", ".mkv", ".avi", ".ts"):
        path = make_clip(tmp_path / f"clip{suffix}", painter=noise, movflags="+faststart")
        frames, error = until_it_breaks(path)
        assert error is None, f"{suffix}: {error}"
        assert len(frames) == 30


def test_a_part_that_ends_before_the_damage_is_not_reported(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", painter=noise, pts=range(60), movflags="+faststart")
    assert len(frames_of(cut(path, 0.8), end_s=0.5)) == 15


def test_an_mp4_without_its_index_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", painter=noise)
    with pytest.raises(SourceError, match=r"clip\.mp4 is not a video that can be read"):
        VideoSource(cut(path, 0.6))


def test_damage_in_the_middle_loses_little_and_is_reported(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", painter=noise, pts=range(60), keyframe_every=5)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = b"\xff" * 3000
    path.write_bytes(content)
    frames, error = until_it_breaks(path)
    assert len(frames) >= 50
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)
    assert times_s[-1] == pytest.approx(59 / 30)
    assert error is None or isinstance(error, SourceCutShort)


@needs_ffmpeg
def test_a_clip_cut_without_reencoding_is_not_damaged(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "whole.mp4", pts=range(90), keyframe_every=30, sound="aac", sound_s=3
    )
    for suffix in (".mp4", ".mov", ".mkv"):
        part = tmp_path / f"part{suffix}"
        ffmpeg("-ss", "1.5", "-i", path, "-c", "copy", part)
        frames, error = until_it_breaks(part)
        assert error is None, f"{suffix}: {error}"
        assert numbers_of(frames)[-1] == 89
        assert 45 <= len(frames) <= 60


@needs_ffmpeg
def test_an_edit_list_hides_what_comes_before_it(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "whole.mp4", pts=range(90), keyframe_every=30)
    part = tmp_path / "part.mp4"
    ffmpeg("-ss", "1.5", "-i", path, "-c", "copy", part)
    frames = frames_of(part)
    first = number_of(frames[0].bgr)
    at_0 = next(number_of(frame.bgr) for frame in frames if frame.time_s >= 0)
    assert at_0 == 45
    assert first in (30, 45)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".ts"])
def test_audio_longer_than_the_video_is_no_damage(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip{suffix}", sound="aac", sound_s=4.0)
    frames, error = until_it_breaks(path)
    assert error is None
    assert len(frames) == 30


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_audio_shorter_than_the_video_is_no_damage(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / f"clip{suffix}", pts=range(60), sound="aac", sound_s=0.6)
    frames, error = until_it_breaks(path)
    assert error is None
    assert len(frames) == 60


@pytest.mark.parametrize("name", ["sound.m4a", "sound.mp4", "sound.mkv"])
def test_a_file_with_audio_only_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="no video stream"):
        VideoSource(make_sound_file(tmp_path / name))


def test_a_missing_video_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"no\.mp4"):
        VideoSource(tmp_path / "no.mp4")


def test_a_long_gap_between_two_frames_is_no_damage(tmp_path: Path) -> None:
    stamps = [0, 33, 66, 3000, 3033]
    frames, error = until_it_breaks(
        make_clip(tmp_path / "clip.mp4", pts=stamps, time_base=MILLISECOND)
    )
    assert error is None
    assert numbers_of(frames) == list(range(5))


def test_names_in_any_script_and_with_percent_signs_are_opened(tmp_path: Path) -> None:
    for name in ("танец 舞.mp4", "100%03d.mp4", "a:b.mp4", "-i.mp4"):
        made = make_clip(tmp_path / "plain.mp4", pts=range(3))
        path = made.rename(tmp_path / name)
        assert len(frames_of(path)) == 3


SIZES = {"SD": (160, 120), "HD": (1280, 720)}


@pytest.mark.parametrize(
    ("size", "colorspace"),
    [("SD", None), ("SD", BT601), ("HD", None), ("HD", BT709)],
    ids=["SD untagged", "SD tagged BT.601", "HD untagged", "HD tagged BT.709"],
)
def test_pure_colors_stay_pure(tmp_path: Path, size: str, colorspace: int | None) -> None:
    width_px, height_px = SIZES[size]
    path = make_clip(
        tmp_path / "clip.mp4",
        width_px=width_px,
        height_px=height_px,
        pts=range(2),
        painter=patches,
        colorspace=colorspace,
    )
    got = patch_colors(frames_of(path)[0].bgr)
    assert np.abs(got - np.array([RED, GREEN, BLUE])).max() <= 12


def test_no_frame_of_a_large_clip_is_lost_at_its_end(tmp_path: Path) -> None:
    # Large pictures are decoded by threads over frames, which hold some back.
    path = make_clip(tmp_path / "hd.mp4", width_px=1280, height_px=720, pts=range(12))
    assert numbers_of(frames_of(path)) == list(range(12))


def test_a_source_that_is_closed_during_a_read_is_closed_by_its_reader(tmp_path: Path) -> None:
    content = make_clip(tmp_path / "clip.mkv", painter=noise, pts=range(120)).read_bytes()
    reading, writing = os.pipe()
    seen: list[int] = []
    has_begun = threading.Event()

    def read(source: VideoSource) -> None:
        for frame in source:
            seen.append(frame.index)
            has_begun.set()

    def feed() -> None:  # all but the end, for which the reader waits
        left = memoryview(content)[: len(content) * 3 // 4]
        while left:
            left = left[os.write(writing, left) :]

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    with os.fdopen(reading, "rb") as pipe:
        source = VideoSource(Path("pipe"), pipe=pipe)
        reader = threading.Thread(target=read, args=(source,), daemon=True)
        reader.start()
        feeder.join(30)
        assert has_begun.wait(30)
        source.close()
        os.close(writing)
        reader.join(30)
        assert not reader.is_alive()
        source.close()
    assert 0 < len(seen) < 120 and seen == list(range(len(seen)))
