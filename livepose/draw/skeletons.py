"""Skeletons: bones and joints, and the boxes around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.poses import Poses
from livepose.core.skeleton import BONES, FACE
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.id_tags import paint_tag
from livepose.draw.style import Style

_ENDS = np.array(BONES)
_IS_OF_FACE = _ENDS.max(axis=1) < FACE.stop


@dataclass(frozen=True, slots=True, eq=False)
class _Person:
    """One row of the poses, as it is drawn."""

    number: int
    """What the colours are chosen by: the id, or the row where there is none."""
    track_id: int
    xy: FloatArray
    """(17, 2)."""
    is_drawn: BoolArray
    """(17,)."""
    frame: FloatArray
    """(4,): the box, with room for the joints on its edge."""


def paint_people(canvas: Canvas, poses: Poses, style: Style) -> None:
    """Draw who is there, and above all of them their ids."""
    line_px = style.thickness.line_px(canvas.size_px)
    people = list(_people(poses, style, line_px))
    for person in people:
        _paint_person(canvas, person, style, line_px)
    if style.boxes:
        for person in people:
            if person.track_id:
                color = style.colors.box(person.number)
                paint_tag(canvas, str(person.track_id), person.frame, color)


def is_drawn(poses: Poses, style: Style) -> BoolArray:
    """Tell which points are drawn: (N, 17)."""
    seen = poses.visible(style.min_score)
    if style.hidden:
        seen = seen.copy()
        seen[:, sorted(style.hidden)] = False
    return seen


def joint_px(line_px: int) -> int:
    """Give a joint's radius."""
    return round(1.4 * line_px)


def rim_px(line_px: int) -> int:
    """Give the width of what is around every line."""
    return max(1, round(0.3 * line_px))


def _people(poses: Poses, style: Style, line_px: int) -> Iterator[_Person]:
    """Give those of whom anything is seen."""
    drawn = is_drawn(poses, style)
    beyond_px = 2 * joint_px(line_px) * np.array((-1, -1, 1, 1), np.float32)
    for row in np.flatnonzero(poses.visible(style.min_score).any(axis=1)).tolist():
        track_id = int(poses.track_id[row])
        frame = poses.box[row] + beyond_px
        yield _Person(track_id or row + 1, track_id, poses.xy[row], drawn[row], frame)


def _paint_person(canvas: Canvas, person: _Person, style: Style, line_px: int) -> None:
    reach = person.xy[person.is_drawn]
    if style.boxes:
        reach = np.concatenate((reach, person.frame.reshape(2, 2)))
    if not len(reach):
        return
    margin_px = 2 * line_px + rim_px(line_px)
    low, high = np.floor(reach.min(axis=0)) - margin_px, np.ceil(reach.max(axis=0)) + margin_px
    corners = canvas.even(low[0], low[1], high[0], high[1])
    if corners is None:
        return
    with canvas.sheet(*corners) as sheet:
        if style.boxes:
            _draw_box(canvas, sheet, corners[:2], person, style)
        _draw_skeleton(canvas, sheet, corners[:2], person, style)


def _draw_skeleton(
    canvas: Canvas, sheet: UInt8Array, corner: tuple[int, int], person: _Person, style: Style
) -> None:
    line_px = style.thickness.line_px(canvas.size_px)
    # The face is drawn finer, or it would hide behind its own skeleton.
    fine_px, around_px = max(1, round(0.6 * line_px)), rim_px(line_px)
    bones = np.flatnonzero(person.is_drawn[_ENDS].all(axis=1))
    joints = np.flatnonzero(person.is_drawn)
    ends = person.xy[_ENDS[bones]]
    widths_px = np.where(_IS_OF_FACE[bones], fine_px, line_px)
    bars = strokes.bars(ends, np.stack((widths_px + 2 * around_px, widths_px)))
    outer, inner = strokes.subpixels(bars, corner)
    radii_px = np.where(joints < FACE.stop, joint_px(fine_px), joint_px(line_px)).tolist()
    centers = strokes.subpixels(person.xy[joints], corner).tolist()
    outline = canvas.ink(style.outline)
    for bar in outer:
        strokes.filled(sheet, bar, outline)
    for center, radius_px in zip(centers, radii_px, strict=True):
        strokes.disc(sheet, center, radius_px + around_px, outline)
    colors = style.colors.bones(person.number)
    for bone, bar in zip(bones.tolist(), inner, strict=True):
        strokes.filled(sheet, bar, canvas.ink(colors[bone]))
    colors = style.colors.joints(person.number)
    for joint, center, radius_px in zip(joints.tolist(), centers, radii_px, strict=True):
        strokes.disc(sheet, center, radius_px, canvas.ink(colors[joint]))


def _draw_box(
    canvas: Canvas, sheet: UInt8Array, corner: tuple[int, int], person: _Person, style: Style
) -> None:
    line_px = style.thickness.line_px(canvas.size_px)
    width_px = max(1, line_px // 2)
    # On whole pixels, or a line as thin as this is a grey one.
    frame = np.rint(person.frame) + np.float32(0.5 * (width_px % 2))
    points = strokes.subpixels(strokes.rounded(frame, 2.5 * line_px), corner)
    strokes.outline(sheet, points, canvas.ink(style.outline), width_px + 2)
    strokes.outline(sheet, points, canvas.ink(style.colors.box(person.number)), width_px)
