"""What helps to read a frame off in a window: guides, and what the joint under the mouse says."""

from __future__ import annotations

from livepose.analysis.joint_reading import JointReading, joint_at, read_joint
from livepose.core.frame import Frame, PosedFrame
from livepose.draw import Style
from livepose.draw.guides import Guides, paint_guides, paint_reading, plumb_lines

_REACH = 0.03
"""How far from a joint the mouse may be, relative to the longer side of the frame."""


def with_guides(painted: Frame, posed: PosedFrame, guides: Guides, style: Style) -> Frame:
    """Return a painted frame with plumb lines where people stand, and a grid.

    Args:
        painted: As it is shown: it may be smaller, and mirrored.
        posed: The frame and its poses.
        guides: Which of them.
        style: Its threshold decides which ankles are seen.
    """
    scale = painted.width_px / posed.frame.width_px
    xs = [scale * x for x in plumb_lines(posed.poses, style.min_score)]
    if style.mirror:
        xs = [painted.width_px - x for x in xs]
    return paint_guides(painted, guides, xs)


def with_reading(
    painted: Frame,
    posed: PosedFrame,
    pointer: tuple[int, int],
    neighbours: tuple[PosedFrame, ...],
    style: Style,
) -> Frame:
    """Return a painted frame with what the joint under the mouse says; as it is without one.

    Args:
        painted: As it is shown: it may be smaller, and mirrored.
        posed: The frame and its poses.
        pointer: Where the mouse is, in pixels of the painted frame.
        neighbours: Frames before and after it, for the speed.
        style: Its threshold decides which joints are seen.
    """
    scale = painted.width_px / posed.frame.width_px
    x_px, y_px = pointer
    place = (painted.width_px - x_px if style.mirror else x_px) / scale, y_px / scale
    reading = reading_at(place, posed, neighbours, style)
    if reading is None:
        return painted
    x = scale * reading.x_px
    x = painted.width_px - x if style.mirror else x
    return paint_reading(painted, reading.lines, x, scale * reading.y_px)


def reading_at(
    place: tuple[float, float],
    posed: PosedFrame,
    neighbours: tuple[PosedFrame, ...],
    style: Style,
) -> JointReading | None:
    """Return what the joint at a place says; None if none is near.

    Args:
        place: In pixels of the frame itself: neither scaled nor mirrored.
        posed: The frame and its poses.
        neighbours: Frames before and after it, for the speed.
        style: Its threshold decides which joints are seen.
    """
    reach_px = _REACH * max(posed.frame.width_px, posed.frame.height_px)
    joint = joint_at(posed.poses, *place, reach_px=reach_px, min_score=style.min_score)
    return None if joint is None else read_joint(posed, *joint, neighbours)
