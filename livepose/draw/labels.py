"""Labels: small words beside joints."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.overlays import Label
from livepose.core.poses import Poses
from livepose.core.skeleton import BONES, PAIRS
from livepose.draw.canvas import Canvas
from livepose.draw.skeletons import is_drawn, joint_px, rim_px
from livepose.draw.style import Style
from livepose.draw.text import Lettering, lettering, stacked, text_height_px

_OTHER = dict(PAIRS) | {right: left for left, right in PAIRS}
_WHITE = (250, 250, 250)
# Where a word may stand, seen from its joint, the best first: x away from the body, y down.
_PLACES = np.array(
    ((1, 0), (1, -1), (1, 1), (0, -1), (0, 1), (-1, 0), (-1, -1), (-1, 1)), np.float32
)


def paint_labels(canvas: Canvas, labels: tuple[Label, ...], poses: Poses, style: Style) -> None:
    """Write each word beside its joint, where it covers the least of the skeletons and no other.

    A word for which there is no room in the picture beside its joint is not written.
    """
    line_px = style.thickness.line_px(canvas.size_px)
    away_px = joint_px(line_px) + rim_px(line_px) + 1
    text_px = text_height_px(canvas.size_px)
    taken = np.zeros((0, 4), np.float32)
    drawn = _drawn(poses, style)
    for label in labels:
        word = _word(label, text_px)
        boxes = _boxes(label, word, away_px, _outward(label, poses))
        is_inside = (boxes[:, :2] >= 0).all(axis=1) & (boxes[:, 2:] <= canvas.size_px).all(axis=1)
        boxes = boxes[is_inside]
        if not len(boxes):
            continue
        covered = 100 * _overlaps(boxes, taken) + _holds(boxes, drawn)
        box = boxes[int(np.argmin(covered))]
        left, top = int(box[0]), int(box[1])
        canvas.lay(style.outline, word.rim, left, top)
        canvas.lay(_WHITE, word.fill, left, top)
        taken = np.concatenate((taken, box[None]))


def _word(label: Label, text_px: int) -> Lettering:
    rim_px = max(1, round(text_px / 8))
    word = lettering(label.text, text_px, rim_px)
    if not label.note:
        return word
    return stacked(word, lettering(label.note, max(6, round(0.7 * text_px)), rim_px))


def _outward(label: Label, poses: Poses) -> int:
    """Say on which side of its joint the body is not: 1 for the right of the picture."""
    other = _OTHER.get(label.keypoint)
    if other is None or not len(poses):
        return 1
    place = np.array((label.x_px, label.y_px), np.float32)
    nearest = np.argmin(np.abs(poses.xy[:, label.keypoint] - place).sum(axis=1))
    return 1 if label.x_px >= poses.xy[nearest, other, 0] else -1


def _boxes(label: Label, word: Lettering, away_px: int, outward: int) -> FloatArray:
    """Give the box of each place where a word may stand, in whole pixels: (8, 4)."""
    size = np.array(word.size_px, np.float32)
    directions = _PLACES * np.array((outward, 1), np.float32)
    centers = np.array((label.x_px, label.y_px)) + directions * (away_px + size / 2)
    # Rounded away from the joint, so that it stays free.
    corner = centers - size / 2
    corner = np.where(directions > 0, np.ceil(corner), np.floor(corner))
    return np.concatenate((corner, corner + size), axis=1).astype(np.float32)


def _drawn(poses: Poses, style: Style) -> FloatArray:
    """Give points on all that is drawn of the skeletons: (P, 2)."""
    drawn = is_drawn(poses, style)
    bones = np.array(BONES)
    start, end = poses.xy[:, bones[:, 0]], poses.xy[:, bones[:, 1]]
    is_bone = drawn[:, bones[:, 0]] & drawn[:, bones[:, 1]]
    along = [(start + (end - start) * share)[is_bone] for share in (0.15, 0.3, 0.5, 0.7, 0.85)]
    return np.concatenate((poses.xy[drawn], *along))


def _overlaps(boxes: FloatArray, taken: FloatArray) -> FloatArray:
    """Count how many of the taken boxes each box overlaps: (B,)."""
    low = np.maximum(boxes[:, None, :2], taken[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], taken[None, :, 2:])
    return np.asarray((low < high).all(axis=2).sum(axis=1), np.float32)


def _holds(boxes: FloatArray, points: FloatArray) -> FloatArray:
    """Count how many of the points each box holds: (B,)."""
    is_in = (points >= boxes[:, None, :2]) & (points <= boxes[:, None, 2:])
    return np.asarray(is_in.all(axis=2).sum(axis=1), np.float32)
