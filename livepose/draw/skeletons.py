"""Skeletons: bones and keypoints, and the boxes around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from livepose.core.arrays import BoolArray, Float64Array, FloatArray, IntpArray, UInt8Array
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses
from livepose.core.skeleton import Skeleton, keypoint_indices
from livepose.draw import strokes
from livepose.draw.canvas import Canvas
from livepose.draw.style import Style

_BEYOND_ENDS, _BEYOND_JOINTS = 0.3, 0.1
"""How far heads, hands and feet, and other parts, go beyond keypoints, in lengths of the trunk."""


@dataclass(frozen=True, slots=True, eq=False)
class SkeletonLines:
    """What is drawn of a skeleton, as arrays."""

    bones: IntpArray
    """(B, 2) keypoint indices."""
    is_face_bone: BoolArray
    """(B,): both ends are in the face."""
    is_face_keypoint: BoolArray
    """(K,)."""


@lru_cache(maxsize=8)
def skeleton_lines(skeleton: Skeleton) -> SkeletonLines:
    """Return what is drawn of a skeleton."""
    bones = np.array(skeleton.bones, np.intp).reshape(-1, 2)
    is_face = np.zeros(len(skeleton), np.bool_)
    is_face[list(skeleton.groups.get("face", ()))] = True
    return SkeletonLines(bones, np.asarray(is_face[bones].all(axis=1)), is_face)


@dataclass(frozen=True, slots=True, eq=False)
class _LineWidths:
    """How wide the parts of a skeleton are drawn."""

    bars_px: Float64Array
    """(2, B) of the bones, with their outlines and without."""
    outer_radii_px: list[int]
    """Of the K keypoints, with their outlines."""
    radii_px: list[int]
    """Of the K keypoints, without."""


@lru_cache(maxsize=8)
def _line_widths(skeleton: Skeleton, line_px: int) -> _LineWidths:
    """Return how wide the parts are where a bone is drawn in this width.

    The face is drawn finer, or it would hide behind its own skeleton.
    """
    lines = skeleton_lines(skeleton)
    fine_px, rim_px = max(1, round(0.6 * line_px)), outline_px(line_px)
    bones_px = np.where(lines.is_face_bone, fine_px, line_px)
    radii_px = [
        joint_radius_px(fine_px if is_fine else line_px)
        for is_fine in lines.is_face_keypoint.tolist()
    ]
    return _LineWidths(
        np.array((bones_px + 2 * rim_px, bones_px), np.float64),
        [radius_px + rim_px for radius_px in radii_px],
        radii_px,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _DrawnPerson:
    """One row of the poses, as it is drawn."""

    number: int
    """Of the person's colour: an id, or the row if there is none."""
    track_id: int
    skeleton: Skeleton
    xy: FloatArray
    """(K, 2)."""
    is_drawn: BoolArray
    """(K,)."""
    box: FloatArray
    """(4,): the box that is drawn."""
    is_chosen: bool
    """Whether the box is wide."""


def paint_people(
    canvas: Canvas, poses: Poses, style: Style, overlays: Overlays, top_px: int = 0
) -> None:
    """Draw each person of whom at least one keypoint is visible, and all ids above them.

    Args:
        canvas: The frame to draw on.
        poses: Of the people.
        style: Colours and line width.
        overlays: With who has the colour of another id, and whose box is wide.
        top_px: The height of what is drawn over the top of the frame later; ids stand below it.
    """
    line_px = style.thickness.line_px(canvas.size_px)
    is_drawn = drawn_keypoints(poses, style)
    boxes = _boxes_around(poses, style, 2 * joint_radius_px(line_px))
    people = []
    for row in np.flatnonzero(poses.visible(style.min_score).any(axis=1)).tolist():
        track_id = int(poses.track_id[row])
        people.append(
            _DrawnPerson(
                overlays.color_number(track_id) or row + 1,
                track_id,
                poses.skeleton,
                poses.xy[row],
                is_drawn[row],
                boxes[row],
                is_chosen=track_id == overlays.chosen_id,
            )
        )
    for person in people:
        _paint_person(canvas, person, style, line_px)
    if style.boxes:
        from livepose.draw.id_tags import IdTag, paint_id_tags

        tags = [
            IdTag(str(person.track_id), person.box, style.colors.box(person.number))
            for person in people
            if person.track_id
        ]
        paint_id_tags(canvas, tags, top_px)


def _boxes_around(poses: Poses, style: Style, padding_px: int) -> FloatArray:
    """Return the boxes that are drawn: (N, 4).

    They hold those of the poses, and the whole body, also where its keypoints are not drawn: heads,
    hands and feet go on beyond the last keypoint.
    """
    if not style.boxes:
        return poses.box
    reach_px = _reach_beyond(poses.skeleton) * _trunk_px(poses)[:, None]
    is_seen = poses.visible(style.min_score)[..., None]
    low = np.where(is_seen, poses.xy - reach_px[..., None], np.inf).min(axis=1)
    high = np.where(is_seen, poses.xy + reach_px[..., None], -np.inf).max(axis=1)
    low = np.minimum(low, poses.box[:, :2] - padding_px)
    high = np.maximum(high, poses.box[:, 2:] + padding_px)
    return np.concatenate((low, high), axis=1).astype(np.float32)


@lru_cache(maxsize=8)
def _reach_beyond(skeleton: Skeleton) -> FloatArray:
    """Return how far the body goes on beyond each keypoint, in lengths of the trunk: (K,)."""
    lines = skeleton_lines(skeleton)
    bones_at = np.bincount(lines.bones.ravel(), minlength=len(skeleton))
    is_end = (bones_at == 1) | lines.is_face_keypoint
    return np.where(is_end, _BEYOND_ENDS, _BEYOND_JOINTS).astype(np.float32)


def _trunk_px(poses: Poses) -> FloatArray:
    """Return the longest line between a shoulder and a hip, or two shoulders: (N,).

    It is 0 with skeletons that have none.
    """
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    if any(name not in poses.skeleton for name in names):
        return np.zeros(len(poses), np.float32)
    left, right, left_hip, right_hip = (poses.xy[:, poses.skeleton.index(name)] for name in names)
    lines = np.stack((left - left_hip, right - right_hip, left - right), axis=1)
    return np.asarray(np.hypot(lines[..., 0], lines[..., 1]).max(axis=1), np.float32)


def drawn_keypoints(poses: Poses, style: Style) -> BoolArray:
    """Return which keypoints are drawn: (N, K)."""
    is_drawn = poses.visible(style.min_score)
    if style.hidden:
        is_drawn = is_drawn.copy()
        is_drawn[:, keypoint_indices(poses.skeleton, style.hidden)] = False
    return is_drawn


def joint_radius_px(line_px: int) -> int:
    """Return the radius of a keypoint, for bones of a width."""
    return round(1.4 * line_px)


def outline_px(line_px: int) -> int:
    """Return how far the outline goes beyond a line."""
    return max(1, round(0.3 * line_px))


def _paint_person(canvas: Canvas, person: _DrawnPerson, style: Style, line_px: int) -> None:
    points = person.xy[person.is_drawn]
    if style.boxes:
        points = np.concatenate((points, person.box.reshape(2, 2)))
    if not len(points):
        return
    margin_px = 2 * line_px + outline_px(line_px)
    left, top = np.minimum.reduce(points).tolist()
    right, bottom = np.maximum.reduce(points).tolist()
    bounds = canvas.even_bounds(
        left - margin_px, top - margin_px, right + margin_px, bottom + margin_px
    )
    if bounds is None:
        return
    with canvas.layer(bounds) as layer:
        if style.boxes:
            _draw_box(canvas, layer, bounds[:2], person, style)
        _draw_skeleton(canvas, layer, bounds[:2], person, style)


def _draw_skeleton(
    canvas: Canvas, layer: UInt8Array, corner: tuple[int, int], person: _DrawnPerson, style: Style
) -> None:
    lines = skeleton_lines(person.skeleton)
    widths = _line_widths(person.skeleton, style.thickness.line_px(canvas.size_px))
    bones = np.flatnonzero(person.is_drawn[lines.bones].all(axis=1))
    keypoints = person.is_drawn.nonzero()[0].tolist()
    bars = strokes.bars(person.xy[lines.bones[bones]], widths.bars_px[:, bones])
    outer, inner = strokes.subpixels(bars, corner)
    centers = strokes.subpixels(person.xy, corner).tolist()
    outline = canvas.color_for(style.outline)
    for bar in outer:
        strokes.fill(layer, bar, outline)
    for keypoint in keypoints:
        strokes.disc(layer, centers[keypoint], widths.outer_radii_px[keypoint], outline)
    colors = canvas.colors_for(style.colors.bones(person.skeleton, person.number))
    for bone, bar in zip(bones.tolist(), inner, strict=True):
        strokes.fill(layer, bar, colors[bone])
    colors = canvas.colors_for(style.colors.keypoints(person.skeleton, person.number))
    for keypoint in keypoints:
        strokes.disc(layer, centers[keypoint], widths.radii_px[keypoint], colors[keypoint])


def _draw_box(
    canvas: Canvas, layer: UInt8Array, corner: tuple[int, int], person: _DrawnPerson, style: Style
) -> None:
    line_px = style.thickness.line_px(canvas.size_px)
    width_px = max(3, round(1.5 * line_px)) if person.is_chosen else max(1, line_px // 2)
    # On whole pixels: a line as thin as this would be grey between two of them.
    box = np.rint(person.box) + np.float32(0.5 * (width_px % 2))
    points = strokes.subpixels(strokes.rounded_box(box, 2.5 * line_px), corner)
    strokes.polygon(layer, points, canvas.color_for(style.outline), width_px + 2)
    strokes.polygon(layer, points, canvas.color_for(style.colors.box(person.number)), width_px)
