"""Interlaced films: two moments in one frame become one picture."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.core.pixels import Yuv420
from livepose.system.pyav import av
from tests.support.media import Picture, make_clip
from tests.support.video_files import copy_clip, frames_of

SIZE_PX = (160, 120)
CODECS = {"libx264": "mkv", "mpeg2video": "ts"}


def moment(number: int) -> Picture:
    """Paint a bar that moves by 6 px from field to field."""
    bgr = np.full((SIZE_PX[1], SIZE_PX[0], 3), 40, np.uint8)
    left = 20 + 6 * number % 100
    bgr[:, left : left + 20] = 220
    return bgr


def interlaced_clip(path: Path, codec: str, frame_count: int = 8) -> Path:
    """Write frames whose even rows show one moment, and whose odd rows show the next."""
    with av.open(str(path), "w") as container:
        options = {"flags": "+ildct+ilme", "bf": "0"}
        if codec == "libx264":
            options |= {"x264-params": "tff=1", "qp": "2"}
        stream: Any = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = (*SIZE_PX, "yuv420p")
        stream.bit_rate = 4_000_000
        for number in range(frame_count):
            bgr = moment(2 * number)
            bgr[1::2] = moment(2 * number + 1)[1::2]
            frame: Any = av.VideoFrame.from_ndarray(bgr, format="bgr24")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def combing(luma: Picture) -> float:
    """Measure how much neighbouring rows differ."""
    return float(np.abs(np.diff(luma[10:-10].astype(int), axis=0)).mean())


@pytest.mark.parametrize("codec", CODECS)
def test_every_frame_comes_once_at_its_time_and_without_combs(tmp_path: Path, codec: str) -> None:
    path = interlaced_clip(tmp_path / f"clip.{CODECS[codec]}", codec)
    with av.open(str(path)) as container:
        stored = list(container.decode(video=0))
    assert all(frame.interlaced_frame for frame in stored), "this clip is not interlaced"
    frames = frames_of(path)
    assert len(frames) == len(stored) == 8
    assert [frame.time_s for frame in frames] == pytest.approx([frame.time for frame in stored])
    for frame, before in zip(frames[1:-1], stored[1:-1], strict=True):
        assert isinstance(frame.pixels, Yuv420)
        raw = before.to_ndarray()[: SIZE_PX[1]].astype(np.uint8)
        assert combing(raw) > 5
        assert combing(frame.pixels.planes[0]) < combing(raw) / 4


def test_a_part_of_an_interlaced_film_is_whole(tmp_path: Path) -> None:
    path = interlaced_clip(tmp_path / "clip.mkv", "libx264", frame_count=25)
    _, written = copy_clip(path, tmp_path / "out.mp4", start_s=0.4, end_s=0.8)
    assert written == 10


def test_a_progressive_film_keeps_the_planes_of_the_decoder(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "clip.mp4", pts=range(5))
    with av.open(str(path)) as container:
        stored = [frame.to_ndarray() for frame in container.decode(video=0)]
    for frame, before in zip(frames_of(path), stored, strict=True):
        assert isinstance(frame.pixels, Yuv420)
        assert np.array_equal(frame.pixels.packed, before)
