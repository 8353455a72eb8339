"""What `--quality` takes."""

from __future__ import annotations

from enum import Enum


class Quality(str, Enum):
    """A small file, a fast run, or something between."""

    SMALL = "small"
    BALANCED = "balanced"
    FAST = "fast"
