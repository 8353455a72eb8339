"""Files that are being written."""

from __future__ import annotations

from pathlib import Path

from livepose.system.part_names import parts_in


def growing(target: Path) -> Path:
    """Return where a file grows now: its part, or the target itself if there is none."""
    if not target.parent.is_dir():
        return target
    parts = [left.path for left in parts_in(target.parent) if left.target == target]
    return parts[0] if parts else target
