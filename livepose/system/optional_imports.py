"""Packages that are imported only when they are needed, and may not be installed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

from livepose.core.errors import RuntimeMissing


def install_command(extra: str) -> str:
    """Return the command that installs an extra of livepose, for the way livepose was installed.

    >>> install_command("parquet").startswith("pip install ")
    True
    """
    from importlib.metadata import PackageNotFoundError, distribution  # it imports much

    try:
        ours = distribution("livepose")
    except PackageNotFoundError:
        return f"pip install 'livepose[{extra}]'"
    program = "uv pip" if (ours.read_text("INSTALLER") or "").strip() == "uv" else "pip"
    # PEP 610: where it came from, unless that was an index of packages.
    origin = json.loads(ours.read_text("direct_url.json") or "{}")
    url = origin.get("url", "")
    text = unquote(urlsplit(url).path)
    path = Path(text.lstrip("/") if os.name == "nt" else text)
    if "vcs_info" in origin:
        return f"{program} install 'livepose[{extra}] @ {origin['vcs_info']['vcs']}+{url}'"
    if not url.startswith("file:") or not path.exists():
        return f"{program} install 'livepose[{extra}]'"
    if not path.is_dir():
        return f"{program} install '{path}[{extra}]'"
    editable = "-e " if origin.get("dir_info", {}).get("editable") else ""
    where = "" if path.resolve() == Path.cwd() else f" (in the folder {path})"
    return f"{program} install {editable}'.[{extra}]'{where}"


@contextmanager
def optional_import(title: str, requirement: str = "", *, extra: str = "") -> Iterator[None]:
    """Turn a failed import into an error that says what to install.

    Args:
        title: The name of the package for people, such as `OpenVINO`.
        requirement: What to pass to `pip install`.
        extra: The extra of livepose that contains it, in the place of a requirement.

    Raises:
        RuntimeMissing: If an import within the block fails.
    """
    try:
        yield
    except ImportError as error:
        # Ctrl-C while a native module is loaded comes out of it as an ImportError.
        if isinstance(error.__cause__, KeyboardInterrupt):
            raise error.__cause__ from None
        command = install_command(extra) if extra else f"pip install {requirement}"
        raise RuntimeMissing(f"{title} cannot be loaded ({error}): {command}") from error


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
