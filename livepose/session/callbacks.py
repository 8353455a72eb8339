"""What is called while a run goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livepose.core.frame import StreamInfo
from livepose.models.progress import Progress, no_progress

if TYPE_CHECKING:
    from livepose.web.phone.invitation import Invitation


@dataclass(frozen=True, slots=True)
class RunCallbacks:
    """Functions that are called, in the main thread, while a run goes on."""

    on_download: Progress = no_progress
    on_begin: Callable[[StreamInfo, str, bool], None] = lambda info, model, has_window: None
    """Called with the source, the model's name, and whether there is a window or a page."""
    on_frame: Callable[[int], None] = lambda done: None
    """Called with the number of frames done: live after each, offline now and then."""
    on_repetition: Callable[[], None] = lambda: None
    """Called when a repetition has been counted, if a sound is asked for."""
    on_invitation: Callable[[Invitation], None] = lambda invitation: None
    """Called with where a phone is to go that becomes the camera, before it is waited for."""
    on_page: Callable[[str], None] = lambda url: None
    """Called with the address of the page, with its token, when it is served."""
    on_listening: Callable[[str], None] = lambda url: None
    """Called with the address of each `ws://` server, with its token."""
