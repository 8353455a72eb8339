"""A posed frame in the size of the window that shows it: no more is painted than is seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from livepose.core.arrays import FloatArray
from livepose.core.frame import PosedFrame
from livepose.core.overlays import Overlays
from livepose.core.poses import Poses


def shrunk_to_fit(posed: PosedFrame, area_px: tuple[int, int]) -> PosedFrame:
    """Return a posed frame that is no larger than an area, to be painted there.

    Pixels, poses and overlays are scaled together; `region`, `detections` and `raw_xy`, which are
    not painted, are not.

    Args:
        posed: Returned as it is if it fits.
        area_px: Width and height.
    """
    frame = posed.frame
    scale = min(area_px[0] / frame.width_px, area_px[1] / frame.height_px)
    if scale >= 1.0:
        return posed
    sides = [max(2, round(scale * side)) for side in (frame.width_px, frame.height_px)]
    pixels = frame.pixels.shrunk(*sides)
    # Of whole and even sides, the two scales differ by a little.
    scales = np.array(
        (pixels.width_px / frame.width_px, pixels.height_px / frame.height_px), np.float32
    )
    return replace(
        posed,
        frame=replace(frame, pixels=pixels),
        poses=_scaled_poses(posed.poses, scales) if len(posed.poses) else posed.poses,
        overlays=_scaled_overlays(posed.overlays, scales),
    )


def shrunk_to_keep(posed: PosedFrame, area_px: tuple[int, int]) -> PosedFrame:
    """Return a posed frame that is no larger than an area, with all that is known of it in scale.

    Args:
        posed: Returned as it is if it fits.
        area_px: Width and height.
    """
    fitted = shrunk_to_fit(posed, area_px)
    if fitted is posed:
        return posed
    scale = fitted.frame.width_px / posed.frame.width_px
    region, scales = posed.region, np.full(2, scale, np.float32)
    return replace(
        fitted,
        poses=replace(fitted.poses, raw_xy=posed.poses.raw_xy * scales),
        detections=replace(
            _scaled_poses(posed.detections, scales), raw_xy=posed.detections.raw_xy * scales
        ),
        region=replace(
            region,
            left_px=region.left_px * scale,
            top_px=region.top_px * scale,
            width_px=region.width_px * scale,
            height_px=region.height_px * scale,
        ),
    )


def _scaled_poses(poses: Poses, scales: FloatArray) -> Poses:
    return replace(poses, xy=poses.xy * scales, box=poses.box * np.tile(scales, 2))


def _scaled_overlays(overlays: Overlays, scales: FloatArray) -> Overlays:
    across, down = scales.tolist()
    # Of two scales the larger one, so that a disc still covers its face.
    radius_scale = np.max(scales)
    return replace(
        overlays,
        faces=overlays.faces * np.array((across, down, radius_scale), np.float32),
        trails=tuple(replace(trail, xy=trail.xy * scales) for trail in overlays.trails),
        labels=tuple(
            replace(label, x_px=label.x_px * across, y_px=label.y_px * down)
            for label in overlays.labels
        ),
        ghosts=tuple(replace(ghost, xy=ghost.xy * scales) for ghost in overlays.ghosts),
    )
