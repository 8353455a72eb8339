"""`--camera phone`: options -> the source whose frames a phone sends."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from livepose.core.errors import SinkError
from livepose.core.interfaces import Source
from livepose.models.files.cache import default_folder
from livepose.session.options import Options
from livepose.session.phone_camera import phone_address
from livepose.web.certificate import open_certificate
from livepose.web.local_addresses import find_local_addresses, names_to_certify
from livepose.web.phone.endpoint import CameraWishes
from livepose.web.phone.invitation import Invitation
from livepose.web.phone.source import PhoneSource

_log = logging.getLogger(__name__)


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
    wanted = options.source
    usual = CameraWishes()
    width_px, height_px = wanted.size_px or (usual.width_px, usual.height_px)
    address = phone_address(camera)
    names = names_to_certify(address.host, find_local_addresses())
    with ExitStack() as stack:
        try:
            certificate = open_certificate(default_folder(), names)
        except SinkError as error:  # the cache may be read-only
            _log.warning("%s: phones will ask again in the next run", error)
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            certificate = open_certificate(Path(folder), names)
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
