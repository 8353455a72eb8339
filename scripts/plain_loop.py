"""The loop that anyone would write first: cv2, TF Hub's SavedModel, cv2, mp4v.

    python scripts/plain_loop.py CLIP OUT

The yardstick of `bench_vs_plain.py`. It does what the tutorials do, without their faults (RGB, and
the padding taken off again), one step after the other.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
import tensorflow as tf
import tensorflow_hub as hub

HANDLE = "https://tfhub.dev/google/movenet/singlepose/lightning/4"
SIDE = 192
MIN_SCORE = 0.3
BONES = (
    *((0, 1), (0, 2), (1, 3), (2, 4), (5, 6), (11, 12), (5, 11), (6, 12)),
    *((5, 7), (7, 9), (6, 8), (8, 10), (11, 13), (13, 15), (12, 14), (14, 16)),
)


def main(clip: str, out: str) -> None:
    """Annotate a clip."""
    network = hub.load(HANDLE).signatures["serving_default"]
    capture = cv2.VideoCapture(clip)
    if not capture.isOpened():
        sys.exit(f"{clip} cannot be opened")
    width, height = (
        int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    rate = capture.get(cv2.CAP_PROP_FPS)
    writer = cv2.VideoWriter(out, cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    side = max(width, height)
    padding = np.array([(side - width) / 2, (side - height) / 2])
    while True:
        is_good, frame = capture.read()
        if not is_good:
            break
        rgb = tf.expand_dims(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), 0)
        found = network(tf.cast(tf.image.resize_with_pad(rgb, SIDE, SIDE), tf.int32))
        keypoints = found["output_0"].numpy()[0, 0]
        points = (keypoints[:, 1::-1] * side - padding).astype(int).tolist()
        seen = keypoints[:, 2] >= MIN_SCORE
        for a, b in BONES:
            if seen[a] and seen[b]:
                cv2.line(frame, points[a], points[b], (0, 255, 0), 2)
        for index, point in enumerate(points):
            if seen[index]:
                cv2.circle(frame, point, 3, (0, 0, 255), -1)
        writer.write(frame)
    writer.release()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
