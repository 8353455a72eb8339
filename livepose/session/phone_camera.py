"""`--camera phone`: options -> the source whose frames a phone sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from livepose.core.errors import OptionError, SinkError
from livepose.core.interfaces import Source

if TYPE_CHECKING:
    from livepose.session.options import Options
    from livepose.web.address import WebAddress
    from livepose.web.phone.invitation import Invitation

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
    from livepose.web.address import WebAddress

    _, colon, place = camera.partition(":")
    if not colon:
        return WebAddress(_EVERY_HOST, _PORT)
    try:
        return WebAddress.parse(f"{_EVERY_HOST}:{place}" if place.isdecimal() else place)
    except OptionError as error:
        raise OptionError(
            f"--camera {camera}: write phone, phone:8444 or phone:HOST:8444"
        ) from error


def open_phone(camera: str, options: Options, invite: Callable[[Invitation], None]) -> Source:
    """Serve the page for a phone, and wait until a phone is the camera.

    Args:
        camera: `phone`, `phone:PORT` or `phone:HOST:PORT`.
        options: Of the run.
        invite: Called with where the page is, before the phone is waited for.

    Raises:
        OptionError: If the address has another form.
        SinkError: If the page cannot be served.
        SourceError: If no phone came in time.
    """
    from livepose.models.files.cache import default_folder
    from livepose.web.certificate import open_certificate
    from livepose.web.local_addresses import names_to_certify
    from livepose.web.phone.endpoint import CameraWishes
    from livepose.web.phone.source import PhoneSource

    wanted = options.source
    usual = CameraWishes()
    width_px, height_px = wanted.size_px or (usual.width_px, usual.height_px)
    address = phone_address(camera)
    certificate = open_certificate(default_folder(), names_to_certify())
    try:
        return PhoneSource(
            address,
            certificate,
            invite,
            wishes=CameraWishes(width_px, height_px, wanted.frame_rate or usual.frame_rate),
            min_score=options.style.min_score,
            give_up_s=wanted.give_up_s,
        )
    except SinkError as error:
        raise SinkError(f"{error} (--camera phone:{address.port + 1})") from error
