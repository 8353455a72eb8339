"""People on film, for the smoothing filters: how they move, and how much they tremble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.smoothing.butterworth import Butterworth
from livepose.motion.smoothing.one_euro import OneEuro

Track = npt.NDArray[np.float64]

WIDTH_PX, HEIGHT_PX, RATE = 640, 480, 30
PICTURE = BgrPixels(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8))
BODY = np.stack((np.linspace(0, 100, 17), np.linspace(0, 300, 17)), axis=1)
BODY += (270, 90)
"""(17, 2): a person of 300 px."""


def people_with_ids(
    places: Sequence[Track], ids: Sequence[int], score: npt.NDArray[np.float64] | float = 0.9
) -> Poses:
    """Make people of (17, 2) keypoints each, with these ids."""
    xy = np.stack(places).astype(np.float32) if len(places) else np.zeros((0, 17, 2), np.float32)
    poses = Poses.from_keypoints(xy, np.broadcast_to(score, xy.shape[:2]).astype(np.float32))
    return replace(poses, track_id=np.array(ids, np.int32), swapped=poses.score > 0.95)


def posed_at(time_s: float, poses: Poses, index: int = 0, pixels: Pixels = PICTURE) -> PosedFrame:
    frame = Frame(pixels, index, time_s, 0.0)
    return PosedFrame(frame, poses, Region.letterbox(WIDTH_PX, HEIGHT_PX), 0.0, detections=poses)


def film(
    way: Track, times_s: Track | None = None, score: Track | None = None, track_id: int = 1
) -> list[PosedFrame]:
    """Film one person whose keypoints go a way, (T, 17, 2), with scores (T, 17)."""
    times_s = np.arange(len(way)) / RATE if times_s is None else times_s
    scores = np.full(way.shape[:2], 0.9) if score is None else score
    return [
        posed_at(float(times_s[index]), people_with_ids([xy], [track_id], scores[index]), index)
        for index, xy in enumerate(way)
    ]


def keypoints_of(frames: list[PosedFrame]) -> Track:
    """Return the keypoints of the first person of each frame: (T, 17, 2)."""
    return np.stack([each.poses.xy[0] for each in frames]).astype(np.float64)


def one_euro(frames: list[PosedFrame]) -> Track:
    """Return the first person's keypoints after a One Euro filter: (T, 17, 2)."""
    smoother = OneEuro()
    return keypoints_of([smoother(each) for each in frames])


def butterworth(frames: list[PosedFrame]) -> list[PosedFrame]:
    """Return all frames after a zero-lag Butterworth filter."""
    smoother = Butterworth()
    finished = [done for each in frames for done in smoother.push(each)]
    return finished + smoother.flush()


def resting(count: int) -> Track:
    """Return the way of a person who does not move: (count, 17, 2)."""
    return np.repeat(BODY[None], count, axis=0)


def trembling(count: int, sigma_px: float = 1.0) -> Track:
    """Return the way of a person at rest, with noise: (count, 17, 2)."""
    return resting(count) + np.random.default_rng(0).normal(0, sigma_px, (count, 17, 2))


def swinging(times_s: Track, swing_px: float = 60.0, frequency_hz: float = 1.0) -> Track:
    """Return the way of a person who swings from side to side as a whole: (T, 17, 2)."""
    shift_px = swing_px * np.sin(2 * np.pi * frequency_hz * times_s)
    return BODY + shift_px[:, None, None] * (1, 0)


def rms_px(off: Track) -> float:
    """Return the root mean square length of (..., 2) differences."""
    return float(np.sqrt((off**2).sum(axis=-1).mean()))


def jitter_px(way: Track) -> float:
    """Return the root mean square way from frame to frame."""
    return rms_px(np.diff(way, axis=0))


def spread_px(way: Track) -> float:
    """Return the root mean square distance from the mean place."""
    return rms_px(way - way.mean(axis=0))
