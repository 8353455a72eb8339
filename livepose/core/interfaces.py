"""What the rooms promise each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TypeVar

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import Pixels
from livepose.core.poses import Poses
from livepose.core.region import ModelInput, PreparedInput, Region
from livepose.core.skeleton import COCO_SKELETON, Skeleton

Self = TypeVar("Self", bound="Closeable")


class Closeable(ABC):
    """A context manager whose exit calls `close()`, which may be called more than once."""

    @abstractmethod
    def close(self) -> None:
        """Release what is held. Idempotent."""

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Source(Closeable):
    """Where frames come from: iterated once, by one thread, and closed when that is done."""

    @property
    @abstractmethod
    def info(self) -> StreamInfo:
        """What is known before the first frame."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order.

        Raises:
            SourceError: If it breaks off; every frame before that has been yielded.
        """


class Runtime(Closeable):
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


class PoseModel(Closeable):
    """Finds the people in one picture, and keeps nothing from one call to the next.

    Several threads may call it at once.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The model and what runs it, for messages: `lightning on LiteRT`."""

    @property
    def skeleton(self) -> Skeleton:
        """What its keypoints are; COCO's unless overridden."""
        return COCO_SKELETON

    @property
    @abstractmethod
    def max_people(self) -> int:
        """The most people that one call can find."""

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Get ready for pictures of a size, where that makes a difference.

        Raises:
            ModelError: If the network for that size cannot be loaded.
        """
        return

    @abstractmethod
    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        """Return the region that holds the whole of a picture of this size."""

    @abstractmethod
    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        """Cut and scale a region of a picture to what the network takes.

        Several frames are preprocessed one after the other, before the network has the processor's
        caches to itself: that is quicker than in between.
        """

    @abstractmethod
    def infer(self, model_input: ModelInput) -> Poses:
        """Run the network, and return people in pixels of the picture."""

    def estimate(self, pixels: Pixels, region: Region) -> Poses:
        """Return the people within a region of a picture, in pixels of the picture."""
        return self.infer(self.preprocess(pixels, region))

    def sha256(self) -> str:
        """Return the hash of the model's file, 64 hexadecimal digits; empty where it has none."""
        return ""


class PoseEstimator(ABC):
    """A model and what is remembered between frames, in three steps.

    `preprocess` is called in the order of the frames, one after the other, and so is `update`; but
    one frame may be preprocessed while another is updated. `infer` has no memory, and is called for
    up to `in_flight` frames at once.
    """

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """How many frames may be preprocessed before the first of them is updated."""

    @abstractmethod
    def preprocess(self, frame: Frame) -> PreparedInput:
        """Choose the region of the next frame, and cut it for the network."""

    @abstractmethod
    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        """Run the network on a frame."""

    @abstractmethod
    def update(self, posed: PosedFrame) -> PosedFrame:
        """Update what is remembered with a frame's detections, and return the final poses."""


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


class PoseSink(Closeable):
    """Where poses are written down."""

    @abstractmethod
    def write(self, posed: PosedFrame) -> None:
        """Take one frame's poses.

        Raises:
            SinkError: they cannot be written.
        """


class FrameSink(Closeable):
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
