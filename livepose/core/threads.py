"""How the cores are shared: every number of threads in livepose is chosen here.

From file to file it is frames a second that count. Two threads each take a frame all of its way,
with a network on one thread, which needs no waiting for its other half (6.0 instead of 6.5 ms of
CPU for Lightning). On two cores nothing else runs: every thread more, for decoding, encoding or the
result, costs more in going to and fro than it gives. With more cores the two networks share them,
and decoding and encoding of large pictures get a second thread each.

A camera and a window want their one frame soon: its network gets all the cores, up to four, which
is LiteRT's own advice for small networks. OpenCV gets no threads of its own: what it does here is
short.

Measured on one and two cores.
"""

from __future__ import annotations

import os

_MOST = 4
_LARGE_HEIGHT_PX = 720


def usable_cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def frames_in_flight(is_watched: bool) -> int:
    """Say how many frames to look at at once."""
    return 1 if is_watched or usable_cores() == 1 else 2


def network_threads(in_flight: int) -> int:
    """Say how many threads a network gets, of which so many run side by side."""
    return min(_MOST, max(1, usable_cores() // in_flight))


def codec_threads(height_px: int) -> int:
    """Say how many threads decode, and how many encode."""
    return 2 if height_px >= _LARGE_HEIGHT_PX and usable_cores() > 2 else 1
