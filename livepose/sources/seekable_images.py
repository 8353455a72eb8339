"""Images in sequence, read in any order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from livepose.core.arrays import Float64Array, read_only
from livepose.core.clip_interfaces import SeekableSource
from livepose.core.errors import SourceCutShort, SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.sources.sequence import ImageSequence


class SeekableImages(SeekableSource):
    """The images of a sequence by their numbers; those that cannot be read do not count.

    >>> import tempfile, cv2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in range(3):
    ...         grey = np.full((48, 64, 3), 50 * number, np.uint8)
    ...         assert cv2.imwrite(str(Path(folder, f"img_{number}.png")), grey)
    ...     with SeekableImages(Path(folder, "img_%d.png"), frame_rate=10) as images:
    ...         frames = [images.frame(index) for index in (2, 1)]
    >>> [(frame.index, frame.time_s, int(frame.bgr[0, 0, 0])) for frame in frames]
    [(2, 0.2, 100), (1, 0.1, 50)]
    """

    def __init__(
        self,
        path: Path,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        frame_rate: float | None = None,
        max_frames: int | None = None,
    ) -> None:
        """Find the images, and read the first one.

        Args:
            path: A folder, a pattern with a number (`img_%04d.png`), or one with wildcards.
            start_s: Leave out what is shown earlier.
            end_s: Leave out what is shown from then on.
            frame_rate: Images per second; 30 unless given.
            max_frames: Only this many images, from `start_s` on, count.

        Raises:
            SourceNotFound: If there are no such images.
            SourceError: If the first one cannot be read, or if nothing is shown between `start_s`
                and `end_s`.
        """
        self._sequence = ImageSequence(path, start_s, end_s, frame_rate=frame_rate)
        self._numbers = list(range(len(self._sequence.times_s)))[:max_frames]
        """Those of the images that can be read, as far as that is known."""
        self._unreadable: list[str] = []

    @property
    def info(self) -> StreamInfo:
        return self._sequence.info

    @property
    def times_s(self) -> Float64Array:
        return read_only(np.array(self._sequence.times_s)[self._numbers])

    @property
    def has_all_times(self) -> bool:
        return True

    @property
    def numbering(self) -> int:
        return len(self._unreadable)

    @property
    def problem(self) -> SourceError | None:
        if not self._unreadable:
            return None
        images = len(self._numbers) + len(self._unreadable)
        return SourceCutShort(
            f"{len(self._unreadable)} of {images} images were left out: {self._unreadable[0]}"
        )

    def learn_times(self) -> bool:
        return False

    def frame(self, index: int, is_wanted: Callable[[], bool] = lambda: True) -> Frame | None:
        while is_wanted():
            if not 0 <= index < len(self._numbers):
                raise IndexError(f"{self.info.name} has no frame {index}")
            try:
                return self._sequence.image(self._numbers[index], index)
            except SourceError as error:
                self._unreadable.append(str(error))
                del self._numbers[index]
                index = min(index, len(self._numbers) - 1)
        return None

    def prepare(self, index: int) -> bool:
        return False

    def close(self) -> None:
        self._sequence.close()
