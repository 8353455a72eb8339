"""Which poses of a network count as people, by their past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON
from livepose.motion.presence import Presence
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.tracks import Tracks
from tests.support.people import poses_of, standing

WIDTH_PX = 640


@pytest.mark.parametrize(
    ("x_px", "time_s", "is_believed"), [(610, 0.1, True), (610, 0.3, False), (300, 0.3, True)]
)
def test_a_poor_pose_is_not_believed_of_somebody_last_seen_at_the_edge(
    x_px: int, time_s: float, *, is_believed: bool
) -> None:
    presence, nobody = Presence(), Poses.empty(COCO_SKELETON)
    ids, seen = np.array([1], np.int32), poses_of(standing(x_px))
    tracks = Tracks.of_newcomers(ids, seen, Colors.unknown(1), 0.0)
    xy = tracks.predict(time_s)[0].astype(np.float32)
    presence.support(tracks.predicted_poses(0.0), nobody, 0.0)
    poor = Poses.from_keypoints(xy, np.full(xy.shape[:2], 0.2, np.float32))
    assert presence.is_there(poor, nobody, tracks, time_s, WIDTH_PX).tolist() == [is_believed]


def unsure_poses(*middles_px: float) -> Poses:
    """Return poses of standing people, of which little is clear: they score 0.22."""
    xy = poses_of(*map(standing, middles_px)).xy
    score = np.full(xy.shape[:2], 0.1, np.float32)
    score[:, :5] = 0.5
    return Poses.from_keypoints(xy, score)


def test_what_the_detector_sees_of_a_known_person_speaks_for_nobody_beside_them() -> None:
    presence, nobody = Presence(), Poses.empty(COCO_SKELETON)
    seen = poses_of(standing(300))
    tracks = Tracks.of_newcomers(np.array([1], np.int32), seen, Colors.unknown(1), 0.0)
    presence.support(tracks.predicted_poses(0.0), nobody, 0.0)
    poses, found = unsure_poses(302, 330), unsure_poses(312)
    assert presence.is_there(poses, found, tracks, 0.1, WIDTH_PX).tolist() == [True, False]
    another = unsure_poses(302, 330)
    assert presence.is_there(poses, another, tracks, 0.1, WIDTH_PX).tolist() == [True, True]


def test_one_person_whom_the_detector_finds_speaks_for_the_most_similar_of_two_poor_poses() -> None:
    found, nobody = unsure_poses(301), Tracks.empty(COCO_SKELETON)
    poses = unsure_poses(306, 302)
    assert Presence().is_there(poses, found, nobody, 0.0, WIDTH_PX).tolist() == [False, True]
    two = unsure_poses(306, 302)
    assert Presence().is_there(poses, two, nobody, 0.0, WIDTH_PX).tolist() == [True, True]


@pytest.mark.parametrize(("clear", "is_believed"), [(0.5, True), (0.4, False)])
def test_somebody_new_who_scores_low_needs_a_few_clear_points(
    clear: float, *, is_believed: bool
) -> None:
    """A face and shoulders are somebody; the foot of a table has no clear point."""
    poses, nobody = unsure_poses(300), Tracks.empty(COCO_SKELETON)
    score = poses.score.copy()
    score[:, :5] = clear
    poses = replace(poses, score=score)
    is_there = Presence().is_there(poses, poses, nobody, 0.0, WIDTH_PX)
    assert is_there.tolist() == [is_believed]
