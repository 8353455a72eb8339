"""What a user needs to know to make a phone the camera: its page's address, as text and QR code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from livepose.system.access_tokens import is_loopback
from livepose.web.certificate import Certificate
from livepose.web.local_addresses import LocalAddress
from livepose.web.server import WebServer

PAGE = "/phone"
_BORDER = 2
"""Modules of light around the code. The standard asks for 4; readers are content with 2."""
_HALF_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """Where the page is that makes a phone the camera, and how to know its certificate."""

    url: str
    """With the token."""
    other_urls: tuple[str, ...]
    """The same page at the other addresses of this machine."""
    qr_rows: tuple[str, ...]
    """The address as a QR code: two rows of modules in each line of half blocks, dark on light."""
    fingerprint: str
    """SHA-256 of the certificate."""
    is_new_certificate: bool
    """Whether phones that have been here before are asked again."""
    is_reachable: bool
    """Whether another machine could reach the address."""

    @classmethod
    def of(
        cls,
        server: WebServer,
        host: str,
        local: Sequence[LocalAddress],
        certificate: Certificate,
    ) -> Invitation:
        """Return the invitation to a server.

        Args:
            server: Which serves the page.
            host: Where it listens.
            local: The addresses of this machine that other machines may use, the likeliest first.
            certificate: Of the server.
        """
        # A socket of one kind of address does not take connections to the other kind.
        version = {"0.0.0.0": 4, "::": 6}.get(host)  # noqa: S104 - compared only
        hosts = [each.host for each in local if each.version == version]
        urls = [_url(server, each) for each in hosts] or [server.url_of(PAGE)]
        return cls(
            urls[0],
            tuple(urls[1:]),
            qr_rows(urls[0]),
            certificate.fingerprint,
            certificate.is_new,
            is_reachable=bool(hosts) or (version is None and not is_loopback(host)),
        )


def qr_rows(text: str) -> tuple[str, ...]:
    """Return a text as a QR code, of lines of half blocks: a full block is dark.

    >>> rows = qr_rows("https://192.168.0.7:8443/phone")
    >>> len(rows), {len(row) for row in rows}
    (15, {29})
    """
    import segno

    code = segno.make_qr(text, error="l", boost_error=False)
    rows = [[bool(module) for module in row] for row in code.matrix_iter(border=_BORDER)]
    if len(rows) % 2:
        rows.append([False] * len(rows[0]))
    return tuple(
        "".join(_HALF_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    )


def _url(server: WebServer, host: str) -> str:
    token = f"?token={server.token}" if server.token else ""
    return f"https://{host}:{server.port}{PAGE}{token}"
