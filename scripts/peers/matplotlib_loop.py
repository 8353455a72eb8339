"""The loop of the tutorials that show pictures: every frame goes through a matplotlib figure.

    python scripts/peers/matplotlib_loop.py CLIP OUT [--frames N]

A new figure for each frame, as in a notebook, but no larger than the frame, and without a window.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import cv2
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_hub as hub
from matplotlib.collections import LineCollection

from skeleton import BONES, MIN_SCORE
from steady import Steady, Task, asked_for

HANDLE = "https://tfhub.dev/google/movenet/singlepose/lightning/4"
SIDE = 192
DOTS_PER_INCH = 128  # a power of two: a size in inches stays exact


def painted(
    frame_bgr: cv2.typing.MatLike,
    points: Sequence[Sequence[float]],
    seen: npt.NDArray[np.bool_],
) -> cv2.typing.MatLike:
    """Draw a skeleton over a frame in a figure, and give the figure's pixels as BGR."""
    height, width = frame_bgr.shape[:2]
    figure = plt.figure(figsize=(width / DOTS_PER_INCH, height / DOTS_PER_INCH), dpi=DOTS_PER_INCH)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.axis("off")
    axes.imshow(cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2RGB), aspect="auto")
    bones = [(points[a], points[b]) for a, b in BONES if seen[a] and seen[b]]
    axes.add_collection(LineCollection(bones, colors="lime", linewidths=1.5))
    dots = [point for index, point in enumerate(points) if seen[index]]
    axes.scatter([x for x, _ in dots], [y for _, y in dots], s=12, color="red", zorder=3)
    axes.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    figure.canvas.draw()
    picture = cv2.cvtColor(np.asarray(figure.canvas.buffer_rgba()), cv2.COLOR_RGBA2BGR)
    plt.close(figure)
    return picture


def main(task: Task) -> None:
    """Annotate a clip."""
    plt.switch_backend("Agg")
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
        points = (keypoints[:, 1::-1] * side - padding).tolist()
        writer.write(painted(frame, points, keypoints[:, 2] >= MIN_SCORE))
        steady.tick()
    writer.release()
    steady.report()


if __name__ == "__main__":
    main(asked_for())
