"""Reads written videos with PyAV, without the code under test."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from livepose.system.pyav import av
from tests.support.media import Picture


def read_frames(path: Path, every: int = 1) -> Iterator[Picture]:
    """Yield the frames of a video, or every n-th of them, in BGR."""
    with av.open(str(path)) as container:
        for frame in itertools.islice(container.decode(video=0), 0, None, every):
            yield frame.to_ndarray(format="bgr24").astype(np.uint8, copy=False)


def video_properties(path: Path) -> tuple[str, str, int]:
    """Return a video's codec, its pixel format and the number of frames that can be decoded."""
    with av.open(str(path)) as container:
        context: Any = container.streams.video[0].codec_context
        return context.name, context.pix_fmt, sum(1 for _ in container.decode(video=0))
