"""An S3 server on this machine, with buckets of the test's own."""

from __future__ import annotations

import logging
import os
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

SECRET = "secret-4f2a91"
"""The password of the server's user, to be looked for where it must not be."""


@contextmanager
def running_s3(bucket: str) -> Iterator[Any]:
    """Run a server with a bucket, which this process and its children use; yield fsspec's view."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "tester")
        patch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import fsspec

        _post("reset", "")  # servers of one process share their buckets
        forget_connections()
        files = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        files.mkdir(bucket)
        try:
            yield files
        finally:
            server.stop()


def put_folder(files: Any, folder: Path, address: str) -> None:
    """Copy all files of a folder to an address."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            files.put_file(str(path), f"{address}/{path.relative_to(folder).as_posix()}")


@contextmanager
def asking_for_rights() -> Iterator[None]:
    """Let the server ask for rights, which its user does not have."""
    _post("reset-auth", "0")
    try:
        yield
    finally:
        _post("reset-auth", "inf")


def _post(command: str, text: str) -> None:
    url = f"{os.environ['AWS_ENDPOINT_URL']}/moto-api/{command}"
    with urlopen(Request(url, text.encode(), {"Content-Type": "text/plain"}), timeout=10):
        pass


class CuttingProxy:
    """Passes connections on to the server, and cuts the first ones off in the middle."""

    CUT_BYTES = 1 << 16

    def __init__(self, port: int, cuts: int) -> None:
        self.cut, self._cuts, self._target = 0, cuts, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def close(self) -> None:
        """Accept no more connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _accept(self) -> None:
        relays: list[threading.Thread] = []
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                relays.append(threading.Thread(target=self._relay, args=(client,), daemon=True))
                relays[-1].start()
        for relay in relays:
            relay.join(5)

    def _relay(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._target)) as server:
            received = 0
            while True:
                ready, _, _ = select.select([client, server], [], [], 0.2)
                if not ready and self._listener.fileno() < 0:
                    return
                for side in ready:
                    data = side.recv(1 << 14)
                    if not data:
                        return
                    received += len(data) if side is server else 0
                    if received > self.CUT_BYTES and self.cut < self._cuts:
                        self.cut += 1
                        return
                    (server if side is client else client).sendall(data)


@contextmanager
def cutting_proxy(cuts: int) -> Iterator[CuttingProxy]:
    """Cut the first connections to the server off, of those that have much to say."""
    before = os.environ["AWS_ENDPOINT_URL"]
    proxy = CuttingProxy(int(before.rpartition(":")[2]), cuts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
        forget_connections()
        try:
            yield proxy
        finally:
            forget_connections()
            proxy.close()


def forget_connections() -> None:
    """Let fsspec make new connections, which know what the environment says now."""
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
