"""The interfaces between rooms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
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
        """Release all resources. Idempotent."""

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
    """Where frames come from: iterated once, by one thread, and then closed.

    >>> import numpy as np
    >>> class Blank(Source):
    ...     info = StreamInfo("blank", 64, 48, is_live=False, frame_count=2)
    ...     def __iter__(self) -> Iterator[Frame]:
    ...         for index in range(2):
    ...             yield Frame.from_bgr(np.zeros((48, 64, 3), np.uint8), index, index / 30)
    ...     def close(self) -> None:
    ...         pass
    >>> with Blank() as source:
    ...     print([frame.index for frame in source])
    [0, 1]
    """

    @property
    @abstractmethod
    def info(self) -> StreamInfo:
        """Return what is known before the first frame."""

    @abstractmethod
    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in order.

        Raises:
            SourceError: If the source breaks off; every frame before that has been yielded.
        """

    @property
    def feedback(self) -> PoseSink | None:
        """Where the poses in its frames go back to, as to a phone that shows them; None if nowhere.

        Nowhere unless overridden. It is closed before the source.
        """
        return None

    def stop(self) -> None:
        """Let the iteration end soon, whatever it waits for. Called in another thread.

        Unless overridden nothing is done: the iteration goes on to its next frame.
        """


class Runtime(Closeable):
    """One loaded network. Several threads may run it at once."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the name for messages: `LiteRT`."""

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int, int, int, int]:
        """Return the shape of the network's input: (1, H, W, 3)."""

    @abstractmethod
    def run(self, rgb: UInt8Array) -> FloatArray:
        """Run the network on a (1, H, W, 3) uint8 image, and return a copy of its output, float32.

        The output is (1, 1, 17, 3) for one person: y, x, score in 0..1 of the input. For several
        people it is (1, 6, 56): 17 times that, then ymin, xmin, ymax, xmax and a score.
        """

    def sha256(self) -> str:
        """Return the hash of the model file, 64 hexadecimal digits; empty if there is none."""
        return ""


class PoseModel(Closeable):
    """Finds the people in one frame, without any memory between calls.

    Several threads may call it at once.

    >>> import numpy as np
    >>> class Corner(PoseModel):  # sees one person, whose keypoints are all at (0, 0)
    ...     name, max_people = "corner", 1
    ...     def full_frame_region(self, width_px: int, height_px: int) -> Region:
    ...         return Region.letterbox(width_px, height_px)
    ...     def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
    ...         return ModelInput(pixels.bgr()[None, ..., ::-1], region)
    ...     def infer(self, model_input: ModelInput) -> Poses:
    ...         score = np.ones((1, len(self.skeleton)), np.float32)
    ...         return Poses.from_keypoints(np.zeros((*score.shape, 2), np.float32), score)
    ...     def close(self) -> None:
    ...         pass
    >>> frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    >>> len(Corner().estimate(frame.pixels, Region.letterbox(64, 48)))
    1
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """Return the model and its runtime, for messages: `lightning on LiteRT`."""

    @property
    def skeleton(self) -> Skeleton:
        """Return the keypoints that it finds; COCO's unless overridden."""
        return COCO_SKELETON

    @property
    @abstractmethod
    def max_people(self) -> int:
        """Return the largest number of people that one call can find."""

    def warm_up(self, width_px: int, height_px: int) -> None:
        """Prepare for frames of a size, if that makes a difference.

        Raises:
            ModelError: If the network for that size cannot be loaded.
        """
        return

    @abstractmethod
    def full_frame_region(self, width_px: int, height_px: int) -> Region:
        """Return the region that holds the whole of a frame of this size."""

    @abstractmethod
    def preprocess(self, pixels: Pixels, region: Region) -> ModelInput:
        """Crop a region of a frame and scale it to the input of the network.

        Several frames are preprocessed one after the other before the network runs on them: that
        makes better use of the processor's caches than taking turns.
        """

    @abstractmethod
    def infer(self, model_input: ModelInput) -> Poses:
        """Run the network, and return the people in pixels of the frame."""

    def infer_all(self, model_inputs: Sequence[ModelInput]) -> Poses:
        """Run the network on several inputs, and return the people, input by input.

        Args:
            model_inputs: At least one.
        """
        return Poses.concatenate([self.infer(model_input) for model_input in model_inputs])

    def estimate(self, pixels: Pixels, region: Region) -> Poses:
        """Return the people within a region of a frame, in pixels of the frame."""
        return self.infer(self.preprocess(pixels, region))

    def sha256(self) -> str:
        """Return the hash of the model file, 64 hexadecimal digits; empty if there is none."""
        return ""


class PoseEstimator(ABC):
    """A model and what is remembered between frames: poses in three steps.

    `preprocess` is called in the order of the frames, one after the other, and so is `update`; but
    one frame may be preprocessed while another is updated. `infer` has no memory, and is called for
    up to `in_flight` frames at once.
    """

    @property
    @abstractmethod
    def in_flight(self) -> int:
        """Return how many frames may be preprocessed before the first of them is updated."""

    @abstractmethod
    def preprocess(self, frame: Frame) -> PreparedInput:
        """Choose the region of the next frame, and crop it for the network."""

    @abstractmethod
    def infer(self, frame: Frame, prepared: PreparedInput) -> PosedFrame:
        """Run the network on a frame."""

    @abstractmethod
    def update(self, posed: PosedFrame) -> PosedFrame:
        """Update what is remembered with a frame's detections, and return the final poses."""


class MotionStep(ABC):
    """Changes or adds to the poses of a frame by what it remembers of the frames before.

    It is called in the order of the frames, one after the other.

    >>> from dataclasses import replace
    >>> import numpy as np
    >>> class KeepTwo(MotionStep):
    ...     def __call__(self, posed: PosedFrame) -> PosedFrame:
    ...         best = np.argsort(-posed.poses.person_score)[:2]
    ...         return replace(posed, poses=posed.poses[best])
    ...     def reset(self) -> None:
    ...         pass
    """

    @abstractmethod
    def __call__(self, posed: PosedFrame) -> PosedFrame:
        """Update the memory with a frame, and return the frame with what the step changes."""

    @abstractmethod
    def reset(self) -> None:
        """Forget what was remembered, after a cut or a seek. Ids are not assigned a second time."""


class PoseSink(Closeable):
    """Where poses are written to.

    >>> import numpy as np
    >>> class PersonCounter(PoseSink):
    ...     count = 0
    ...     def write(self, posed: PosedFrame) -> None:
    ...         self.count += len(posed.poses)
    ...     def close(self) -> None:
    ...         print(self.count, "people")
    >>> with PersonCounter() as sink:
    ...     frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    ...     sink.write(PosedFrame(frame, Poses.empty(), Region.letterbox(64, 48), 0.0))
    0 people
    """

    @property
    def needs_pixels(self) -> bool:
        """Return whether the frames must come with their pixels, which are megabytes.

        Not unless overridden.
        """
        return False

    @abstractmethod
    def write(self, posed: PosedFrame) -> None:
        """Write the poses of one frame.

        Raises:
            SinkError: If they cannot be written.
        """

    def keep_parts(self) -> Sequence[Path]:
        """Close without finishing, after an error; a file that was there before stays.

        Returns:
            The unfinished files that hold frames, beside their targets. Others are deleted.
        """
        self.close()
        return ()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what is written; after an error, leave it unfinished beside its target."""
        if error is None:
            self.close()
        else:
            self.keep_parts()


class FrameSink(Closeable):
    """Where painted frames are written to or shown.

    >>> import numpy as np
    >>> class SizePrinter(FrameSink):
    ...     def write(self, frame: Frame) -> None:
    ...         print(frame.width_px, frame.height_px)
    ...     def close(self) -> None:
    ...         pass
    >>> with SizePrinter() as sink:
    ...     sink.write(Frame.from_bgr(np.zeros((48, 64, 3), np.uint8)))
    64 48
    """

    @abstractmethod
    def write(self, frame: Frame) -> None:
        """Write one frame.

        Raises:
            SinkError: If it cannot be written.
        """

    def write_all(self, frames: Sequence[Frame]) -> None:
        """Write several frames.

        Raises:
            SinkError: If one of them cannot be written.
        """
        for frame in frames:
            self.write(frame)
