"""The points that are smoothed: keypoints and box, which of them are seen, and undoing it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.poses import Poses
from livepose.core.skeleton import Keypoint
from livepose.motion.smoothing.points import (
    RestoreRaw,
    points_of,
    seen_points,
    tracked_rows,
    with_points,
)
from tests.support.smoothing import BODY, people_with_ids, posed_at


@pytest.mark.parametrize(
    ("ids", "rows"), [([], []), ([0], [0]), ([4], [0]), ([0, 0], []), ([7, 0, 2], [0, 2])]
)
def test_tracked_people_and_a_person_alone_are_smoothed(ids: list[int], rows: list[int]) -> None:
    poses = people_with_ids([BODY] * len(ids), ids)
    assert tracked_rows(poses).tolist() == rows


def test_the_box_is_two_more_points_and_is_always_seen() -> None:
    score = np.full((1, 17), 0.9)
    score[0, Keypoint.LEFT_WRIST] = 0.19
    poses = people_with_ids([BODY], [1], score)
    points, is_seen = points_of(poses), seen_points(poses)
    assert points.shape == (1, 19, 2)
    assert points[0, :17] == pytest.approx(BODY)
    assert points[0, 17:].tolist() == [[270, 90], [370, 390]]
    assert np.flatnonzero(~is_seen[0]).tolist() == [Keypoint.LEFT_WRIST]


def test_points_are_replaced_in_some_rows_and_nothing_else_is() -> None:
    poses = people_with_ids([BODY, BODY + 50], [1, 2])
    rows = np.array([1])
    changed = with_points(poses, rows, points_of(poses)[rows] + 3)
    assert changed.xy == pytest.approx(np.stack((BODY, BODY + 53)), abs=1e-3)
    assert changed.box[0].tolist() == poses.box[0].tolist()
    assert changed.box[1] == pytest.approx(poses.box[1] + 3)
    assert np.array_equal(changed.raw_xy, poses.raw_xy)


def test_raw_points_and_boxes_are_restored_also_where_left_and_right_were_exchanged() -> None:
    detections = people_with_ids([BODY, BODY + 50], [0, 0])
    # The tracker has changed the order, the guard has exchanged two sides, a filter has moved all.
    raw = detections.xy[::-1].copy()
    raw[0, [Keypoint.LEFT_KNEE, Keypoint.RIGHT_KNEE]] = raw[
        0, [Keypoint.RIGHT_KNEE, Keypoint.LEFT_KNEE]
    ]
    smoothed = replace(
        detections, xy=raw + np.float32(2), raw_xy=raw, box=detections.box[::-1] + np.float32(2)
    )
    posed = replace(posed_at(0.0, smoothed), detections=detections)
    restored = RestoreRaw()(posed).poses
    assert np.array_equal(restored.xy, raw)
    assert np.array_equal(restored.box, detections.box[::-1])


def test_restoring_a_frame_without_people_is_harmless() -> None:
    assert len(RestoreRaw()(posed_at(0.0, Poses.empty())).poses) == 0
