"""Images behind an address on the web."""

from __future__ import annotations

import http.client
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from livepose._version import __version__
from livepose.core.errors import SourceError, SourceNotFound
from livepose.core.secrets import hide_secrets
from livepose.system.addresses import file_name

TIME_LIMIT_S = 10.0
"""For the server to answer, and for each piece of the image."""
_NOT_FOUND = (404, 410)


@contextmanager
def downloaded_image(url: str) -> Iterator[Path]:
    """Download an image, and delete it afterwards.

    Args:
        url: Begins with `http://` or `https://`.

    Raises:
        SourceNotFound: If there is nothing at the address.
        SourceError: If it cannot be downloaded.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, file_name(url))
        request = urllib.request.Request(url, headers={"User-Agent": f"livepose/{__version__}"})
        try:
            with (
                urllib.request.urlopen(request, timeout=TIME_LIMIT_S) as answer,
                path.open("wb") as file,
            ):
                shutil.copyfileobj(answer, file)
        except urllib.error.HTTPError as error:
            kind = SourceNotFound if error.code in _NOT_FOUND else SourceError
            raise kind(
                f"{hide_secrets(url)} cannot be downloaded: the server answers {error.code} "
                f"{error.reason}"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise SourceError(
                f"{hide_secrets(url)} cannot be downloaded: {_reason(error)}"
            ) from error
        yield path


def _reason(error: Exception) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {TIME_LIMIT_S:g} s"
    return str(getattr(cause, "strerror", None) or cause or type(cause).__name__)
