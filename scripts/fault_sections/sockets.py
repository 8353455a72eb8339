"""Attack the WebSocket server, the only socket that listens: clients go on to be served."""

from __future__ import annotations

import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

from fault_sections.program import finish, start
from fault_sections.section import Outcome, Trial

_SERVED_WITHIN_S = 15.0
_MOST_STDERR_BYTES = 10_000
_FEW_HANDLES = 64
_PIPE = subprocess.PIPE


def run(trial: Trial, outcome: Outcome) -> None:
    """Run every attack in turn on one server, and look for a served client after each."""
    address = ("127.0.0.1", _free_port())
    words = ["--demo", "--no-show", "--max-frames", "1000000"]
    words += ["--send", f"ws://{address[0]}:{address[1]}"]
    process = start(*words, cwd=trial.folder, errors=_PIPE)
    try:
        outcome.add("a client before any attack", failure=_served(address))
        for number in range(trial.count(len(_ATTACKS), 10 * len(_ATTACKS))):
            attack = _ATTACKS[number % len(_ATTACKS)]
            with suppress(OSError):  # a server may break off whatever it is sent
                attack(address, trial.random)
            case = (attack.__doc__ or attack.__name__).rstrip(".")
            is_dead = process.poll() is not None
            outcome.add(case, failure="the server has ended" if is_dead else _served(address))
        process.send_signal(signal.SIGINT)
    finally:
        finished = finish(process, 30.0)
    failure = finished.misbehaviour(130)
    if not failure and len(finished.errors) > _MOST_STDERR_BYTES:
        failure = f"{len(finished.errors)} bytes on stderr: {finished.errors[-200:]}"
    outcome.add("Ctrl-C after all attacks", failure=failure)
    if sys.platform == "linux":
        outcome.add("no free file handle", failure=_without_handles(trial))


def _without_handles(trial: Trial) -> str:
    """Return what went wrong with a server that has no file handle left for its clients."""
    import resource

    address = ("127.0.0.1", _free_port())
    words = ["--demo", "--no-show", "--max-frames", "1000000"]
    words += ["--send", f"ws://{address[0]}:{address[1]}"]
    process = start(*words, cwd=trial.folder, errors=_PIPE)
    # Of the child alone: this process may have more files open by now.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (_FEW_HANDLES, hard))
    failure = _served(address)
    clients = []
    with suppress(OSError):
        for _ in range(2 * _FEW_HANDLES):
            clients.append(socket.create_connection(address, timeout=1.0))
            clients[-1].sendall(_handshake(address))
    time.sleep(3.0)
    for client in clients:
        client.close()
    failure = failure or _served(address)
    process.send_signal(signal.SIGINT)
    finished = finish(process, 30.0)
    if len(finished.errors) > _MOST_STDERR_BYTES:
        return f"{len(finished.errors)} bytes on stderr"
    return failure or finished.misbehaviour(130)


def _served(address: tuple[str, int]) -> str:
    """Return why a well-behaved client is not served, or an empty text if it is."""
    reason = "no attempt"
    deadline_s = time.monotonic() + _SERVED_WITHIN_S
    while time.monotonic() < deadline_s:
        try:
            with socket.create_connection(address, timeout=2.0) as client:
                client.sendall(_handshake(address))
                received = b""
                while b"people" not in received:
                    block = client.recv(1 << 16)
                    if not block:
                        break
                    received += block
                if b"people" in received:
                    return ""
                reason = received[:40].decode(errors="replace").partition("\r")[0] or "closed"
        except OSError as error:
            reason = str(error)
        time.sleep(0.2)
    return f"a client is not served: {reason}"


def _handshake(address: tuple[str, int], **changes: str) -> bytes:
    headers = {
        "Host": f"{address[0]}:{address[1]}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    } | changes
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"GET / HTTP/1.1\r\n{lines}\r\n".encode(errors="replace")


def _opened(address: tuple[str, int]) -> socket.socket:
    client = socket.create_connection(address, timeout=5.0)
    client.sendall(_handshake(address))
    client.recv(1024)
    return client


def _send(address: tuple[str, int], data: bytes) -> None:
    with socket.create_connection(address, timeout=5.0) as client:
        client.sendall(data)
        client.recv(1024)


def _garbage(address: tuple[str, int], chance: Random) -> None:
    """Random bytes."""
    _send(address, chance.randbytes(chance.randrange(1, 100_000)) + b"\r\n\r\n")


def _tls(address: tuple[str, int], chance: Random) -> None:
    """A TLS client hello."""
    _send(address, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + chance.randbytes(509))


def _http2(address: tuple[str, int], chance: Random) -> None:
    """An HTTP/2 preface."""
    _send(address, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + chance.randbytes(100))


def _posted(address: tuple[str, int], chance: Random) -> None:
    """A POST with a body of a megabyte."""
    body = chance.randbytes(1 << 20)
    _send(address, b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1048576\r\n\r\n" + body)


def _long_line(address: tuple[str, int], chance: Random) -> None:
    """A request line of ten megabytes."""
    _send(address, b"GET /" + b"a" * 10_000_000 + b" HTTP/1.1\r\n\r\n")


def _many_headers(address: tuple[str, int], chance: Random) -> None:
    """A hundred thousand headers."""
    _send(address, b"GET / HTTP/1.1\r\n" + b"X-Header: value\r\n" * 100_000 + b"\r\n")


def _broken_handshakes(address: tuple[str, int], chance: Random) -> None:
    """Handshakes that are cut off, with random bytes changed."""
    for _ in range(20):
        data = bytearray(_handshake(address))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        with socket.create_connection(address, timeout=5.0) as client:
            client.sendall(data[: chance.randrange(len(data))])


def _strange_pages(address: tuple[str, int], chance: Random) -> None:
    """Five hundred origins and hosts of strangers, with control characters."""
    for number in range(250):
        for name in ("Origin", "Host"):
            value = f"http://evil{number}.example/\x1b[31m{'x' * chance.randrange(2000)}"
            _send(address, _handshake(address, **{name: value}))


def _silent(address: tuple[str, int], chance: Random) -> None:
    """Three hundred connections that say nothing."""
    clients = [socket.create_connection(address, timeout=5.0) for _ in range(300)]
    time.sleep(0.5)
    for client in clients:
        client.close()


def _slow(address: tuple[str, int], chance: Random) -> None:
    """A hundred handshakes of a byte at a time."""
    clients = [socket.create_connection(address, timeout=5.0) for _ in range(100)]
    for byte in _handshake(address)[:30]:
        for client in clients:
            with suppress(OSError):
                client.sendall(bytes([byte]))
        time.sleep(0.03)
    for client in clients:
        client.close()


def _resets(address: tuple[str, int], chance: Random) -> None:
    """A hundred clients that reset the connection."""
    for _ in range(100):
        client = _opened(address) if chance.random() < 0.5 else socket.create_connection(address)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


def _not_reading(address: tuple[str, int], chance: Random) -> None:
    """Thirty clients that never read."""
    clients = [_opened(address) for _ in range(30)]
    time.sleep(2.0)
    for client in clients:
        client.close()


def _crowd(address: tuple[str, int], chance: Random) -> None:
    """Two hundred clients at once."""
    clients = []
    with suppress(OSError):
        for _ in range(200):
            clients.append(_opened(address))
    for client in clients:
        client.close()


def _frames(address: tuple[str, int], chance: Random) -> None:
    """Frames that break the protocol, and messages that are too large."""
    mask = b"\0\0\0\0"
    for data in (
        b"\x81\x05hello",  # not masked
        b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff" + mask,  # 9 exabytes are announced
        b"\x82\xff" + struct.pack(">Q", 10_000_000) + mask + b"\0" * 10_000_000,
        b"\x01\x80" + mask + (b"\x00\x80" + mask) * 100_000,  # an endless message of nothing
        (b"\x89\xfd" + mask + b"x" * 125) * 10_000,  # pings
        b"\xf1\x80" + mask,  # reserved bits
        b"\x88\x81" + mask + b"x",  # a close frame of one byte
        b"\x81\x82" + mask + b"\xff\xfe",  # not UTF-8
        chance.randbytes(10_000),
    ):
        with suppress(OSError), _opened(address) as client:
            client.settimeout(2.0)
            client.sendall(data)
            client.recv(4096)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


_ATTACKS: tuple[Callable[[tuple[str, int], Random], None], ...] = (
    _garbage,
    _tls,
    _http2,
    _posted,
    _long_line,
    _many_headers,
    _broken_handshakes,
    _strange_pages,
    _silent,
    _slow,
    _resets,
    _not_reading,
    _crowd,
    _frames,
)
