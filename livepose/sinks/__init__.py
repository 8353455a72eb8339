"""Where painted frames go."""

from __future__ import annotations

from enum import Enum


class Quality(str, Enum):
    """How much work the encoder spends on a smaller file; what `--quality` takes."""

    SMALL = "small"
    BALANCED = "balanced"
    FAST = "fast"
