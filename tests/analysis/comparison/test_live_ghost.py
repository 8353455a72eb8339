"""A ghost follows somebody who does the same as in a take: late, slower, or with a pause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from livepose.analysis.comparison.live_ghost import LiveGhost
from livepose.analysis.comparison.take import JOINT_ANGLES, joint_turns, make_take
from livepose.core.errors import SourceError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Ghost
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint
from tests.support.takes import clock, plain_take, scene_poses, with_right_knee_turned

SECONDS = 6.0


def ghosts(poses: list[Poses], *, lead_s: float = 0.0) -> list[Ghost | None]:
    """Return the ghost over each of some poses, 30 a second; the take is that of the dance."""
    step = LiveGhost(plain_take("dance"), lead_s=lead_s)
    region = Region.letterbox(640, 480)
    found: list[Ghost | None] = []
    for index, each in enumerate(poses):
        frame = Frame(BgrPixels.black(640, 480), index, index / 30, 0.0)
        overlays = step(PosedFrame(frame, each, region, 0.0)).overlays
        found.append(overlays.ghosts[0] if overlays.ghosts else None)
    return found


def body_error_px(ghost: Ghost | None, poses: Poses) -> float:
    """Return by how much the joints of a ghost are away from those of a person, in the mean."""
    assert ghost is not None
    joints = slice(Keypoint.LEFT_SHOULDER, None)
    away = ghost.xy[joints] - poses.xy[0, joints]
    return float(np.hypot(away[:, 0], away[:, 1]).mean())


@pytest.mark.parametrize(
    "to_scene",
    [
        lambda time_s: time_s,
        lambda time_s: max(time_s - 1.0, 0.0),
        lambda time_s: min(time_s, max(2.0, time_s - 2.0)),
        lambda time_s: 0.7 * time_s,
        lambda time_s: 1.4 * time_s,
    ],
    ids=["in time", "late", "with a pause of 2 s", "slower", "faster"],
)
def test_the_ghost_is_where_the_person_is(to_scene: Callable[[float], float]) -> None:
    scene_s = np.array([to_scene(time_s) for time_s in clock(SECONDS).tolist()])
    poses = scene_poses("dance", scene_s, noise_px=2.0)
    errors = [body_error_px(ghost, each) for ghost, each in zip(ghosts(poses), poses, strict=True)]
    assert np.median(errors) < 5
    assert np.percentile(errors, 90) < 15


def test_a_lead_shows_what_comes_next() -> None:
    poses = scene_poses("dance", clock(3.0))
    now, later = scene_poses("dance", np.array([2.0, 2.5]))
    ghost = ghosts(poses, lead_s=0.5)[60]
    assert ghost is not None
    shown, at_present, to_come = (
        joint_turns(each, JOINT_ANGLES, 0.3)
        for each in (replace(now, xy=ghost.xy[None]), now, later)
    )
    assert np.abs(shown - to_come).max() < 5
    assert np.abs(shown - at_present).max() > 15


def test_the_difference_stands_at_the_joint_that_differs() -> None:
    poses = scene_poses("dance", clock(2.0), change=lambda xy: with_right_knee_turned(xy, 20.0))
    ghost = ghosts(poses)[45]
    assert ghost is not None
    assert ghost.difference_deg[Keypoint.RIGHT_KNEE] == pytest.approx(20, abs=3)
    assert ghost.difference_deg[Keypoint.LEFT_KNEE] < 3
    assert np.isnan(ghost.difference_deg[Keypoint.RIGHT_ANKLE])


def test_the_ghost_has_the_size_and_the_place_of_the_person() -> None:
    poses = scene_poses("dance", clock(1.0), scale=0.5)
    assert body_error_px(ghosts(poses)[20], poses[20]) < 3


def test_who_begins_again_is_followed_again() -> None:
    once = scene_poses("dance", clock(8.0))
    again = [*once, *once[:60]]
    assert body_error_px(ghosts(again)[-1], again[-1]) < 5


def test_who_begins_in_the_middle_is_found_within_two_seconds() -> None:
    poses = scene_poses("dance", clock(3.0) + 4.5, noise_px=2.0)
    found = ghosts(poses)
    errors = [body_error_px(found[n], poses[n]) for n in range(60, 90)]
    assert np.median(errors) < 5


def test_the_ghost_belongs_to_one_person_until_that_one_is_gone() -> None:
    (first,) = scene_poses("dance", np.array([0.0]))
    (second,) = scene_poses("dance", np.array([0.0]), scale=0.5)
    second = replace(second, track_id=np.array([2], np.int32))
    both = Poses.concatenate([second, first])
    found = ghosts([both, both[::-1], second, Poses.empty()])
    assert body_error_px(found[0], first) < 3
    assert body_error_px(found[1], first) < 3
    assert body_error_px(found[2], second) < 90  # the scale follows within a second
    assert found[3] is None


def test_a_take_without_anybody_cannot_be_followed() -> None:
    with pytest.raises(SourceError, match="nobody is seen"):
        LiveGhost(make_take([(0.0, Poses.empty()), (1.0, Poses.empty())]))
