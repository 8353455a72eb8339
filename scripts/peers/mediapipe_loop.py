"""MediaPipe Pose in a plain loop: cv2, BlazePose (full, tracking), cv2, mp4v.

    python scripts/peers/mediapipe_loop.py CLIP OUT [--frames N]

The same work with another network: 33 keypoints, and the person is searched for only when lost.
"""

from __future__ import annotations

import sys

import cv2
import mediapipe as mp
import numpy as np

from skeleton import MIN_SCORE, draw
from steady import Steady, Task, asked_for


def main(task: Task) -> None:
    """Annotate a clip."""
    capture = cv2.VideoCapture(task.clip)
    if not capture.isOpened():
        sys.exit(f"{task.clip} cannot be opened")
    width, height = (
        int(capture.get(p)) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)
    )
    rate = capture.get(cv2.CAP_PROP_FPS)
    writer = cv2.VideoWriter(task.out, cv2.VideoWriter.fourcc(*"mp4v"), rate, (width, height))
    steady = Steady(task.most_frames)
    with mp.solutions.pose.Pose() as network:
        while steady.wants_more:
            is_good, frame = capture.read()
            if not is_good:
                break
            found = network.process(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)).pose_landmarks
            if found is not None:
                points = [(int(p.x * width), int(p.y * height)) for p in found.landmark]
                seen = np.array([p.visibility >= MIN_SCORE for p in found.landmark])
                draw(frame, points, seen, mp.solutions.pose.POSE_CONNECTIONS)
            writer.write(frame)
            steady.tick()
    writer.release()
    steady.report()


if __name__ == "__main__":
    main(asked_for())
