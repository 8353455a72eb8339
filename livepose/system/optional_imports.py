"""The packages that run networks: imported on use, with a word where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from livepose.core.errors import RuntimeMissing


@contextmanager
def needed(title: str, requirement: str) -> Iterator[None]:
    """Say what to install where an import fails.

    A Ctrl-C that meets a native module while it is loaded comes out of it as an ImportError: it
    becomes a Ctrl-C again.
    """
    try:
        yield
    except ImportError as error:
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise RuntimeMissing(
            f"{title} cannot be loaded ({error}): pip install {requirement}"
        ) from error
