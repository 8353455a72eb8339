"""A network camera: RTSP, HTTP and the like. A broken connection is made anew."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

from livepose.core.errors import SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.core.pacing import Pacer
from livepose.core.secrets import hide_secrets
from livepose.sources.connection import (
    READ_TIMEOUT_S,
    StreamKind,
    connect,
)
from livepose.sources.decoded_frame import FrameConverter

_log = logging.getLogger(__name__)

SCHEMES = ("rtsp://", "rtsps://", "rtmp://", "http://", "https://", "udp://", "tcp://", "srt://")

RECONNECT_DELAYS_S = (0.2, 0.5, 1.0, 1.5, 1.5)
"""The pause before each attempt to reconnect; after the last one the stream is given up."""
POLL_S = 0.1
"""From one request for a single image to the next."""
_MAX_GAP_S = 2.0
"""A longer gap between two time stamps is not waited for: something was left out."""
_REPEATED_S = 120.0
"""Frames of a playlist up to so much older than the last one are those that were shown already."""
_MAX_SLEEP_S = 0.1


class StreamSource(Source):
    """A network stream's frames as they come; a connection that breaks is made anew.

    What arrives in bursts (HLS, DASH, a file behind an address) is paced by its time stamps. A
    single image, as some cameras offer nothing else, is fetched again and again.
    """

    def __init__(self, url: str) -> None:
        """Connect.

        Args:
            url: The address, which begins with one of `SCHEMES`.

        Raises:
            SourceError: If there is no connection within 5 s, or no video.
        """
        self._url = url
        self._name = hide_secrets(url)
        self._is_closed = False
        self._asked_s = time.perf_counter()
        try:
            self._connection, self._first = connect(url)
        except SourceError as error:
            raise SourceError(
                f"{self._name} cannot be opened: {error} (is the address right, and the camera on?)"
            ) from error
        self._converter = FrameConverter(self._first, self._connection.aspect)
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
        start_s: float | None = None
        decoded = self._first
        while decoded is not None and not self._is_closed:
            pixels = self._converter.convert(decoded, self._connection.aspect)
            if self._connection.kind in (StreamKind.FILE, StreamKind.SEGMENTED):
                self._sleep_until_due(decoded)
            grabbed_s = time.perf_counter()
            start_s = grabbed_s if start_s is None else start_s
            time_s = grabbed_s - start_s
            yield Frame(
                pixels,
                index,
                time_s,
                grabbed_s,
                utc_s=time.time(),
                shape_changes=self._converter.shape_changes,
            )
            index += 1
            decoded = self._next_or_reconnect()

    def close(self) -> None:
        self._is_closed = True
        self._connection.close()

    def _sleep_until_due(self, decoded: Any) -> None:
        self._last_s = decoded.time
        if decoded.time is None:
            return
        now_s = time.perf_counter()
        due_s = self._pacer.due_s(decoded.time, now_s)
        if due_s - now_s > _MAX_GAP_S:
            self._pacer.restart()
            due_s = self._pacer.due_s(decoded.time, now_s)
        self._sleep_until(due_s)

    def _sleep_until(self, due_s: float) -> None:
        while not self._is_closed and (left_s := due_s - time.perf_counter()) > 0:
            time.sleep(min(left_s, _MAX_SLEEP_S))

    def _next_or_reconnect(self) -> Any:
        """Return the next decoded frame, or None at the end."""
        if self._connection.kind is StreamKind.STILL:
            return self._fetch_again()
        try:
            decoded = self._connection.next_frame()
        except SourceError as error:
            return self._reconnect(str(error))
        if decoded is not None or self._is_closed or self._connection.kind is StreamKind.FILE:
            return decoded
        return self._reconnect("the other side ended the stream")

    def _fetch_again(self) -> Any:
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

    def _reconnect(self, reason: str) -> Any:
        was_segmented = self._connection.kind is StreamKind.SEGMENTED
        last_s = self._last_s
        for delay_s in RECONNECT_DELAYS_S:
            if self._is_closed:
                return None
            self._connection.close()
            _log.warning("%s: %s; reconnecting", self._name, reason)
            time.sleep(delay_s)
            try:
                decoded = self._connect(transport=self._connection.transport)
            except SourceError as error:
                reason = str(error)
                continue
            if was_segmented and self._connection.kind is StreamKind.FILE:
                return None  # the broadcast is over, and can be watched from its beginning
            if was_segmented:
                decoded = self._next_after(last_s, decoded)
                if decoded is None:
                    reason = "nothing new is broadcast"
                    continue
            self._pacer.restart()
            return decoded
        raise SourceError(f"{self._name} is gone, and could not be reached again: {reason}")

    def _next_after(self, last_s: float | None, decoded: Any) -> Any:
        """Skip what a playlist offers a second time; return None if there is nothing else."""
        while decoded is not None and _is_repeated(decoded.time, last_s):
            try:
                decoded = self._connection.next_frame()
            except SourceError:
                return None
        return decoded

    def _connect(self, *, transport: str = "", still_format: str | None = None) -> Any:
        """Replace the connection by a new one, and return its first frame."""
        self._connection.close()
        self._connection, decoded = connect(
            self._url, transport=transport, still_format=still_format
        )
        if self._is_closed:  # meanwhile, by another thread
            self._connection.close()
        return decoded


def _is_repeated(time_s: float | None, last_s: float | None) -> bool:
    """Return whether a frame of a playlist was there before the one that was shown last."""
    if time_s is None or last_s is None:
        return False
    return last_s - _REPEATED_S < time_s <= last_s
