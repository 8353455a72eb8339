"""A network camera: RTSP, HTTP and the like. A broken connection is made anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.pacing import Pacer
from livepose.core.secrets import hide_secrets
from livepose.sources.connection import READ_TIMEOUT_S, StreamKind
from livepose.sources.decoded_frame import FrameConverter
from livepose.sources.outage import Outages
from livepose.sources.stream_decoder import Picture, StreamDecoder
from livepose.sources.stream_reader import StreamReader

_log = logging.getLogger(__name__)

SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")

POLL_S = 0.1
"""From one request for a single image to the next."""
_MAX_GAP_S = 2.0
"""A longer gap between two time stamps is not waited for: something was left out."""
_REPEATED_S = 120.0
"""Frames of a playlist up to so much older than the last one are those that were shown already."""
_MAX_SLEEP_S = 0.1
_MIN_STEP_S = 0.0005
"""By how much a frame is later than the one before it, whatever their time stamps say."""


class StreamSource(Source):
    """A network stream's frames as they come; a connection that breaks is made anew, for ever.

    Of what waits when the next frame is asked for, the newest is decoded and returned. A frame's
    time is that of its arrival, or earlier, if its time stamp says that it was delayed on its way.

    What arrives in bursts (HLS, DASH, a file behind an address) is paced by its time stamps. A
    single image, as some cameras offer nothing else, is fetched again and again.
    """

    def __init__(self, url: str, *, give_up_s: float | None = None) -> None:
        """Connect.

        Args:
            url: The address, which begins with one of `SCHEMES`.
            give_up_s: After so long without a picture the stream is given up; None for never. The
                first connection is tried once.

        Raises:
            SourceError: If there is no connection within 5 s, or no video.
        """
        self._url = url
        self._name = hide_secrets(url)
        self._is_closed = False
        self._asked_s = time.perf_counter()
        self._outages = Outages(self._name)
        self._reader = StreamReader(url)
        try:
            self._first = self._first_picture()
        except SourceError as error:
            self.close()
            raise SourceError(
                f"{self._name} cannot be opened: {error} (is the address right, and the camera on?)"
            ) from error
        except BaseException:  # Ctrl-C
            self.close()
            raise
        self._outages = Outages(self._name, give_up_s)
        self._converter = FrameConverter(self._first.decoded, self._connection.aspect)
        self._pacer = Pacer()
        self._last_s: float | None = None
        """The time stamp of the last frame, where frames are paced by time stamps."""
        if self._connection.kind is StreamKind.STILL:
            _log.info(
                "%s is a single image: it is fetched again, %g times a second",
                self._name,
                1 / POLL_S,
            )

    @property
    def info(self) -> StreamInfo:
        width_px, height_px = self._converter.upright_size_px
        return StreamInfo(self._name, width_px, height_px, is_live=True)

    def __iter__(self) -> Iterator[Frame]:
        index = 0
        start_s = last_s = None
        picture: Picture | None = self._first
        if self._connection.kind is StreamKind.LIVE and self._decoder.is_behind:
            # Loading a model has taken its time, and the first picture is an old one.
            picture = self._next_or_reconnect()
        while picture is not None and not self._is_closed:
            pixels = self._converter.convert(picture.decoded, self._connection.aspect)
            sent_s = picture.sent_s
            if self._connection.kind in (StreamKind.FILE, StreamKind.SEGMENTED):
                self._sleep_until_due(picture.decoded.time)
                sent_s = time.perf_counter()
            self._outages.note_picture(time.perf_counter())
            if start_s is None or last_s is None:
                start_s = sent_s
            else:
                sent_s = max(sent_s, last_s + _MIN_STEP_S)
                index += 1 + picture.skipped
            yield Frame(
                pixels,
                index,
                sent_s - start_s,
                sent_s,
                utc_s=time.time() - (time.perf_counter() - sent_s),
                shape_changes=self._converter.shape_changes,
            )
            last_s = sent_s
            picture = self._next_or_reconnect()

    def stop(self) -> None:
        self._is_closed = True
        self._reader.stop()

    def close(self) -> None:
        self._is_closed = True
        self._reader.close()

    def _sleep_until_due(self, stamp_s: float | None) -> None:
        self._last_s = stamp_s
        if stamp_s is None:
            return
        now_s = time.perf_counter()
        due_s = self._pacer.due_s(stamp_s, now_s)
        if due_s - now_s > _MAX_GAP_S:
            self._pacer.restart()
            due_s = self._pacer.due_s(stamp_s, now_s)
        self._sleep_until(due_s)

    def _sleep_until(self, due_s: float) -> None:
        while not self._is_closed and (left_s := due_s - time.perf_counter()) > 0:
            time.sleep(min(left_s, _MAX_SLEEP_S))

    def _next_or_reconnect(self) -> Picture | None:
        """Return the next picture, or None at the end."""
        if self._connection.kind is StreamKind.STILL:
            return self._fetch_again()
        try:
            picture = self._next_picture()
        except SourceError as error:
            return self._reconnect(str(error))
        if picture is not None or self._is_closed or self._connection.kind is StreamKind.FILE:
            return picture
        return self._reconnect("the other side ended the stream")

    def _next_picture(self) -> Picture | None:
        """Return the next picture of this connection, or None at its end.

        Raises:
            SourceError: If the connection is broken, or it is time to give up; it says why.
        """
        while not self._is_closed:
            try:
                return self._decoder.next_picture(_MAX_SLEEP_S)
            except TimeoutError:
                if time.perf_counter() > self._outages.deadline_s:
                    raise SourceError("nothing arrived") from None
        return None

    def _fetch_again(self) -> Picture | None:
        """Return a single image as it is now; a request that fails is repeated for 5 s."""
        still_format = self._connection.still_format
        give_up_s = time.perf_counter() + READ_TIMEOUT_S
        reason = ""
        while not self._is_closed and time.perf_counter() < give_up_s:
            self._sleep_until(self._asked_s + POLL_S)
            self._asked_s = time.perf_counter()
            try:
                return self._connect(still_format=still_format)
            except SourceError as error:
                reason = str(error)
        return None if self._is_closed else self._reconnect(reason)

    def _reconnect(self, reason: str) -> Picture | None:
        """Try to connect again until there is a picture, and return it; None at the end.

        Raises:
            SourceError: If it is time to give up.
        """
        was_segmented = self._connection.kind is StreamKind.SEGMENTED
        last_s = self._last_s
        transport = self._connection.transport
        while not self._is_closed:
            now_s = time.perf_counter()
            delay_s = self._outages.note_failure(reason, now_s)
            self._reader.close()
            self._sleep_until(now_s + delay_s)
            try:
                picture: Picture | None = self._connect(transport=transport)
            except SourceError as error:
                reason, transport = str(error), ""
                continue
            if was_segmented and self._connection.kind is StreamKind.FILE:
                return None  # the broadcast is over, and can be watched from its beginning
            if was_segmented:
                picture = self._next_after(last_s, picture)
                if picture is None:
                    reason = "nothing new is broadcast"
                    continue
            self._pacer.restart()
            return picture
        return None

    def _next_after(self, last_s: float | None, picture: Picture | None) -> Picture | None:
        """Skip what a playlist offers a second time; return None if there is nothing else."""
        while picture is not None and _is_repeated(picture.decoded.time, last_s):
            try:
                picture = self._next_picture()
            except SourceError:
                return None
        return picture

    def _connect(self, *, transport: str = "", still_format: str | None = None) -> Picture:
        """Replace the connection by a new one, and return its first picture.

        Raises:
            SourceError: If there is no connection, or no picture; it says why.
        """
        self._reader.close()
        self._reader = StreamReader(self._url, transport=transport, still_format=still_format)
        if self._is_closed:  # meanwhile, by another thread
            self._reader.stop()
        return self._first_picture()

    def _first_picture(self) -> Picture:
        """Wait for the connection that is being made, and for its first picture.

        Raises:
            SourceError: If there is none; it says why.
        """
        self._connection = self._reader.connection(self._outages.deadline_s)
        self._decoder = StreamDecoder(self._reader, self._connection, self._name)
        picture = self._next_picture()
        if picture is None:
            raise SourceError("it delivers no frames")
        return picture


def _is_repeated(time_s: float | None, last_s: float | None) -> bool:
    """Return whether a frame of a playlist was there before the one that was shown last."""
    if time_s is None or last_s is None:
        return False
    return last_s - _REPEATED_S < time_s <= last_s
