"""What the rooms promise each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType
from typing import TypeVar

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import Plan, Region

Self = TypeVar("Self", bound="Closing")


class Closing(ABC):
    """A context manager whose exit calls `close()`, which may be called more than once."""

    @abstractmethod
    def close(self) -> None:
        """Give back what is held. Idempotent."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Source(Closing):
    """Where frames come from: iterated once, by one thread, and closed when that is done."""

    @property
    @abstractmethod
    def info(self) -> StreamInfo:
        """What is known before the first frame."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Give the frames in order.

        Raises:
            SourceError: it broke off; every frame before that was given.
        """


class Runtime(Closing):
    """One loaded network. Several threads may run it at once."""

    @property
    @abstractmethod
    def name(self) -> str:
        """For people: `LiteRT`."""

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, int, int, int]:
        """(1, H, W, 3)."""

    @abstractmethod
    def run(self, rgb: UInt8Array) -> FloatArray:
        """Run the network on a (1, H, W, 3) uint8 picture; gives a copy of its output, float32.

        The output is (1, 1, 17, 3) for one person: y, x, score in 0..1 of the input. For several
        it is (1, 6, 56): 17 times that, then ymin, xmin, ymax, xmax and a person's score.
        """

    def sha256(self) -> str:
        """Give the hash of the model's file, 64 hexadecimal digits; empty where it has none."""
        return ""


class PoseModel(Closing):
    """Finds the people in one picture, and keeps nothing from one call to the next.

    Several threads may call it at once.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """For people: `lightning on LiteRT`."""

    @property
    @abstractmethod
    def max_people(self) -> int:
        """The most people that one call can find."""

    def prepare(self, width_px: int, height_px: int) -> None:
        """Get ready for pictures of a size, where that makes a difference.

        Raises:
            ModelError: the network for it cannot be had.
        """
        return

    @abstractmethod
    def whole(self, width_px: int, height_px: int) -> Region:
        """Make the region that holds the whole of a picture of this size."""

    @abstractmethod
    def find(self, pixels: Pixels, region: Region) -> Poses:
        """Find people within a region of a picture, in pixels of the picture."""

    def aim(self, pixels: Pixels, region: Region) -> Callable[[], Poses]:
        """Do what of `find` comes before the network; gives what does the rest.

        It is this that an estimator calls. Cutting the pictures of some frames one after the other,
        before the network has the processor's caches to itself, is quicker than in between.
        """
        return partial(self.find, pixels, region)

    def sha256(self) -> str:
        """Give the hash of the model's file, 64 hexadecimal digits; empty where it has none."""
        return ""


class PoseEstimator(ABC):
    """A model with a memory, in three steps, so that several frames can be looked at at once.

    `plan` is called in the order of the frames, one after the other, and so is `remember`; but one
    frame may be planned while another is remembered. `look` has no memory, and is called for up to
    `in_flight` frames at once.
    """

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """How many frames may be planned before the first of them is remembered."""

    @abstractmethod
    def plan(self, frame: Frame) -> Plan:
        """Choose where to look in the next frame."""

    @abstractmethod
    def look(self, frame: Frame, plan: Plan) -> PosedFrame:
        """Find the people in a frame."""

    @abstractmethod
    def remember(self, posed: PosedFrame) -> PosedFrame:
        """Learn from what was seen, and give the result."""


class MotionStep(ABC):
    """Something that remembers from frame to frame, and makes more of what was found.

    It is called in the order of the frames, one after the other.
    """

    @abstractmethod
    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Learn from a frame, and give it with what it changes."""

    @abstractmethod
    def reset(self) -> None:
        """Forget the picture: a cut, a seek or another source. Ids that were given stay given."""


class PoseSink(Closing):
    """Where poses are written down."""

    @abstractmethod
    def write(self, posed: PosedFrame) -> None:
        """Take one frame's poses.

        Raises:
            SinkError: they cannot be written.
        """


class FrameSink(Closing):
    """Where painted frames go."""

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Take one frame.

        Raises:
            SinkError: it cannot be written.
        """

    def write_all(self, frames: Sequence[Frame]) -> None:
        """Take some frames.

        Raises:
            SinkError: one cannot be written.
        """
        for frame in frames:
            self.write(frame)
