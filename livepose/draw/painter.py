"""paint: everything that is known of a frame, drawn on a copy of it."""

from __future__ import annotations

from dataclasses import replace

import cv2

from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.pixels import Pixels
from livepose.draw.canvas import Canvas
from livepose.draw.mirror import mirrored
from livepose.draw.skeletons import paint_people
from livepose.draw.style import Background, Style

_DIMMED = 0.3
"""The share of light that is left of a dimmed frame."""


def paint(posed: PosedFrame, style: Style | None = None, *, top_px: int = 0) -> Frame:
    """Draw the people of a frame on a copy of it.

    Args:
        posed: A frame, its poses and its overlays.
        style: Colours, threshold, mirroring.
        top_px: The height of what is drawn over the top of the frame later; ids stand below it.

    Returns:
        A new frame of the same size, index and time, its pixels of the same kind. Its `bgr` is the
        caller's to draw on.

    >>> import numpy as np
    >>> from livepose import Poses, Region
    >>> xy = np.random.default_rng(0).uniform(100, 300, (1, 17, 2)).astype(np.float32)
    >>> poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
    >>> frame = Frame.from_bgr(np.zeros((480, 640, 3), np.uint8))
    >>> painted = paint(PosedFrame(frame, poses, Region.letterbox(640, 480), 0.0))
    >>> painted.bgr.shape, bool(painted.bgr.any()), bool(frame.bgr.any())
    ((480, 640, 3), True, False)
    """
    if not isinstance(posed, PosedFrame):
        raise TypeError(
            f"paint takes a PosedFrame, as an Estimator returns it, got {type(posed).__name__}"
        )
    style = style or Style()
    frame = posed.frame
    canvas = Canvas(frame.pixels)
    if style.mirror:
        posed = mirrored(posed)
    _paint_background(canvas, frame.pixels, posed, style)
    if posed.overlays.trails:
        from livepose.draw.trails import paint_trail  # like labels: few runs have them

        for trail in posed.overlays.trails:
            person = posed.overlays.color_number(trail.track_id)
            paint_trail(canvas, trail, posed.poses.skeleton, style, person)
    if len(posed.poses):
        paint_people(canvas, posed.poses, style, posed.overlays, top_px)
    if posed.overlays.ghosts:
        from livepose.draw.ghost import paint_ghost

        for ghost in posed.overlays.ghosts:
            paint_ghost(canvas, ghost, posed.poses.skeleton, style)
    if posed.overlays.labels:
        from livepose.draw.labels import paint_labels

        paint_labels(canvas, posed.overlays, posed.poses, style)
    if posed.overlays.counter is not None or posed.overlays.curves is not None:
        _paint_panels(canvas, posed.overlays)
    return replace(frame, pixels=canvas.pixels.drawable())


def _paint_panels(canvas: Canvas, overlays: Overlays) -> None:
    from livepose.draw.panels import paint_counter, paint_curves

    if overlays.curves is not None:
        paint_curves(canvas, overlays.curves)
    if overlays.counter is not None:
        paint_counter(canvas, overlays.counter)


def _paint_background(canvas: Canvas, original: Pixels, posed: PosedFrame, style: Style) -> None:
    """Fill a canvas with the frame as it is seen behind the skeletons, its faces blurred."""
    if style.background is Background.BLACK:
        canvas.darken(0.0)
        return
    for plane, source in zip(canvas.planes, original.planes, strict=True):
        if style.mirror:
            cv2.flip(source, 1, plane)
        else:
            plane[:] = source
    if len(posed.overlays.faces):
        from livepose.draw.blur import blur_faces

        blur_faces(canvas, posed.overlays.faces)
    if style.background is Background.DIM:
        canvas.darken(_DIMMED)
