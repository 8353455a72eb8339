"""The assignment: the same sums as scipy finds, and pairs that are known."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from livepose.motion.tracking.assignment import assign


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 5), (5, 3), (12, 12), (20, 7), (7, 20)])
def test_the_sum_is_the_largest_that_there_is(shape: tuple[int, int]) -> None:
    chance = np.random.default_rng(0)
    for scale in (1.0, 100.0):
        for _ in range(20):
            values = (scale * chance.standard_normal(shape)).astype(np.float32)
            rows, columns = assign(values)
            best = values[linear_sum_assignment(values, maximize=True)].sum()
            assert values[rows, columns].sum() == pytest.approx(best, rel=1e-5)
            assert len(rows) == len(set(rows.tolist())) == len(set(columns.tolist())) == min(shape)
            assert rows.tolist() == sorted(rows.tolist())


def test_of_equal_values_each_row_has_one_of_its_own() -> None:
    rows, columns = assign(np.zeros((4, 6), np.float32))
    assert rows.tolist() == [0, 1, 2, 3]
    assert len(set(columns.tolist())) == 4


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_nobody_is_paired_with_nobody(shape: tuple[int, int]) -> None:
    rows, columns = assign(np.zeros(shape, np.float32))
    assert len(rows) == len(columns) == 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        assign(np.array(((value, 1), (0, 1)), np.float32))


def test_tracking_several_people_imports_no_scipy() -> None:
    code = """
import sys
import numpy as np
from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.motion.tracking.tracker import Tracker

tracker, chance = Tracker(max_tracks=6), np.random.default_rng(0)
body, score = chance.uniform(0, 90, (1, 17, 2)), np.full((2, 17), 0.9, np.float32)
for number in range(12):
    frame = Frame.from_bgr(np.zeros((240, 320, 3), np.uint8), number, number / 30)
    left = np.array((10 + 12 * number, 150 - 12 * number))
    xy = (body + left[:, None, None] * (1, 0)).astype(np.float32)
    posed = PosedFrame(frame, Poses.from_keypoints(xy, score), Region.letterbox(320, 240), 0.0)
    found = tracker(posed).poses
print(len(found), [name for name in sys.modules if name.startswith("scipy")])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "2 []\n", result.stderr
