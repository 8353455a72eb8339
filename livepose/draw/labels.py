"""Labels: short texts beside keypoints."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from livepose.core.arrays import Float64Array, FloatArray
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.overlays import Label, Overlays
from livepose.core.poses import Poses
from livepose.draw.canvas import Canvas, Stamp, make_stamp
from livepose.draw.label_placement import LabelRequests, place_labels
from livepose.draw.skeletons import drawn_keypoints, joint_radius_px, outline_px, skeleton_lines
from livepose.draw.style import Style
from livepose.draw.text import TextMasks, compose_text, label_height_px, stack

_WHITE = (250, 250, 250)
_MIN_NOTE_PX = 8
"""Digits of this height can just be read."""


def paint_labels(canvas: Canvas, overlays: Overlays, poses: Poses, style: Style) -> None:
    """Write each label beside its keypoint, where it covers the least of the skeletons.

    Where there is no room for a label it is left out, its note before its text: none covers a
    panel, another one or much of a person, and none reaches beyond the frame.
    """
    taken: list[Sequence[float]] = [
        panel.rectangle(canvas.size_px)
        for panel in (overlays.counter, overlays.curves)
        if panel is not None
    ]
    points, labels = _points_on_people(poses, style), overlays.labels
    left_out = _write_labels(canvas, labels, poses, style, points, taken, has_notes=style.extremes)
    if style.extremes and left_out:
        _write_labels(canvas, left_out, poses, style, points, taken, has_notes=False)


def _write_labels(
    canvas: Canvas,
    labels: tuple[Label, ...],
    poses: Poses,
    style: Style,
    points: FloatArray,
    taken: list[Sequence[float]],
    *,
    has_notes: bool,
) -> tuple[Label, ...]:
    """Write labels where there is room, add their boxes to `taken`, and return the others."""
    line_px = style.thickness.line_px(canvas.size_px)
    distance_px = joint_radius_px(line_px) + outline_px(line_px) + 1
    text_px = label_height_px(canvas.size_px)
    words = [(label.text, label.note if has_notes else "") for label in labels]
    sizes_px = [_masks(text, note, text_px).size_px for text, note in words]
    requests = LabelRequests(
        np.array([(label.x_px, label.y_px) for label in labels], np.float64),
        np.array(sizes_px, np.float64),
        _outward(labels, poses),
    )
    places = place_labels(requests, points, canvas.size_px, distance_px, taken)
    for index, (left, top) in places.items():
        stamp = _stamp(*words[index], text_px, style.outline, canvas.coding)
        canvas.blend_stamp(stamp, left, top)
        width_px, height_px = sizes_px[index]
        taken.append((left, top, left + width_px, top + height_px))
    return tuple(label for index, label in enumerate(labels) if index not in places)


@lru_cache(maxsize=2048)
def _masks(text: str, note: str, text_px: int) -> TextMasks:
    upper = compose_text(text, text_px, max(1, round(text_px / 8)))
    if not note:
        return upper
    note_px = max(_MIN_NOTE_PX, round(0.75 * text_px))
    return stack(upper, compose_text(note, note_px, max(1, round(note_px / 8))))


@lru_cache(maxsize=2048)
def _stamp(
    text: str,
    note: str,
    text_px: int,
    outline: Bgr,
    coding: ColorCoding | None,
) -> Stamp:
    masks = _masks(text, note, text_px)
    return make_stamp(((outline, masks.outline), (_WHITE, masks.fill)), coding)


def _outward(labels: tuple[Label, ...], poses: Poses) -> Float64Array:
    """Return on which side of its keypoint there is no body: 1 for the right of the frame: (L,)."""
    opposite = np.array(poses.skeleton.mirrored_order(), np.intp)
    keypoint = np.array([label.keypoint for label in labels], np.intp)
    if not len(poses):
        return np.ones(len(labels))
    xy = np.array([(label.x_px, label.y_px) for label in labels], np.float32)
    away = np.abs(poses.xy[:, keypoint] - xy).sum(axis=2)
    other_x = poses.xy[away.argmin(axis=0), opposite[keypoint], 0]
    is_right = (xy[:, 0] >= other_x) | (opposite[keypoint] == keypoint)
    return np.where(is_right, 1.0, -1.0)


def _points_on_people(poses: Poses, style: Style) -> FloatArray:
    """Return points on all bones that are drawn, and on what is seen of people: (P, 2)."""
    is_drawn, is_seen = drawn_keypoints(poses, style), poses.visible(style.min_score)
    bones = skeleton_lines(poses.skeleton).bones
    start, end = poses.xy[:, bones[:, 0]], poses.xy[:, bones[:, 1]]
    is_bone = is_drawn[:, bones[:, 0]] & is_drawn[:, bones[:, 1]]
    along = [(start + (end - start) * share)[is_bone] for share in (0.15, 0.3, 0.5, 0.7, 0.85)]
    # Keypoints count twice, also hidden ones: a face without keypoints on it is not free.
    return np.concatenate((poses.xy[is_seen], poses.xy[is_seen], *along))
