"""Affinity: known answers for place, absence and colour."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.motion.tracking.affinity import FOREIGN_FRAMES, affinity
from livepose.motion.tracking.appearance import PARTS, Colors
from livepose.motion.tracking.tracks import Tracks
from tests.support.people import HEIGHT_PX, poses_of, standing

RED, GREEN = (40.0, 150.0, 80.0), (50.0, -80.0, 60.0)


def known(*colors: tuple[float, float, float]) -> Colors:
    value = np.repeat(np.array(colors, np.float32)[:, None], PARTS, axis=1)
    return Colors(value, np.ones(value.shape[:2], np.bool_))


def track_of(x: float = 100, color: tuple[float, float, float] = RED, frames: int = 30) -> Tracks:
    """Return a person who has stood at a place for a second, in clothes of one colour."""
    poses = poses_of(standing(x))
    tracks = Tracks.of_newcomers(np.array([1], np.int32), poses, known(color), -1.0)
    tracks.seen_s[:], tracks.frames[:], tracks.colored_frames[:] = 0.0, frames, frames
    tracks.color[:] = color
    return tracks


def test_a_pose_at_the_predicted_place_has_affinity_1() -> None:
    found = affinity(track_of(), poses_of(standing(100)), Colors.unknown(1), 0.0)
    assert found == pytest.approx(np.array([[1.0]]))


def test_a_person_is_also_found_where_nothing_overlaps() -> None:
    # A quarter of a second later the reach is three quarters of the body: there it is one half.
    away_px = 0.75 * 0.91 * HEIGHT_PX
    found = affinity(track_of(), poses_of(standing(100 + away_px)), Colors.unknown(1), 0.25)
    assert found[0, 0] == pytest.approx(0.3 * 0.5 * (1 - 0.3 * 0.25), abs=2e-3)


def test_an_unseen_person_loses_three_tenths_a_second() -> None:
    found = affinity(track_of(), poses_of(standing(100)), Colors.unknown(1), 1.0)
    assert found == pytest.approx(np.array([[0.7]]))


def test_another_colour_counts_unless_the_pose_continues_the_track_closely() -> None:
    beside = poses_of(standing(118))
    for frames, least, most in ((0, 0.16, 1.0), (FOREIGN_FRAMES, 0.15, 0.15)):
        # A few frames may be misread, the more so the better the pose continues the track.
        tracks = track_of()
        tracks.foreign_frames[:] = frames
        same, other = (affinity(tracks, beside, known(color), 0.1)[0, 0] for color in (RED, GREEN))
        assert 0.2 < same < 0.9
        assert least * same - 1e-5 <= other <= most * same + 1e-5
    at_once = affinity(track_of(), poses_of(standing(100)), known(GREEN), 0.0)
    assert at_once == pytest.approx(np.array([[1.0]]))


def test_nobody_grows_and_changes_clothes_at_once() -> None:
    grown = poses_of((standing(100) - (100, 300)) * 1.4 + (100, 300))
    for colors, is_possible in ((known(RED), True), (known(GREEN), False)):
        assert (affinity(track_of(), grown, colors, 0.03)[0, 0] > 0.2) == is_possible
    assert affinity(track_of(), poses_of(standing(102)), known(GREEN), 0.03)[0, 0] > 0.2


def test_a_colour_seen_in_few_frames_does_not_count() -> None:
    beside = poses_of(standing(118))
    same, other = (
        affinity(track_of(frames=3), beside, known(color), 0.1)[0, 0] for color in (RED, GREEN)
    )
    assert other == same


def test_no_pose_is_explained_by_several_tracks_alike() -> None:
    poses = poses_of(standing(400))
    newcomer = Tracks.of_newcomers(np.array([2], np.int32), poses, known(GREEN), 0.0)
    tracks = Tracks.concatenate(track_of(), newcomer)
    found = affinity(tracks, poses_of(standing(400), standing(100)), Colors.unknown(2), 0.0)
    assert found == pytest.approx(np.array([[0.0, 1.0], [1.0, 0.0]]), abs=1e-5)


def test_a_pose_in_other_clothes_is_no_better_than_the_one_in_a_persons_own() -> None:
    # Green has passed in front of red, who is found where green was.
    tracks = Tracks.concatenate(track_of(100, RED), track_of(101, GREEN))
    tracks.ids[:] = 1, 2
    tracks.seen_s[:] = 0.0, 0.2
    blend = tuple(np.array(RED) * 0.8 + np.array(GREEN) * 0.2)
    poses = poses_of(standing(101), standing(125))
    red_here, green_here = affinity(tracks, poses, known(blend, GREEN), 0.23).T
    assert red_here[0] + green_here[1] > red_here[1] + green_here[0] + 0.3


def test_a_pose_belongs_to_whose_clothes_it_is_most_like() -> None:
    # Red was hidden behind green, and appears nearer to where green is expected.
    tracks = Tracks.concatenate(track_of(100, RED), track_of(104, GREEN))
    tracks.ids[:] = 1, 2
    tracks.seen_s[:] = -0.3, 0.0
    nearly_red = tuple(np.array(RED) * 0.9 + np.array(GREEN) * 0.1)
    red, green = affinity(tracks, poses_of(standing(110)), known(nearly_red), 0.03)[:, 0]
    assert red > green + 0.3


def test_an_older_person_in_other_clothes_takes_no_pose_from_a_younger_one() -> None:
    # Red is hidden behind green, who has just appeared. Beside them is somebody without a colour.
    red, time_s = track_of(100), 0.2
    green = Tracks.of_newcomers(np.array([2], np.int32), poses_of(standing(110)), known(GREEN), 0.1)
    poses, colors = poses_of(standing(110), standing(130)), known(GREEN, RED)
    colors.is_known[1] = False
    alone = affinity(green, poses, colors, time_s)[0, 0]
    assert affinity(Tracks.concatenate(red, green), poses, colors, time_s)[1, 0] == alone
