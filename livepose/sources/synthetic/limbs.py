"""The keypoints that the built-in figures are put together from, as indices into (17, 2) joints.

Where there are two of a kind, the left one comes first.
"""

from __future__ import annotations

import numpy as np

from livepose.core.arrays import IntpArray
from livepose.core.skeleton import Keypoint


def _indices(*keypoints: Keypoint) -> IntpArray:
    return np.array(keypoints, np.intp)


FACE = _indices(
    Keypoint.NOSE, Keypoint.LEFT_EYE, Keypoint.RIGHT_EYE, Keypoint.LEFT_EAR, Keypoint.RIGHT_EAR
)
EYES = _indices(Keypoint.LEFT_EYE, Keypoint.RIGHT_EYE)
EARS = _indices(Keypoint.LEFT_EAR, Keypoint.RIGHT_EAR)
SHOULDERS = _indices(Keypoint.LEFT_SHOULDER, Keypoint.RIGHT_SHOULDER)
HIPS = _indices(Keypoint.LEFT_HIP, Keypoint.RIGHT_HIP)
ANKLES = _indices(Keypoint.LEFT_ANKLE, Keypoint.RIGHT_ANKLE)
ARMS = (
    _indices(Keypoint.LEFT_SHOULDER, Keypoint.LEFT_ELBOW, Keypoint.LEFT_WRIST),
    _indices(Keypoint.RIGHT_SHOULDER, Keypoint.RIGHT_ELBOW, Keypoint.RIGHT_WRIST),
)
"""Shoulder, elbow and wrist of the left and of the right arm."""
LEGS = (
    _indices(Keypoint.LEFT_HIP, Keypoint.LEFT_KNEE, Keypoint.LEFT_ANKLE),
    _indices(Keypoint.RIGHT_HIP, Keypoint.RIGHT_KNEE, Keypoint.RIGHT_ANKLE),
)
"""Hip, knee and ankle of the left and of the right leg."""
LOWER_BODY = _indices(
    Keypoint.LEFT_HIP,
    Keypoint.RIGHT_HIP,
    Keypoint.LEFT_KNEE,
    Keypoint.RIGHT_KNEE,
    Keypoint.LEFT_ANKLE,
    Keypoint.RIGHT_ANKLE,
)
