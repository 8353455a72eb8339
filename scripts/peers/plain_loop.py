"""The loop that anyone would write first: cv2, TF Hub's SavedModel, cv2, mp4v.

    python scripts/peers/plain_loop.py CLIP OUT [--frames N]

The yardstick of `bench_vs_plain.py` and `bench_peers.py`. It does what the tutorials do, without
their faults (RGB, and the padding taken off again), one step after the other.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
import tensorflow as tf
import tensorflow_hub as hub

from skeleton import MIN_SCORE, draw
from steady import Steady, Task, asked_for

HANDLE = "https://tfhub.dev/google/movenet/singlepose/lightning/4"
SIDE = 192


def main(task: Task) -> None:
    """Annotate a clip."""
    network = hub.load(HANDLE).signatures["serving_default"]
    capture = cv2.VideoCapture(task.clip)
    if not capture.isOpened():
        sys.exit(f"{task.clip} cannot be opened")
    width, height = (
        int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    rate = capture.get(cv2.CAP_PROP_FPS)
    writer = cv2.VideoWriter(task.out, cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    side = max(width, height)
    padding = np.array([(side - width) / 2, (side - height) / 2])
    steady = Steady(task.most_frames)
    while steady.wants_more:
        is_good, frame = capture.read()
        if not is_good:
            break
        rgb = tf.expand_dims(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), 0)
        found = network(tf.cast(tf.image.resize_with_pad(rgb, SIDE, SIDE), tf.int32))
        keypoints = found["output_0"].numpy()[0, 0]
        points = (keypoints[:, 1::-1] * side - padding).astype(int).tolist()
        draw(frame, points, keypoints[:, 2] >= MIN_SCORE)
        writer.write(frame)
        steady.tick()
    writer.release()
    steady.report()


if __name__ == "__main__":
    main(asked_for())
