"""Addresses: what is a file, and the file name in one."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from livepose.core.errors import OptionError
from livepose.core.secrets import HIDDEN, hide_secrets

WEB_SCHEMES = ("http://", "https://")
_FILE_SCHEME = "file://"


def local_path(text: str) -> str:
    """Return the path that a `file://` address means, and any other text as it is.

    >>> local_path("file:///films/a%20dance.mp4"), local_path("clip.mp4")
    ('/films/a dance.mp4', 'clip.mp4')
    """
    if not text.lower().startswith(_FILE_SCHEME):
        return text
    path = text[len(_FILE_SCHEME) :].removeprefix("localhost")
    path = unquote(path, errors="surrogateescape")
    # On Windows a drive follows the slash: file:///C:/films/clip.mp4
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path


def lower_scheme(url: str) -> str:
    """Return an address with its scheme in small letters, as FFmpeg needs it.

    >>> lower_scheme("RTSP://Camera.local/Live")
    'rtsp://Camera.local/Live'
    """
    scheme, separator, rest = url.partition("://")
    return scheme.lower() + separator + rest if separator else url


def check_address(url: str) -> None:
    """Check that an address can be taken apart: that its brackets are pairs, its port a number.

    Raises:
        OptionError: If it cannot.
    """
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        raise OptionError(f"{hide_secrets(url)} is not an address: {error}") from error


def file_name(url: str) -> str:
    """Return the file name in an address.

    >>> file_name("https://example.org/photos/a%20dance.jpg?size=large")
    'a dance.jpg'
    """
    shown = hide_secrets(urlsplit(url).path).replace(HIDDEN, "")
    return Path(unquote(shown)).name[-100:] or "image"
