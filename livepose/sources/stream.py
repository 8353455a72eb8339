"""A network camera: RTSP, HTTP and the like. A broken connection is made anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.sources.decoded_frame import FrameConverter
from livepose.system.pyav import av, ffmpeg_message
from livepose.system.video_streams import select_video_stream

_log = logging.getLogger(__name__)

SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")

OPEN_TIMEOUT_S = 5.0
"""FFmpeg's own is half a minute."""
READ_TIMEOUT_S = 5.0
"""For each packet; FFmpeg's own is none."""
RECONNECT_DELAYS_S = (0.2, 0.5, 1.0, 1.5, 1.5)
"""The pause before each attempt to reconnect; after the last one the stream is given up."""
_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay"}
_MAX_SLEEP_S = 0.1


class StreamSource(Source):
    """A network stream's frames as they come; a connection that breaks is made anew."""

    def __init__(self, url: str) -> None:
        """Connect.

        Args:
            url: The address, which begins with one of `SCHEMES`.

        Raises:
            SourceError: If there is no connection within 5 s, or no video.
        """
        self._url = url
        self._name = _without_password(url)
        self._is_closed = False
        self._is_reading = False
        self._container: Any = None
        self._decoded = self._connect()
        try:
            self._first: Any = self._next_decoded()
        except (av.FFmpegError, StopIteration) as error:
            self.close()
            raise SourceError(
                f"{self._name} delivers no frames: {ffmpeg_message(error)}"
            ) from error
        self._converter = FrameConverter(self._first, self._aspect)

    @property
    def info(self) -> StreamInfo:
        width_px, height_px = self._converter.upright_size_px
        return StreamInfo(self._name, width_px, height_px, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        start_s: float | None = None
        decoded = self._first
        while decoded is not None and not self._is_closed:
            pixels = self._converter.convert(decoded, self._aspect)
            if self._is_file and start_s is not None:
                # A file arrives as fast as it is read, and would play in fast motion.
                self._sleep_until(start_s + self._since_first_s(decoded))
            grabbed_s = time.perf_counter()
            start_s = grabbed_s if start_s is None else start_s
            time_s = grabbed_s - start_s
            yield Frame(
                pixels, index, time_s, grabbed_s, shape_changes=self._converter.shape_changes
            )
            index += 1
            decoded = self._next_or_reconnect()

    def close(self) -> None:
        self._is_closed = True
        # Closing during a read in another thread crashes: then the reader closes.
        if not self._is_reading:
            self._disconnect()

    def _connect(self) -> Iterator[Any]:
        try:
            self._container = self._open(_LOW_DELAY)
            # A live stream has no duration. What has one is a file: it ends for good, and there is
            # no delay to avoid.
            self._is_file = self._container.duration is not None
            if self._is_file:
                self._disconnect()
                self._container = self._open({})
            stream = select_video_stream(self._container)
        except (av.FFmpegError, LookupError) as error:
            self._disconnect()
            raise SourceError(
                f"{self._name} cannot be opened: {ffmpeg_message(error)} "
                "(is the address right, and the camera on?)"
            ) from error
        # Threads over frames would hold back as many frames as there are threads.
        stream.thread_type = "SLICE"
        self._aspect = stream.sample_aspect_ratio
        return iter(self._container.decode(stream))

    def _open(self, options: dict[str, str]) -> Any:
        if self._url.startswith("rtsp"):
            # Over UDP, which FFmpeg tries first, lost packets show as grey smears.
            options = options | {"rtsp_transport": "tcp"}
        return av.open(self._url, options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S))

    def _next_decoded(self) -> Any:
        if self._is_closed:
            raise StopIteration  # reading on would crash inside FFmpeg
        self._is_reading = True
        try:
            return next(self._decoded)
        finally:
            self._is_reading = False
            if self._is_closed:
                self._disconnect()

    def _since_first_s(self, decoded: Any) -> float:
        """Return how long after the first frame this one is shown."""
        times = (decoded.time, self._first.time)
        return 0.0 if None in times else float(times[0] - times[1])

    def _sleep_until(self, due_s: float) -> None:
        while not self._is_closed and (left_s := due_s - time.perf_counter()) > 0:
            time.sleep(min(left_s, _MAX_SLEEP_S))

    def _next_or_reconnect(self) -> Any:
        """Return the next decoded frame, or None at the end."""
        try:
            return self._next_decoded()
        except StopIteration:
            if self._is_file or self._is_closed:
                return None
            reason = "the other side ended the stream"
        except av.FFmpegError as error:
            reason = ffmpeg_message(error)
        return self._reconnect(reason)

    def _reconnect(self, reason: str) -> Any:
        for delay_s in RECONNECT_DELAYS_S:
            if self._is_closed:
                return None
            self._disconnect()
            _log.warning("%s: %s; reconnecting", self._name, reason)
            time.sleep(delay_s)
            try:
                self._decoded = self._connect()
                decoded = self._next_decoded()
            except (SourceError, av.FFmpegError, StopIteration) as error:
                reason = ffmpeg_message(error)
                continue
            return decoded
        raise SourceError(f"{self._name} is gone, and could not be reached again: {reason}")

    def _disconnect(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
