"""A network camera: rtsp or http, reconnecting."""

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
from livepose.sources.video import ffmpeg_message
from livepose.system.pyav import av

_log = logging.getLogger(__name__)

SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")
_LIMITS_S = (5.0, 5.0)
"""For opening, for each read: FFmpeg's own are half a minute, or none."""
_LOW_DELAY = {"fflags": "nobuffer", "flags": "low_delay"}
_LONGEST_NAP_S = 0.1
_PAUSES_S = (0.2, 0.5, 1.0, 1.5, 1.5)
"""Between attempts to connect anew."""


class StreamSource(Source):
    """A network stream's frames as they come; a connection that breaks is made anew."""

    def __init__(self, url: str) -> None:
        """Connect.

        Raises:
            SourceError: no connection within 5 s, or what comes is no video.
        """
        self._url = url
        self._name = _without_password(url)
        self._is_closed = False
        self._is_reading = False
        self._container: Any = None
        self._pictures = self._connect()
        try:
            self._first: Any = self._next_picture()
        except (av.FFmpegError, StopIteration) as error:
            self.close()
            raise SourceError(f"{self._name} gives no pictures: {ffmpeg_message(error)}") from error
        self._converter = FrameConverter(self._first, self._aspect)

    @property
    def info(self) -> StreamInfo:
        width_px, height_px = self._converter.upright_size_px
        return StreamInfo(self._name, width_px, height_px, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        start_s: float | None = None
        picture = self._first
        while picture is not None and not self._is_closed:
            pixels = self._converter.upright(picture)
            if self._has_end and start_s is not None:
                self._sleep_until(start_s + self._shown_s(picture))
            grabbed_s = time.perf_counter()
            start_s = grabbed_s if start_s is None else start_s
            yield Frame(pixels, index, grabbed_s - start_s, grabbed_s)
            index += 1
            picture = self._next_or_reconnect()

    def close(self) -> None:
        self._is_closed = True
        # Closeable under a read in another thread crashes: then the reader closes.
        if not self._is_reading:
            self._disconnect()

    def _connect(self) -> Iterator[Any]:
        try:
            self._container = self._opened(_LOW_DELAY)
            # A live stream has no length. What has one is a file: its end is the end, and no delay
            # needs saving.
            self._has_end = self._container.duration is not None
            if self._has_end:
                self._disconnect()
                self._container = self._opened({})
            stream = self._container.streams.video[0]
        except (av.FFmpegError, IndexError) as error:
            self._disconnect()
            raise SourceError(
                f"{self._name} cannot be opened: {ffmpeg_message(error)} "
                "(is the address right, and the camera on?)"
            ) from error
        # Threads over frames would hold back as many frames as there are threads.
        stream.thread_type = "SLICE"
        self._aspect = stream.sample_aspect_ratio
        return iter(self._container.decode(stream))

    def _opened(self, options: dict[str, str]) -> Any:
        if self._url.startswith("rtsp"):
            # Over UDP, which FFmpeg tries first, lost packets show as grey smears.
            options = options | {"rtsp_transport": "tcp"}
        return av.open(self._url, options=options, timeout=_LIMITS_S)

    def _next_picture(self) -> Any:
        if self._is_closed:
            raise StopIteration  # reading on would crash inside of FFmpeg
        self._is_reading = True
        try:
            return next(self._pictures)
        finally:
            self._is_reading = False
            if self._is_closed:
                self._disconnect()

    def _shown_s(self, picture: Any) -> float:
        """Say how long after the first picture this one is shown."""
        times = (picture.time, self._first.time)
        return 0.0 if None in times else float(times[0] - times[1])

    def _sleep_until(self, due_s: float) -> None:
        """A file comes as fast as it is read; taken for live it would play in fast motion."""
        while not self._is_closed and (left_s := due_s - time.perf_counter()) > 0:
            time.sleep(min(left_s, _LONGEST_NAP_S))

    def _next_or_reconnect(self) -> Any:
        """Give the next picture, or None at the end."""
        try:
            return self._next_picture()
        except StopIteration:
            if self._has_end or self._is_closed:
                return None
            reason = "the other side ended the stream"
        except av.FFmpegError as error:
            reason = ffmpeg_message(error)
        return self._reconnect(reason)

    def _reconnect(self, reason: str) -> Any:
        for pause_s in _PAUSES_S:
            if self._is_closed:
                return None
            self._disconnect()
            _log.warning("%s: %s; connecting anew", self._name, reason)
            time.sleep(pause_s)
            try:
                self._pictures = self._connect()
                picture = self._next_picture()
            except (SourceError, av.FFmpegError, StopIteration) as error:
                reason = ffmpeg_message(error)
                continue
            self._converter = FrameConverter(picture, self._aspect)
            return picture
        raise SourceError(f"{self._name} is gone, and could not be reached again: {reason}")

    def _disconnect(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.close()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
