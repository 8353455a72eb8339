"""Which encoder writes a file, what each `--quality` makes of it, and who chooses it."""

from __future__ import annotations

import itertools
import logging
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.frame import Frame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.sinks import Quality
from livepose.sinks.part_file import SUFFIXES
from livepose.sinks.video import VideoSink
from livepose.sources import open_demo
from livepose.sources.synthetic.room import paint_room
from livepose.system.pyav import av
from tests.support.encoding import FILE, FRAMES, SIZE_PX, figure_frames, write_video
from tests.support.media import numbered, shown, times_of
from tests.support.video_files import part_beside

HARDWARE = ("h264_nvenc", "h264_qsv", "h264_amf", "h264_videotoolbox")
"""In the order in which they are to be tried."""


@pytest.fixture(scope="module")
def figure() -> list[Frame]:
    return figure_frames()


def psnr_db(path: Path, frames: list[Frame]) -> float:
    """Compare a file's pictures with what was written: in dB, over all of them."""
    with av.open(str(path)) as container:
        got = [picture.to_ndarray(format="bgr24") for picture in container.decode(video=0)]
    pairs = zip(got, frames, strict=True)
    error = np.mean([((a.astype(int) - b.bgr) ** 2).mean() for a, b in pairs])
    return float(10 * np.log10(255**2 / error))


def write_by_x264(target: Path, frames: list[Frame]) -> Path:
    """Let x264 choose how finely each picture is stored, without our code."""
    with av.open(str(target), "w") as container:
        stream: Any = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE_PX, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "23", "bf": "0"}
        for frame in frames:
            packed = frame.pixels.yuv420(frame.pixels.coding).packed
            container.mux(stream.encode(av.VideoFrame.from_ndarray(packed, format="yuv420p")))
        container.mux(stream.encode())
    return target


def x264_said(path: Path) -> dict[str, str]:
    """Read the settings that x264 writes into each file it makes."""
    found = re.search(rb"x264 - core \d+.*?options: ([^\0]*)", path.read_bytes(), re.DOTALL)
    assert found is not None, "x264 has not made this"
    words = found[1].decode("ascii", "replace").split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def opens(encoder: str, *, pixel_format: str) -> bool:
    """Try an encoder without our code."""
    try:
        context: Any = av.CodecContext.create(encoder, "w")
        context.width, context.height = SIZE_PX
        context.pix_fmt = pixel_format
        context.time_base, context.framerate = Fraction(1, 30), Fraction(30)
        context.open()
    except (av.FFmpegError, ValueError):
        return False
    return True


# Which encoder it is.


def test_the_first_encoder_that_opens_is_taken_and_x264_if_none_does(
    figure: list[Frame], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "livepose.sinks.encoder")
    write_video(tmp_path / "x.mp4", figure, Quality.FAST, uses_hardware=True)
    able = [
        name
        for name in HARDWARE
        if opens(name, pixel_format="nv12" if name == "h264_qsv" else "yuv420p")
    ]
    wanted = [*able, "libx264"][0]
    assert [record.getMessage() for record in caplog.records] == [f"encoding with {wanted}"]
    assert (b"x264 - core" in (tmp_path / "x.mp4").read_bytes()) is (wanted == "libx264")
    assert times_of(tmp_path / "x.mp4") == [Fraction(n, 30) for n in range(FRAMES)]


def test_without_hardware_x264_has_the_settings_of_its_preset(
    figure: list[Frame], tmp_path: Path
) -> None:
    said = {
        quality: x264_said(write_video(tmp_path / f"{quality.value}.mp4", figure, quality))
        for quality in Quality
    }
    assert said[Quality.FAST]["qp"] == "21"
    assert all(said[quality]["crf"] == "23.0" for quality in (Quality.BALANCED, Quality.SMALL))
    # A keyframe each two seconds, for players that jump.
    assert all(options["keyint"] == "60" for options in said.values())
    # ultrafast, superfast and veryfast differ in how closely they look for movement.
    assert [said[q]["subme"] for q in (Quality.FAST, Quality.BALANCED, Quality.SMALL)] == [
        *("0", "1", "2")
    ]
    assert [said[q]["cabac"] for q in (Quality.FAST, Quality.BALANCED, Quality.SMALL)] == [
        *("0", "1", "1")
    ]


@pytest.mark.parametrize(("noise", "quantiser"), [(0, 21), (2, 23), (5, 24)])
def test_fast_the_quantizer_grows_with_the_noise_of_the_first_frame(
    noise: int, quantiser: int, tmp_path: Path
) -> None:
    with open_demo(SIZE_PX, frame_count=3, camera_noise=noise) as source:
        path = write_video(tmp_path / "x.mp4", list(source), Quality.FAST)
    said = x264_said(path)
    assert said["qp"] == str(quantiser)
    # What is alone in its block is noise, unless there is none.
    assert said["decimate"] == ("0" if noise == 0 else "1")


@pytest.mark.parametrize(
    ("scene", "noise", "count"),
    [
        *(("dance", noise, 24) for noise in (0, 2, 3, 5, 10, 20)),
        *(("stand", noise, 24) for noise in (0, 2, 6)),
        *(("dance", noise, 1) for noise in (0, 5, 20)),
    ],
)
def test_fast_is_as_close_to_the_original_as_crf_within_half_a_decibel(
    scene: str, noise: float, count: int, tmp_path: Path
) -> None:
    with open_demo(SIZE_PX, frame_count=count, camera_noise=noise, scene=scene) as source:
        frames = list(source)
    ours = psnr_db(write_video(tmp_path / "ours.mp4", frames, Quality.FAST), frames)
    theirs = psnr_db(write_by_x264(tmp_path / "theirs.mp4", frames), frames)
    assert ours > theirs - 0.5


@pytest.mark.parametrize(("noise", "count"), [(5, 1), (20, 3)])
def test_much_noise_and_a_single_frame_are_left_to_crf(
    noise: float, count: int, tmp_path: Path
) -> None:
    with open_demo(SIZE_PX, frame_count=count, camera_noise=noise) as source:
        path = write_video(tmp_path / "x.mp4", list(source), Quality.FAST)
    assert x264_said(path)["rc"] == "crf"


def test_a_film_that_begins_with_black_is_left_to_crf(tmp_path: Path) -> None:
    with open_demo(SIZE_PX, frame_count=3, camera_noise=20) as source:
        frames = list(source)
    frames[0] = replace(frames[0], pixels=BgrPixels.black(*SIZE_PX))
    said = x264_said(write_video(tmp_path / "x.mp4", frames, Quality.FAST))
    assert (said["rc"], said["crf"]) == ("crf", "23.0")


@pytest.mark.parametrize(("moves_px", "way"), [(0, "crf"), (4, "cqp")])
def test_a_film_that_begins_static_is_left_to_crf(moves_px: int, way: str, tmp_path: Path) -> None:
    room = paint_room(*SIZE_PX)
    with VideoSink(tmp_path / "x.mp4", FILE, quality=Quality.FAST, uses_hardware=False) as sink:
        sink.write_all(
            [Frame.from_bgr(np.roll(room, n * moves_px, axis=1), n, n / 30) for n in range(3)]
        )
    assert x264_said(tmp_path / "x.mp4")["rc"] == way


# What each quality gives.


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("quality", Quality)
def test_every_quality_gives_a_file_that_plays_each_frame_at_its_time(
    quality: Quality, suffix: str, tmp_path: Path
) -> None:
    frames = [Frame.from_bgr(numbered(n, *SIZE_PX), n, n / 30) for n in range(45)]
    path = write_video(tmp_path / f"x{suffix}", frames, quality, uses_hardware=True)
    times_s, numbers = zip(*shown(path), strict=True)
    assert numbers == tuple(range(45))
    # Matroska counts in milliseconds.
    assert [float(time_s) for time_s in times_s] == pytest.approx(np.arange(45) / 30, abs=5e-4)
    with av.open(str(path)) as container:
        context: Any = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        assert (context.width, context.height) == SIZE_PX
        decoded_s = [packet.dts for packet in container.demux(video=0) if packet.dts is not None]
    assert decoded_s == sorted(decoded_s)


def test_faster_qualities_make_larger_files_and_all_are_close_to_the_original(
    figure: list[Frame], tmp_path: Path
) -> None:
    sizes, likeness_db = {}, {}
    for quality in Quality:
        path = write_video(tmp_path / f"{quality.value}.mp4", figure, quality)
        sizes[quality] = path.stat().st_size
        likeness_db[quality] = psnr_db(path, figure)
    # Measured: 31, 78 and 107 kB; 36.7, 38.8 and 39.0 dB. Above 35 dB nobody sees a difference.
    assert sizes[Quality.FAST] > 1.3 * sizes[Quality.BALANCED] > 1.5 * sizes[Quality.SMALL]
    assert min(likeness_db.values()) > 35


@pytest.mark.parametrize("quality", Quality)
def test_hardware_encoders_are_close_to_the_original_too(
    quality: Quality, figure: list[Frame], tmp_path: Path
) -> None:
    path = write_video(tmp_path / "x.mp4", figure, quality, uses_hardware=True)
    assert psnr_db(path, figure) > 30


@pytest.mark.parametrize("quality", Quality)
def test_the_same_frames_give_the_same_file(
    quality: Quality, figure: list[Frame], tmp_path: Path
) -> None:
    one, two = (write_video(tmp_path / name, figure, quality) for name in ("one.mp4", "two.mp4"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("quality", Quality)
def test_at_any_time_the_file_on_disk_plays_without_a_gap(
    quality: Quality, suffix: str, tmp_path: Path
) -> None:
    target = tmp_path / f"x{suffix}"
    sink = VideoSink(target, FILE, quality=quality, uses_hardware=False)
    with sink:
        for n in range(150):
            sink.write(Frame.from_bgr(numbered(n, *SIZE_PX), n, n / 30))
        killed = tmp_path / f"killed{suffix}"
        killed.write_bytes(part_beside(target).read_bytes())
    numbers = [number for _, number in shown(killed)]
    # A quarter of a second waits in the container, and a third in the encoder.
    assert 150 - 8 - 12 <= len(numbers) <= 150
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("nominal_rate", [5, 30])
def test_five_frames_per_second_lose_at_most_a_second_also_if_30_were_promised(
    nominal_rate: int, suffix: str, tmp_path: Path
) -> None:
    target, killed = tmp_path / f"x{suffix}", tmp_path / f"killed{suffix}"
    info = StreamInfo("camera", *SIZE_PX, is_live=True, frame_rate=Fraction(nominal_rate))
    with VideoSink(target, info, quality=Quality.SMALL, uses_hardware=False) as sink:
        for n in range(25):
            sink.write(Frame.from_bgr(numbered(n, *SIZE_PX), n, n / 5))
            if n >= 5:
                killed.write_bytes(part_beside(target).read_bytes())
                assert [number for _, number in shown(killed)][: n - 4] == list(range(n - 4))
    assert [number for _, number in shown(target)] == list(range(25))
    with av.open(str(target)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.is_keyframe]
    keys_s = [float((packet.pts or 0) * packet.time_base) for packet in packets]
    assert max(later - sooner for sooner, later in itertools.pairwise(keys_s)) <= 2.7


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("quality", [Quality.SMALL, Quality.FAST])
@pytest.mark.parametrize("nominal_rate", [1, 30])
def test_of_one_frame_per_second_only_the_last_one_waits(
    nominal_rate: int, quality: Quality, suffix: str, tmp_path: Path
) -> None:
    target, killed = tmp_path / f"x{suffix}", tmp_path / f"killed{suffix}"
    info = StreamInfo("camera", *SIZE_PX, is_live=True, frame_rate=Fraction(nominal_rate))
    with VideoSink(target, info, quality=quality, uses_hardware=False) as sink:
        for n in range(8):
            sink.write(Frame.from_bgr(numbered(n, *SIZE_PX), n, float(n)))
            if n:
                killed.write_bytes(part_beside(target).read_bytes())
                assert [number for _, number in shown(killed)] == list(range(n))
    assert [(round(time_s), number) for time_s, number in shown(target)] == [
        (n, n) for n in range(8)
    ]


@pytest.mark.parametrize("quality", list(Quality))
def test_frames_are_stored_in_the_order_in_which_they_are_shown(
    quality: Quality, figure: list[Frame], tmp_path: Path
) -> None:
    written = write_video(tmp_path / "x.mp4", figure, quality, FILE)
    with av.open(str(written)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.dts is not None]
    assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
    assert packets[0].dts == 0
