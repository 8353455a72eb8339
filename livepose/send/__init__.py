"""Send poses to other programs while they happen: OSC, UDP and WebSocket."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from livepose.core.interfaces import PoseSink
from livepose.send.address import LineEncoder, parse


def open_sender(
    url: str,
    encode_line: LineEncoder,
    *,
    allowed_origins: Sequence[str] = (),
    token: str | None = None,
    on_listening: Callable[[str], None] = lambda url: None,
) -> PoseSink:
    """Open a sink that sends each frame's poses. Its `write` never waits for the network.

    Args:
        url: `osc://HOST:PORT` or `udp://HOST:PORT`, where a receiver listens, or `ws://HOST:PORT`,
            where this program is to listen.
        encode_line: Encodes a frame as one line of JSON, for `udp` and `ws`.
        allowed_origins: For `ws`: pages of these origins (`https://example.org`) may connect too,
            besides programs and pages of this machine; `*` is every page.
        token: For `ws`: what clients need to know; None makes one, if other machines can connect.
        on_listening: Called with the address for clients of `ws`, with the token in it.

    Raises:
        OptionError: If `url` is not such an address, if an origin is none,
            or if the token is unfit.
        SinkError: If there is no such host, or if the port to listen on is in use.

    >>> import numpy as np
    >>> from livepose import Frame, PosedFrame, Poses, Region
    >>> from livepose.export.jsonl import frame_line
    >>> frame = Frame.from_bgr(np.zeros((48, 64, 3), np.uint8))
    >>> with open_sender("udp://127.0.0.1:9000", frame_line) as sender:
    ...     sender.write(PosedFrame(frame, Poses.empty(), Region.letterbox(64, 48), 0.0))
    """
    address = parse(url)
    if address.scheme == "ws":
        # Imported only here: websockets takes 0.1 s.
        from livepose.send.websocket import WebSocketSender

        sender = WebSocketSender(address, encode_line, allowed_origins, token)
        on_listening(sender.url)
        return sender
    from livepose.send.datagrams import DatagramSender, JsonEncoder
    from livepose.send.osc import OscEncoder

    encoder = OscEncoder() if address.scheme == "osc" else JsonEncoder(address.url, encode_line)
    return DatagramSender(address, encoder)
