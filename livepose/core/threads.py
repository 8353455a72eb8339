"""How the cores are shared: every number of threads in livepose is chosen here.

The network takes most of the time. A file wants frames a second, and gets them from two frames that
are looked at side by side: a network on one thread needs no waiting for its other half (6.0 instead
of 6.5 ms of CPU for Lightning), and what Python does between two networks runs beside one. A camera
wants its one frame soon, and gets all the cores for it. Decoding and encoding get a second thread
only where pictures are so large that they take as long as the network. OpenCV gets none of its own:
what it does here is short.

Measured on one and two cores; the limit of four is LiteRT's own advice for small networks.
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


def frames_in_flight(is_live: bool) -> int:
    """Say how many frames to look at at once."""
    return 1 if is_live or usable_cores() == 1 else 2


def network_threads(in_flight: int) -> int:
    """Say how many threads a network gets, of which so many run side by side."""
    return min(_MOST, max(1, usable_cores() // in_flight))


def codec_threads(height_px: int) -> int:
    """Say how many threads decode, and how many encode."""
    return min(2, usable_cores()) if height_px >= _LARGE_HEIGHT_PX else 1
