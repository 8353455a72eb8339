"""Frames to send, a small line of JSON for each, and receivers."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import orjson

from livepose.core.angles import Angles
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseSink
from livepose.core.poses import Poses
from livepose.core.region import Region

MANY = 2000
PATIENCE_S = 30.0
WIDTH_PX, HEIGHT_PX = 64, 32


def posed_with(index: int, ids: tuple[int, ...] = (1,), angles: Angles | None = None) -> PosedFrame:
    """Frame number so and so: point k of row n lies at (n + k, 2 k + 0.5)."""
    people = len(ids)
    k = np.arange(17, dtype=np.float32)
    xy = np.stack((k, 2 * k + 0.5), axis=-1)[None].repeat(people, axis=0)
    xy[..., 0] += np.arange(people, dtype=np.float32)[:, None]
    scores = np.linspace(0.9, 0.5, people, dtype=np.float32)
    poses = Poses.empty()
    if people:
        poses = replace(
            Poses.from_keypoints(xy, np.full((people, 17), 0.75, np.float32)),
            person_score=scores,
            track_id=np.array(ids, np.int32),
        )
    frame = Frame.from_bgr(np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8), index, index / 4)
    region = Region.letterbox(WIDTH_PX, HEIGHT_PX)
    return PosedFrame(frame, poses, region, 0.01, detections=poses, angles=angles or Angles())


def frame_line(posed: PosedFrame) -> bytes:
    """A small stand-in for what writes `.jsonl` files."""
    words = {
        "index": posed.frame.index,
        "xy": posed.poses.xy.tolist(),
        "found": posed.detections.xy.tolist(),
    }
    return orjson.dumps(words)


def index_of(line: bytes | str) -> int:
    return int(orjson.loads(line)["index"])


def write_many(sender: PoseSink, first: int = 0) -> None:
    posed = posed_with(0)
    for index in range(first, first + MANY):
        frame = Frame.from_bgr(posed.frame.bgr, index, index / 4)
        sender.write(PosedFrame(frame, posed.poses, posed.region, 0.01))


def write_until_it_fails(sender: PoseSink) -> None:
    """Write frames until that raises an error, which it must within a while."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        sender.write(posed_with(0))
        time.sleep(0.001)


@contextmanager
def udp_receiver() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(PATIENCE_S)
        yield receiver


def udp_url(receiver: socket.socket) -> str:
    return f"udp://127.0.0.1:{receiver.getsockname()[1]}"
