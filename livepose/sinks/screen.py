"""Screen: where a viewer shows frames, and hears what its user wants."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from livepose.core.interfaces import FrameSink

if TYPE_CHECKING:
    from livepose.core.frame import Frame, PosedFrame
    from livepose.core.viewer_state import ViewerState
    from livepose.sinks.input_events import InputEvent


class Screen(FrameSink):
    """Shows painted frames, and returns keys, clicks and choices."""

    @property
    def is_painted(self) -> bool:
        """Whether painted frames are seen on it; if not, `write` need not be called."""
        return True

    @property
    def wants_data(self) -> bool:
        """Whether `show_data` has an effect: somebody draws the skeletons elsewhere."""
        return False

    def show_data(self, posed: PosedFrame, picture: Frame, state: ViewerState) -> None:
        """Show a frame as data.

        Args:
            posed: The frame's poses.
            picture: The frame as it is behind the skeletons.
            state: The figures and switches of the viewer.
        """
        _ = posed, picture, state

    @property
    @abstractmethod
    def area_px(self) -> tuple[int, int] | None:
        """Width and height that a frame has on it; None where that is not known."""

    @abstractmethod
    def poll(self, wait_s: float = 0.0) -> InputEvent | None:
        """Return what the user did next, if anything.

        Args:
            wait_s: How long to wait for it.
        """

    @abstractmethod
    def toggle_full_screen(self) -> None:
        """Fill the screen, or end that."""
