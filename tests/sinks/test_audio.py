"""The audio of a source in the file that is written: copied or encoded, and in time."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from livepose.sinks.audio import select_audio
from livepose.system.pyav import av
from tests.support.media import (
    beep_start_s,
    ffmpeg,
    make_clip,
    numbered,
    shown,
    sound_of,
    sound_packets,
    times_of,
)
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared
from tests.support.video_files import (
    copy_clip,
    names_in,
    numbers_in,
)


def test_a_transport_stream_begins_at_0_with_audio_and_video_in_sync(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.ts", sound="aac")
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    times_s = times_of(target)
    assert 0 <= times_s[0] < Fraction(1, 20)
    assert numbers_in(target) == list(range(30))
    assert audio_lag_s(target) == pytest.approx(0, abs=0.03)


def audio_lag_s(path: Path, number: int = 15) -> float:
    """Measure how much later the tone begins than the picture that it began with."""
    shown_s = next(time_s for time_s, painted in shown(path) if painted == number)
    return beep_start_s(path) - float(shown_s)


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_aac_is_copied_bit_for_bit_at_the_same_times(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / "in.mp4", sound="aac")
    target, _ = copy_clip(path, tmp_path / f"out{suffix}")
    before, after = sound_packets(path), sound_packets(target)
    assert [data for _, data in after] == [data for _, data in before]
    times_s = [float(time_s) for time_s, _ in after]
    # Matroska counts milliseconds.
    unit_s = 0.001 if suffix == ".mkv" else 1e-9
    assert times_s == pytest.approx([float(time_s) for time_s, _ in before], abs=unit_s)
    assert audio_lag_s(target) == pytest.approx(audio_lag_s(path), abs=unit_s)
    assert names_in(tmp_path) == ["in.mp4", target.name]


@pytest.mark.parametrize(
    ("codec", "suffix"), [("libmp3lame", ".mp4"), ("libopus", ".mkv"), ("ac3", ".mkv")]
)
def test_other_codecs_that_mp4_can_carry_are_copied_too(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    path = make_clip(tmp_path / f"in{suffix}", sound=codec)
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    before, after = (sound_packets(file) for file in (path, target))
    assert [data for _, data in after] == [data for _, data in before]
    assert audio_lag_s(target) == pytest.approx(audio_lag_s(path), abs=0.005)


@pytest.mark.parametrize(
    ("codec", "suffix"),
    [
        ("pcm_s16le", ".mov"),
        ("pcm_s16le", ".mkv"),
        ("pcm_s16le", ".avi"),
        ("pcm_u8", ".avi"),
        ("flac", ".mkv"),
    ],
)
def test_codecs_that_players_do_not_know_in_mp4_become_aac_of_the_same_length(
    tmp_path: Path, codec: str, suffix: str
) -> None:
    pictures = "mpeg4" if suffix == ".avi" else "libx264"
    path = make_clip(tmp_path / f"in{suffix}", codec=pictures, sound=codec)
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
    start_s, samples = sound_of(target)
    assert start_s + len(samples) / 48_000 == pytest.approx(1.0, abs=0.025)
    assert audio_lag_s(target) == pytest.approx(0, abs=0.005)


def test_matroska_carries_any_codec_unchanged(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mov", sound="pcm_s16le")
    target, _ = copy_clip(path, tmp_path / "out.mkv")
    before, after = (b"".join(data for _, data in sound_packets(f)) for f in (path, target))
    assert after == before


def test_audio_longer_than_the_video_is_kept(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mp4", sound="aac", sound_s=2.0)
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    assert len(sound_packets(target)) == len(sound_packets(path))


@pytest.mark.parametrize("sound", ["aac", "pcm_s16le"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_part_begins_at_0_with_its_audio_in_sync(tmp_path: Path, sound: str, suffix: str) -> None:
    path = make_clip(
        tmp_path / "in.mov", pts=range(60), sound=sound, sound_s=2.0, beep_s=1.0, keyframe_every=30
    )
    target, written = copy_clip(path, tmp_path / f"out{suffix}", start_s=0.7, end_s=1.5)
    assert written == 24
    assert numbers_in(target) == list(range(21, 45))
    assert times_of(target)[0] == 0
    assert audio_lag_s(target, 30) == pytest.approx(0, abs=0.022)
    # And it ends with the pictures.
    start_s, samples = sound_of(target)
    assert start_s + len(samples) / 48_000 == pytest.approx(0.8, abs=0.05)


def unknown(path: Path, target: Path) -> Path:
    """Write a copy in which nobody knows the codec of what was AC-3."""
    target.write_bytes(path.read_bytes().replace(b"ac-3", b"qqqq"))
    return target


def test_audio_of_an_unknown_codec_is_left_out_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = unknown(make_clip(tmp_path / "plain.mp4", sound="ac3"), tmp_path / "in.mp4")
    with caplog.at_level("INFO", "livepose"):
        target, written = copy_clip(path, tmp_path / "out.mp4")
    assert written == 30
    with av.open(str(target)) as container:
        assert not container.streams.audio
    (record,) = caplog.records
    assert record.getMessage() == (
        "left out of out.mp4: an audio track whose codec FFmpeg does not know"
    )


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_first_audio_that_can_be_decoded_is_copied(tmp_path: Path, suffix: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", sound="aac")
    other = make_clip(tmp_path / "other.mp4", sound="ac3")
    both = tmp_path / "both.mp4"
    maps = ("-map", "0:v", "-map", "1:a", "-map", "0:a", "-c", "copy")
    ffmpeg("-i", clip, "-i", other, *maps, both)
    path = unknown(both, tmp_path / "in.mp4")
    target, _ = copy_clip(path, tmp_path / f"out{suffix}")
    with av.open(str(target)) as container:
        assert [s.codec_context.name for s in container.streams.audio] == ["aac"]
    assert audio_lag_s(target) == pytest.approx(0, abs=0.03)


def test_a_track_that_is_announced_and_never_comes_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "in.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        container.add_stream("aac", rate=48_000).layout = "mono"
        for number in range(10):
            picture = av.VideoFrame.from_ndarray(numbered(number, 160, 120), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    with av.open(str(path)) as container:
        assert select_audio(container) == []
    target, written = copy_clip(path, tmp_path / "out.mp4")
    assert written == 10
    with av.open(str(target)) as container:
        assert not container.streams.audio


def test_what_matroska_cannot_carry_becomes_aac(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mov", sound="adpcm_ima_qt")
    target, _ = copy_clip(path, tmp_path / "out.mkv")
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"


@needs_shared
def test_a_phones_spatial_track_alone_gives_a_film_without_sound(tmp_path: Path) -> None:
    target, written = copy_clip(SHARED / "cases" / "apac_only.mp4", tmp_path / "out.mp4")
    assert written == 60
    with av.open(str(target)) as container:
        assert not container.streams.audio


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_every_audio_track_is_kept_with_its_language(tmp_path: Path, suffix: str) -> None:
    first = make_clip(tmp_path / "first.mp4", sound="aac")
    second = make_clip(tmp_path / "second.mkv", sound="pcm_s16le", beep_s=0.2)
    path = tmp_path / "in.mkv"
    languages = ("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra")
    maps = ("-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy")
    ffmpeg("-i", first, "-i", second, *maps, *languages, path)
    target, _ = copy_clip(path, tmp_path / f"out{suffix}")
    with av.open(str(target)) as container:
        assert [stream.language for stream in container.streams.audio] == ["eng", "fra"]
        assert [
            sum(packet.size > 0 for packet in container.demux(stream)) > 20
            for stream in container.streams.audio[:1]
        ] == [True]


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_title_and_creation_time_are_kept_and_the_rest_is_named(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    clip, path = make_clip(tmp_path / "clip.mp4", sound="aac"), tmp_path / "in.mov"
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,200 --> 00:00:00,900\nhello\n")
    tags = ("-metadata", "title=My film", "-metadata", "creation_time=2024-05-06T07:08:09Z")
    maps = ("-map", "0", "-map", "1", "-c", "copy", "-c:s", "mov_text", "-timecode", "01:02:03:04")
    ffmpeg("-i", clip, "-i", words, *maps, *tags, path)
    with caplog.at_level("INFO", "livepose"):
        target, written = copy_clip(path, tmp_path / f"out{suffix}")
    assert written == 30
    with av.open(str(target)) as container:
        found = {key.lower(): value for key, value in container.metadata.items()}
        assert container.streams.video[0].frames in (30, 0 if suffix == ".mkv" else 30)
    assert found["title"] == "My film"
    assert found["creation_time"].startswith("2024-05-06T07:08:09")
    assert found.get("timecode") == ("01:02:03:04" if suffix == ".mkv" else None)
    (record,) = caplog.records
    rest = "subtitles (mov_text)" + ("" if suffix == ".mkv" else " and the timecode track")
    assert record.getMessage() == f"left out of out{suffix}: {rest}"
