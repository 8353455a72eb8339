"""Send poses to other programs while they happen: OSC, UDP and WebSocket."""

from __future__ import annotations

from livepose.core.interfaces import PoseSink
from livepose.send.address import LineOf, parse


def open_sender(url: str, line_of: LineOf) -> PoseSink:
    """Open what sends each frame's poses. Its `write` never waits for the network.

    Args:
        url: `osc://HOST:PORT` or `udp://HOST:PORT`, where somebody listens, or `ws://HOST:PORT`,
            where this program is to listen.
        line_of: writes a frame as one line of JSON; for `udp` and `ws`.

    Raises:
        OptionError: it is not such an address.
        SinkError: there is no such host, or the port to listen on is taken.
    """
    address = parse(url)
    if address.scheme == "ws":
        from livepose.send.websocket import WebSocketSender  # 0.1 s, which others need not pay

        return WebSocketSender(address, line_of)
    from livepose.send.datagrams import DatagramSender, JsonEncoder
    from livepose.send.osc import OscEncoder

    encoder = OscEncoder() if address.scheme == "osc" else JsonEncoder(address.url, line_of)
    return DatagramSender(address, encoder)
