"""What is called while a run goes on, and opens what stands above the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livepose.core.errors import OptionError
from livepose.core.frame import StreamInfo
from livepose.models.progress import Progress, no_progress

if TYPE_CHECKING:
    from livepose.core.interfaces import Source
    from livepose.session.options import Options
    from livepose.session.page_screen import PageScreen
    from livepose.sinks.window import Window


def no_page(options: Options, window: Window | None) -> PageScreen:
    """Raise OptionError: nobody has said what serves pages."""
    raise OptionError("--web has no effect: nothing here serves a page")


def no_phone(camera: str, options: Options) -> Source:
    """Raise OptionError: nobody has said what serves the page for a phone."""
    raise OptionError(f"--camera {camera} has no effect: nothing here serves a page for phones")


@dataclass(frozen=True, slots=True, eq=False)
class RunCallbacks:
    """Functions that are called, in the main thread, while a run goes on."""

    on_download: Progress = no_progress
    on_begin: Callable[[StreamInfo, str, bool], None] = lambda info, model, has_window: None
    """Called with the source, the model's name, and whether there is a window or a page."""
    on_frame: Callable[[int], None] = lambda done: None
    """Called with the number of frames done: live after each, offline now and then."""
    on_first_pass: Callable[[int], None] = lambda done: None
    """Called now and then with the number of frames in which people have been found, where all of
    them are found before anything is written."""
    on_repetition: Callable[[], None] = lambda: None
    """Called when a repetition has been counted, if a sound is asked for."""
    on_page: Callable[[str], None] = lambda url: None
    """Called with the address of the page, with its token, when it is served."""
    on_listening: Callable[[str], None] = lambda url: None
    """Called with the address of each `ws://` server, with its token."""
    open_page: Callable[[Options, Window | None], PageScreen] = no_page
    """Serves the page of a run, beside its window if it has one."""
    open_phone: Callable[[str, Options], Source] = no_phone
    """Serves the page for a phone, and waits until the phone is the camera."""
