"""The built-in figure as a clip that is to be encoded: smooth, and without noise."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from livepose.core.frame import Frame, StreamInfo
from livepose.sinks import Quality
from livepose.sinks.video import VideoSink
from livepose.sources import open_demo

SIZE_PX = (320, 240)
FRAMES = 60
FILE = StreamInfo("clip", *SIZE_PX, False, Fraction(30), time_base=Fraction(1, 30))


@lru_cache(maxsize=1)
def figure_frames() -> list[Frame]:
    """Return two seconds of the figure."""
    with open_demo(SIZE_PX, frame_count=FRAMES) as source:
        return list(source)


def write_video(
    target: Path,
    frames: list[Frame],
    quality: Quality,
    info: StreamInfo = FILE,
    *,
    uses_hardware: bool = False,
) -> Path:
    """Write frames into a file, and return its path."""
    with VideoSink(target, info, quality=quality, uses_hardware=uses_hardware) as sink:
        for frame in frames:
            sink.write(frame)
    return target
