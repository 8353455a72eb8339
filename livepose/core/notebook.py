"""How frames are shown where a notebook prints a value."""

from __future__ import annotations

from base64 import b64encode
from html import escape

import cv2
import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.poses import Poses

MAX_PX = 960
"""The longer side of an image in a notebook, which keeps a copy of it."""
MIN_SCORE = 0.3
"""A keypoint that scores less is not drawn."""
_GREY = (127, 127, 127)
_COLORS = ("#ff9628", "#32b4ff", "#78ff78", "#ff78c8", "#ffff78", "#c896ff")


def encoded_image(bgr: UInt8Array, suffix: str = ".png") -> bytes:
    """Return an image as a file, scaled down to at most `MAX_PX`.

    >>> encoded_image(np.zeros((48, 64, 3), np.uint8))[1:4]
    b'PNG'

    Args:
        bgr: (H, W, 3) uint8, blue first.
        suffix: Of the format.
    """
    scale = min(1.0, MAX_PX / max(bgr.shape[:2]))
    if scale < 1:
        size_px = [max(1, round(length * scale)) for length in bgr.shape[1::-1]]
        bgr = np.asarray(cv2.resize(bgr, size_px, interpolation=cv2.INTER_AREA), np.uint8)
    return bytes(cv2.imencode(suffix, bgr)[1])


def image_with_poses(bgr: UInt8Array, poses: Poses, faces: FloatArray) -> str:
    """Return an image and the bones on it as SVG within HTML.

    Args:
        bgr: (H, W, 3) uint8, blue first.
        poses: In pixels of the image.
        faces: (F, 3) x, y and radius of discs that are covered, as faces that are to be hidden.
    """
    height_px, width_px = bgr.shape[:2]
    if len(faces):
        bgr = bgr.copy()
        for x_px, y_px, radius_px in np.rint(faces).astype(int).tolist():
            cv2.circle(bgr, (x_px, y_px), radius_px, _GREY, cv2.FILLED)
    data = b64encode(encoded_image(bgr, ".jpg")).decode()
    line_px = max(1.0, 0.0065 * min(width_px, height_px))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width_px} {height_px}" '
        f'style="max-width: 100%; width: {min(width_px, MAX_PX)}px" '
        f'stroke-width="{line_px:.1f}" stroke-linecap="round">',
        f'<image href="data:image/jpeg;base64,{data}" width="{width_px}" height="{height_px}"/>',
    ]
    for row in range(len(poses)):
        parts += _person(poses, row, line_px)
    return "\n".join([*parts, "</svg>"])


def _person(poses: Poses, row: int, line_px: float) -> list[str]:
    """Return the elements of one person: lines for bones, and discs that name the keypoints."""
    xy, is_seen = poses.xy[row], poses.score[row] >= MIN_SCORE
    color = _COLORS[(max(1, int(poses.track_id[row])) - 1) % len(_COLORS)]
    parts = [f'<g stroke="{color}" fill="{color}">']
    for first, second in poses.skeleton.bones:
        if is_seen[first] and is_seen[second]:
            (x1, y1), (x2, y2) = xy[[first, second]].tolist()
            parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')
    for index, name in enumerate(poses.skeleton.names):
        if is_seen[index]:
            x, y = xy[index].tolist()
            words = f"{escape(name)} {x:.1f}, {y:.1f} ({poses.score[row, index]:.2f})"
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{line_px:.1f}"><title>{words}</title>'
                "</circle>"
            )
    return [*parts, "</g>"]
