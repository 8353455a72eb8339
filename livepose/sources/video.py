"""A video file, through PyAV: time stamps, rotation and frame rates as the container has them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import USUAL_RATE, Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.completeness import Reading
from livepose.sources.copy_protection import copy_protection
from livepose.sources.damage import FrameTally
from livepose.sources.decoded_frame import FrameConverter
from livepose.sources.deinterlacing import Deinterlacer
from livepose.sources.frame_times import packets_as_shown
from livepose.sources.packet_tally import PacketTally
from livepose.system.files import readable_name
from livepose.system.pyav import av, demux, ffmpeg_message, open_media
from livepose.system.thread_budget import codec_threads, seek_threads
from livepose.system.timestamps import TimestampRepair, has_jumps
from livepose.system.video_streams import describe_stream, film_streams, select_video_stream

_log = logging.getLogger(__name__)

_MAX_DECODE_ERRORS = 100
_SEEK_BACK_S = (0.0, 5.0, 30.0)
"""Some containers seek to a moment that is too late: then from earlier."""
_ROUNDING_S = 1e-6
"""FFmpeg gives a container's start in whole microseconds."""


class VideoSource(Source):
    """A file's frames, upright, in square pixels, each at its own time. None is skipped.

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "black.mp4")
    ...     with av.open(str(path), "w") as output:
    ...         stream = output.add_stream("mpeg4", rate=25)
    ...         stream.width, stream.height = 64, 48
    ...         for _ in range(5):
    ...             black = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "bgr24")
    ...             output.mux(stream.encode(black))
    ...         output.mux(stream.encode())
    ...     with VideoSource(path, start_s=0.08) as source:
    ...         print(source.info.frame_rate, [round(frame.time_s, 2) for frame in source])
    25 [0.08, 0.12, 0.16]
    """

    def __init__(
        self,
        path: Path,
        start_s: float = 0.0,
        end_s: float | None = None,
        *,
        pipe: BinaryIO | None = None,
        like: VideoSource | None = None,
        whole_from_s: float = -inf,
    ) -> None:
        """Open a file and decode its first frame.

        Args:
            path: A file in any format that FFmpeg reads.
            start_s: Skip what is shown earlier, in seconds from the file's start.
            end_s: Stop before what is shown from then on; None reads to the end.
            pipe: What is read in the place of a file, from front to back; `path` only names it.
            like: A source of the same file, as which frames are converted; see `reopened`.
            whole_from_s: Frames that are shown earlier are decoded only if later ones need them.

        Raises:
            SourceNotFound: If there is no such file.
            SourceError: If it is not a video, or nothing is shown between `start_s` and `end_s`.
        """
        if pipe is None and path.is_dir():
            raise SourceError(f"{path} is a folder: give one video file")
        if pipe is None and not path.is_file():
            raise SourceNotFound(f"there is no file {path}")
        self._path = path
        self._is_pipe = pipe is not None
        self._container = _open_container(path, pipe)
        try:
            self._stream = select_video_stream(self._container)
            self._stream_index = self._stream.index
            if like is None:
                self._report_other_films()
            threads = codec_threads if like is None else seek_threads
            self._stream.codec_context.thread_count = threads(self._stream.height)
            self._stream.thread_type = "AUTO"
            self._origin_s = (self._container.start_time or 0) / av.time_base
            self._start_s = start_s
            self._end_s = end_s
            self._is_reopened = like is not None
            self._has_jumps: bool | None = None if like is None else like._has_jumps
            self._whole_from_s = whole_from_s
            self._tally = FrameTally()
            self._jumps = 0
            self._is_closed = False
            self._is_reading = False
            self._is_avi = self._container.format.name == "avi"
            self._packets = PacketTally(self._container, self._stream)
            self._last_pts: int | None = None
            self._skipped_frames = 0
            self._decoded = self._decode_range()
            self._first = next(self._decoded, None)
            if self._first is None:
                raise SourceError(self._nothing_to_show())
            self._first_s = self._time_s(self._first)
            self._converter: FrameConverter = (
                FrameConverter(self._first, self._stream.sample_aspect_ratio)
                if like is None
                else like._converter
            )
            self._length_s = self._declared_length_s()
            self._info = self._describe()
        except (av.FFmpegError, LookupError) as error:
            self._container.close()
            reason = "" if self._is_pipe else copy_protection(path)
            reason = reason or ffmpeg_message(error)
            raise SourceError(f"{path} is not a video that can be read: {reason}") from error
        except BaseException:
            self._container.close()
            raise

    @property
    def info(self) -> StreamInfo:
        return self._info

    @property
    def skipped_frames(self) -> int:
        """How many frames of the file come before the first one."""
        return self._skipped_frames

    @property
    def has_frame_in_each_packet(self) -> bool:
        """Whether each packet is one frame, which can be left out if no other frame needs it."""
        return self._packets.has_frame_in_each

    @property
    def has_sound(self) -> bool:
        return bool(self._container.streams.audio)

    def __iter__(self) -> Iterator[Frame]:
        for index, (decoded, time_s) in enumerate(self._decoded_in_time()):
            pixels = self._converter.convert(
                decoded, self._stream.codec_context.sample_aspect_ratio
            )
            grabbed_s = time.perf_counter()
            is_corrupt = decoded.is_corrupt
            self._tally.add(index, time_s, is_corrupt=is_corrupt)
            yield Frame(
                pixels,
                index,
                time_s,
                grabbed_s,
                skipped_frames=self._skipped_frames,
                shape_changes=self._converter.shape_changes,
                is_corrupt=is_corrupt,
            )
        if not self._is_closed and not self._is_reopened:
            self._reading().check_complete()

    def reopened(self, start_s: float, whole_from_s: float = -inf) -> VideoSource:
        """Open the file again, to read it from another moment on.

        Its frames have the size and kind of this source's. How many come before them is not
        counted, and damage is not reported at the end.

        Args:
            start_s: Skip what is shown earlier, in seconds from the file's start.
            whole_from_s: What is shown earlier, in seconds from the file's start, is left out too
                where no later frame needs it.

        Raises:
            SourceError: If the file can no longer be read, or shows nothing from then on.
        """
        if self._has_jumps is None:
            self._has_jumps = has_jumps(self._path)
        return VideoSource(self._path, start_s, self._end_s, like=self, whole_from_s=whole_from_s)

    def frame_times(self, *, by_decoding: bool = False) -> Iterator[tuple[float, bool]]:
        """Yield when each frame is shown, in seconds, and whether it is a key frame, in order.

        Where each packet is one frame, only packets are read, and frames that cannot be decoded are
        among them. Else all frames are decoded, in a reader of their own.

        Args:
            by_decoding: Whether to decode in any case.
        """
        if by_decoding or not self.has_frame_in_each_packet:
            with self.reopened(self._start_s) as source:
                for decoded, time_s in source._decoded_in_time():
                    yield time_s, bool(decoded.key_frame)
            return
        last_s = -inf
        tick_s = float(self._info.time_base or _ROUNDING_S)
        for shown_s, is_key_frame in self._packet_times():
            if self._end_s is not None and shown_s - self._origin_s >= self._end_s - _ROUNDING_S:
                return
            if shown_s >= self._first_s - _ROUNDING_S:
                last_s = max(shown_s, last_s + tick_s)
                yield last_s, is_key_frame

    def _packet_times(self) -> Iterator[tuple[float, bool]]:
        # In a container of its own, as this source may be closed meanwhile.
        with _open_container(self._path, None) as container:
            yield from packets_as_shown(container, container.streams[self._stream_index])

    def _decoded_in_time(self) -> Iterator[tuple[Any, float]]:
        """Yield the decoded frames, each with its time in seconds."""
        time_s = -inf
        tick_s = float(self._stream.time_base or _ROUNDING_S)
        decoded = self._first
        while decoded is not None and not self._is_closed:
            # Some files have the same time twice, or go back by less than a jump.
            time_s = max(self._time_s(decoded), time_s + tick_s)
            yield decoded, time_s
            decoded = self._next_decoded()

    def close(self) -> None:
        self._is_closed = True
        # Closing during a read in another thread crashes: then the reader closes.
        if not self._is_reading:
            self._container.close()

    def _next_decoded(self) -> Any:
        """Return the next decoded frame; None at the end, or once the source is closed."""
        if self._is_closed:
            return None
        self._is_reading = True
        try:
            return next(self._decoded, None)
        finally:
            self._is_reading = False
            if self._is_closed:
                self._container.close()

    def _decode_range(self) -> Iterator[Any]:
        """Decode what is shown from `start_s` to `end_s`."""
        for decoded in self._decode_from_seek():
            shown_s = self._time_s(decoded) - self._origin_s
            if self._end_s is not None and shown_s >= self._end_s - _ROUNDING_S:
                return
            if shown_s >= self._start_s - _ROUNDING_S:
                yield decoded
            else:
                self._skipped_frames += 1

    def _decode_from_seek(self) -> Iterator[Any]:
        """Decode from some frame at or before `start_s`."""
        can_seek = self._start_s > 0 and not self._is_pipe
        if can_seek and self._has_jumps is None:
            self._has_jumps = has_jumps(self._path)
        if can_seek and not self._has_jumps:
            for back_s in _SEEK_BACK_S:
                self._seek(self._start_s - back_s)
                frames = self._decode_to_end()
                first = next(frames, None)
                if first and self._time_s(first) - self._origin_s <= self._start_s + _ROUNDING_S:
                    if not self._is_reopened:
                        self._skipped_frames = self._count_frames_before(first)
                    yield first
                    yield from frames
                    return
            self._seek(-_SEEK_BACK_S[-1])
        yield from self._decode_to_end()

    def _seek(self, shown_s: float) -> None:
        target_s = shown_s + self._origin_s
        self._container.seek(round(target_s * av.time_base), backward=True)

    def _count_frames_before(self, decoded: Any) -> int:
        """Return how many frames of the file are shown before one; none is decoded for it."""
        with _open_container(self._path, None) as container:
            stream = container.streams[self._stream_index]
            times = [
                packet.dts if self._is_avi or packet.pts is None else packet.pts
                for packet in _packets_up_to(container, stream, decoded.pts)
            ]
        return sum(time < decoded.pts for time in times if time is not None)

    def _decode_to_end(self) -> Iterator[Any]:
        """Decode to the end; what cannot be decoded is counted and skipped."""
        repair = TimestampRepair(self._container, self._stream)
        deinterlacer = Deinterlacer()
        frame_s = 1 / (self._stream.average_rate or USUAL_RATE)
        frame_ticks = max(round(frame_s / (self._stream.time_base or frame_s)), 1)
        for packet in self._demux():
            repair.move_video(packet)
            if repair.jumps and not self._jumps:
                _log.info(
                    "the time stamps of %s jump: time goes on by one frame there", self._path.name
                )
            self._jumps = repair.jumps
            self._packets.add(packet)
            self._leave_out_unneeded(packet)
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self._packets.errors += 1
                continue
            for decoded in frames:
                self._packets.add_decoded(decoded)
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
        shown_s = float(packet.pts * packet.time_base) - self._origin_s
        is_early = shown_s < self._whole_from_s - _ROUNDING_S
        self._stream.codec_context.skip_frame = "NONREF" if is_early else "DEFAULT"

    def _demux(self) -> Iterator[Any]:
        packets = demux(self._container, self._stream)
        # Reading on after close() would crash inside FFmpeg.
        while self._packets.errors < _MAX_DECODE_ERRORS and not self._is_closed:
            try:
                yield next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self._packets.errors += 1

    def _time_s(self, decoded: Any) -> float:
        if decoded.pts is None:
            raise SourceError(
                f"{self._path} has no time stamps: put it in a container first, "
                f"with ffmpeg -i {self._path.name} -c copy FILE.mp4"
            )
        return float(decoded.time)

    def _describe(self) -> StreamInfo:
        return StreamInfo(
            readable_name(self._path.name),
            *self._converter.upright_size_px,
            is_live=False,
            frame_rate=self._stream.average_rate,
            frame_count=self._estimated_frame_count(),
            time_base=self._stream.time_base,
            origin_s=self._origin_s,
            path=None if self._is_pipe else self._path,
        )

    def _estimated_frame_count(self) -> int | None:
        length_s = self._length_s
        if length_s is None or not self._stream.average_rate:
            return self._stream.frames or None
        end_s = length_s if self._end_s is None else min(self._end_s, length_s)
        rate = float(self._stream.average_rate)
        return max(1, round((end_s - self._start_s) * rate))

    def _report_other_films(self) -> None:
        others = [s for s in film_streams(self._container) if s.index != self._stream.index]
        if others:
            _log.info(
                "%s has %d video streams: %s is read, not %s",
                self._path.name,
                len(others) + 1,
                describe_stream(self._stream),
                " or ".join(map(describe_stream, others)),
            )

    def _declared_length_s(self) -> float | None:
        """Return how long the video is according to the header, if that says so."""
        if self._stream.duration is not None and self._stream.time_base is not None:
            return float(self._stream.duration * self._stream.time_base)
        if self._container.duration is not None and len(self._container.streams) == 1:
            return float(self._container.duration / av.time_base)
        return _matroska_duration_s(self._stream.metadata.get("DURATION", ""))

    def _reading(self) -> Reading:
        return Reading(
            path=self._path,
            container=self._container,
            stream=self._stream,
            packets=self._packets,
            frames=self._tally,
            length_s=self._length_s,
            origin_s=self._origin_s,
            is_file=not self._is_pipe,
            from_start=not self._start_s,
            to_end=self._end_s is None,
        )

    def _nothing_to_show(self) -> str:
        length_s = self._declared_length_s()
        if self._start_s or self._end_s is not None:
            hint = f"it lasts {length_s:.2f} s" if length_s is not None else "see --start and --end"
            return f"{self._path} shows nothing in the requested part: {hint}"
        return f"{self._path} has no frame that can be read"


def _open_container(path: Path, pipe: BinaryIO | None) -> Any:
    try:
        if pipe is not None:
            return av.open(pipe, metadata_errors="replace")
        return open_media(path)
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
