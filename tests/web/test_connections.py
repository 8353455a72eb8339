"""Connections of the web server: how they end."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

from livepose.web.certificate import open_certificate
from livepose.web.connections import abort


def test_a_connection_that_was_closed_twice_can_be_aborted(tmp_path: Path) -> None:
    path = open_certificate(tmp_path, ["localhost"]).path
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    client_tls = ssl.create_default_context(cafile=str(path))

    async def close_twice_and_abort() -> bytes:
        ended = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.close()
            writer.transport.close()
            abort(writer.transport)
            ended.set()

        server = await asyncio.start_server(serve, "localhost", ssl=tls)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("localhost", port, ssl=client_tls)
        await asyncio.wait_for(ended.wait(), 30)
        rest = await asyncio.wait_for(reader.read(), 30)
        writer.close()
        server.close()
        return rest

    assert asyncio.run(close_twice_and_abort()) == b""
