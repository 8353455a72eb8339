"""Clips of several people, made of one clip of one: copies side by side, each at another time."""

from __future__ import annotations

from math import ceil
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

WIDTH_PX, HEIGHT_PX = 1280, 720
RATE = 30
_LEAD_FRAMES = 31
"""From one copy to the next."""
_CRF = "21"

Image = npt.NDArray[np.uint8]


def crowd_frames(clip: Path, people: int, count: int) -> list[Image]:
    """Return frames of 1280 x 720 with a number of copies of a clip's person, BGR.

    Args:
        clip: Shows one person.
        people: How many copies: in one row up to three, else in two.
        count: How many frames.
    """
    rows = 1 if people <= 3 else 2
    columns = ceil(people / rows)
    originals = _read(clip)
    height, width = originals[0].shape[:2]
    scale = min(WIDTH_PX / columns / width, HEIGHT_PX / rows / height)
    size_px = int(width * scale), int(height * scale)
    copies = [cv2.resize(each, size_px, interpolation=cv2.INTER_AREA) for each in originals]
    left = [(2 * n + 1) * WIDTH_PX // (2 * columns) - size_px[0] // 2 for n in range(columns)]
    top = [(2 * n + 1) * HEIGHT_PX // (2 * rows) - size_px[1] // 2 for n in range(rows)]
    frames = []
    for number in range(count):
        frame = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
        for person in range(people):
            copy = copies[_to_and_fro(number + person * _LEAD_FRAMES, len(copies))]
            x, y = left[person % columns], top[person // columns]
            frame[y : y + size_px[1], x : x + size_px[0]] = copy
        frames.append(frame)
    return frames


def crowd_clip(clip: Path, people: int, count: int, folder: Path) -> Path:
    """Return a video of `crowd_frames`; it is created if it does not exist yet."""
    target = folder / f"{clip.stem}-{people}-people-{count}.mp4"
    if not target.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f"unfinished-{target.name}")
        with av.open(unfinished, "w") as sink:
            stream = sink.add_stream("libx264", rate=RATE, options={"crf": _CRF})
            stream.width, stream.height, stream.pix_fmt = WIDTH_PX, HEIGHT_PX, "yuv420p"
            for bgr in crowd_frames(clip, people, count):
                frame = av.VideoFrame.from_ndarray(bgr, "bgr24").reformat(format="yuv420p")
                sink.mux(stream.encode(frame))
            sink.mux(stream.encode())
        unfinished.replace(target)
    return target


def _read(clip: Path) -> list[Image]:
    with av.open(clip) as source:
        decoded = source.decode(video=0)
        return [frame.to_ndarray(format="bgr24").astype(np.uint8) for frame in decoded]


def _to_and_fro(number: int, count: int) -> int:
    """Return the index of a frame in a clip that is played forwards and backwards: no cuts."""
    number %= 2 * count - 2
    return number if number < count else 2 * count - 2 - number
