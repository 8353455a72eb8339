"""Frame, StreamInfo and PosedFrame: what travels from the source to the sinks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.poses import Poses
from livepose.core.region import Region


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture with its place in time. The pixels are made read-only."""

    bgr: UInt8Array
    """(H, W, 3) uint8, blue first, as cv2 has it."""
    index: int
    """Counted by the source from 0; a gap is a dropped frame."""
    time_s: float
    """Seconds: a file's own time stamp; when live, the monotonic clock since the first frame."""
    grabbed_s: float
    """`time.perf_counter()` when the picture was in hand. For measuring lag only."""

    def __post_init__(self) -> None:
        if self.bgr.dtype != np.uint8 or self.bgr.ndim != 3 or self.bgr.shape[2] != 3:
            raise ValueError(f"a frame is (H, W, 3) uint8, got {self.bgr.shape} {self.bgr.dtype}")
        self.bgr.setflags(write=False)

    @property
    def width_px(self) -> int:
        return int(self.bgr.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.bgr.shape[0])


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source knows of itself before its first frame is taken."""

    name: str
    """For people: `dance.mp4`, `camera 0`."""
    width_px: int
    """Of the upright frame."""
    height_px: int
    """Of the upright frame."""
    is_live: bool
    """True where waiting loses frames: a camera, a network stream."""
    frame_rate: Fraction | None = None
    """Frames a second, exact (30000/1001), or their average; None where unknown."""
    frame_count: int | None = None
    """How many frames will come, as far as the header knows; None when endless or unknown."""
    time_base: Fraction | None = None
    """The unit in which the container counts time, in seconds; None where there is no container."""
    origin_s: float = 0.0
    """The time stamp of the beginning: what a player shows as 0:00."""
    path: Path | None = None
    """The file behind it, if there is one."""


@dataclass(frozen=True, slots=True, eq=False)
class PosedFrame:
    """A frame and the people found in it."""

    frame: Frame
    poses: Poses
    region: Region
    """Where the network looked, in pixels of the frame."""
    inference_s: float
    """Seconds from the frame to its poses: letterbox, network and motion."""
