"""Lay one skeleton over another: hips on hips, and trunk on trunk."""

from __future__ import annotations

import math

import numpy as np

from livepose.core.arrays import BoolArray, FloatArray
from livepose.core.skeleton import Skeleton

_TORSO = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_TIME_CONSTANT_S = 0.5
"""A body does not grow from frame to frame; and where the trunk leans to the camera, the limbs are
not smaller."""


class TorsoFit:
    """Fits skeletons onto others, moment by moment, by the shoulders and hips that both show.

    The fit is the similarity of least squares: with points as complex numbers, relative to their
    means, it is the factor sum(conj(b) a) / sum(|b|^2). Its angle turns B; its magnitude, averaged
    over time, scales B.

    >>> from livepose.core.skeleton import COCO_SKELETON, Keypoint as K
    >>> a = np.zeros((17, 2), np.float32)
    >>> a[[K.LEFT_SHOULDER, K.LEFT_HIP, K.LEFT_KNEE]] = (10, 10), (10, 30), (10, 50)
    >>> seen = np.isin(np.arange(17), (K.LEFT_SHOULDER, K.LEFT_HIP, K.LEFT_KNEE))
    >>> fitted = TorsoFit(COCO_SKELETON)(2 * a + 5, seen, a, seen, time_s=0.0)
    >>> fitted[K.LEFT_KNEE].tolist()
    [10.0, 50.0]
    """

    def __init__(self, skeleton: Skeleton) -> None:
        """Use the names of a skeleton, which all poses have."""
        self._torso = np.array([skeleton.index(name) for name in _TORSO if name in skeleton])
        self._log_scale = math.nan
        self._factor = 1 + 0j
        self._means: tuple[complex, complex] | None = None
        self._time_s = -math.inf

    def __call__(
        self,
        b_xy: FloatArray,
        b_seen: BoolArray,
        a_xy: FloatArray,
        a_seen: BoolArray,
        time_s: float,
    ) -> FloatArray | None:
        """Return the keypoints of B on the body of A: (K, 2) px.

        Where the two show no two points of the torso, B stays as it was fitted before; None if it
        never was.

        Args:
            b_xy: (K, 2) px of B's frame.
            b_seen: (K,).
            a_xy: (K, 2) px of A's frame.
            a_seen: (K,).
            time_s: For the average of the scale; it rises.
        """
        common = self._torso[b_seen[self._torso] & a_seen[self._torso]] if len(self._torso) else []
        if len(common) >= 2:
            a, b = _complex(a_xy[common]), _complex(b_xy[common])
            mean_a, mean_b = complex(a.mean()), complex(b.mean())
            spread = float((np.abs(b - mean_b) ** 2).sum())
            factor = complex((np.conj(b - mean_b) * (a - mean_a)).sum()) / max(spread, 1e-9)
            if spread > 1e-6 and abs(factor) > 1e-6:
                self._update_scale(math.log(abs(factor)), time_s)
                self._factor = factor / abs(factor) * math.exp(self._log_scale)
                self._means = mean_a, mean_b
        if self._means is None:
            return None
        mean_a, mean_b = self._means
        fitted = mean_a + self._factor * (_complex(b_xy) - mean_b)
        return np.stack((fitted.real, fitted.imag), axis=1).astype(np.float32)

    def _update_scale(self, log_scale: float, time_s: float) -> None:
        passed_s = time_s - self._time_s
        if math.isnan(self._log_scale) or not passed_s >= 0:
            self._log_scale = log_scale
        else:
            share = -math.expm1(-passed_s / _TIME_CONSTANT_S)
            self._log_scale += share * (log_scale - self._log_scale)
        self._time_s = time_s


def _complex(xy: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    return xy[:, 0].astype(np.float64) + 1j * xy[:, 1].astype(np.float64)
