"""A network that sees each image twice, once mirrored, and says the average of both."""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.interfaces import Runtime
from livepose.core.skeleton import Skeleton

_MAX_APART = 0.1
"""Of the input's side: places that are farther apart are not of the same joint."""


class Mirrored(Runtime):
    """Runs a network of one person on an image and on its mirror image, and averages the results.

    What the network says of the mirror image is mirrored back, and left and right are exchanged.
    Its errors differ between the two, so that the average has smaller ones. Each keypoint's two
    places are weighted by their scores; where they are far apart, the one with the higher score is
    taken. It takes twice as long.
    """

    def __init__(self, runtime: Runtime, skeleton: Skeleton) -> None:
        """Wrap a loaded network, and become its owner.

        Args:
            runtime: Its output is (1, 1, K, 3): y, x and score of each keypoint.
            skeleton: Which of the K keypoints are a left and a right one.
        """
        self._runtime = runtime
        self._order = skeleton.mirrored_order()

    @property
    def name(self) -> str:
        return f"{self._runtime.name}, averaged with mirror images"

    @property
    def input_shape(self) -> tuple[int, int, int, int]:
        return self._runtime.input_shape

    def run(self, rgb: UInt8Array) -> FloatArray:
        plain = self._runtime.run(rgb)
        mirrored = self._runtime.run(np.ascontiguousarray(rgb[:, :, ::-1]))[:, :, self._order]
        mirrored[..., 1] = 1 - mirrored[..., 1]
        scores = np.stack((plain[..., 2], mirrored[..., 2]))
        apart = np.hypot(plain[..., 0] - mirrored[..., 0], plain[..., 1] - mirrored[..., 1])
        is_weaker = (apart > _MAX_APART) & (scores < scores.max(axis=0))
        weights = np.where(is_weaker, 0, np.maximum(scores, 1e-6))[..., None]
        yx = (np.stack((plain, mirrored))[..., :2] * weights).sum(axis=0) / weights.sum(axis=0)
        return np.concatenate((yx, scores.mean(axis=0)[..., None]), axis=-1)

    def sha256(self) -> str:
        return self._runtime.sha256()

    def close(self) -> None:
        self._runtime.close()
