"""Packets that must become a frame, and those that show nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from livepose.sources.packet_tally import PacketTally
from livepose.sources.video import VideoSource
from livepose.system.pyav import av
from tests.support.media import make_clip, noise


def tally_of(path: Path, left_out: int | None = None) -> PacketTally:
    """Return the tally of a clip of which all packets were decoded, but for one."""
    with av.open(str(path)) as container:
        stream: Any = container.streams.video[0]
        tally = PacketTally(container, stream)
        for number, packet in enumerate(container.demux(stream)):
            tally.add(packet)
            if number != left_out:
                for frame in packet.decode():
                    tally.add_decoded(frame)
        return tally


CLIPS = {
    "clip.mp4": ("libx264", "yuv420p"),
    "clip.mkv": ("libvpx", "yuv420p"),
    "clip.webm": ("libvpx-vp9", "yuv420p"),
    "clip.avi": ("mpeg4", "yuv420p"),
    "clip.wmv": ("wmv2", "yuv420p"),
    "clip.mov": ("qtrle", "rgb24"),
}


@pytest.mark.parametrize("name", CLIPS)
def test_a_packet_that_becomes_no_frame_is_lost(name: str, tmp_path: Path) -> None:
    codec, pix_fmt = CLIPS[name]
    # All stand alone, so that one that is missing does no harm to others.
    clip = make_clip(
        tmp_path / name, codec=codec, pix_fmt=pix_fmt, painter=noise, pts=range(8), keyframe_every=1
    )
    assert tally_of(clip).lost() == 0
    assert tally_of(clip, left_out=4).lost() == 1


def encode(path: Path, codec: str, options: dict[str, str]) -> Path:
    """Write a clip of a still picture, with frames that are not shown or shown again."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        picture = np.random.default_rng(0).integers(0, 255, (48, 64, 3)).astype(np.uint8)
        for _ in range(50):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode())
    return path


HIDING: dict[str, tuple[str, dict[str, str]]] = {
    "libvpx": (".webm", {"auto-alt-ref": "1", "lag-in-frames": "16", "arnr-maxframes": "5"}),
    "libvpx-vp9": (".webm", {"auto-alt-ref": "1", "lag-in-frames": "25"}),
    "mpeg4": (".mp4", {"bf": "2"}),
    "wmv2": (".avi", {}),
}


@pytest.mark.parametrize("codec", HIDING)
def test_packets_that_show_nothing_or_the_same_again_are_not_missed(
    codec: str, tmp_path: Path
) -> None:
    suffix, options = HIDING[codec]
    clip = encode(tmp_path / f"clip{suffix}", codec, options)
    with VideoSource(clip) as source:
        assert len(list(source)) == 50
    assert tally_of(clip).lost() == 0
