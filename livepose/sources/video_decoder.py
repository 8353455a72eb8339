"""One video stream decoded from one moment to another: seeking, damaged packets, time stamps."""

from __future__ import annotations

import logging
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

from livepose.core.errors import SourceError
from livepose.core.frame import USUAL_RATE
from livepose.sources.deinterlacing import Deinterlacer
from livepose.sources.packet_tally import PacketTally
from livepose.system.pyav import av, demux, ffmpeg_message, open_media
from livepose.system.thread_budget import codec_threads, seek_threads
from livepose.system.timestamps import TimestampRepair, has_jumps
from livepose.system.video_streams import select_video_stream

_log = logging.getLogger(__name__)

ROUNDING_S = 1e-6
"""FFmpeg gives a container's start in whole microseconds."""
_MAX_DECODE_ERRORS = 100
_SEEK_BACK_S = (0.0, 5.0, 30.0)
"""Some containers seek to a moment that is too late: then from earlier."""


@dataclass(slots=True)
class _ToReport:
    """What is still to be reported of a file, by all decoders of it."""

    jumps: bool
    """That its time stamps jump, where they do."""


class VideoDecoder:
    """Yields decoded `av.VideoFrame`s one by one, each with a time stamp that holds."""

    def __init__(
        self,
        path: Path,
        container: Any,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        is_pipe: bool = False,
        like: VideoDecoder | None = None,
        whole_from_s: float = -inf,
        reports: bool = True,
    ) -> None:
        """Select the stream to decode; nothing is decoded yet.

        Args:
            path: Names the file, and is opened again where frames are counted.
            container: An `av` input container at its beginning.
            start_s: Skip what is shown earlier, in seconds from the file's start.
            end_s: Stop before what is shown from then on; None decodes to the end.
            is_pipe: Whether the container can only be read from front to back.
            like: A decoder of the same file: this one is for frames from another place in it,
                and does not count those before it.
            whole_from_s: Frames that are shown earlier are decoded only if later ones need them.
            reports: Whether time stamps that jump are logged.

        Raises:
            LookupError: If the container has no video stream.
        """
        self.stream = select_video_stream(container)
        """The `av` video stream."""
        self.stream_index: int = self.stream.index
        """Known also once the container is closed."""
        threads = codec_threads if like is None else seek_threads
        self.stream.codec_context.thread_count = threads(self.stream.height)
        self.stream.thread_type = "AUTO"
        self.container = container
        self.origin_s: float = (container.start_time or 0) / av.time_base
        """The time at which the container begins, in seconds."""
        self.packets = PacketTally(container, self.stream)
        """The packets that were read so far."""
        self.problem = ""
        """What FFmpeg said of the first packet that it could not decode; empty if there is none."""
        self.skipped_frames = 0
        """How many frames of the file come before the first one."""
        self.is_closed = False
        self._path = path
        self._is_pipe = is_pipe
        self._start_s = start_s
        self._end_s = end_s
        self._is_reopened = like is not None
        self._has_jumps: bool | None = None if like is None else like.has_jumps
        self._whole_from_s = whole_from_s
        self._to_report: _ToReport = _ToReport(jumps=reports) if like is None else like._to_report
        self._is_avi = container.format.name == "avi"
        self._is_reading = False
        self._last_pts: int | None = None
        self._frames = self._decode_range()

    @property
    def has_jumps(self) -> bool:
        """Whether the time stamps of the file jump, so that no time can be sought in it."""
        if self._has_jumps is None:
            self._has_jumps = has_jumps(self._path)
        return self._has_jumps

    def next_frame(self) -> Any:
        """Return the next decoded frame; None at the end, or once the decoder is closed."""
        if self.is_closed:
            return None
        self._is_reading = True
        try:
            return next(self._frames, None)
        finally:
            self._is_reading = False
            if self.is_closed:
                self.container.close()

    def close(self) -> None:
        """Close the container; another thread may be decoding."""
        self.is_closed = True
        # Closing during a read in another thread crashes: then the reader closes.
        if not self._is_reading:
            self.container.close()

    def time_s(self, decoded: Any) -> float:
        """Return when a decoded frame is shown, in seconds on the container's clock.

        Raises:
            SourceError: If the stream has no time stamps.
        """
        if decoded.pts is None:
            name = "-" if self._is_pipe else shlex.quote(str(self._path))
            raise SourceError(
                f"{self._path} has no time stamps: put it in a container first, "
                f"with ffmpeg -i {name} -c copy FILE.mp4"
            )
        return float(decoded.time)

    def declared_length_s(self) -> float | None:
        """Return how long the video is according to the header, if that says so."""
        if self.stream.duration is not None and self.stream.time_base is not None:
            return float(self.stream.duration * self.stream.time_base)
        if self.container.duration is not None and len(self.container.streams) == 1:
            return float(self.container.duration / av.time_base)
        return _matroska_duration_s(self.stream.metadata.get("DURATION", ""))

    def _decode_range(self) -> Iterator[Any]:
        """Decode what is shown from `start_s` to `end_s`."""
        for decoded in self._decode_from_seek():
            shown_s = self.time_s(decoded) - self.origin_s
            if self._end_s is not None and shown_s >= self._end_s - ROUNDING_S:
                return
            if shown_s >= self._start_s - ROUNDING_S:
                yield decoded
            else:
                self.skipped_frames += 1

    def _decode_from_seek(self) -> Iterator[Any]:
        """Decode from some frame at or before `start_s`."""
        can_seek = self._start_s > 0 and not self._is_pipe
        if can_seek and not self.has_jumps:
            for back_s in _SEEK_BACK_S:
                self._seek(self._start_s - back_s)
                frames = self._decode_to_end()
                first = next(frames, None)
                if first and self.time_s(first) - self.origin_s <= self._start_s + ROUNDING_S:
                    if not self._is_reopened:
                        self.skipped_frames = self._count_frames_before(first)
                    yield first
                    yield from frames
                    return
            self._seek(-_SEEK_BACK_S[-1])
        yield from self._decode_to_end()

    def _seek(self, shown_s: float) -> None:
        target_s = shown_s + self.origin_s
        self.container.seek(round(target_s * av.time_base), backward=True)

    def _count_frames_before(self, decoded: Any) -> int:
        """Return how many frames of the file are shown before one; none is decoded for it."""
        with open_container(self._path, None) as container:
            stream = container.streams[self.stream_index]
            times = [
                packet.dts if self._is_avi or packet.pts is None else packet.pts
                for packet in _packets_up_to(container, stream, decoded.pts)
            ]
        return sum(time < decoded.pts for time in times if time is not None)

    def _decode_to_end(self) -> Iterator[Any]:
        """Decode to the end; what cannot be decoded is counted and skipped."""
        repair = TimestampRepair(self.container, self.stream)
        deinterlacer = Deinterlacer()
        frame_s = 1 / (self.stream.average_rate or USUAL_RATE)
        frame_ticks = max(round(frame_s / (self.stream.time_base or frame_s)), 1)
        for packet in self._demux():
            repair.move_video(packet)
            if repair.jumps and self._to_report.jumps:
                _log.info(
                    "the time stamps of %s jump: time goes on by one frame there", self._path.name
                )
                self._to_report.jumps = False
            self.packets.add(packet)
            if self.packets.is_repeat(packet):
                continue  # FFmpeg calls it an invalid argument
            self._leave_out_unneeded(packet)
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                self._note_error(error)
                continue
            for decoded in frames:
                self.packets.add_decoded(decoded)
                self._repair_pts(decoded, frame_ticks)
                yield from deinterlacer.push(decoded)
        yield from deinterlacer.flush()

    def _repair_pts(self, decoded: Any, frame_ticks: int) -> None:
        """Set the time of a frame that has none, or none that holds."""
        last_pts = self._last_pts
        if self._is_avi:
            # AVI has no presentation times; FFmpeg's guesses go backwards after B-frames.
            following = (-1 if last_pts is None else last_pts) + 1
            decoded.pts = following if decoded.dts is None else decoded.dts
        elif decoded.pts is None and last_pts is not None:
            decoded.pts = last_pts + frame_ticks  # behind a damaged packet
        self._last_pts = decoded.pts

    def _leave_out_unneeded(self, packet: Any) -> None:
        """Let the decoder skip a packet that is shown too early, if no other frame needs it."""
        if self._whole_from_s == -inf or packet.pts is None:
            return
        shown_s = float(packet.pts * packet.time_base) - self.origin_s
        is_early = shown_s < self._whole_from_s - ROUNDING_S
        self.stream.codec_context.skip_frame = "NONREF" if is_early else "DEFAULT"

    def _demux(self) -> Iterator[Any]:
        packets = demux(self.container, self.stream)
        # Reading on after close() would crash inside FFmpeg.
        while self.packets.errors < _MAX_DECODE_ERRORS and not self.is_closed:
            try:
                yield next(packets)
            except StopIteration:
                return
            except av.FFmpegError as error:
                self._note_error(error)

    def _note_error(self, error: av.FFmpegError) -> None:
        self.packets.errors += 1
        self.problem = self.problem or ffmpeg_message(error)


def open_container(path: Path, pipe: BinaryIO | None) -> Any:
    """Open a video as an `av` input container.

    Args:
        path: Of the file.
        pipe: What is read in its place, from front to back; `path` only names it then.

    Raises:
        SourceError: If it cannot be opened.
    """
    try:
        if pipe is not None:
            return av.open(pipe, metadata_errors="replace")
        return open_media(path)
    except PermissionError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}") from error
    except av.FFmpegError as error:
        raise SourceError(
            f"{path} is not a video that can be read, or it is cut off: {ffmpeg_message(error)}"
        ) from error


def _packets_up_to(container: Any, stream: Any, pts: int) -> Iterator[Any]:
    """Yield a stream's packets up to those that can only be shown after a moment.

    A packet is decoded before it is shown, so what is decoded later is shown later, too.
    """
    try:
        for packet in demux(container, stream):
            if packet.dts is not None and packet.dts >= pts:
                return
            if packet.size:
                yield packet
    except av.FFmpegError:
        return


def _matroska_duration_s(tag: str) -> float | None:
    """Parse a tag such as `00:00:04.027000000`."""
    parts = tag.split(":")
    try:
        hours, minutes, seconds = (float(part) for part in parts)
    except ValueError:  # in a damaged file it may be anything
        return None
    return hours * 3600 + minutes * 60 + seconds
