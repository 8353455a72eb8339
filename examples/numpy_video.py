"""Find the keypoints in a video that is a NumPy array.

python examples/numpy_video.py FRAMES.npy FRAMES_PER_SECOND KEYPOINTS.npy

FRAMES.npy is (N, H, W, 3) uint8, RGB. KEYPOINTS.npy becomes (N, 17, 3): x and y in pixels, and the
score; NaN where nobody is seen.
"""

from __future__ import annotations

import sys

import numpy as np

from livepose import Estimator, load_model


def main(frames_path: str, frame_rate: float, keypoints_path: str) -> None:
    video = np.load(frames_path)
    keypoints = np.full((len(video), 17, 3), np.nan, np.float32)
    with load_model("lightning") as model:
        estimator = Estimator(model, frame_rate=frame_rate)
        for number, rgb in enumerate(video):
            poses = estimator(rgb[..., ::-1]).poses
            if len(poses):
                keypoints[number, :, :2] = poses.xy[0]
                keypoints[number, :, 2] = poses.score[0]
    np.save(keypoints_path, keypoints)
    print(f"{np.isfinite(keypoints[:, 0, 0]).sum()} of {len(video)} frames show somebody")


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3])
