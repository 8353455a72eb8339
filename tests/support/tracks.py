"""Tracks of people who stand side by side, and frames in which they are seen again."""

from __future__ import annotations

import numpy as np

from livepose.motion.tracking.appearance import Colors
from livepose.motion.tracking.tracks import Tracks
from tests.support.people import poses_of, standing


def tracks_of(*places_px: float, time_s: float = 0.0) -> Tracks:
    """Return tracks of people who stand at these places, with ids from 1."""
    count = len(places_px)
    poses, ids = poses_of(*map(standing, places_px)), np.arange(1, count + 1, dtype=np.int32)
    return Tracks.of_newcomers(ids, poses, Colors.unknown(count), time_s)


def see(tracks: Tracks, time_s: float, *places_px: float) -> None:
    poses = poses_of(*(standing(x) for x in places_px))
    tracks.update(np.arange(len(poses)), poses, Colors.unknown(len(poses)), time_s)
