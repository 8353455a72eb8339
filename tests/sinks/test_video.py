"""The H.264 file: each frame at its time, the sound beside it, nothing lost when it goes wrong."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import SinkError, SourceCutShort
from livepose.core.frame import Frame, StreamInfo
from livepose.sinks.part_file import SUFFIXES
from livepose.sinks.video import VideoSink
from livepose.sources import open_source
from livepose.sources.image import ImageSource
from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from tests.support.media import (
    Picture,
    corners_of,
    make_clip,
    number_of,
    numbered,
    shown,
    times_of,
    turn,
)
from tests.support.paths import CHECKOUT
from tests.support.programs import LIMIT_S
from tests.support.video_files import (
    FILE,
    LIVE,
    NTSC,
    copy_clip,
    frame_at,
    names_in,
    numbers_in,
    part_beside,
    write_numbered,
)

MILLISECOND = Fraction(1, 1000)
UNEVEN_MS = [0, 33, 100, 101, 350, 351, 352, 1000, 1500, 1533]
on_unix = pytest.mark.skipif(os.name != "posix", reason="needs signals and resource limits")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".MP4"])
def test_every_frame_is_in_the_file_and_nothing_else_is_left(tmp_path: Path, suffix: str) -> None:
    target = write_numbered(tmp_path / f"out{suffix}", [n / 30 for n in range(30)])
    assert numbers_in(target) == list(range(30))
    assert names_in(tmp_path) == [target.name]


def test_several_frames_at_once_are_written_as_one_after_the_other(tmp_path: Path) -> None:
    times_s = [0.0, 0.04, 0.1, 0.1, 0.3, 0.35, 0.5]
    frames = [frame_at(number, time_s) for number, time_s in enumerate(times_s)]
    one_by_one = write_numbered(tmp_path / "one.mp4", times_s)
    with VideoSink(tmp_path / "all.mp4", FILE) as sink:
        for first, behind in ((0, 3), (3, 3), (3, 7)):
            sink.write_all(frames[first:behind])
    assert sink.frames_written == len(frames)
    assert shown(tmp_path / "all.mp4") == shown(one_by_one)
    assert numbers_in(one_by_one) == list(range(len(frames)))


def test_it_is_h264_in_yuv420p_with_tagged_colors(tmp_path: Path) -> None:
    with av.open(str(write_numbered(tmp_path / "out.mp4", [0.0, 0.1]))) as container:
        context = container.streams.video[0].codec_context
        assert context.name == "h264"
        assert context.pix_fmt == "yuv420p"
        assert (context.width, context.height) == (160, 120)
        assert (context.colorspace, context.color_range) == (6, 1)


@pytest.mark.parametrize("suffix", [".mp4", ".m4v", ".mov"])
def test_the_index_is_in_front_of_the_frames(tmp_path: Path, suffix: str) -> None:
    content = write_numbered(tmp_path / f"out{suffix}", [n / 30 for n in range(30)]).read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")
    assert b"moof" not in content


def test_the_header_has_the_frame_count_and_the_duration(tmp_path: Path) -> None:
    target = write_numbered(tmp_path / "out.mp4", [n / 30 for n in range(30)])
    with av.open(str(target)) as container:
        stream = container.streams.video[0]
        assert stream.frames == 30
        assert stream.average_rate == 30
        assert stream.duration is not None and stream.time_base is not None
        assert float(stream.duration * stream.time_base) == pytest.approx(1.0, abs=0.034)


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_a_29_97_clip_keeps_its_exact_times(tmp_path: Path, suffix: str) -> None:
    path = make_clip(tmp_path / "in.mp4", time_base=1 / NTSC, rate=NTSC, pts=range(60))
    target, written = copy_clip(path, tmp_path / f"out{suffix}")
    assert written == 60
    assert times_of(target) == [n / NTSC for n in range(60)]


@pytest.mark.parametrize("source_suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_variable_frame_rate_in_milliseconds_keeps_its_times(
    tmp_path: Path, source_suffix: str, suffix: str
) -> None:
    path = make_clip(tmp_path / f"in{source_suffix}", pts=UNEVEN_MS, time_base=MILLISECOND)
    target, _ = copy_clip(path, tmp_path / f"out{suffix}")
    assert shown(target) == [(n * MILLISECOND, i) for i, n in enumerate(UNEVEN_MS)]


def test_a_matroska_clip_of_29_97_keeps_its_rounded_times(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "in.mkv", time_base=1 / NTSC, rate=NTSC, pts=range(60))
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    assert times_of(target) == times_of(path)


def test_a_live_recording_plays_at_true_speed(tmp_path: Path) -> None:
    times_s = [0.0, 0.1, 0.35, 0.3667, 0.9, 1.0123456, 2.5, 2.501]
    for suffix in (".mp4", ".mkv"):
        target = write_numbered(tmp_path / f"out{suffix}", times_s, LIVE)
        unit_s = 1 / 90_000 if suffix == ".mp4" else 1 / 1000
        got = shown(target)
        assert [number for _, number in got] == list(range(8))
        assert [float(time_s) for time_s, _ in got] == pytest.approx(times_s, abs=unit_s)


def test_a_live_recording_begins_with_its_first_frame(tmp_path: Path) -> None:
    target = write_numbered(tmp_path / "out.mp4", [5.0, 5.1, 5.4], LIVE)
    assert [float(t) for t in times_of(target)] == pytest.approx([0, 0.1, 0.4], abs=2e-5)


def test_frames_of_the_same_time_are_all_kept(tmp_path: Path) -> None:
    target = write_numbered(tmp_path / "out.mp4", [0.0, 0.0, 0.1, 0.1, 0.1, 0.05, 0.2], LIVE)
    got = shown(target)
    assert [number for _, number in got] == list(range(7))
    times_s = [time_s for time_s, _ in got]
    assert all(later > earlier for earlier, later in itertools.pairwise(times_s))
    assert float(times_s[-1]) == pytest.approx(0.2, abs=2e-5)


def test_an_image_becomes_a_file_of_one_frame(tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    cv2.imwrite(str(photo), numbered(5, 160, 120))
    with (
        ImageSource(photo) as source,
        VideoSink(tmp_path / "out.mp4", source.info) as sink,
    ):
        for frame in source:
            sink.write(frame)
    assert shown(tmp_path / "out.mp4") == [(Fraction(0), 5)]


@pytest.mark.parametrize("size_px", [(321, 241), (161, 120), (160, 121), (1, 1)])
def test_an_odd_size_keeps_every_pixel(tmp_path: Path, size_px: tuple[int, int]) -> None:
    width_px, height_px = size_px
    bgr = np.zeros((height_px, width_px, 3), np.uint8)
    bgr[:, :] = (200, 120, 40)
    bgr[: height_px // 2] = (40, 60, 200)
    target = tmp_path / "out.mp4"
    with VideoSink(target, StreamInfo("odd", width_px, height_px, False, Fraction(30))) as sink:
        for number in range(3):
            sink.write(Frame.from_bgr(bgr, number, number / 30, 0.0))
    got = first_picture(target)
    assert got.shape == (height_px + height_px % 2, width_px + width_px % 2, 3)
    assert np.abs(got[:height_px, :width_px].astype(int) - bgr).mean() < 4
    # The last column and row are doubled, so that no edge is seen.
    assert np.abs(got[:height_px, -1].astype(int) - bgr[:, -1]).mean() < 6
    assert np.abs(got[-1, :width_px].astype(int) - bgr[-1]).mean() < 6


def first_picture(path: Path) -> Picture:
    with VideoSource(path) as source:
        return next(iter(source)).bgr


@pytest.mark.parametrize(("degrees", "corners"), [(90, "brwg"), (180, "wbgr"), (270, "gwrb")])
def test_a_phones_clip_is_written_upright_without_a_rotation_tag(
    tmp_path: Path, degrees: int, corners: str
) -> None:
    path = turn(make_clip(tmp_path / "phone.mp4", pts=range(5), sound="aac"), degrees)
    target, _ = copy_clip(path, tmp_path / "out.mp4")
    with av.open(str(target)) as container:
        frame = next(container.decode(video=0))
        assert frame.rotation == 0
        assert (frame.width, frame.height) == ((160, 120) if degrees == 180 else (120, 160))
    assert corners_of(first_picture(target)) == corners


SMOOTH = {"SD": (320, 240), "HD": (1280, 720)}


@pytest.mark.parametrize("size", SMOOTH)
def test_colors_survive_from_sink_to_source(tmp_path: Path, size: str) -> None:
    width_px, height_px = SMOOTH[size]
    colours = [(200, 60, 60), (60, 180, 60), (50, 60, 210), (40, 200, 220), (230, 230, 230)]
    bgr = np.repeat(np.array(colours, np.uint8), width_px // len(colours), axis=0)
    picture = np.ascontiguousarray(np.broadcast_to(bgr, (height_px, *bgr.shape)))
    path = tmp_path / "first.mp4"
    with VideoSink(path, StreamInfo("c", width_px, height_px, False, Fraction(30))) as sink:
        for number in range(2):
            sink.write(Frame.from_bgr(picture.copy(), number, number / 30, 0.0))
    again, _ = copy_clip(path, tmp_path / "second.mp4")
    middles = [(2 * n + 1) * width_px // (2 * len(colours)) for n in range(len(colours))]
    before = np.array(colours)
    for file in (path, again):
        after = first_picture(file)[height_px // 2][middles].astype(int)
        assert np.abs(after - before).max() <= 6
        before = after


def test_a_target_that_exists_is_replaced_when_asked_for_and_not_before_the_end(
    tmp_path: Path,
) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"precious")
    with VideoSink(target, FILE, overwrite=True) as sink:
        sink.write(frame_at(0, 0.0))
        assert target.read_bytes() == b"precious"
    assert numbers_in(target) == [0]
    assert names_in(tmp_path) == ["out.mp4"]


def test_without_a_frame_nothing_is_left(tmp_path: Path) -> None:
    with VideoSink(tmp_path / "out.mp4", FILE) as sink:
        pass
    sink.close()
    assert names_in(tmp_path) == []


def test_a_sink_can_be_closed_twice(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "out.mp4", FILE)
    sink.write(frame_at(0, 0.0))
    sink.close()
    before = (tmp_path / "out.mp4").read_bytes()
    sink.close()
    assert (tmp_path / "out.mp4").read_bytes() == before


def test_a_target_that_appears_in_the_meantime_is_not_overwritten(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    sink = VideoSink(target, FILE)
    for number in range(5):
        sink.write(frame_at(number, number / 30))
    target.write_bytes(b"precious")
    with pytest.raises(SinkError, match="meantime") as caught:
        sink.close()
    assert target.read_bytes() == b"precious"
    part = part_beside(target)
    assert str(part) in str(caught.value)
    assert numbers_in(part) == list(range(5))


def test_an_error_in_the_run_keeps_what_was_written(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="elsewhere"),
        VideoSink(tmp_path / "o.mp4", FILE) as sink,
    ):
        for number in range(5):
            sink.write(frame_at(number, number / 30))
        raise RuntimeError("elsewhere")
    assert numbers_in(tmp_path / "o.mp4") == list(range(5))


def test_an_error_in_the_run_keeps_the_only_frame(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "o.mp4", FILE)
    sink.write(frame_at(7, 0.0))
    part = sink.keep_part()
    assert part == part_beside(tmp_path / "o.mp4")
    assert numbers_in(part) == [7]


def test_nothing_is_kept_of_a_single_frame_that_cannot_be_encoded(tmp_path: Path) -> None:
    sink = VideoSink(tmp_path / "o.mp4", replace(FILE, path=tmp_path / "whose sound is gone.mp4"))
    sink.write(frame_at(0, 0.0))
    assert sink.keep_part() is None
    assert names_in(tmp_path) == []


def test_a_frame_of_another_size_is_resized(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    with VideoSink(target, LIVE) as sink:
        sink.write(frame_at(1, 0.0))
        sink.write(frame_at(2, 0.1, 320, 240))
    assert numbers_in(target) == [1, 2]


def test_names_with_percent_signs_and_letters_of_any_script_are_kept(tmp_path: Path) -> None:
    for name in ("танец 舞.mp4", "100%03d.mp4", "a:b.mkv", "-y.mp4"):
        target = write_numbered(tmp_path / name, [0.0, 0.1])
        assert numbers_in(target) == [0, 1]
        assert names_in(tmp_path) == [name]
        target.unlink()


WRITER = """
import os, resource, signal, sys
from fractions import Fraction
from pathlib import Path
from livepose.core.errors import SinkError
from livepose.core.frame import Frame, StreamInfo
from livepose.sinks.video import VideoSink
from tests.support.media import noise, numbered

target, frames, limit_bytes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
if limit_bytes:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
paint = noise if limit_bytes else numbered
info = StreamInfo("clip", 160, 120, False, Fraction(30), time_base=Fraction(1, 30))
sink = VideoSink(target, info, overwrite=True)
try:
    for number in range(frames):
        sink.write(Frame.from_bgr(paint(number, 160, 120), number, number / 30, 0.0))
    if not limit_bytes:
        os.kill(os.getpid(), signal.SIGKILL)
    sink.close()
except SinkError as error:
    print(error)
    sink.close()
    sys.exit(3)
"""


def run_writer(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WRITER, *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@on_unix
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_run_that_is_killed_leaves_a_file_that_plays_all_but_the_last_second(
    tmp_path: Path, suffix: str
) -> None:
    ended = run_writer(tmp_path / f"out{suffix}", 150, 0)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    part = part_beside(tmp_path / f"out{suffix}")
    assert names_in(tmp_path) == [part.name]
    numbers = numbers_in(part)
    assert 150 - 30 < len(numbers) <= 150
    assert numbers == list(range(len(numbers)))


@on_unix
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_is_an_error_and_what_was_written_plays(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    ended = run_writer(target, 240, 600_000)
    assert ended.returncode == 3, ended.stderr
    part = part_beside(target)
    assert str(target) in ended.stdout and str(part) in ended.stdout
    assert "too large" in ended.stdout and len(ended.stdout.splitlines()) == 1
    assert names_in(tmp_path) == [part.name]
    assert part.stat().st_size <= 600_000
    encoded = int(ended.stdout.split(" frames)")[0].rpartition("(")[2])
    playable: list[int] = []
    with suppress(SourceCutShort), VideoSource(part) as source:
        playable.extend(frame.index for frame in source)
    assert len(playable) > encoded - 30


@on_unix
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_disk_that_is_full_at_the_end_is_an_error_and_the_old_file_stays(
    tmp_path: Path, suffix: str
) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    assert run_writer(whole / f"out{suffix}", 60, 10_000_000).returncode == 0
    target = tmp_path / f"out{suffix}"
    target.write_bytes(b"precious")
    # The last bytes come with `close`; a fragmented file is larger than the one made of it.
    ended = run_writer(target, 60, (whole / f"out{suffix}").stat().st_size - 1000)
    assert ended.returncode == 3, ended.stderr
    assert "too large" in ended.stdout and str(part_beside(target)) in ended.stdout
    assert target.read_bytes() == b"precious"


@on_unix
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_audio_that_ends_early_does_not_keep_the_video_from_the_disk(
    tmp_path: Path, suffix: str
) -> None:
    film = make_clip(tmp_path / "film.mp4", pts=range(150), sound="aac", sound_s=1.0)
    target = tmp_path / f"out{suffix}"
    killed = tmp_path / f"killed{suffix}"
    with VideoSource(film) as source, VideoSink(target, source.info) as sink:
        for frame in source:
            sink.write(frame)
        killed.write_bytes(part_beside(target).read_bytes())
        assert len(numbers_in(killed)) > 150 - 30


def test_the_demo_survives_a_round_trip_through_a_file(tmp_path: Path) -> None:
    target = tmp_path / "demo.mp4"
    with open_source("synthetic:") as source, VideoSink(target, source.info) as sink:
        wanted: list[Frame] = []
        for frame in source:
            sink.write(frame)
            wanted.append(frame)
            if len(wanted) == 10:
                break
    with open_source(target) as source:
        got = list(source)
    assert [frame.time_s for frame in got] == pytest.approx([f.time_s for f in wanted], abs=1e-9)
    assert mean_error(got, wanted) < 3


def mean_error(got: Sequence[Frame], wanted: Sequence[Frame]) -> float:
    pairs = zip(got, wanted, strict=True)
    return float(np.mean([np.abs(a.bgr.astype(int) - b.bgr).mean() for a, b in pairs]))


def test_numbers_survive_the_encoder(tmp_path: Path) -> None:
    target = write_numbered(tmp_path / "out.mp4", [n / 30 for n in range(200)])
    assert numbers_in(target) == list(range(200))
    assert number_of(first_picture(target)) == 0


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_close_that_is_broken_off_leaves_a_part_that_plays(tmp_path: Path, suffix: str) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    target = tmp_path / f"out{suffix}"
    target.write_bytes(b"old")
    sink = VideoSink(target, FILE, overwrite=True, check_stop=stop)
    for number in range(30):
        sink.write(frame_at(number, number / 30))
    with pytest.raises(KeyboardInterrupt):
        sink.close()
    part = sink.keep_part()
    assert part is not None and numbers_in(part) == list(range(30))
    assert names_in(tmp_path) == sorted([target.name, part.name])
    assert target.read_bytes() == b"old"
