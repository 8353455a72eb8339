"""`--camera phone`: where its page is served."""

from __future__ import annotations

from livepose.core.errors import OptionError
from livepose.system.web_address import WebAddress

PHONE = "phone"
"""What stands for it in the place of a camera; `phone:8444` and `phone:HOST:8444` say where."""
_PORT = 8443
"""Always the same: a browser trusts a certificate for one port."""
_EVERY_HOST = "0.0.0.0"  # noqa: S104 - the phone is another machine; it needs the token


def is_phone(camera: str | None) -> bool:
    """Return whether a camera is the one of a phone.

    >>> is_phone("phone"), is_phone("phone:8444"), is_phone("0"), is_phone(None)
    (True, True, False, False)
    """
    return camera is not None and camera.partition(":")[0].lower() == PHONE


def phone_address(camera: str) -> WebAddress:
    """Return where the page for a phone is served.

    >>> phone_address("phone:8444")
    WebAddress(host='0.0.0.0', port=8444)

    Args:
        camera: `phone`, `phone:PORT` or `phone:HOST:PORT`.

    Raises:
        OptionError: If it has another form.
    """
    _, colon, place = camera.partition(":")
    if not colon:
        return WebAddress(_EVERY_HOST, _PORT)
    try:
        return WebAddress.parse(f"{_EVERY_HOST}:{place}" if place.isdecimal() else place)
    except OptionError as error:
        raise OptionError(
            f"--camera {camera}: write phone, phone:8444 or phone:HOST:8444"
        ) from error
