"""How the cores are shared: every number of threads in livepose is chosen here.

From file to file it is frames a second that count. Two threads each take frames all of their way,
with a network on one thread, which needs no waiting for its other half (6.0 instead of 6.5 ms of
CPU for Lightning). On two cores nothing else runs: every thread more, for decoding, encoding or the
result, costs more in going to and fro than it gives. With more cores the two networks share them,
and decoding and encoding of large pictures get a second thread each.

Each of the two takes some frames at a time, and does one thing after the other with all of them:
the network, the codecs and the painting each need the processor's caches for themselves, and would
fill them anew for each frame. A frame is cropped by what was found so many frames before, so there
are no more than pass in 0.2 s, and at the most four to a thread.

A camera and a window want their one frame soon: its network gets all the cores, up to four, which
is LiteRT's own advice for small networks. OpenCV gets no threads of its own: what it does here is
short.

Measured on one and two cores (`scripts/README.md`).
"""

from __future__ import annotations

from livepose.system.cpu import usable_cores

_MOST = 4
_LARGE_HEIGHT_PX = 720
_IN_FLIGHT_S = 0.201  # six frames of 30000/1001 a second
_MOST_AT_A_TIME = 4


def frame_threads(is_watched: bool) -> int:
    """Say how many threads take frames all of their way, side by side."""
    return 1 if is_watched or usable_cores() == 1 else 2


def frames_in_flight(threads: int, frame_rate: float) -> int:
    """Say how many frames to begin before the first of them is done.

    Args:
        threads: that take frames all of their way; one takes a frame at a time.
        frame_rate: of the frames.
    """
    if threads == 1:
        return 1
    at_a_time = int(_IN_FLIGHT_S * frame_rate / threads)
    return threads * min(max(at_a_time, 1), _MOST_AT_A_TIME)


def network_threads(networks: int) -> int:
    """Say how many threads a network gets, of which so many run side by side."""
    return min(_MOST, max(1, usable_cores() // networks))


def codec_threads(height_px: int) -> int:
    """Say how many threads decode, and how many encode."""
    return 2 if height_px >= _LARGE_HEIGHT_PX and usable_cores() > 2 else 1
