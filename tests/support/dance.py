"""A clip of half a second, and the poses of the built-in dance as if they were of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from livepose.core.frame import Frame, PosedFrame, StreamInfo
from livepose.core.pixels import BgrPixels
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from livepose.export import RecordingMetadata, open_exporter
from tests.support.media import make_clip
from tests.support.takes import clock, scene_poses

DANCE_PX = (640, 480)
_LENGTH_S, _RATE = 0.5, 30


def save_dance(folder: Path) -> None:
    """Write `clip.mp4` and `poses.jsonl`."""
    times = clock(_LENGTH_S)
    width_px, height_px = DANCE_PX
    make_clip(folder / "clip.mp4", width_px=width_px, height_px=height_px, pts=range(len(times)))
    info = StreamInfo(
        *("clip.mp4", width_px, height_px),
        is_live=False,
        frame_rate=Fraction(_RATE),
        frame_count=len(times),
    )
    with open_exporter(folder / "poses.jsonl", RecordingMetadata(info, "truth")) as exporter:
        for index, poses in enumerate(scene_poses("dance", times)):
            frame = Frame(BgrPixels.black(*DANCE_PX), index, index / _RATE, 0.0)
            exporter.write(PosedFrame(frame, poses, Region.letterbox(*DANCE_PX), 0.01))


def place_in_dance(keypoint: Keypoint, frame: int) -> tuple[int, int]:
    """Return where a keypoint is in a frame, in whole pixels."""
    (poses,) = scene_poses("dance", np.array([frame / _RATE]))
    x_px, y_px = np.rint(poses.xy[0, keypoint]).astype(int).tolist()
    return x_px, y_px
