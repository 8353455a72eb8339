"""One connection to a network stream: how it is opened, what kind it is, and its frames."""

from __future__ import annotations

import errno
import logging
import time
from collections.abc import Iterator
from enum import Enum
from typing import Any

from livepose.core.errors import SourceError
from livepose.core.interfaces import Closeable
from livepose.core.secrets import hide_secrets
from livepose.system.addresses import WEB_SCHEMES
from livepose.system.pyav import av, demux, ffmpeg_message
from livepose.system.video_streams import select_video_stream

_log = logging.getLogger(__name__)

OPEN_TIMEOUT_S = 5.0
"""FFmpeg's own is half a minute."""
READ_TIMEOUT_S = 5.0
"""For each packet; FFmpeg's own is none."""
SEGMENT_TIMEOUT_S = 20.0
"""For each packet of a stream in segments: the next one may be ten seconds long."""
MAX_RELOADS = 10
"""How often a playlist without a new segment is read again, each time after half a segment.

While FFmpeg waits for one, PyAV's time limit has no effect.
"""
_MAX_DEMUX_ERRORS = 20
"""How many times in a row a stream may be unreadable, without a packet in between."""
_NO_TIME_STAMPS = 0x80
"""A flag of FFmpeg's formats: AVFMT_NOTIMESTAMPS."""
_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay"}
_SEGMENTED_FORMATS = {"hls", "applehttp", "dash"}
_STILL_FORMATS = {"mjpeg": "jpeg_pipe", "png": "png_pipe", "webp": "webp_pipe", "bmp": "bmp_pipe"}
_FINAL_ERRORS = (
    av.error.HTTPUnauthorizedError,
    av.error.HTTPForbiddenError,
    av.error.HTTPNotFoundError,
    ConnectionRefusedError,
)
"""What another transport would not change."""


class StreamKind(Enum):
    """How the frames of an address arrive."""

    LIVE = "live"
    """Each when it is captured, as from a network camera."""
    SEGMENTED = "segmented"
    """Several seconds at once, as with live HLS and DASH: the time stamps say when each is due."""
    FILE = "file"
    """As fast as they are read, until the end."""
    STILL = "still"
    """One, and then the connection ends: a single image, to be fetched again."""


def connect(url: str, *, transport: str = "", still_format: str | None = None) -> Connection:
    """Connect, and wait for the first packet.

    RTSP is tried over TCP, where no packets are lost, and then over UDP, which some cameras want.

    Args:
        url: The address.
        transport: For RTSP: `tcp` or `udp`, where it is known.
        still_format: The `still_format` of an earlier connection to the same image.

    Raises:
        SourceError: If there is no connection in time, or no packet; it says why.
    """
    is_rtsp = url.startswith(("rtsp://", "rtsps://"))
    transports = ("tcp", "udp") if is_rtsp and not transport else (transport,)
    for each in transports:
        try:
            connection = Connection(url, transport=each, still_format=still_format)
            try:
                connection.wait_for_packet()
            except BaseException:
                connection.close()
                raise
            return connection
        except SourceError as error:
            if each == transports[-1] or isinstance(error.__cause__, _FINAL_ERRORS):
                raise
            _log.info("%s: not over TCP (%s); trying UDP", hide_secrets(url), error)
    raise AssertionError("the last transport has raised its error")


class Connection(Closeable):
    """An open connection. One thread reads its packets and closes it; another may decode them."""

    def __init__(self, url: str, *, transport: str = "", still_format: str | None = None) -> None:
        """Connect.

        Args:
            url: The address.
            transport: For RTSP: `tcp` or `udp`.
            still_format: The `still_format` of an earlier connection to the same image.

        Raises:
            SourceError: If there is no connection in time, or no video; it says why.
        """
        self._url = url
        self._is_http = url.startswith(WEB_SCHEMES)
        self._container: Any = None
        self._first: list[Any] = []
        self.transport = transport
        self.still_format = still_format
        """FFmpeg's format of a single image; None if it has to be found out."""
        try:
            self._stream: Any = select_video_stream(self._open())
        except (av.FFmpegError, LookupError) as error:
            self.close()
            raise SourceError(self._open_failure(error)) from error
        # Threads over frames would hold back as many frames as there are threads.
        self._stream.thread_type = "SLICE"
        self.decoder: Any = self._stream.codec_context
        """The `av.CodecContext`: another thread may use it, and it outlives the connection."""
        if self.decoder.name == "mjpeg":
            # An image that breaks off would be completed in grey.
            self.decoder.options = {"err_detect": "explode"}
        self.aspect = self._stream.sample_aspect_ratio
        """Width over height of a pixel; None or 0 if unknown."""
        self.has_time_stamps = not self._stream.container.format.flags & _NO_TIME_STAMPS
        """Whether the sender says when each frame is due; if not, FFmpeg counts at a rate."""
        self._packets = self._demux()

    def wait_for_packet(self) -> None:
        """Wait for the first packet.

        Raises:
            SourceError: If none arrives in time, or ever; it says why.
        """
        first = self._next_packet()
        if first is None or not first.size:
            raise SourceError("it delivers no frames")
        self._first = [first]

    def packets(self) -> Iterator[Any]:
        """Yield each `av.Packet` as it arrives, to the end.

        Raises:
            SourceError: If the connection is broken, or nothing arrives in time; it says why.
        """
        yield from self._first
        self._first = []
        while (packet := self._next_packet()) is not None:
            yield packet

    def _next_packet(self) -> Any:
        try:
            return next(self._packets, None)
        except av.FFmpegError as error:
            raise SourceError(self._read_failure(error)) from error

    def close(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def _open(self) -> Any:
        """Open the container, find out which kind of stream it is, and return it."""
        self._began_s = time.perf_counter()
        self.kind = StreamKind.STILL
        if self.still_format is None:
            self._container = container = self._open_live()
            self.kind = _kind_of(container)
            if self.kind is StreamKind.STILL:
                codec = select_video_stream(container).codec_context.name
                self.still_format = _STILL_FORMATS.get(codec)
        if self.kind is StreamKind.STILL:
            # The other way of reading images asks for each of them twice.
            self._reopen(READ_TIMEOUT_S, self.still_format)
        elif self.kind is not StreamKind.LIVE:
            # There is no delay to avoid, and nothing is to be lost.
            self._reopen(SEGMENT_TIMEOUT_S)
        return self._container

    def _reopen(self, read_timeout_s: float, form: str | None = None) -> None:
        self.close()
        self._began_s = time.perf_counter()
        # PyAV's limit is for a packet, this one for each read of a playlist or a segment.
        options = {"rw_timeout": str(round(1e6 * read_timeout_s))} if self._is_http else {}
        self._container = self._open_container(options, read_timeout_s, form)

    def _open_live(self) -> Any:
        options = {"rtsp_transport": self.transport} if self.transport else {}
        return self._open_container(_LOW_DELAY | options, READ_TIMEOUT_S)

    def _open_container(
        self, options: dict[str, str], read_timeout_s: float, form: str | None = None
    ) -> Any:
        if self._is_http:
            options = options | {"max_reload": str(MAX_RELOADS)}
        timeouts_s = (OPEN_TIMEOUT_S, read_timeout_s)
        return av.open(
            self._url, format=form, options=options, timeout=timeouts_s, metadata_errors="replace"
        )

    def _demux(self) -> Iterator[Any]:
        """Yield packets to the end; what is broken is left out, unless nothing else comes."""
        errors = 0
        while True:
            try:
                for packet in demux(self._container, self._stream):
                    errors = 0
                    yield packet
                return
            except av.error.InvalidDataError:
                errors += 1
                if errors > _MAX_DEMUX_ERRORS:
                    raise

    def _open_failure(self, error: BaseException) -> str:
        if _is_timeout(error) or time.perf_counter() - self._began_s > 0.95 * OPEN_TIMEOUT_S:
            return f"no answer within {OPEN_TIMEOUT_S:g} s"
        return ffmpeg_message(error)

    def _read_failure(self, error: Any) -> str:
        is_slow = self.kind in (StreamKind.FILE, StreamKind.SEGMENTED)
        limit_s = SEGMENT_TIMEOUT_S if is_slow else READ_TIMEOUT_S
        if _is_timeout(error):
            return f"nothing arrived for {limit_s:g} s"
        return "the connection broke" if error.errno == errno.EIO else ffmpeg_message(error)


def _kind_of(container: Any) -> StreamKind:
    names = set(container.format.name.split(","))
    if "image2" in names or any(name.endswith("_pipe") for name in names):
        return StreamKind.STILL
    # A live stream has no duration. What has one is a file: it ends for good.
    if container.duration is not None:
        return StreamKind.FILE
    return StreamKind.SEGMENTED if names & _SEGMENTED_FORMATS else StreamKind.LIVE


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, av.error.ExitError | TimeoutError)
