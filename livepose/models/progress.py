"""The callback that downloads and compilations report their progress to."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, "int | None"], None]
"""Called with a label, the number of bytes so far, and the total where it is known."""


def no_progress(label: str, done_bytes: int, total_bytes: int | None) -> None:
    """Ignore the progress."""
