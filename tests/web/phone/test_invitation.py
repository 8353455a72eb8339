"""The QR code for the terminal can be read, and leads to the page."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.system.web_address import WebAddress
from livepose.web.certificate import Certificate
from livepose.web.local_addresses import LocalAddress
from livepose.web.phone.invitation import Invitation, qr_rows
from livepose.web.server import WebServer

LOCAL = [
    LocalAddress("192.168.0.7", "wlan0"),
    LocalAddress("10.0.0.7", "eth0"),
    LocalAddress("fd00::7", "eth0"),
]
CERTIFICATE = Certificate(Path("phone.pem"), "3A:F0", is_new=True)
PARTS = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def test_the_code_is_read_as_the_address() -> None:
    url = "https://192.168.100.200:8443/phone?token=abcdefghijklmnopqrstuvwxyz-_0123"
    rows = qr_rows(url)
    assert len(rows[0]) <= 80 and len(rows) <= 23, "it fits into the usual terminal"
    lines = [[PARTS[each][half] for each in row] for row in rows for half in (0, 1)]
    image = np.kron(255 - 255 * np.array(lines, np.uint8), np.ones((8, 8), np.uint8))
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(image)
    assert text == url


@pytest.mark.parametrize(
    ("host", "urls", "is_reachable"),
    [
        ("0.0.0.0", ["https://192.168.0.7:{}/phone", "https://10.0.0.7:{}/phone"], True),
        ("127.0.0.1", ["http://localhost:{}/phone"], False),
    ],
)
def test_it_names_the_addresses_that_lead_to_the_page(
    host: str, urls: list[str], is_reachable: bool
) -> None:
    with WebServer(WebAddress(host), []) as server:
        invitation = Invitation.of(server, host, LOCAL, CERTIFICATE)
        token = f"?token={server.token}" if server.token else ""
        expected = [url.format(server.port) + token for url in urls]
    assert [invitation.url, *invitation.other_urls] == expected
    assert invitation.is_reachable is is_reachable


def test_a_machine_in_no_network_is_reached_from_itself_only() -> None:
    with WebServer(WebAddress("0.0.0.0"), []) as server:
        invitation = Invitation.of(server, "0.0.0.0", [], CERTIFICATE)
    assert not invitation.is_reachable and invitation.url.startswith("http")
