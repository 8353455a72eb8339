"""Damaged videos: what is missing or corrupt is counted, said, and marked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from livepose.core.errors import SourceCutShort
from livepose.core.frame import Frame
from livepose.sources.container_walk import broken_places
from livepose.sources.damage import FrameTally, describe_corrupt
from livepose.sources.sample_tables import tables_agree
from livepose.sources.video import VideoSource
from tests.support.media import ffmpeg, make_clip, noise
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared


def read(path: Path) -> tuple[list[Frame], str]:
    """Return the frames of a clip, and what the source says of its damage."""
    frames: list[Frame] = []
    with VideoSource(path) as source:
        try:
            frames.extend(source)
        except SourceCutShort as error:
            return frames, str(error)
    return frames, ""


def zero(path: Path, share: float, share_length: float) -> Path:
    """Overwrite a part of a file with zeros, and return it."""
    content = bytearray(path.read_bytes())
    start, length = int(share * len(content)), int(share_length * len(content))
    content[start : start + length] = bytes(length)
    path.write_bytes(content)
    return path


CLIPS = {
    ".mkv": "libx264",
    ".webm": "libvpx-vp9",
    ".flv": "libx264",
    ".avi": "mpeg4",
    ".ts": "libx264",
    ".wmv": "wmv2",
    ".mxf": "mpeg2video",
}


@pytest.mark.parametrize("suffix", CLIPS)
def test_a_part_of_zeros_is_reported_in_every_container(suffix: str, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / f"clip{suffix}", codec=CLIPS[suffix], painter=noise)
    frames, said = read(clip)
    assert (len(frames), said) == (30, "")
    frames, said = read(zero(clip, 0.4, 0.1))
    assert said.startswith(f"{clip} is damaged")
    assert f"{30 - len(frames)} of 30 frames " in said or "is corrupt" in said or len(frames) == 30


def test_the_frames_that_a_zeroed_mkv_lacks_are_counted(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", codec="mjpeg", pix_fmt="yuvj420p", painter=noise)
    frames, said = read(zero(clip, 0.5, 0.2))
    lost = 30 - len(frames)
    assert 5 <= lost <= 20
    assert f"clip.mkv is damaged: {lost} of 30 frames are missing" in said


def flip_bits(path: Path) -> Path:
    """Damage the second half of the frames of an MP4, and leave its index whole."""
    content = bytearray(path.read_bytes())
    start = content.index(b"mdat") + 4
    end = content.index(b"moov") - 4
    for offset in range((start + end) // 2, end - 10, (end - start) // 20):
        content[offset] ^= 0x55
    path.write_bytes(content)
    return path


def test_frames_that_the_decoder_calls_corrupt_are_marked_and_listed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", painter=noise, keyframe_every=30)
    assert not any(frame.is_corrupt for frame in read(clip)[0])
    frames, said = read(flip_bits(clip))
    marked = [frame.index for frame in frames if frame.is_corrupt]
    assert marked
    assert "clip.mp4 is damaged: " in said
    verb = "is" if len(marked) == 1 else "are"
    assert (
        f"{len(marked)} frames {verb} corrupt (" in said
        or f"{len(marked)} {verb} corrupt (" in said
    )


def test_a_checksum_that_does_not_match_is_damage(tmp_path: Path) -> None:
    # Of a raw frame, no decoder could tell.
    clip = make_clip(tmp_path / "clip.mkv", codec="rawvideo", width_px=32, height_px=32)
    content = bytearray(clip.read_bytes())
    content[len(content) // 2] ^= 1
    clip.write_bytes(content)
    assert read(clip)[1].endswith("is damaged in 1 place: 30 frames could be read, up to 0.97 s")


def test_bytes_that_are_cut_out_of_an_ogg_break_the_numbers_of_its_pages(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ogv", codec="libvpx", painter=noise)
    assert broken_places(clip, "ogg") == 0
    content = clip.read_bytes()
    pages = [at for at in range(len(content)) if content.startswith(b"OggS", at)]
    clip.write_bytes(content[: pages[2]] + content[pages[3] :])
    assert broken_places(clip, "ogg") == 1


CUT = {".flv": ("flv", "libx264"), ".y4m": ("yuv4mpegpipe", "rawvideo"), ".gif": ("gif", "gif")}


@pytest.mark.parametrize("suffix", CUT)
def test_a_last_frame_that_is_cut_off_is_a_broken_place(suffix: str, tmp_path: Path) -> None:
    format_name, codec = CUT[suffix]
    pix_fmt = "bgr8" if codec == "gif" else "yuv420p"
    clip = make_clip(tmp_path / f"clip{suffix}", codec=codec, pix_fmt=pix_fmt)
    assert broken_places(clip, format_name) == 0
    clip.write_bytes(clip.read_bytes()[:-30])
    assert broken_places(clip, format_name) == 1


def broken_by(clip: Path, format_name: str, start: int, new: bytes, removed: int) -> int:
    """Return the broken places of a clip after some of its bytes are replaced."""
    content = clip.read_bytes()
    damaged = clip.with_stem("damaged")
    damaged.write_bytes(content[:start] + new + content[start + removed :])
    return broken_places(damaged, format_name)


WALKED = {
    ".ogv": ("ogg", "libvpx"),
    ".wmv": ("asf", "mpeg2video"),
    ".nut": ("nut", "libx264"),
    ".mpg": ("mpeg", "mpeg1video"),
}


@pytest.mark.parametrize("suffix", WALKED)
def test_bytes_that_are_missing_break_a_walk_through_packets(suffix: str, tmp_path: Path) -> None:
    format_name, codec = WALKED[suffix]
    clip = make_clip(tmp_path / f"clip{suffix}", codec=codec, painter=noise)
    assert broken_places(clip, format_name) == 0
    middle = clip.stat().st_size // 2
    assert broken_by(clip, format_name, middle, b"", 5000) >= 1
    assert broken_by(clip, format_name, middle + 3001, b"", clip.stat().st_size) == 1


def test_one_wrong_byte_of_an_ogg_page_breaks_its_checksum(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ogv", codec="libvpx", painter=noise)
    assert broken_by(clip, "ogg", clip.stat().st_size // 2, b"\0\0\0\0", 4) == 1


def test_a_gif_with_a_block_of_an_unknown_kind_is_broken(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.gif", codec="gif", pix_fmt="bgr8")
    second = clip.read_bytes().index(b"\x21\xf9", 900)
    assert broken_by(clip, "gif", second, b"\x07", 1) == 1


def test_an_avi_without_its_list_of_frames_is_broken(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.avi", codec="mpeg4")
    frames = clip.read_bytes().index(b"movi") - 8
    assert broken_by(clip, "avi", frames, bytes(12), 12) == 1


def test_a_last_packet_that_is_cut_off_breaks_a_transport_stream(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ts")
    assert broken_by(clip, "mpegts", clip.stat().st_size - 30, b"", 30) == 1


def test_zeros_before_a_pack_are_the_padding_of_a_video_cd(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mpg", codec="mpeg1video", painter=noise)
    second = clip.read_bytes().index(b"\0\0\1\xba", 10)
    assert broken_by(clip, "mpeg", second, bytes(20), 0) == 0
    assert broken_by(clip, "mpeg", second, bytes(200), 0) == 1


def test_frames_that_the_header_counts_and_that_never_come_are_missed(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ivf", codec="libvpx-vp9")
    assert read(clip)[1] == ""
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) // 2])
    assert "clip.ivf is damaged: " in read(clip)[1]


def tally(times: list[float], corrupt: tuple[int, ...] = ()) -> FrameTally:
    """Return a tally of frames at these times."""
    made = FrameTally()
    for index, time_s in enumerate(times):
        made.add(index, time_s, is_corrupt=index in corrupt)
    return made


def test_no_number_is_said_where_the_frame_rate_is_not_constant() -> None:
    uneven = tally([0.0, 0.1, 0.15, 0.5, 0.52, 1.9])
    assert uneven.missing_frames(length_s=4.0) == 0


def test_frames_are_missing_in_gaps_and_at_the_end() -> None:
    times = [n / 30 for n in range(30) if n not in (10, 11, 20) and n < 28]
    assert tally(times).missing_frames(length_s=None) == 3
    assert tally(times).missing_frames(length_s=1.0) == 5


Describe = Callable[[], str]
SENTENCES: dict[str, Describe] = {
    "": lambda: tally([0.0, 0.1]).describe(missing=0),
    "1 of 3 frames is missing": lambda: tally([0.0, 0.1]).describe(missing=1),
    "1 frame is corrupt (1)": lambda: tally([0.0, 0.1], (1,)).describe(missing=0),
    "2 of 4 frames are missing, and 1 is corrupt (1)": lambda: tally([0.0, 0.1], (1,)).describe(2),
    "5 frames are corrupt (1, 3 to 5 and 8)": lambda: describe_corrupt([1, 3, 4, 5, 8]),
    "3 frames are corrupt (1, 2 and 8)": lambda: describe_corrupt([1, 2, 8]),
    "8 frames are corrupt (1, 3, 5, 7, 9 and 3 more)": lambda: describe_corrupt(
        [1, 3, 5, 7, 9, 11, 13, 15]
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_is_missing_and_corrupt_is_one_sentence(sentence: str) -> None:
    assert SENTENCES[sentence]() == sentence


@needs_shared
@pytest.mark.parametrize("name", ["vfr8.mkv", "webrtc.webm", "twice.ts", "insta.mp4", "base.mp4"])
def test_odd_but_good_clips_are_not_called_damaged(name: str) -> None:
    assert read(SHARED / "cases" / name)[1] == ""


def test_metadata_that_are_no_utf_8_do_no_harm(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv")
    content = (
        clip.read_bytes()
        .replace(b"Lavf", b"\xff\xfe\x1b\x80")
        .replace(b"DURA", b"\xff\xfe\xfd\xfc")
    )
    clip.write_bytes(content)
    assert len(read(clip)[0]) == 30


def damaged_copy(clip: Path, start: int, new: bytes) -> Path:
    """Return a copy of a clip in which some bytes are others."""
    content = clip.read_bytes()
    copy = clip.with_stem("damaged")
    copy.write_bytes(content[:start] + new + content[start + len(new) :])
    return copy


def test_frames_that_the_index_of_an_mp4_lists_and_that_cannot_be_read_are_counted(
    tmp_path: Path,
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", codec="mpeg4", pts=range(60), painter=noise)
    assert read(clip)[1] == ""
    sizes = clip.read_bytes().index(b"stsz") + 16
    damaged = damaged_copy(clip, sizes + 4 * 20, b"\x00\xff\xff\xff")  # behind the end of the file
    frames, said = read(damaged)
    assert 0 < len(frames) < 60
    assert said == f"{damaged} is damaged: {60 - len(frames)} of 60 frames are missing"


def test_the_frames_of_a_damaged_mp4_are_counted_by_its_index(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", pts=range(60), painter=noise, keyframe_every=20)
    frames, said = read(zero(clip, 0.3, 0.3))
    assert len(frames) < 60
    assert f"{60 - len(frames)} of 60 frames are missing" in said


@pytest.mark.parametrize("time", [b"\x40\x00\x00\x00", b"\x00\x10\x00\x00"])
def test_a_frame_of_an_mp4_whose_time_is_damaged_is_missed(time: bytes, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    assert tables_agree(clip)
    times = clip.read_bytes().index(b"ctts") + 12
    damaged = damaged_copy(clip, times + 8 * 10 + 4, time)
    frames, said = read(damaged)
    assert len(frames) == 29
    assert said.startswith(f"{damaged} is damaged")


def test_the_parts_of_an_object_in_an_asf_agree_on_its_size(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.wmv", codec="rawvideo")
    size = (160 * 120 * 3 // 2).to_bytes(4, "little")
    second = clip.read_bytes().index(size, clip.stat().st_size // 2)
    assert broken_by(clip, "asf", second, b"\x01", 1) > 0


def test_a_nut_without_its_index_was_cut(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.nut", codec="mpeg4")
    index = clip.read_bytes().index(bytes.fromhex("4e58dd672f23e64e"))
    assert broken_by(clip, "nut", index, b"", clip.stat().st_size) == 1


def test_bytes_that_are_missing_in_the_images_of_a_gif_break_its_parts(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.gif", codec="gif", pix_fmt="bgr8", painter=noise)
    content = clip.read_bytes()
    assert broken_places(clip, "gif") == 0
    full = content.index(b"\xff", 2000)
    # A part that is shorter and goes on at once, as where bytes were lost and the rest fits again.
    shorter = b"\x10" + content[full + 1 : full + 17] + b"\xee" + content[full + 17 : full + 255]
    assert broken_by(clip, "gif", full, shorter, 256) == 1


def test_packets_that_are_missing_break_the_numbers_of_a_transport_stream(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ts", painter=noise)
    assert broken_by(clip, "mpegts", 188 * 100, b"", 188 * 10) == 1


def test_clips_may_be_joined_to_one_transport_stream(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.ts", painter=noise)
    assert broken_by(clip, "mpegts", 0, clip.read_bytes(), 0) == 0


def test_the_video_of_an_flv_is_of_one_codec(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.flv", codec="flv1")
    content = clip.read_bytes()
    description_bytes = int.from_bytes(content[14:17], "big")
    first = 13 + 11 + description_bytes + 4 + 11
    assert broken_by(clip, "flv", first, b"\x17", 1) == 1


@pytest.mark.parametrize("cut_bytes", [1, 4])
def test_the_size_behind_the_last_tag_of_an_flv_is_there_or_not(
    cut_bytes: int, tmp_path: Path
) -> None:
    clip = make_clip(tmp_path / "clip.flv")
    end = clip.stat().st_size
    assert broken_by(clip, "flv", end - cut_bytes, b"", cut_bytes) == (cut_bytes == 1)


def test_an_flv_that_is_shorter_than_its_description_says_is_cut(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.flv", codec="flv1")
    content = clip.read_bytes()
    last = content.rindex(b"\x09\x00", 0, len(content) - 20)
    clip.write_bytes(content[:last])
    assert " is cut short: 29 frames could be read" in read(clip)[1]


def test_a_long_file_is_looked_at_for_a_limited_time_which_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clip = make_clip(tmp_path / "clip.mkv", painter=noise)
    caplog.set_level("INFO")
    assert broken_places(clip, "matroska,webm", limit_s=0.0) == 0
    assert "the rest of clip.mkv is too long to look for damage in it" in caplog.messages


@needs_ffmpeg
def test_a_theora_film_that_repeats_frames_is_whole(tmp_path: Path) -> None:
    moving = make_clip(tmp_path / "moving.mp4", pts=range(12))
    repeating = ("-vf", "loop=loop=4:size=1:start=5", "-c:v", "libtheora")
    ffmpeg("-i", moving, *repeating, tmp_path / "film.ogv")
    frames, said = read(tmp_path / "film.ogv")
    assert said == ""
    assert len(frames) > 1
