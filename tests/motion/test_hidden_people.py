"""Who is where they should be while another person hides them, and who is not."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.motion.hidden_people import HiddenPeople, hidden_people
from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.tracker import Tracker
from livepose.motion.tracking.tracks import Tracks
from tests.support.people import GREEN, HEIGHT_PX, RED, SIZE_PX, clothed, poses_of, standing


def tracks_of(*places_px: float) -> Tracks:
    """Return people who have stood at some places for a second, last seen at 0 s."""
    count = len(places_px)
    poses, ids = poses_of(*map(standing, places_px)), np.arange(1, count + 1, dtype=np.int32)
    tracks = Tracks.of_newcomers(ids, poses, Colors.unknown(count), -1.0)
    tracks.seen_s[:], tracks.frames[:] = 0.0, 30
    return tracks


def seen(tracks: Tracks, row: int, time_s: float) -> Poses:
    """Let one of the people be seen at a time, and return their pose."""
    tracks.seen_s[row] = time_s
    return tracks[np.array([row])].predicted_poses(time_s)


def test_who_stands_behind_somebody_is_where_they_should_be_for_a_fifth_of_a_second() -> None:
    tracks = tracks_of(100, 110)
    for time_s, ids in ((0.1, [1]), (0.2, [1]), (0.25, [])):
        hidden = hidden_people(tracks, seen(tracks, 1, time_s), time_s)
        assert hidden.track_id.tolist() == ids
        assert hidden.filled.all()
        assert hidden.xy == pytest.approx(tracks.xy[: len(ids)])


def test_who_walks_or_is_alone_or_was_hardly_seen_is_not_predicted() -> None:
    for speed_px, place_px, frames, count in (
        (0, 110, 30, 1),
        (0.5 * HEIGHT_PX, 110, 30, 0),
        (0, 400, 30, 0),
        (0, 110, 3, 0),
    ):
        tracks = tracks_of(100, place_px)
        tracks.velocity[0, 0], tracks.frames[0] = speed_px, frames
        assert len(hidden_people(tracks, seen(tracks, 1, 0.1), 0.1)) == count


def test_who_is_found_with_a_new_id_is_not_there_twice() -> None:
    tracks = tracks_of(100, 102)
    tracks.born_s[1] = 0.05
    assert not len(hidden_people(tracks, seen(tracks, 1, 0.1), 0.1))


def test_nobody_is_hidden_where_nobody_is_seen() -> None:
    assert not len(hidden_people(tracks_of(100, 110), Poses.empty(COCO_SKELETON), 0.1))


def test_who_holds_out_their_arms_behind_a_narrower_person_is_hidden_too() -> None:
    tracks = tracks_of(300, 300)
    for name, side in (("left_wrist", 1), ("right_wrist", -1)):
        tracks.xy[0, COCO_SKELETON.index(name), 0] += side * HEIGHT_PX
    tracks.xy[1, :, 0] = 300 + 0.7 * (tracks.xy[1, :, 0] - 300)
    assert len(hidden_people(tracks, seen(tracks, 1, 0.1), 0.1)) == 1


def test_of_a_model_that_finds_one_of_two_people_the_other_is_predicted_with_their_id() -> None:
    tracker = Tracker()
    add_hidden, found = HiddenPeople(tracker), []
    for number in range(16):
        behind, in_front = standing(360), standing(230 + 10 * number)
        people = (behind, in_front) if number < 12 else (in_front,)
        frame = Frame(clothed((behind, RED), (in_front, GREEN)), number, number / 30, 0.0)
        posed = PosedFrame(frame, poses_of(*people), Region.letterbox(*SIZE_PX), 0.0)
        found.append(add_hidden(tracker(posed)).poses)
    assert [poses.track_id.tolist() for poses in found] == [[1, 2]] * 12 + [[2, 1]] * 4
    assert [poses.filled.all(axis=1).tolist() for poses in found[11:13]] == [
        [False, False],
        [False, True],
    ]
    assert found[-1].xy[1] == pytest.approx(standing(360), abs=1)
    assert found[-1].score[1, Keypoint.NOSE] == pytest.approx(0.8)
