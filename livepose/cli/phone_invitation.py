"""What is printed to make a phone the camera: a QR code, the address, the certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

if TYPE_CHECKING:
    from rich.console import Console

    from livepose.web.phone.invitation import Invitation

_QR_STYLE = "black on bright_white"
"""Whatever the colours of the terminal are: readers want dark on light."""


def print_invitation(invitation: Invitation, console: Console) -> None:
    """Print where a phone is to go, as a QR code if the terminal can show one, and as text."""
    has_code = invitation.is_reachable and _can_show(invitation, console)
    if invitation.is_reachable:
        scanned = "Scan this with the phone's camera, or open the address"
        opened = scanned if has_code else "Open this"
        console.print(f"{opened} in a browser of a phone or another computer in the same network:")
    else:
        console.print("No other machine can reach this; open it in a browser on this computer:")
    if has_code:
        for row in invitation.qr_rows:
            console.print(Text(row, style=_QR_STYLE))
    # Not through print_note, which hides tokens: this one is to be seen, once.
    console.print(Text(f"  {invitation.url}", style="bold"))
    for url in invitation.other_urls:
        console.print(Text(f"  or, in another network of this computer, {url}"))
    asks = "asks" if invitation.is_new_certificate else "asks once"
    console.print(
        f"The browser {asks} whether the connection is safe, as the certificate was made here: "
        "choose Advanced, then Proceed (iPhone: Show Details, visit this website)."
    )
    console.print(Text(f"Its SHA-256 fingerprint is {invitation.fingerprint}", style="dim"))
    console.print("Waiting for the phone; Ctrl-C ends.")


def _can_show(invitation: Invitation, console: Console) -> bool:
    """Return whether a terminal has the room and the characters for the code."""
    rows = invitation.qr_rows
    try:
        "".join(rows).encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return console.is_terminal and console.width >= len(rows[0])
