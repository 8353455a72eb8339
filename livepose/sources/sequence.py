"""Images in sequence as a video: `img_%04d.png`, `img*.png`, or a folder."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceCutShort, SourceError, SourceNotFound
from livepose.core.frame import USUAL_RATE, Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.image import IMAGE_SUFFIXES, read_image

_NUMBER = re.compile(r"%(0?)(\d*)d")
_WILDCARDS = "*?["
_ROUNDING_S = 1e-6


def is_sequence(path: Path) -> bool:
    """Return whether a path stands for images in sequence, and not for one file.

    >>> is_sequence(Path("img_%04d.png")), is_sequence(Path("img*.png")), is_sequence(Path("a.png"))
    (True, True, False)
    """
    if path.is_file():
        return False
    return bool(_NUMBER.search(path.name)) or _is_wildcard(path) or path.is_dir()


class ImageSequence(Source):
    """The images of a sequence, one after the other, all in the size of the first one.

    Numbered images are in the order of their numbers, and a number that is missing is a moment
    without a frame. Others are in the order of their names, in which 10 follows 9.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for number in (8, 9, 11):
    ...         path = Path(folder, f"img_{number}.png")
    ...         assert cv2.imwrite(str(path), np.full((48, 64, 3), 127, np.uint8))
    ...     with ImageSequence(Path(folder, "img_%d.png"), frame_rate=10) as source:
    ...         [(frame.index, frame.time_s) for frame in source]
    [(0, 0.0), (1, 0.1), (2, 0.3)]
    """

    def __init__(
        self,
        path: Path,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        frame_rate: float | None = None,
    ) -> None:
        """Find the images, and read the first one.

        Args:
            path: A folder, a pattern with a number (`img_%04d.png`), or one with wildcards.
            start_s: Leave out what is shown earlier.
            end_s: Leave out what is shown from then on.
            frame_rate: Images per second; 30 unless given.

        Raises:
            SourceNotFound: If there are no such images.
            SourceError: If the first one cannot be read, or if nothing is shown between `start_s`
                and `end_s`.
        """
        rate = Fraction(frame_rate or USUAL_RATE).limit_denominator(1001)
        found = _images(path)
        length_s = float((found[-1][0] + 1) / rate)
        self._images = [
            (number, image)
            for number, image in found
            if number / rate >= start_s - _ROUNDING_S
            and (end_s is None or number / rate < end_s - _ROUNDING_S)
        ]
        if not self._images:
            raise SourceError(
                f"{path} shows nothing in the requested part: it lasts {length_s:.2f} s"
            )
        self._path = path
        self._rate = rate
        first = self._images[0][1]
        try:
            self._first = read_image(first)
        except SourceError as error:
            if not _is_wildcard(path) or first.suffix.lower() in IMAGE_SUFFIXES:
                raise
            raise SourceError(
                f"{error}; {path} stands for images in sequence: name videos one by one, or "
                "without quotes"
            ) from error
        self._is_closed = False

    @property
    def info(self) -> StreamInfo:
        height_px, width_px = self._first.shape[:2]
        return StreamInfo(
            self._path.resolve().name,
            width_px,
            height_px,
            is_live=False,
            frame_rate=self._rate,
            frame_count=len(self._images),
            time_base=1 / self._rate,
        )

    @property
    def times_s(self) -> Sequence[float]:
        """Return when each image is shown, in seconds."""
        return [float(number / self._rate) for number, _ in self._images]

    def image(self, number: int, index: int) -> Frame:
        """Read one of the images.

        Args:
            number: Which of them, counted from 0.
            index: The frame's index: unreadable images before it do not count.

        Raises:
            SourceError: If it cannot be read.
        """
        place, path = self._images[number]
        bgr = read_image(path) if number else self._first
        time_s = float(place / self._rate)
        return Frame.from_bgr(self._fitted(bgr), index, time_s, time.perf_counter())

    def __iter__(self) -> Iterator[Frame]:
        unreadable: list[str] = []
        index = 0
        for number in range(len(self._images)):
            if self._is_closed:
                return
            try:
                frame = self.image(number, index)
            except SourceError as error:
                unreadable.append(str(error))
                continue
            yield frame
            index += 1
        if unreadable:
            raise SourceCutShort(
                f"{len(unreadable)} of {len(self._images)} images were left out: {unreadable[0]}"
            )

    def close(self) -> None:
        self._is_closed = True

    def _fitted(self, bgr: UInt8Array) -> UInt8Array:
        """Return an image in the size of the first one, with black bars if its shape is another."""
        if bgr.shape == self._first.shape:
            return bgr
        height_px, width_px = self._first.shape[:2]
        scale = min(width_px / bgr.shape[1], height_px / bgr.shape[0])
        size_px = (max(1, round(scale * bgr.shape[1])), max(1, round(scale * bgr.shape[0])))
        fitted = np.zeros_like(self._first)
        left, top = (width_px - size_px[0]) // 2, (height_px - size_px[1]) // 2
        resized = cv2.resize(bgr, size_px, interpolation=cv2.INTER_AREA)
        fitted[top : top + size_px[1], left : left + size_px[0]] = resized
        return fitted


def _is_wildcard(path: Path) -> bool:
    return any(each in path.name for each in _WILDCARDS)


def _images(path: Path) -> list[tuple[int, Path]]:
    """Return the images that a path stands for, each with its place in time, the first at 0."""
    if path.is_dir():
        images = [each for each in _entries(path) if each.suffix.lower() in IMAGE_SUFFIXES]
        if not images:
            raise SourceNotFound(
                f"the folder {path} has no images: for the videos in it, use livepose batch"
            )
        return list(enumerate(sorted(images, key=_natural_order)))
    number = _NUMBER.search(path.name)
    if number is None:
        entries = _entries(path.parent)
        images = [each for each in entries if fnmatchcase(each.name, path.name) and each.is_file()]
        if not images:
            raise SourceNotFound(f"there is no file {path}")
        return list(enumerate(sorted(images, key=_natural_order)))
    zero, width = number.groups()
    digits = rf"(\d{{{width},}})" if zero and width else r"(\d+)"
    before, after = path.name[: number.start()], path.name[number.end() :]
    name = re.compile(re.escape(before) + digits + re.escape(after))
    matches = [name.fullmatch(each.name) for each in _entries(path.parent)]
    numbered = sorted((int(match[1]), path.with_name(match[0])) for match in matches if match)
    if not numbered:
        raise SourceNotFound(f"there is no file {path}")
    return [(place - numbered[0][0], image) for place, image in numbered]


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir()) if folder.is_dir() else []
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"the folder {folder} cannot be read: {reason}") from error


def _natural_order(path: Path) -> list[tuple[int, str]]:
    """Return a key by which `img9` comes before `img10`."""
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]
