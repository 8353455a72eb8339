"""What rooms expect of one another to seek in a clip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from livepose.core.arrays import Float64Array
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.interfaces import Closeable


class SeekableSource(Closeable):
    """Frames by their numbers, in any order. Used by one thread, but for `times_s`."""

    @property
    @abstractmethod
    def info(self) -> StreamInfo:
        """Return what is known before the first frame."""

    @property
    @abstractmethod
    def times_s(self) -> Float64Array:
        """Return the times of the frames from 0 on, in seconds, as far as they are known yet."""

    @property
    @abstractmethod
    def has_all_times(self) -> bool:
        """Return whether the times of all frames are known."""

    @property
    @abstractmethod
    def numbering(self) -> int:
        """Return how often frames turned out to have other numbers, as some cannot be decoded."""

    @property
    @abstractmethod
    def problem(self) -> SourceError | None:
        """Return what is known to be wrong with the source; None if nothing is."""

    @abstractmethod
    def learn_times(self) -> bool:
        """Learn the times of some more frames; return whether there are more to learn."""

    @abstractmethod
    def frame(self, index: int, is_wanted: Callable[[], bool] = lambda: True) -> Frame | None:
        """Return a frame, or None once it is not wanted any more.

        Where numbers change, it is the frame at the same time, with its new number.

        Raises:
            IndexError: If there is no such frame.
            SourceError: If it can no longer be read.
        """

    @abstractmethod
    def prepare(self, index: int) -> bool:
        """Do a part of what makes steps back from a frame fast; return whether more can be done."""


class PoseMemory(Closeable):
    """What was found in the frames of a clip, by their numbers. Used by one thread."""

    @abstractmethod
    def __contains__(self, index: int) -> bool:
        """Return whether a frame has been analysed."""

    @abstractmethod
    def recall(self, frame: Frame) -> PosedFrame:
        """Return a frame with the poses that were found in it.

        Raises:
            KeyError: If it has not been analysed.
        """

    @abstractmethod
    def remember(self, posed: PosedFrame) -> bool:
        """Remember the poses of a frame, without its pixels.

        If the frame is known already, what is known stays: its people get the ids that they have
        in the new poses, or the other way around, from the first frame to the last.

        Returns:
            Whether people in frames that were remembered before have got other ids.
        """

    @abstractmethod
    def has_same_people(self, posed: PosedFrame) -> bool:
        """Return whether the people that are known in a frame are those of its new poses."""

    @property
    @abstractmethod
    def people_changes_s(self) -> tuple[float, ...]:
        """Return when people come into sight or are lost, as far as it is known."""

    @abstractmethod
    def forget(self) -> None:
        """Forget everything."""
