"""The picture of a frame as a page shows it: without what the page draws itself."""

from __future__ import annotations

from dataclasses import replace

from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses
from livepose.draw import Background, Style, paint


def plain_picture(posed: PosedFrame, style: Style) -> Frame:
    """Return a frame without skeletons, not mirrored; its faces are blurred where that is asked.

    Args:
        posed: The frame and its overlays.
        style: Its background is what is behind the skeletons.
    """
    faces = posed.overlays.faces
    if not len(faces) and style.background is Background.KEEP:
        return posed.frame
    plain = replace(posed, poses=Poses.empty(), overlays=Overlays(faces=faces))
    return paint(plain, Style(background=style.background))
