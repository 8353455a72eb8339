"""An S3 server on this machine, with buckets of the test's own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
