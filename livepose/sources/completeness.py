"""Whether all of a video came out of its file: its end, its structure, its packets, its frames."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livepose.core.errors import SourceCutShort
from livepose.core.frame import USUAL_RATE
from livepose.sources.container_walk import broken_places
from livepose.sources.damage import FrameTally
from livepose.sources.packet_tally import PacketTally
from livepose.sources.truncation import is_truncated, trailing_bytes
from livepose.system.timestamps import may_jump

_log = logging.getLogger(__name__)

_LONG_GAP_FRAMES = 3
_SHORT_WALK_S, _LONG_WALK_S = 1.0, 10.0
"""For how long a file is read again to look for damage, where some is known already or not."""
_REGULAR_FORMATS = frozenset({"nut", "ogg"})
"""Formats in which a long gap is damage: no camera with an uneven rate writes them."""
_COUNTING_FORMATS = frozenset({"avi", "ivf", "mxf"})
"""Formats whose header says how many frames there are: the last one comes in time."""


def has_broken_structure(path: Path, format_name: str) -> bool:
    """Return whether a file is cut short or damaged, as far as its structure tells.

    Its frames are not decoded: one that is damaged inside looks whole.

    Args:
        path: The file.
        format_name: FFmpeg's name of the demuxer.
    """
    return is_truncated(path, format_name) or broken_places(path, format_name, _SHORT_WALK_S) > 0


@dataclass(slots=True, eq=False)
class Reading:
    """What was read of a video, up to its end."""

    path: Path
    container: Any
    """The `av` input container."""
    stream: Any
    """Its video stream."""
    packets: PacketTally
    frames: FrameTally
    length_s: float | None
    """How long the header says that the video is."""
    origin_s: float
    """The time at which the container begins."""
    is_file: bool
    """Whether it is a file, rather than a pipe."""
    from_start: bool
    to_end: bool
    """Whether all up to the end was asked for."""

    @property
    def format_name(self) -> str:
        """FFmpeg's name of the demuxer."""
        return str(self.container.format.name)

    def check_complete(self) -> None:
        """Check that nothing is missing, cut off or corrupt.

        Raises:
            SourceCutShort: If the file was cut off, or if it is damaged.
        """
        is_cut = self._is_cut()
        places = self._broken_places()
        if not (is_cut or places or self.frames.corrupt):
            return
        lost = self.frames.describe(self._missing_frames())
        last_s = self.frames.last_time_s - self.origin_s
        got = f"{_frames(self.frames.frames)} could be read, up to {last_s:.2f} s"
        if is_cut:
            lost = f"; {lost}" if lost else ""
            raise SourceCutShort(f"{self.path} is cut short: {got}{lost}")
        if lost:
            raise SourceCutShort(f"{self.path} is damaged: {lost}")
        where = "1 place" if places == 1 else f"{places} places"
        raise SourceCutShort(f"{self.path} is damaged in {where}: {got}")

    @property
    def _has_length(self) -> bool:
        """Whether the frames that were read are those of the length in the header."""
        return self.from_start and self.to_end and not may_jump(self.container)

    def _is_cut(self) -> bool:
        if not self.is_file:
            return self._pipe_ends_early()
        if not self.to_end:
            return False
        if is_truncated(self.path, self.format_name):
            return True
        if extra := trailing_bytes(self.path, self.format_name):
            _log.info(
                "the last %d bytes of %s are behind the end of its video, and are not read",
                extra,
                self.path.name,
            )
        return False

    def _pipe_ends_early(self) -> bool:
        """Return whether a pipe ended before the length or the index in the header."""
        if not self._has_length:
            return False
        if self.length_s is None or self.packets.never_read():
            return self.packets.never_read() > 0
        left_s = self.length_s - (self.frames.last_time_s - self.origin_s)
        # The last frame is shown too: not missing. At an uneven rate it may last for long.
        left = left_s * (self.stream.average_rate or USUAL_RATE) - 1
        return min(left, self.frames.missing_frames(self.length_s)) >= _LONG_GAP_FRAMES

    def _broken_places(self) -> int:
        places = self.packets.errors
        if self.to_end:
            places += self.packets.lost()
        if self.is_file and self.to_end:
            is_known = places or self.frames.corrupt
            limit_s = _SHORT_WALK_S if is_known else _LONG_WALK_S
            places += broken_places(self.path, self.format_name, limit_s)
            if "mp4" in self.format_name and self.packets.is_shortened():
                from livepose.sources.sample_tables import tables_agree  # for few files

                places += not tables_agree(self.path)
        if self._has_length:
            places += self.packets.never_read() > 0
        return places + self._has_long_gap() + self._ends_early()

    def _has_long_gap(self) -> bool:
        is_regular = not _REGULAR_FORMATS.isdisjoint(self.format_name.split(","))
        return is_regular and self._missing_frames() >= _LONG_GAP_FRAMES

    def _ends_early(self) -> bool:
        is_counted = self.format_name in _COUNTING_FORMATS
        if not (is_counted and self._has_length and self.length_s is not None):
            return False
        left_s = self.length_s - (self.frames.last_time_s - self.origin_s)
        return bool(left_s * (self.stream.average_rate or USUAL_RATE) > _LONG_GAP_FRAMES)

    def _missing_frames(self) -> int:
        promised = self.packets.promised_frames() if self._has_length else None
        # The index of a counting format stands at its end, and may be cut off.
        if promised is not None and self.format_name not in _COUNTING_FORMATS:
            return max(promised - self.frames.frames, 0)
        by_time = self.frames.missing_frames(self.length_s if self._has_length else None)
        return max(by_time - self.packets.repeats, (promised or 0) - self.frames.frames, 0)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
