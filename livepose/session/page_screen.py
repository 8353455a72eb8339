"""PageScreen: a screen that is a page in a browser, alone or beside a window."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol

from livepose.sinks.screen import Screen

if TYPE_CHECKING:
    from pathlib import Path

    from livepose.core.frame import StreamInfo
    from livepose.draw import Style
    from livepose.sinks.input_events import Action


class PageViewer(Protocol):
    """What a page needs to know of the viewer, or the editor, whose screen it is."""

    @property
    def style(self) -> Style:
        """How skeletons look."""

    @property
    def actions(self) -> frozenset[Action]:
        """What can be done; a page can ask for nothing else."""

    @property
    def saved(self) -> list[Path]:
        """The files that were saved so far, which can be downloaded."""


class PageScreen(Screen):
    """Serves a viewer to browsers."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the page, with its token."""

    @abstractmethod
    def attach(self, viewer: PageViewer, info: StreamInfo, model: str) -> None:
        """Take the viewer whose screen this is, and what the page says of its run."""
