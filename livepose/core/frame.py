"""Frame, StreamInfo and PosedFrame: what goes from the source to the sinks."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from livepose.core.angles import Angles
from livepose.core.arrays import ImageArray, UInt8Array
from livepose.core.errors import SourceError
from livepose.core.overlays import Overlays
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.secrets import hide_secrets

if TYPE_CHECKING:
    from livepose.core.repetitions import Repetition  # few runs count any

USUAL_RATE = Fraction(30)
"""Frames per second, where a source does not say how many it has."""
# One of each for all frames: they are never changed.
_NO_ANGLES, _NO_OVERLAYS = Angles(), Overlays()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One upright image of a source, with its index and time.

    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), index=3, time_s=0.1)
    >>> frame.width_px, frame.height_px, frame.index, frame.bgr.shape
    (640, 480, 3, (480, 640, 3))
    """

    pixels: Pixels
    """As the source delivers them: BGR, or luma and chroma."""
    index: int
    """Counted by the source from 0; a gap means dropped frames."""
    time_s: float
    """Seconds: the timestamp of a file; if live, the monotonic clock since the first frame."""
    grabbed_s: float
    """`time.perf_counter()` when the frame arrived. For measuring latency only."""
    utc_s: float | None = None
    """Wall-clock time when a live frame arrived, in seconds since 1970, UTC; None for files."""
    skipped_frames: int = 0
    """How many frames of the source come before the one with index 0, as with `--start`."""
    is_numbered: bool = True
    """Whether `index` was given; if not, the estimator counts."""
    is_timed: bool = True
    """Whether `time_s` was given; if not, the estimator takes it from its clock or frame rate."""
    shape_changes: int = 0
    """How often the source's own frames have changed their shape before this frame, as when a phone
    is turned; each change moves the people in the image."""
    is_corrupt: bool = False
    """Whether the decoder found it damaged: a part of the image may be smeared or out of date."""

    @classmethod
    def from_bgr(
        cls,
        bgr: ImageArray,
        index: int | None = None,
        time_s: float | None = None,
        grabbed_s: float | None = None,
    ) -> Frame:
        """Return a frame of an array as cv2 uses it.

        The array is not copied, and stays writable for the caller, who may draw on it once the
        frame has been used. The frame's own view of it is read-only.

        >>> import numpy as np
        >>> frame = Frame.from_bgr(np.zeros((720, 1280, 3), np.uint8), index=3, time_s=0.1)
        >>> frame.width_px, frame.height_px, frame.time_s
        (1280, 720, 0.1)

        Args:
            bgr: (H, W, 3) uint8, blue first.
            index: Counted from 0; by default the estimator counts.
            time_s: Seconds since the start, for smoothing and tracking. By default the estimator
                takes the time at which it is called, or counts by its `frame_rate`; until then it
                is the time since the first frame that was made without one.
            grabbed_s: `time.perf_counter()` when the frame arrived; now by default.

        Raises:
            ValueError: If the array has another shape or type of pixels.
            TypeError: If it is not an array.
            SourceError: If there is no array: cv2 returns None if it cannot read an image.
        """
        if bgr is None:  # whatever the type checker thinks of cv2
            raise SourceError(
                "there is no image (None): the camera has stopped, the video has ended, or the "
                "file cannot be read; check what cap.read() or cv2.imread() returned"
            )
        if not isinstance(bgr, np.ndarray):
            raise TypeError(
                f"an image must be a NumPy array, (H, W, 3) uint8, got {type(bgr).__name__}; "
                "analyze_image() and open_source() read files"
            )
        start_s, now_s = _clock_start_s(), time.perf_counter()
        return cls(
            BgrPixels(cast(UInt8Array, bgr)),
            index or 0,
            now_s - start_s if time_s is None else time_s,
            now_s if grabbed_s is None else grabbed_s,
            is_numbered=index is not None,
            is_timed=time_s is not None,
        )

    def __repr__(self) -> str:
        """Return its number, its time and the size of its image: arrays would fill the screen.

        >>> Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), index=3, time_s=0.1)
        <Frame 3 at 0.100 s, 640 x 480 px>
        """
        return f"<Frame {self.index} at {self.time_s:.3f} s, {self.width_px} x {self.height_px} px>"

    @property
    def bgr(self) -> UInt8Array:
        """(H, W, 3) uint8, blue first.

        It is read-only, and converted at each call where the pixels are not BGR. Of a frame that
        `paint` returned it is the caller's to draw on, the same array at each call.
        """
        return self.pixels.bgr()

    @property
    def source_frame(self) -> int:
        """Number of the frame in its source, counted from 0, whatever part of it is read."""
        return self.skipped_frames + self.index

    @property
    def utc(self) -> str:
        """When a live frame arrived, as ISO 8601 in UTC with milliseconds; empty for files.

        >>> import numpy as np
        >>> Frame(BgrPixels(np.zeros((2, 2, 3), np.uint8)), 0, 0.0, 0.0, utc_s=1.5).utc
        '1970-01-01T00:00:01.500Z'
        """
        if self.utc_s is None:
            return ""
        moment = datetime.fromtimestamp(self.utc_s, timezone.utc)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    @property
    def width_px(self) -> int:
        return self.pixels.width_px

    @property
    def height_px(self) -> int:
        return self.pixels.height_px

    def _repr_png_(self) -> bytes:
        """Return the image for notebooks, scaled down if it is large."""
        from livepose.core.notebook import encoded_image

        return encoded_image(self.bgr)


@lru_cache(maxsize=1)
def _clock_start_s() -> float:
    """Return when the first frame without a time was made."""
    return time.perf_counter()


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """What a source knows before its first frame is read.

    >>> info = StreamInfo("dance.mp4", 1280, 720, is_live=False, frame_rate=Fraction(30000, 1001))
    >>> round(float(info.frame_rate), 2)
    29.97
    """

    name: str
    """For messages and files: `dance.mp4`, `camera 0`; of an address, without its secrets."""
    width_px: int
    """Of the upright frame."""
    height_px: int
    """Of the upright frame."""
    is_live: bool
    """Whether waiting loses frames, as with a camera or a network stream."""
    frame_rate: Fraction | None = None
    """Frames per second, exact (30000/1001) or the average; None if unknown."""
    frame_count: int | None = None
    """How many frames there are according to the header; None if endless or unknown."""
    time_base: Fraction | None = None
    """The container's unit of time, in seconds; None if there is no container."""
    origin_s: float = 0.0
    """The timestamp that a player shows as 0:00, in seconds."""
    path: Path | None = None
    """The file that is read, if it is one."""

    def __post_init__(self) -> None:
        if self.path is None:
            object.__setattr__(self, "name", hide_secrets(self.name))


class SubjectState(Enum):
    """Whether the poses of a frame are everybody or one person that is followed.

    >>> SubjectState("locked")
    <SubjectState.LOCKED: 'locked'>
    """

    EVERYBODY = "everybody"
    CHOOSING = "choosing"
    """One person will be followed, and is not chosen yet."""
    LOCKED = "locked"
    """One person is followed; if the poses are empty, that person is hidden for a moment."""
    LOST = "lost"
    """The person that was followed is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class PosedFrame:
    """A frame and the people found in it.

    >>> import numpy as np
    >>> frame = Frame.from_bgr(np.zeros((720, 1280, 3), np.uint8))
    >>> posed = PosedFrame(frame, Poses.empty(), Region.letterbox(1280, 720), inference_s=0.01)
    >>> len(posed.poses), posed.subject_state.value
    (0, 'everybody')
    """

    frame: Frame
    poses: Poses
    """Tracked, corrected and smoothed, as far as requested."""
    region: Region
    """The part of the frame that the network got."""
    inference_s: float
    """Seconds that letterboxing and the network took."""
    detections: Poses = field(default_factory=Poses.empty)
    """The output of the network; `poses` may have fewer people, in another order."""
    predicted_people: int = 0
    """How many of the people were predicted, as a live run had no time to see them in this frame;
    the others are in `detections`."""
    is_multi_person: bool = False
    """Whether the network was one that finds several people."""
    needs_detection: bool = False
    """Whether the next frame needs the detector, to choose whom to follow."""
    subject_state: SubjectState = SubjectState.EVERYBODY
    is_scene_start: bool = False
    """Whether it is the first frame, or the first one after a cut."""
    last_track_id: int = 0
    """The highest id that the tracker has given up to this frame."""
    recognized: tuple[tuple[int, int], ...] = ()
    """People who had come back and are recognized in this frame: for each, the id that they had in
    the frames before it, as somebody new, and the one that they have again."""
    angles: Angles = _NO_ANGLES
    """One row for each person in `poses`."""
    repetitions: tuple[Repetition, ...] = ()
    """What was counted up to this frame, of everybody, rule by rule."""
    overlays: Overlays = _NO_OVERLAYS

    def __repr__(self) -> str:
        """Return the frame and how many people are in it: arrays would fill the screen.

        >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8), index=3, time_s=0.1)
        >>> PosedFrame(frame, Poses.empty(), Region.letterbox(640, 480), inference_s=0.01)
        <PosedFrame 3 at 0.100 s, 640 x 480 px, 0 people>
        """
        people = "1 person" if len(self.poses) == 1 else f"{len(self.poses)} people"
        return f"<Posed{repr(self.frame)[1:-1]}, {people}>"

    def follows(self, earlier: PosedFrame) -> bool:
        """Return whether tracks go on from an earlier frame: same size, same skeleton, later."""
        frame, other = self.frame, earlier.frame
        is_same_size = (frame.width_px, frame.height_px) == (other.width_px, other.height_px)
        is_same_skeleton = self.poses.skeleton == earlier.poses.skeleton
        return is_same_size and is_same_skeleton and frame.time_s > other.time_s

    def _repr_html_(self) -> str:
        """Return the image with its skeletons for notebooks; `paint` draws all that is known."""
        from livepose.core.notebook import image_with_poses

        return image_with_poses(self.frame.bgr, self.poses, self.overlays.faces)
