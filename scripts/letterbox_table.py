"""Three ways to scale a noisy 1080p frame down for the network: their cost, and its keypoints.

    python scripts/letterbox_table.py [CLIP] [--frames N]

Keypoints are compared with those after INTER_AREA, the slow way; only those that score over 0.3
there.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from livepose.core.arrays import UInt8Array
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.region import Region
from livepose.models.files.resolve import resolve
from livepose.models.letterbox import crop_and_resize
from livepose.models.loader import RuntimeLoader
from livepose.models.runtimes import RuntimeName
from livepose.sources import open_video

SHARED = Path(__file__).resolve().parents[2] / "shared"
WIDTH_PX, HEIGHT_PX, NOISE_LEVELS = 1920, 1080, 12.0


def noisy(bgr: UInt8Array, noise: np.random.Generator) -> UInt8Array:
    """Return an image enlarged into a wide frame, with the noise of a sensor."""
    width_px = round(bgr.shape[1] * HEIGHT_PX / bgr.shape[0])
    frame = np.full((HEIGHT_PX, WIDTH_PX, 3), 90, np.uint8)
    left = (WIDTH_PX - width_px) // 2
    frame[:, left : left + width_px] = cv2.resize(bgr, (width_px, HEIGHT_PX))
    grain = noise.standard_normal(frame.shape, np.float32) * NOISE_LEVELS
    return np.clip(frame + grain, 0, 255).astype(np.uint8)


def at_once(interpolation: int, side: int) -> Callable[[UInt8Array], UInt8Array]:
    """Return a function that scales in one step."""
    height_px = round(side * HEIGHT_PX / WIDTH_PX)
    top = (side - height_px) // 2

    def shrink(bgr: UInt8Array) -> UInt8Array:
        rgb = np.zeros((1, side, side, 3), np.uint8)
        small = cv2.resize(bgr, (side, height_px), interpolation=interpolation)
        rgb[0, top : top + height_px] = cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        return rgb

    return shrink


def livepose_way(pixels: Pixels, side: int) -> UInt8Array:
    """Scale as livepose does."""
    return crop_and_resize(pixels, Region.letterbox(WIDTH_PX, HEIGHT_PX), side, side)[0]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="ways to scale a frame down")
    parser.add_argument("clip", nargs="?", type=Path, default=SHARED / "clips" / "dance.mp4")
    parser.add_argument("--frames", type=int, default=40)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    noise = np.random.default_rng(0)
    with open_video(options.clip) as source:
        frames = [
            noisy(frame.bgr, noise) for frame in itertools.islice(source, 0, options.frames * 8, 8)
        ]
    runtime = RuntimeLoader(resolve("lightning"), RuntimeName.LITERT).load()
    side = runtime.input_shape[1]
    area, linear = (at_once(how, side) for how in (cv2.INTER_AREA, cv2.INTER_LINEAR))
    images = [BgrPixels(frame) for frame in frames]
    planar = [pixels.yuv420(pixels.coding) for pixels in images]
    ways: dict[str, list[Callable[[], UInt8Array]]] = {
        "INTER_AREA": [partial(area, frame) for frame in frames],
        "INTER_LINEAR": [partial(linear, frame) for frame in frames],
        "livepose, BGR": [partial(livepose_way, pixels, side) for pixels in images],
        "livepose, luma and chroma": [partial(livepose_way, pixels, side) for pixels in planar],
    }
    print("| way | ms | px of 1080p from INTER_AREA's keypoints |\n|---|---|---|")
    reference = None
    for name, cuts in ways.items():
        took_s, found_yx = [], []
        for shrink in cuts * 2:
            started_s = time.perf_counter()
            rgb = shrink()
            took_s.append(time.perf_counter() - started_s)
            found_yx.append(runtime.run(rgb)[0, 0])
        found = np.array(found_yx)
        reference = found if reference is None else reference
        off_px = np.hypot(*np.moveaxis((found - reference)[..., :2], -1, 0)) * WIDTH_PX
        mean_px = off_px[reference[..., 2] > 0.3].mean()
        print(f"| {name} | {1000 * np.median(took_s):.2f} | {mean_px:.1f} |")
    runtime.close()


if __name__ == "__main__":
    main()
