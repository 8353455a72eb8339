"""A network camera on the loopback that speaks RTSP, and sends over UDP only."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
from io import BufferedReader
from pathlib import Path

from livepose.core.interfaces import Closeable

_DESCRIPTION = """v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
c=IN IP4 127.0.0.1
t=0 0
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1
a=control:track1
""".replace("\n", "\r\n")


class UdpCamera(Closeable):
    """Refuses TCP in one of the ways that cameras do; over UDP, ffmpeg sends a clip."""

    def __init__(self, clip: Path, refusal: str) -> None:
        """Listen.

        Args:
            clip: What it sends, in real time.
            refusal: The answer to a request for TCP: a status, `hang up`, or `mute` if it accepts
                and then sends nothing.
        """
        self.transports: list[str] = []
        """The transports that it was asked for."""
        self._clip = clip
        self._refusal = refusal
        self._senders: list[subprocess.Popen[bytes]] = []
        self._clients: list[socket.socket] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._port = self._socket.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self._port}/live"
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for client in self._clients:
            client.close()
        for thread in self._threads:
            thread.join(10)
        for sender in self._senders:
            sender.kill()
            sender.wait()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:  # closed
                return
            client.settimeout(20)
            self._clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        port = None
        try:
            with client, client.makefile("rb") as requests:
                while request := _read_request(requests):
                    method, headers = request
                    status, lines, body = "200 OK", "", ""
                    if method == "DESCRIBE":
                        lines, body = "Content-Type: application/sdp\r\n", _DESCRIPTION
                    elif method == "SETUP":
                        transport = headers["transport"]
                        self.transports.append(transport)
                        is_tcp = transport.startswith("RTP/AVP/TCP")
                        if is_tcp and self._refusal == "hang up":
                            return
                        if is_tcp and self._refusal != "mute":
                            status = self._refusal
                        match = re.search(r"client_port=(\d+)", transport)
                        port = int(match[1]) if match else None
                        lines = f"Session: 1\r\nTransport: {transport}\r\n"
                    head = f"RTSP/1.0 {status}\r\nCSeq: {headers['cseq']}\r\n{lines}"
                    client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
                    if method == "PLAY" and port is not None:
                        self._senders.append(_send(self._clip, port))
        except OSError:  # the other side hung up, as it may
            return


def _read_request(requests: BufferedReader) -> tuple[str, dict[str, str]] | None:
    method = requests.readline().decode().partition(" ")[0]
    headers = {}
    while line := requests.readline().decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return (method, headers) if method else None


def _send(clip: Path, port: int) -> subprocess.Popen[bytes]:
    program = shutil.which("ffmpeg")
    assert program is not None
    words = [program, "-nostdin", "-loglevel", "quiet", "-re", "-i", str(clip), "-c", "copy"]
    words += ["-bsf:v", "h264_mp4toannexb,dump_extra", "-f", "rtp", "-payload_type", "96"]
    return subprocess.Popen([*words, f"rtp://127.0.0.1:{port}?pkt_size=1200"])
