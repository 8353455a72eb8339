"""The best loop with one step after the other: cv2, LiteRT on all cores, cv2, mp4v.

python scripts/peers/litert_loop.py CLIP OUT --model LIGHTNING.tflite [--frames N]
"""

from __future__ import annotations

import os
import sys

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter

from skeleton import MIN_SCORE, draw
from steady import Steady, Task, asked_for


def letterbox(frame_bgr: cv2.typing.MatLike, side: int) -> cv2.typing.MatLike:
    """Fit a frame into a square, with black around it: RGB, (side, side, 3)."""
    height, width = frame_bgr.shape[:2]
    scale = side / max(width, height)
    small = cv2.resize(frame_bgr, (round(width * scale), round(height * scale)))
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    bottom, right = side - small.shape[0] - top, side - small.shape[1] - left
    padded = cv2.copyMakeBorder(small, top, bottom, left, right, cv2.BORDER_CONSTANT)
    return cv2.cvtColor(padded, cv2.COLOR_BGR2RGB)


def main(task: Task) -> None:
    """Annotate a clip."""
    network = Interpreter(task.model, num_threads=os.cpu_count())
    network.allocate_tensors()
    inlet, outlet = network.get_input_details()[0], network.get_output_details()[0]
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
        square = letterbox(frame, int(inlet["shape"][1]))
        network.set_tensor(inlet["index"], square[None].astype(inlet["dtype"]))
        network.invoke()
        keypoints = network.get_tensor(outlet["index"])[0, 0]
        points = (keypoints[:, 1::-1] * side - padding).astype(int).tolist()
        draw(frame, points, keypoints[:, 2] >= MIN_SCORE)
        writer.write(frame)
        steady.tick()
    writer.release()
    steady.report()


if __name__ == "__main__":
    main(asked_for())
