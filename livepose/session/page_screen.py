"""PageScreen: a screen that is a page in a browser, alone or beside a window."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from livepose.sinks.screen import Screen

if TYPE_CHECKING:
    from livepose.core.frame import StreamInfo
    from livepose.session.viewer import Viewer


class PageScreen(Screen):
    """Serves a viewer to browsers."""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of the page, with its token."""

    @abstractmethod
    def attach(self, viewer: Viewer, info: StreamInfo, model: str) -> None:
        """Take the viewer whose screen this is, and what the page says of its run."""
