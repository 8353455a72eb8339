"""What the keys of a window do, as rows of its help."""

from __future__ import annotations

from collections.abc import Sequence

from livepose.draw.hud import HelpRow
from livepose.sinks.window import KeyBinding


def help_rows(bindings: Sequence[KeyBinding]) -> tuple[HelpRow, ...]:
    """Return a row for each key, or row of keys, that has a label."""
    return tuple(
        HelpRow(
            binding.label,
            binding.help_text,
            binding.short_label or binding.label,
            binding.short_text or binding.help_text,
        )
        for binding in bindings
        if binding.label
    )
