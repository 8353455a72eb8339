"""The state of a page, to be changed by tests."""

from __future__ import annotations

from livepose.core.viewer_state import ViewerState


def still_state() -> ViewerState:
    """Return the state of a viewer that is paused, and of which nothing else is to be said."""
    return ViewerState(
        fps=30.0,
        model_ms=5.0,
        lag_ms=None,
        dropped=0,
        counts=[],
        badges=[],
        notice="",
        notice_s=0.0,
        is_paused=True,
        is_recording=False,
        silent_s=None,
        countdown=None,
        min_score=0.3,
        mirror=False,
        boxes=False,
        is_painted=False,
        saved=[],
        failed_saves=0,
        transport=None,
        guides="none",
        reading=None,
        editing=None,
    )
