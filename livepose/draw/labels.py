"""Labels: short texts beside keypoints."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.overlays import Label
from livepose.core.poses import Poses
from livepose.draw.canvas import Canvas
from livepose.draw.skeletons import drawn_keypoints, joint_radius_px, outline_px, skeleton_lines
from livepose.draw.style import Style
from livepose.draw.text import TextMasks, render_text, stack, text_height_px

_WHITE = (250, 250, 250)
# Where a label may stand, seen from its keypoint, the best place first: x away from the body, y
# downwards.
_PLACES = np.array(
    ((1, 0), (1, -1), (1, 1), (0, -1), (0, 1), (-1, 0), (-1, -1), (-1, 1)), np.float32
)


def paint_labels(canvas: Canvas, labels: tuple[Label, ...], poses: Poses, style: Style) -> None:
    """Write each label beside its keypoint, where it covers the least of skeletons and labels.

    A label that has no room beside its keypoint within the frame is left out.
    """
    line_px = style.thickness.line_px(canvas.size_px)
    distance_px = joint_radius_px(line_px) + outline_px(line_px) + 1
    text_px = text_height_px(canvas.size_px)
    taken = np.zeros((0, 4), np.float32)
    drawn = _points_on_skeletons(poses, style)
    opposite = poses.skeleton.mirrored_order()
    for label in labels:
        text = _render(label, text_px)
        direction = _direction(label, poses, int(opposite[label.keypoint]))
        boxes = _candidate_boxes(label, text, distance_px, direction)
        is_inside = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= canvas.size_px).all(axis=1)
        boxes = boxes[is_inside]
        if not len(boxes):
            continue
        covered = 100 * _count_overlaps(boxes, taken) + _count_points(boxes, drawn)
        box = boxes[int(np.argmin(covered))]
        left, top = int(box[0]), int(box[1])
        canvas.blend_mask(style.outline, text.outline, left, top)
        canvas.blend_mask(_WHITE, text.fill, left, top)
        taken = np.concatenate((taken, box[None]))


def _render(label: Label, text_px: int) -> TextMasks:
    width_px = max(1, round(text_px / 8))
    text = render_text(label.text, text_px, width_px)
    if not label.note:
        return text
    return stack(text, render_text(label.note, max(6, round(0.7 * text_px)), width_px))


def _direction(label: Label, poses: Poses, opposite: int) -> int:
    """Return on which side of its keypoint there is no body: 1 for the right of the frame.

    Args:
        label: The label.
        poses: Everybody in the frame.
        opposite: The same joint on the other side of the body.
    """
    if opposite == label.keypoint or not len(poses):
        return 1
    place = np.array((label.x_px, label.y_px), np.float32)
    nearest = np.argmin(np.abs(poses.xy[:, label.keypoint] - place).sum(axis=1))
    return 1 if label.x_px >= poses.xy[nearest, opposite, 0] else -1


def _candidate_boxes(label: Label, text: TextMasks, distance_px: int, direction: int) -> FloatArray:
    """Return the box of each place where a label may stand, in whole pixels: (8, 4)."""
    size = np.array(text.size_px, np.float32)
    directions = _PLACES * np.array((direction, 1), np.float32)
    centers = np.array((label.x_px, label.y_px)) + directions * (distance_px + size / 2)
    # Rounded away from the keypoint, which thus stays free.
    corner = centers - size / 2
    corner = np.where(directions > 0, np.ceil(corner), np.floor(corner))
    return np.concatenate((corner, corner + size), axis=1).astype(np.float32)


def _points_on_skeletons(poses: Poses, style: Style) -> FloatArray:
    """Return points on all keypoints and bones that are drawn: (P, 2)."""
    drawn = drawn_keypoints(poses, style)
    bones = skeleton_lines(poses.skeleton).bones
    start, end = poses.xy[:, bones[:, 0]], poses.xy[:, bones[:, 1]]
    is_bone = drawn[:, bones[:, 0]] & drawn[:, bones[:, 1]]
    along = [(start + (end - start) * share)[is_bone] for share in (0.15, 0.3, 0.5, 0.7, 0.85)]
    return np.concatenate((poses.xy[drawn], *along))


def _count_overlaps(boxes: FloatArray, taken: FloatArray) -> FloatArray:
    """Return how many of the taken boxes each box overlaps: (B,)."""
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    return np.asarray((low < high).all(axis=2).sum(axis=1), np.float32)


def _count_points(boxes: FloatArray, points: FloatArray) -> FloatArray:
    """Return how many of the points are in each box: (B,)."""
    is_in = (points >= boxes[:, None, :2]) & (points <= boxes[:, None, 2:])
    return np.asarray(is_in.all(axis=2).sum(axis=1), np.float32)
