"""The clip in larger sizes, with the noise of a sensor, so that decoders and encoders have work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from bench.crowds import crowd_clip

SIZES_PX = {"clip": None, "720p": (1280, 720), "1080p": (1920, 1080), "people": None}
"""What `--sizes` takes. The clip as it is has the size that it has; `people` is 720p with three
copies of its person."""
_PEOPLE = 3
_PEOPLE_FRAMES = 360
_NOISE_LEVELS = 1.2
_CRF = "21"


def sized(clip: Path, size: str, folder: Path) -> Path:
    """Return a clip in one of the sizes; it is created if it does not exist yet."""
    if size == "people":
        return crowd_clip(clip, _PEOPLE, _PEOPLE_FRAMES, folder)
    size_px = SIZES_PX[size]
    if size_px is None:
        return clip
    digest = hashlib.sha256(clip.read_bytes()).hexdigest()[:8]
    target = folder / f"{clip.stem}-{digest}-{size}.mp4"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"unfinished-{target.name}")
        _make(clip, unfinished, size_px)
        unfinished.replace(target)
    return target


def label(size: str, clip: Path) -> str:
    """Return the width and height of a clip, and how many people it shows if they are several."""
    with av.open(clip) as container:
        video = container.streams.video[0]
        people = f", {_PEOPLE} people" if size == "people" else ""
        return f"{video.width} x {video.height}{people}"


def _make(clip: Path, target: Path, size_px: tuple[int, int]) -> None:
    with av.open(clip) as source, av.open(target, "w") as sink:
        rate = source.streams.video[0].average_rate
        stream = sink.add_stream("libx264", rate=rate, options={"crf": _CRF})
        stream.width, stream.height = size_px
        stream.pix_fmt = "yuv420p"
        for rgb in _pictures(source, size_px):
            frame = av.VideoFrame.from_ndarray(rgb, "rgb24").reformat(format="yuv420p")
            sink.mux(stream.encode(frame))
        sink.mux(stream.encode())


def _pictures(
    source: av.container.InputContainer, size_px: tuple[int, int]
) -> Iterator[npt.NDArray[np.uint8]]:
    """Scale to the width, cut to the height, add noise: RGB, (H, W, 3)."""
    width, height = size_px
    noise = np.random.default_rng(0)
    for frame in source.decode(video=0):
        scaled_height = max(height, round(frame.height * width / frame.width))
        rgb = cv2.resize(
            frame.to_ndarray(format="rgb24"),
            (width, scaled_height),
            interpolation=cv2.INTER_CUBIC,
        )
        # From a quarter of the way down: in a tall picture of a person the head stays in.
        top = (scaled_height - height) // 4
        # One number for the three colours: the encoders spend nearly all on luma.
        grain = noise.standard_normal((height, width, 1), dtype=np.float32) * _NOISE_LEVELS
        yield np.clip(rgb[top : top + height] + grain, 0, 255).astype(np.uint8)
