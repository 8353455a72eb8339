"""Takes with known poses: those of the built-in scenes, at any tempo, moved and noisy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np

from livepose.analysis.comparison.take import Take, make_take
from livepose.core.arrays import Float64Array, FloatArray
from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint
from livepose.sources.synthetic.source import SyntheticSource

RATE = 30.0


def clock(seconds: float, rate: float = RATE) -> Float64Array:
    """Return the times of the frames of a clip."""
    return np.arange(round(seconds * rate)) / rate


def scene_poses(
    scene: str,
    scene_s: Float64Array,
    *,
    noise_px: float = 0.0,
    scale: float = 1.0,
    change: Callable[[FloatArray], FloatArray] = lambda xy: xy,
) -> list[Poses]:
    """Return the true poses of a scene at some of its times, moved and noisy.

    Args:
        scene: Its name.
        scene_s: (T,) seconds of the scene, one for each frame.
        noise_px: Standard deviation of what is added to each coordinate.
        scale: Of the frame.
        change: Of the true keypoints, (1, 17, 2) px.
    """
    source, random = SyntheticSource(scene=scene), np.random.default_rng(1)
    found = []
    for time_s in scene_s.tolist():
        poses = source.truth(time_s)
        noise = random.normal(0.0, 1.0, poses.xy.shape) * noise_px
        moved = ((change(poses.xy.copy()) + noise) * scale).astype(np.float32)
        found.append(replace(poses, xy=moved, raw_xy=moved, box=np.float32(scale) * poses.box))
    return found


def scene_take(
    scene: str,
    scene_s: Float64Array,
    time_s: Float64Array | None = None,
    *,
    noise_px: float = 0.0,
    scale: float = 1.0,
    change: Callable[[FloatArray], FloatArray] = lambda xy: xy,
) -> Take:
    """Return a take of a scene; its frames have the times of the scene, or others."""
    poses = scene_poses(scene, scene_s, noise_px=noise_px, scale=scale, change=change)
    times = scene_s if time_s is None else time_s
    return make_take(zip(times.tolist(), poses, strict=True))


@lru_cache(maxsize=8)
def plain_take(scene: str, seconds: float = 8.0) -> Take:
    """Return the beginning of a scene as it is."""
    return scene_take(scene, clock(seconds))


def with_right_knee_turned(xy: FloatArray, degrees: float = 10.0) -> FloatArray:
    """Return keypoints of which the right shank is turned about the knee."""
    knee, ankle = xy[:, Keypoint.RIGHT_KNEE], xy[:, Keypoint.RIGHT_ANKLE]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rotation = np.array(((cos, sin), (-sin, cos)), np.float32)
    xy[:, Keypoint.RIGHT_ANKLE] = knee + (ankle - knee) @ rotation
    return xy
