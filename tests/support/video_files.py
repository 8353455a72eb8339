"""Writes video files through the sink, and reads back what is in them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from livepose.core.frame import Frame, StreamInfo
from livepose.sinks.video import VideoSink
from livepose.sources.video import VideoSource
from livepose.system.part_names import parts_in
from tests.support.media import numbered, shown

NTSC = Fraction(30000, 1001)
FILE = StreamInfo("clip", 160, 120, False, Fraction(30), time_base=Fraction(1, 30))
LIVE = StreamInfo("camera 0", 160, 120, True)


def frame_at(number: int, time_s: float, width_px: int = 160, height_px: int = 120) -> Frame:
    """Return a frame with its number in its pixels."""
    return Frame.from_bgr(numbered(number, width_px, height_px), number, time_s, 0.0)


def write_numbered(target: Path, times_s: Iterable[float], info: StreamInfo = FILE) -> Path:
    """Write numbered frames at these times, and return the target."""
    with VideoSink(target, info) as sink:
        for number, time_s in enumerate(times_s):
            sink.write(frame_at(number, time_s))
    return target


def copy_clip(
    path: Path, target: Path, start_s: float = 0.0, end_s: float | None = None
) -> tuple[Path, int]:
    """Send a clip through source and sink, as a run does; return the target and its frame count."""
    with (
        VideoSource(path, start_s, end_s) as source,
        VideoSink(target, source.info, starts_at_first_frame=start_s > 0) as sink,
    ):
        for frame in source:
            sink.write(frame)
    return target, sink.frames_written


def frames_of(path: Path) -> list[Frame]:
    """Return all frames of a video."""
    with VideoSource(path) as source:
        return list(source)


def numbers_in(path: Path) -> list[int]:
    """Return the numbers painted in a clip's frames, read without our code."""
    return [number for _, number in shown(path)]


def part_beside(target: Path) -> Path:
    """Return the only part of a target, and check that there is one."""
    (part,) = [each.path for each in parts_in(target.parent) if each.target.name == target.name]
    return part


def names_in(folder: Path) -> list[str]:
    """Return the names in a folder, without the model cache."""
    return sorted(path.name for path in folder.iterdir() if path.name != "cache")
