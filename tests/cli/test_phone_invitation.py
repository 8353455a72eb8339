"""What the terminal shows to make a phone the camera."""

from __future__ import annotations

import io

from rich.console import Console

from livepose.cli.phone_invitation import print_invitation
from livepose.web.phone.invitation import Invitation, qr_rows

URL = "https://192.168.0.7:8443/phone?token=abcdefghijklmnop"


def printed(invitation: Invitation, *, is_terminal: bool, width: int = 100) -> str:
    out = io.StringIO()
    print_invitation(
        invitation,
        Console(file=out, force_terminal=is_terminal, width=width, soft_wrap=True, no_color=True),
    )
    return out.getvalue()


def invitation(*, is_reachable: bool = True) -> Invitation:
    return Invitation(URL, (), qr_rows(URL), "3A:F0", True, is_reachable)


def test_a_terminal_shows_the_code_the_address_with_its_token_and_the_fingerprint() -> None:
    text = printed(invitation(), is_terminal=True)
    assert all(row in text for row in qr_rows(URL))
    assert URL in text and "fingerprint is 3A:F0" in text and "Ctrl-C ends" in text


def test_a_file_and_a_narrow_terminal_get_the_address_alone() -> None:
    for text in (
        printed(invitation(), is_terminal=False),
        printed(invitation(), is_terminal=True, width=20),
    ):
        assert "█" not in text and URL in text


def test_what_other_machines_cannot_reach_is_no_code_for_them() -> None:
    text = printed(invitation(is_reachable=False), is_terminal=True)
    assert "open it in a browser on this computer" in text and URL in text
    assert "█" not in text, "no phone can use the code"
