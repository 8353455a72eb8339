"""What the keys of a window do, as rows of its help."""

from __future__ import annotations

from collections.abc import Container, Sequence

from livepose.draw.hud import HelpRow
from livepose.sinks.input_events import Action
from livepose.sinks.window import KeyBinding


def help_rows(
    bindings: Sequence[KeyBinding], actions: Container[Action] | None = None
) -> tuple[HelpRow, ...]:
    """Return a row for each key, or row of keys, that has a label.

    Args:
        bindings: The keys.
        actions: What can be done besides quitting: other keys have no row; None for all of them.
    """
    return tuple(
        HelpRow(
            binding.label,
            binding.help_text,
            binding.short_label or binding.label,
            binding.short_text or binding.help_text,
        )
        for binding in bindings
        if binding.label
        and (actions is None or binding.action in actions or binding.action is Action.QUIT)
    )
