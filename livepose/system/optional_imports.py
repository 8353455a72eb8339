"""Packages that are imported only when they are needed, and may not be installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from livepose.core.errors import RuntimeMissing


@contextmanager
def optional_import(title: str, requirement: str) -> Iterator[None]:
    """Turn a failed import into an error that says what to install.

    Args:
        title: The name of the package for people, such as `OpenVINO`.
        requirement: What to pass to `pip install`.

    Raises:
        RuntimeMissing: If an import within the block fails.
    """
    try:
        yield
    except ImportError as error:
        # Ctrl-C while a native module is loaded comes out of it as an ImportError.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        raise RuntimeMissing(
            f"{title} cannot be loaded ({error}): pip install {requirement}"
        ) from error


@contextmanager
def suppress_stderr() -> Iterator[None]:
    """Discard what native libraries write to stderr, where they have no switch for it."""
    try:
        saved = os.dup(2)
    except OSError:  # There is no stderr at all, as under pythonw.
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
