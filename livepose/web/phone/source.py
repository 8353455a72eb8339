"""A phone as a source of frames: its page sends pictures, and each becomes a frame."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator

from starlette.routing import WebSocketRoute

from livepose.core.arrays import UInt8Array
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import PoseSink, Source
from livepose.core.pixels import BgrPixels
from livepose.system.web_address import WebAddress
from livepose.web.certificate import Certificate
from livepose.web.local_addresses import find_local_addresses
from livepose.web.phone.clock import PhoneTimes
from livepose.web.phone.endpoint import MAX_PICTURE_BYTES, CameraWishes, PhoneEndpoint
from livepose.web.phone.feedback import PhoneFeedback, SentPicture
from livepose.web.phone.inbox import Inbox
from livepose.web.phone.invitation import PAGE, Invitation
from livepose.web.phone.pictures import FrameFitter, Picture, decode
from livepose.web.server import WebServer
from livepose.web.static_files import static_routes

_log = logging.getLogger(__name__)

_NAME = "phone"
_AWAY_S = 3.0
"""After so long without a picture the phone is said to be away."""
_REMINDER_S = 60.0
_POLL_S = 0.25


class PhoneSource(Source):
    """The pictures of a phone's camera as they come; one that goes away is waited for.

    Times are those of the phone's own clock. Pictures of another shape, as when the phone is
    turned, are fitted into the size of the first one.
    """

    def __init__(
        self,
        address: WebAddress,
        certificate: Certificate,
        invite: Callable[[Invitation], None],
        *,
        wishes: CameraWishes,
        min_score: float = 0.3,
        give_up_s: float | None = None,
    ) -> None:
        """Serve the page, and wait until a phone has sent its first picture.

        Args:
            address: Where to listen.
            certificate: Of the page, for all addresses of this machine.
            invite: Called with where the page is, before the phone is waited for.
            wishes: What the phone's camera is asked for.
            min_score: Keypoints that score less are not shown on the phone.
            give_up_s: After so long without a picture the phone is given up; None for never.

        Raises:
            SinkError: If the port is in use, or if the host is not an address of this machine.
            SourceError: If no phone came for `give_up_s`.
        """
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate.path)
        self._give_up_s = give_up_s
        self._inbox = Inbox()
        self._endpoint = PhoneEndpoint(self._inbox, wishes)
        routes = [
            *static_routes({PAGE: "phone.html", "/": "phone.html"}),
            WebSocketRoute(f"{PAGE}/socket", self._endpoint.serve),
        ]
        self._server = WebServer(address, routes, tls=tls, max_message_bytes=MAX_PICTURE_BYTES)
        self._feedback = PhoneFeedback(self._show, min_score)
        try:
            local = find_local_addresses()
            invite(Invitation.of(self._server, address.host, local, certificate))
            bgr = self._first_picture()
        except BaseException:  # also Ctrl-C
            self.close()
            raise
        self._fitter = FrameFitter(bgr.shape[1], bgr.shape[0])
        self._info = StreamInfo(_NAME, bgr.shape[1], bgr.shape[0], is_live=True)

    @property
    def info(self) -> StreamInfo:
        return self._info

    @property
    def feedback(self) -> PoseSink:
        return self._feedback

    def __iter__(self) -> Iterator[Frame]:
        times = PhoneTimes()
        index, heard_s = -1, time.perf_counter()
        last: Picture | None = None
        while True:
            picture = self._next_picture(heard_s)
            if picture is None:
                return
            bgr = decode(picture.jpeg)
            if bgr is None:
                _log.debug("a picture of the phone is damaged, and was left out")
                continue
            captured_s = self._endpoint.clock.local_s(picture.captured_s, picture.arrived_s)
            if last is not None and last.session == picture.session:
                # Pictures that the phone has not sent, as the network was busy, count as dropped.
                index += max(1, picture.number - last.number)
            else:
                index += 1
                times.restart()
            fitted, placement = self._fitter.fit(bgr)
            self._feedback.remember(index, SentPicture(picture.session, picture.number, placement))
            yield Frame(
                BgrPixels(fitted),
                index,
                times.next_s(picture.captured_s, captured_s),
                captured_s,
                utc_s=time.time() - (time.perf_counter() - captured_s),
                shape_changes=self._fitter.shape_changes,
            )
            last, heard_s = picture, picture.arrived_s

    def stop(self) -> None:
        self._inbox.close()

    def close(self) -> None:
        self._inbox.close()
        self._server.call(self._endpoint.end)
        self._server.close()

    def _show(self, session: int, poses: str) -> None:
        self._server.call(self._endpoint.show, session, poses)

    def _first_picture(self) -> UInt8Array:
        """Wait for a phone, and return the first picture that it sends.

        Raises:
            SourceError: If none came in time.
        """
        start_s = time.perf_counter()
        has_reminded = False
        while True:
            picture = self._inbox.take(_POLL_S)
            bgr = decode(picture.jpeg) if picture is not None else None
            if bgr is not None:
                return bgr
            waited_s = time.perf_counter() - start_s
            if self._give_up_s is not None and waited_s > self._give_up_s:
                raise SourceError(f"no phone sent a picture for {self._give_up_s:g} s")
            if waited_s > _REMINDER_S and not has_reminded:
                has_reminded = True
                _log.warning(
                    "no phone has come yet: is it in the same network, and does the firewall of "
                    "this computer let port %d through?",
                    self._server.port,
                )

    def _next_picture(self, heard_s: float) -> Picture | None:
        """Wait for the next picture; None at the end.

        Args:
            heard_s: The `time.perf_counter()` time of the one before it.

        Raises:
            SourceError: If it is time to give up.
        """
        is_away = False
        while not self._inbox.is_closed:
            picture = self._inbox.take(_POLL_S)
            silent_s = time.perf_counter() - heard_s
            if picture is not None:
                if is_away:
                    _log.warning("the phone is back: there was no picture for %.0f s", silent_s)
                return picture
            if self._give_up_s is not None and silent_s > self._give_up_s:
                raise SourceError(f"the phone is gone: no picture for {self._give_up_s:g} s")
            if silent_s > _AWAY_S and not is_away:
                is_away = True
                _log.warning("the phone is away (asleep, or out of reach): waiting for it")
        return None
