"""Tracks: prediction, updates, and that the fast paths agree with the general one."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.motion.tracking.appearance import PARTS, Colors
from tests.support.people import poses_of, standing
from tests.support.tracks import see, tracks_of


def test_the_second_frame_sets_half_of_the_measured_velocity() -> None:
    tracks = tracks_of(100)
    see(tracks, 0.1, 110)
    # The plain mean of two frames, as long as that is more than the low-pass gives.
    assert tracks.velocity.tolist() == [pytest.approx([50, 0])]
    assert tracks.frames.tolist() == [2]


def test_an_unseen_person_is_predicted_to_move_on_ever_more_slowly() -> None:
    tracks = tracks_of(100)
    tracks.velocity[:] = (60, 0)
    for unseen_s in (0.5, 1.0, 30.0):
        xy, box = tracks.predict(unseen_s)
        moved_px = 60 * 2.0 * (1 - np.exp(-unseen_s / 2.0))
        assert xy[0] - tracks.xy[0] == pytest.approx(
            np.broadcast_to((moved_px, 0), (17, 2)), abs=1e-3
        )
        assert box[0] - tracks.box[0] == pytest.approx([moved_px, 0, moved_px, 0], abs=1e-3)


def test_a_time_that_stands_still_does_not_change_the_velocity() -> None:
    tracks = tracks_of(100)
    see(tracks, 0.0, 150)
    assert tracks.velocity.tolist() == [[0, 0]]
    assert tracks.xy[0] == pytest.approx(standing(150), abs=1e-3)


def test_tracks_are_selected_by_mask_or_by_rows() -> None:
    tracks = tracks_of(100, 300, 500)
    tracks = tracks[np.array((2, 0))]
    assert tracks.ids.tolist() == [3, 1]
    tracks = tracks[np.array((False, True))]
    assert tracks.ids.tolist() == [1]
    assert tracks.xy[0] == pytest.approx(standing(100), abs=1e-3)


def test_colours_are_averaged_from_the_first_known_one() -> None:
    tracks = tracks_of(100)
    assert tracks.needs_color(0.0)
    for number, level in enumerate((10.0, 20.0)):
        value = np.full((1, PARTS, 3), level, np.float32)
        tracks.update_single_color(Colors(value, np.ones((1, PARTS), np.bool_)), 1.0 + number)
    # The first is taken as it is; the second comes a second later but counts as 0.4 s later.
    gain = max(1 - np.exp(-0.4 / 1.0), 1 / 2)
    assert tracks.color[0] == pytest.approx(np.full((PARTS, 3), 10 + 10 * gain))
    assert tracks.color_deviation[0] == pytest.approx(
        np.full(PARTS, gain * 10 * np.sqrt(3)), rel=1e-5
    )


def test_clothes_that_were_seen_before_are_learned_beside_others_too() -> None:
    tracks = tracks_of(100, 110)
    value = np.zeros((2, PARTS, 3), np.float32)
    value[:, :, 1] = (60, 60), (-60, -60)
    tracks.color[0], tracks.colored_frames[0] = value[0], 3
    poses = poses_of(standing(100), standing(110))
    for number, change, frames in ((1, 5, 4), (2, 40, 4)):
        colors = Colors(value + np.float32(change), np.ones((2, PARTS), np.bool_))
        tracks.update(np.arange(2), poses, colors, number / 30)
        assert tracks.colored_frames.tolist() == [[frames] * PARTS, [0] * PARTS]
