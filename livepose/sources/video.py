"""A video file, through PyAV: time stamps, rotation and frame rates as the container has them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from math import inf
from pathlib import Path
from typing import Any, BinaryIO

from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.completeness import Reading, has_broken_structure
from livepose.sources.damage import FrameTally
from livepose.sources.decoded_frame import FrameConverter
from livepose.sources.video_decoder import ROUNDING_S, VideoDecoder, open_container
from livepose.system.files import readable_name
from livepose.system.pyav import av, ffmpeg_message
from livepose.system.video_streams import describe_stream, film_streams

_log = logging.getLogger(__name__)


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
        reports: bool = True,
    ) -> None:
        """Open a file and decode its first frame.

        Args:
            path: A file in any format that FFmpeg reads.
            start_s: Skip what is shown earlier, in seconds from the file's start.
            end_s: Stop before what is shown from then on; None reads to the end.
            pipe: What is read in the place of a file, from front to back; `path` only names it.
            like: A source of the same file, as which frames are converted; see `reopened`.
            whole_from_s: Frames that are shown earlier are decoded only if later ones need them.
            reports: Whether what is unusual about the file is logged, and damage is reported at the
                end. Not for a file that is read a second time.

        Raises:
            SourceNotFound: If there is no such file.
            SourceError: If it is not a video, or nothing is shown between `start_s` and `end_s`.
        """
        if pipe is None and path.is_dir():
            raise SourceError(f"{path} is a folder: give one video file")
        if pipe is None and path.is_fifo():
            raise SourceError(f"{path} is a pipe: read it as standard input, with - < {path}")
        if pipe is None and not path.is_file():
            raise SourceNotFound(f"there is no file {path}")
        self._path = path
        self._start_s = start_s
        self._end_s = end_s
        self._is_pipe = pipe is not None
        self._reports = reports and like is None
        self._tally = FrameTally()
        container = open_container(path, pipe)
        try:
            self._decoder: VideoDecoder = VideoDecoder(
                path,
                container,
                start_s,
                end_s,
                is_pipe=self._is_pipe,
                like=None if like is None else like._decoder,
                whole_from_s=whole_from_s,
                reports=reports,
            )
            if self._reports:
                self._report_other_films()
            self._first = self._decoder.next_frame()
            if self._first is None:
                raise SourceError(self._nothing_to_show())
            self._first_s = self._decoder.time_s(self._first)
            self._converter: FrameConverter = (
                FrameConverter(
                    self._first, self._decoder.stream.sample_aspect_ratio, reports=reports
                )
                if like is None
                else like._converter
            )
            self._length_s = self._decoder.declared_length_s()
            self._info = self._describe()
        except (av.FFmpegError, LookupError) as error:
            container.close()
            reason = self._protection() or ffmpeg_message(error)
            raise SourceError(f"{path} is not a video that can be read: {reason}") from error
        except BaseException:
            container.close()
            raise

    @property
    def info(self) -> StreamInfo:
        return self._info

    @property
    def skipped_frames(self) -> int:
        """How many frames of the file come before the first one."""
        return self._decoder.skipped_frames

    @property
    def has_frame_in_each_packet(self) -> bool:
        """Whether each packet is one frame, which can be left out if no other frame needs it."""
        return self._decoder.packets.has_frame_in_each

    @property
    def has_broken_structure(self) -> bool:
        """Whether the file is cut short or damaged, as far as that is known without decoding it."""
        return has_broken_structure(self._path, self._decoder.container.format.name)

    @property
    def has_sound(self) -> bool:
        return bool(self._decoder.container.streams.audio)

    def __iter__(self) -> Iterator[Frame]:
        for index, (decoded, time_s) in enumerate(self._decoded_in_time()):
            pixels = self._converter.convert(
                decoded, self._decoder.stream.codec_context.sample_aspect_ratio
            )
            grabbed_s = time.perf_counter()
            is_corrupt = decoded.is_corrupt
            self._tally.add(index, time_s, is_corrupt=is_corrupt)
            yield Frame(
                pixels,
                index,
                time_s,
                grabbed_s,
                skipped_frames=self._decoder.skipped_frames,
                shape_changes=self._converter.shape_changes,
                is_corrupt=is_corrupt,
            )
        if not self._decoder.is_closed and self._reports:
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
        tick_s = float(self._info.time_base or ROUNDING_S)
        for shown_s, is_key_frame in self._packet_times():
            if (
                self._end_s is not None
                and shown_s - self._decoder.origin_s >= self._end_s - ROUNDING_S
            ):
                return
            if shown_s >= self._first_s - ROUNDING_S:
                last_s = max(shown_s, last_s + tick_s)
                yield last_s, is_key_frame

    def _packet_times(self) -> Iterator[tuple[float, bool]]:
        from livepose.sources.frame_times import packets_as_shown  # for clips in a window

        # In a container of its own, as this source may be closed meanwhile.
        with open_container(self._path, None) as container:
            yield from packets_as_shown(container, container.streams[self._decoder.stream_index])

    def _decoded_in_time(self) -> Iterator[tuple[Any, float]]:
        """Yield the decoded frames, each with its time in seconds."""
        time_s = -inf
        tick_s = float(self._decoder.stream.time_base or ROUNDING_S)
        decoded = self._first
        while decoded is not None and not self._decoder.is_closed:
            # Some files have the same time twice, or go back by less than a jump.
            time_s = max(self._decoder.time_s(decoded), time_s + tick_s)
            yield decoded, time_s
            decoded = self._decoder.next_frame()

    def close(self) -> None:
        self._decoder.close()

    def _describe(self) -> StreamInfo:
        return StreamInfo(
            readable_name(self._path.name),
            *self._converter.upright_size_px,
            is_live=False,
            frame_rate=self._decoder.stream.average_rate,
            frame_count=self._estimated_frame_count(),
            time_base=self._decoder.stream.time_base,
            origin_s=self._decoder.origin_s,
            path=None if self._is_pipe else self._path,
        )

    def _estimated_frame_count(self) -> int | None:
        length_s = self._length_s
        if length_s is None or not self._decoder.stream.average_rate:
            return self._decoder.stream.frames or None
        end_s = length_s if self._end_s is None else min(self._end_s, length_s)
        rate = float(self._decoder.stream.average_rate)
        return max(1, round((end_s - self._start_s) * rate))

    def _report_other_films(self) -> None:
        read = self._decoder.stream
        others = [s for s in film_streams(self._decoder.container) if s.index != read.index]
        if others:
            _log.info(
                "%s has %d video streams: %s is read, not %s",
                self._path.name,
                len(others) + 1,
                describe_stream(read),
                " or ".join(map(describe_stream, others)),
            )

    def _protection(self) -> str:
        """Return why no decoder can read the film; empty if it is not encrypted."""
        if self._is_pipe:
            return ""
        from livepose.sources.copy_protection import copy_protection  # for few films

        return copy_protection(self._path)

    def _reading(self) -> Reading:
        return Reading(
            path=self._path,
            container=self._decoder.container,
            stream=self._decoder.stream,
            packets=self._decoder.packets,
            frames=self._tally,
            length_s=self._length_s,
            origin_s=self._decoder.origin_s,
            is_file=not self._is_pipe,
            from_start=not self._start_s,
            to_end=self._end_s is None,
        )

    def _nothing_to_show(self) -> str:
        length_s = self._decoder.declared_length_s()
        if self._start_s or self._end_s is not None:
            hint = f"it lasts {length_s:.2f} s" if length_s is not None else "see --start and --end"
            return f"{self._path} shows nothing in the requested part: {hint}"
        if "webp" in self._decoder.container.format.name:
            return (
                f"{self._path} has no frame that can be read, as FFmpeg decodes no animated WebP: "
                "convert it to .gif or .mp4, or use --image for its first frame"
            )
        reason = f": {self._decoder.problem}" if self._decoder.problem else ""
        return f"{self._path} has no frame that can be read{reason}"
