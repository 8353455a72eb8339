"""Discontinuities of time stamps: where clips were joined, time goes on instead of jumping."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from livepose.system.pyav import av, demux, open_media
from livepose.system.video_streams import select_video_stream

_JUMPING_FORMATS = frozenset({"mpegts", "mpeg", "hls", "flv", "asf", "ogg", "rtsp", "sdp", "nut"})
"""Formats in which a new clip may begin with a time of its own (FFmpeg's AVFMT_TS_DISCONT)."""
_MAX_STEP_BACK_S = Fraction(1, 10)
_MAX_GAP_S, _MAX_GAP_ELSEWHERE_S = 10, 3600
"""Longer steps forward are jumps; players do the same (`max_frame_duration` of ffplay)."""
_USUAL_FRAME_S = Fraction(1, 30)
_MAX_HELD_PACKETS = 400
_SAME_CLIP_S = Fraction(1)


class TimestampRepair:
    """Moves the packets behind a jump of a file's time stamps, so that time goes on.

    A clip that begins in the middle of a file, with times of its own, follows the last frame of the
    one before it by one frame; its other streams move with it.
    """

    def __init__(self, container: Any, video: Any) -> None:
        """Start at the beginning of a file.

        Args:
            container: An `av` input container.
            video: Its video stream, whose packets decide.
        """
        self._max_gap_s = Fraction(_MAX_GAP_S if may_jump(container) else _MAX_GAP_ELSEWHERE_S)
        self._video_index = video.index
        self._offsets_s = [Fraction(0)]
        self._clocks: dict[int, _Clock] = {}
        self._held: deque[Any] = deque()
        # Of the video, in its own ticks, as this is done for each frame.
        self._tick_s = Fraction(video.time_base or 1)
        self._max_back = round(_MAX_STEP_BACK_S / self._tick_s)
        self._max_gap = round(self._max_gap_s / self._tick_s)
        frame_s = 1 / Fraction(video.average_rate) if video.average_rate else _USUAL_FRAME_S
        self._frame = round(frame_s / self._tick_s)
        self._offset = 0
        self._last_dts: int | None = None
        self._shown_end: int | None = None

    @property
    def jumps(self) -> int:
        """How many jumps there were so far."""
        return len(self._offsets_s) - 1

    def repair(self, packets: Iterable[Any]) -> Iterator[Any]:
        """Yield packets of any streams, in the order of the file, with their times moved."""
        for packet in packets:
            if packet.stream.index == self._video_index:
                self.move_video(packet)
                yield packet
                if self.jumps:
                    yield from self._release(is_last=False)
            elif packet.dts is None or (not self._held and self._move_other(packet, is_last=False)):
                yield packet
            else:
                # It is of the next clip, or behind one that is; the video has not come to it yet.
                self._held.append(packet)
                yield from self._release(is_last=len(self._held) > _MAX_HELD_PACKETS)
        yield from self._release(is_last=True)

    def _release(self, is_last: bool) -> Iterator[Any]:
        """Yield the held packets that can be placed; all of them if nothing more is known."""
        while self._held and self._move_other(self._held[0], is_last=is_last):
            yield self._held.popleft()

    def move_video(self, packet: Any) -> None:
        """Move a packet of the video, which is the next one in the file."""
        dts, pts = packet.dts, packet.pts
        if dts is None:
            return
        shown = dts if pts is None else pts
        last, end = self._last_dts, self._shown_end
        is_jump = last is not None and not -self._max_back <= dts - last <= self._max_gap
        if is_jump and end is not None:
            self._offset = end - shown
            self._offsets_s.append(self._offset * self._tick_s)
        self._last_dts = dts
        own_end = shown + self._offset + (packet.duration or self._frame)
        self._shown_end = own_end if end is None else max(end, own_end)
        if self._offset:
            packet.dts = dts + self._offset
            if pts is not None:
                packet.pts = pts + self._offset

    def _move_other(self, packet: Any, *, is_last: bool) -> bool:
        """Move a packet of another stream; return whether its clip is known."""
        clock = self._clocks.setdefault(packet.stream.index, _Clock())
        time_s = packet.dts * Fraction(packet.time_base)
        if clock.is_jump(time_s, self._max_gap_s):
            expected_s = (clock.last_s or 0) + clock.offset_s
            offset_s = min(self._offsets_s, key=lambda each: abs(time_s + each - expected_s))
            if abs(time_s + offset_s - expected_s) > _SAME_CLIP_S and not is_last:
                return False
            clock.offset_s = offset_s
        clock.last_s = time_s
        if clock.offset_s:
            ticks = round(clock.offset_s / Fraction(packet.time_base))
            packet.dts += ticks
            if packet.pts is not None:
                packet.pts += ticks
        return True


@dataclass(slots=True, eq=False)
class _Clock:
    """Where a stream is."""

    last_s: Fraction | None = None
    """Its last time stamp, as the file has it."""
    offset_s: Fraction = Fraction(0)
    """What is added to it."""

    def is_jump(self, time_s: Fraction, max_gap_s: Fraction) -> bool:
        if self.last_s is None:
            return False
        return not -_MAX_STEP_BACK_S <= time_s - self.last_s <= max_gap_s


def demux_repaired(container: Any, video: Any, stream: Any) -> Iterator[Any]:
    """Yield the packets of a stream with the times that go with those of the repaired video.

    Args:
        container: An `av` input container, which nobody else reads.
        video: Its video stream.
        stream: Another stream of it.
    """
    if not may_jump(container):
        yield from demux(container, stream)
        return
    for packet in TimestampRepair(container, video).repair(demux(container, video, stream)):
        if packet.stream.index == stream.index:
            yield packet


def has_jumps(path: Path) -> bool:
    """Return whether the time stamps of a file jump, so that no time in it can be sought.

    Only files in a format that may jump are read through, without being decoded.
    """
    with open_media(path) as container:
        if not may_jump(container):
            return False
        video = select_video_stream(container)
        repair = TimestampRepair(container, video)
        try:
            for packet in demux(container, video):
                repair.move_video(packet)
                if repair.jumps:
                    return True
        except av.FFmpegError:  # the file is damaged there, as whoever reads it reports
            return False
    return False


def may_jump(container: Any) -> bool:
    """Return whether an `av` container's format allows clips to be joined, each with its times."""
    return not _JUMPING_FORMATS.isdisjoint(container.format.name.split(","))
