"""A skeleton is laid over another one, whatever its place, size and turn."""

from __future__ import annotations

import numpy as np

from livepose.analysis.comparison.torso_fit import TorsoFit
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.sources.synthetic.source import SyntheticSource

ALL = np.ones(17, np.bool_)


def turned(
    xy: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return points turned by 90 degrees, at 0.7 of their size, elsewhere."""
    return (0.7 * xy[:, ::-1] * (1, -1) + (300, 500)).astype(np.float32)


def test_place_size_and_turn_are_taken_out() -> None:
    xy = SyntheticSource().truth(1.0).xy[0]
    fitted = TorsoFit(COCO_SKELETON)(turned(xy), ALL, xy, ALL, 0.0)
    assert fitted is not None
    assert np.abs(fitted - xy).max() < 0.01


def test_without_a_common_torso_the_last_fit_stays() -> None:
    xy = SyntheticSource().truth(1.0).xy[0]
    no_torso = ALL.copy()
    no_torso[Keypoint.LEFT_SHOULDER : Keypoint.RIGHT_SHOULDER + 1] = False
    no_torso[Keypoint.LEFT_HIP : Keypoint.RIGHT_HIP + 1] = False
    fit = TorsoFit(COCO_SKELETON)
    assert fit(xy, no_torso, xy, ALL, 0.0) is None
    fit(turned(xy), ALL, xy, ALL, 0.1)
    fitted = fit(turned(xy), ALL, xy, no_torso, 0.2)
    assert fitted is not None
    assert np.abs(fitted - xy).max() < 0.01


def test_a_scale_that_changes_at_once_is_followed_slowly() -> None:
    xy = SyntheticSource().truth(1.0).xy[0]
    fit = TorsoFit(COCO_SKELETON)
    fit(xy, ALL, xy, ALL, 0.0)
    fitted = fit(2 * xy, ALL, xy, ALL, 0.01)
    assert fitted is not None
    span = np.ptp(fitted[:, 1]) / np.ptp(xy[:, 1])
    assert 1.8 < span < 2.0
