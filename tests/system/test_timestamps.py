"""Time stamps that jump: time goes on by one frame, and the sound with it."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from livepose.system.timestamps import TimestampRepair, has_jumps
from tests.support.media import ffmpeg, make_clip, number_of, numbered, shown, sound_of
from tests.support.needs import SHARED, needs_ffmpeg, needs_shared
from tests.support.video_files import copy_clip, frames_of

FRAME_S = 1 / 30


def joined(path: Path, *parts: Path) -> Path:
    """Join transport streams byte by byte, as recorders and `cat` do."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def clip_at(path: Path, first: int, start_s: int, sound: str | None = "aac") -> Path:
    """Write 30 frames with the numbers from `first` on, whose time stamps begin at `start_s`."""
    plain = make_clip(
        path.with_suffix(".mp4"),
        painter=lambda n, width_px, height_px: numbered_from(first, n, width_px, height_px),
        sound=sound,
    )
    ffmpeg("-i", plain, "-c", "copy", "-output_ts_offset", str(start_s), path)
    return path


def numbered_from(first: int, number: int, width_px: int, height_px: int) -> np.ndarray:
    return numbered(first + number, width_px, height_px)


JUMPS = {
    "back to the beginning": (0, 0),
    "back": (100, 3),
    "forward": (0, 1000),
}


@needs_ffmpeg
@pytest.mark.parametrize("jump", JUMPS)
@pytest.mark.parametrize("sound", [None, "aac"])
def test_joined_clips_follow_one_another_by_one_frame(
    tmp_path: Path, sound: str | None, jump: str
) -> None:
    first_s, second_s = JUMPS[jump]
    path = joined(
        tmp_path / "both.ts",
        clip_at(tmp_path / "a.ts", 0, first_s, sound),
        clip_at(tmp_path / "b.ts", 30, second_s, sound),
    )
    frames = frames_of(path)
    assert [number_of(frame.bgr) for frame in frames] == list(range(60))
    steps_s = np.diff([frame.time_s for frame in frames])
    assert steps_s == pytest.approx(FRAME_S, abs=0.002)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_the_sound_goes_with_the_frames(tmp_path: Path, suffix: str) -> None:
    path = joined(
        tmp_path / "three.ts",
        clip_at(tmp_path / "a.ts", 0, 0),
        clip_at(tmp_path / "b.ts", 30, 0),
        clip_at(tmp_path / "c.ts", 60, 700),
    )
    target, written = copy_clip(path, tmp_path / f"out{suffix}")
    assert written == 90
    times_s = [float(time_s) for time_s, _ in shown(target)]
    assert np.diff(times_s) == pytest.approx(FRAME_S, abs=0.002)
    start_s, samples = sound_of(target)
    is_loud = np.abs(samples) > 0.1
    # In each second the tone begins with the 15th frame, and ends with the clip.
    for number in (15, 45, 75):
        at = int((times_s[number] - start_s) * 48_000)
        assert not is_loud[at - 7000 : at - 2500].any()
        assert is_loud[at + 2500 : at + 7000].any()
    assert len(samples) / 48_000 == pytest.approx(3.0, abs=0.15)


@needs_ffmpeg
def test_a_part_of_joined_clips_is_cut_by_the_repaired_times(tmp_path: Path) -> None:
    path = joined(
        tmp_path / "both.ts", clip_at(tmp_path / "a.ts", 0, 0), clip_at(tmp_path / "b.ts", 30, 0)
    )
    assert has_jumps(path)
    frames = frames_of_part(path, 1.5, 1.8)
    assert frames == list(range(45, 54))
    target, written = copy_clip(path, tmp_path / "out.mp4", start_s=1.2, end_s=1.8)
    assert written == 18
    start_s, samples = sound_of(target)
    first_s = start_s + int(np.argmax(np.abs(samples) > 0.1)) / 48_000
    assert first_s == pytest.approx(0.3, abs=0.05)


def frames_of_part(path: Path, start_s: float, end_s: float) -> list[int]:
    with VideoSource(path, start_s, end_s) as source:
        return [number_of(frame.bgr) for frame in source]


def test_an_ordinary_film_has_no_jumps(tmp_path: Path) -> None:
    for suffix in (".mp4", ".mkv", ".ts"):
        assert not has_jumps(make_clip(tmp_path / f"clip{suffix}", sound="aac"))


def test_a_pause_is_no_jump(tmp_path: Path) -> None:
    pts = [*range(5), *range(5 + 30 * 8, 10 + 30 * 8)]
    frames = frames_of(make_clip(tmp_path / "clip.ts", pts=pts))
    assert frames[5].time_s - frames[4].time_s == pytest.approx(8 + FRAME_S, abs=0.002)
    long = [*range(5), *range(5 + 30 * 90, 10 + 30 * 90)]
    frames = frames_of(make_clip(tmp_path / "clip.mkv", pts=long))
    assert frames[5].time_s - frames[4].time_s == pytest.approx(90 + FRAME_S, abs=0.002)


def test_times_rise_strictly_in_files_whose_stamps_do_not(tmp_path: Path) -> None:
    pts = [0, 1, 1, 2, 2, 5]
    path = make_clip(tmp_path / "clip.mkv", pts=pts, time_base=Fraction(1, 25))
    times_s = [frame.time_s for frame in frames_of(path)]
    assert len(times_s) == len(pts)
    assert all(later > earlier for earlier, later in itertools.pairwise(times_s))
    assert times_s[-1] == pytest.approx(0.2)


@needs_ffmpeg
def test_the_wrap_of_33_bits_is_no_jump(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = clip_at(tmp_path / "clip.ts", 0, 2**33 // 90_000 - 2)
    with caplog.at_level("INFO", "livepose"):
        frames = frames_of(path)
    assert len(frames) == 30
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(FRAME_S, abs=0.002)
    assert not caplog.records


def test_a_single_wrong_stamp_costs_no_time(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.ts", codec="mpeg2video")  # without B-frames
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        repair = TimestampRepair(container, video)
        times_s: list[float] = []
        for number, packet in enumerate(sent_packets(container, video)):
            if number == 10:
                packet.dts += 90_000 * 5000
                packet.pts += 90_000 * 5000
            repair.move_video(packet)
            times_s.append(float(packet.dts * packet.time_base))
    assert repair.jumps == 2
    assert np.diff(times_s).min() > 0
    assert np.diff(times_s).max() < 0.2


@needs_ffmpeg
def test_a_jump_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    parts = [clip_at(tmp_path / f"{n}.ts", 30 * n, 0, None) for n in range(3)]
    path = joined(tmp_path / "three.ts", *parts)
    with caplog.at_level("INFO", "livepose"):
        frames_of(path)
    (record,) = caplog.records
    assert record.getMessage() == (
        "the time stamps of three.ts jump: time goes on by one frame there"
    )


@needs_shared
def test_two_clips_joined_last_as_long_as_both() -> None:
    frames = frames_of(SHARED / "cases" / "twice.ts")
    assert len(frames) == 120
    assert np.diff([frame.time_s for frame in frames]) == pytest.approx(FRAME_S, abs=1e-6)


def sent_packets(container: Any, video: Any) -> list[Any]:
    return [packet for packet in container.demux(video) if packet.dts is not None]
