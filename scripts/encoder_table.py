"""Compare x264's presets: milliseconds of CPU per frame, megabits per second, PSNR.

    python scripts/encoder_table.py [CLIP] [--frames N] [--presets NAME ...]

Frames are encoded without being painted on, and decoded; PSNR is that of luma.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from livepose.core.frame import Frame
from livepose.sinks.noise_estimate import noise_sigma
from livepose.sources import open_video
from livepose.system.pyav import av

SHARED = Path(__file__).resolve().parents[2] / "shared"
PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "medium")
_NO_DECIMATION = {"x264-params": "no-dct-decimate=1"}
RATES = (
    *({"crf": number} for number in ("20", "23", "26")),
    *({"qp": number} for number in ("20", "21", "22", "24", "26")),
    {"qp": "21", **_NO_DECIMATION},
)
"""By the complexity of each frame (crf), or the same for all (qp)."""


def encode(
    frames: list[Frame], target: Path, preset: str, quality: Mapping[str, str], rate: int
) -> float:
    """Write a file, and return milliseconds of CPU per frame."""
    started_s = time.process_time()
    with av.open(str(target), "w") as container:
        stream = container.add_stream("libx264", rate=rate)
        stream.width, stream.height = frames[0].width_px, frames[0].height_px
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": preset, "bf": "0", **quality}
        stream.codec_context.gop_size = 2 * rate
        stream.codec_context.thread_count = 1
        for number, frame in enumerate(frames):
            packed = frame.pixels.yuv420(frame.pixels.coding).packed
            video_frame = av.VideoFrame.from_ndarray(packed, format="yuv420p")
            video_frame.pts = number
            container.mux(stream.encode(video_frame))
        container.mux(stream.encode())
    return 1000 * (time.process_time() - started_s) / len(frames)


def psnr_db(frames: list[Frame], written: Path) -> float:
    """Return the mean PSNR of the luma of a written file against the frames."""
    with open_video(written) as source:
        return statistics.mean(
            cv2.PSNR(np.asarray(before.pixels.planes[0]), np.asarray(after.pixels.planes[0]))
            for before, after in zip(frames, source, strict=True)
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Compare x264's presets on a clip.")
    parser.add_argument("clip", nargs="?", type=Path, default=SHARED / "clips" / "dance.mp4")
    parser.add_argument("--frames", type=int, default=150)
    parser.add_argument("--presets", nargs="+", default=PRESETS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with open_video(options.clip) as source:
        rate = round(source.info.frame_rate or 30)
        frames = list(itertools.islice(source, options.frames))
    noise = noise_sigma(frames[0].pixels.yuv420(frames[0].pixels.coding).planes[0])
    print(f"noise of the first frame: {noise:.2f} grey levels\n")
    print("| preset | quality | ms | Mbit/s | PSNR dB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for preset, quality in itertools.product(options.presets, RATES):
            target = Path(folder, "out.mp4")
            cpu_ms = min(encode(frames, target, preset, quality, rate) for _ in range(2))
            mbit = 8e-6 * target.stat().st_size / (len(frames) / rate)
            quality_db = psnr_db(frames, target)
            rule = ", ".join(f"{name} {number}" for name, number in quality.items())
            print(f"| {preset} | {rule} | {cpu_ms:.2f} | {mbit:.2f} | {quality_db:.1f} |")


if __name__ == "__main__":
    main()
