"""Frame, StreamInfo and PosedFrame: what travels from the source to the sinks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from pathlib import Path

from livepose.core.angles import Angles
from livepose.core.arrays import UInt8Array
from livepose.core.overlays import Overlays
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright picture with its place in time."""

    pixels: Pixels
    """As the source has them: BGR, or luma and chroma."""
    index: int
    """Counted by the source from 0; a gap is a dropped frame."""
    time_s: float
    """Seconds: a file's own time stamp; when live, the monotonic clock since the first frame."""
    grabbed_s: float
    """`time.perf_counter()` when the picture was in hand. For measuring lag only."""

    @classmethod
    def from_bgr(
        cls, bgr: UInt8Array, index: int = 0, time_s: float = 0.0, grabbed_s: float = 0.0
    ) -> Frame:
        """Make a frame of an array as cv2 has it, which becomes read-only.

        >>> import numpy as np
        >>> frame = Frame.from_bgr(np.zeros((720, 1280, 3), np.uint8), index=3, time_s=0.1)
        >>> frame.width_px, frame.height_px, frame.time_s
        (1280, 720, 0.1)

        Args:
            bgr: (H, W, 3) uint8, blue first.
            index: its number.
            time_s: its place in time.
            grabbed_s: `time.perf_counter()` when it was in hand.

        Raises:
            ValueError: the array has another shape or type.
        """
        return cls(BgrPixels(bgr), index, time_s, grabbed_s)

    @property
    def bgr(self) -> UInt8Array:
        """(H, W, 3) uint8, blue first, read-only; converted at each call where it is not BGR."""
        return self.pixels.bgr()

    @property
    def width_px(self) -> int:
        return self.pixels.width_px

    @property
    def height_px(self) -> int:
        return self.pixels.height_px


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


class SubjectState(Enum):
    """Whom the poses of a frame are about."""

    EVERYBODY = "everybody"
    CHOOSING = "choosing"
    """One person is to be followed, and is not chosen yet."""
    LOCKED = "locked"
    """One person is followed; where the poses are empty, that one is hidden for a moment."""
    LOST = "lost"
    """The one that was followed is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class PosedFrame:
    """A frame and the people found in it."""

    frame: Frame
    poses: Poses
    """Tracked, mended and smoothed, as far as that was asked for."""
    region: Region
    """Where the network looked, in pixels of the frame."""
    inference_s: float
    """Seconds from the frame to its poses: letterbox and network."""
    detections: Poses = field(default_factory=Poses.empty)
    """As the network gave them; `poses` may have fewer people, in another order."""
    is_multi_person: bool = False
    """Whether the network was one that sees everybody."""
    needs_detection: bool = False
    """Whether everybody has to be seen next, to choose whom to follow."""
    subject_state: SubjectState = SubjectState.EVERYBODY
    is_scene_start: bool = False
    """Whether the frames before have nothing to do with it: the first one, or behind a cut."""
    angles: Angles = field(default_factory=Angles)
    """Of `poses`, row by row."""
    overlays: Overlays = field(default_factory=Overlays)
