"""The files of the whole batch, table and report: written at once, here or at an address."""

from __future__ import annotations

from livepose.batch.remote_paths import Place, RemoteAddress
from livepose.system.parts import write_whole


def write_result(place: Place, data: bytes) -> None:
    """Write a file of the whole batch; an existing one is replaced when the new one is whole.

    Raises:
        SinkError: If it cannot be written.
    """
    if isinstance(place, RemoteAddress):
        from livepose.batch.remote import store_bytes

        store_bytes(data, place)
    else:
        write_whole(place, data)
