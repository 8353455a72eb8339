"""How the cores are shared: every number of threads in livepose is chosen here.

From file to file, throughput counts. Two threads each take frames through every stage, with a
network on one thread, which never waits for a second one (6.0 instead of 6.5 ms of CPU for
Lightning). On two cores nothing else runs: every further thread, for decoding, encoding or the
results, costs more in context switches than it gains. With more cores the two networks share them,
and decoding and encoding of large frames get a second thread each.

Each of the two threads takes some frames at a time, and runs one stage after the other over all of
them: the network, the codecs and the painting each need the processor's caches for themselves, and
would fill them anew for each frame. A frame is cropped by what was found so many frames before, so
there are no more in flight than pass in 0.2 s, and at most four per thread.

For a camera and a window, latency counts: the one network gets all cores, up to four, which is
LiteRT's own advice for small networks. OpenCV gets no threads of its own: its work here is short.

Measured on one and two cores (`scripts/README.md`).
"""

from __future__ import annotations

from livepose.system.cpu import usable_cores

PIPELINE_THREADS = 2
"""How many threads take frames from file to file, if there is more than one core."""
_MAX_NETWORK_THREADS = 4
_LARGE_HEIGHT_PX = 720
_IN_FLIGHT_S = 0.201  # six frames at 30000/1001 per second
_MAX_PER_THREAD = 4


def frame_threads(is_realtime: bool) -> int:
    """Return how many threads take frames through every stage, side by side."""
    return 1 if is_realtime or usable_cores() == 1 else PIPELINE_THREADS


def frames_in_flight(threads: int, frame_rate: float) -> int:
    """Return how many frames to begin before the first of them is done.

    Args:
        threads: How many threads take frames through every stage; a single one takes a frame at a
            time.
        frame_rate: Frames per second.
    """
    if threads == 1:
        return 1
    per_thread = int(_IN_FLIGHT_S * frame_rate / threads)
    return threads * min(max(per_thread, 1), _MAX_PER_THREAD)


def network_threads(networks: int) -> int:
    """Return how many threads each of a number of networks gets that run side by side."""
    return min(_MAX_NETWORK_THREADS, max(1, usable_cores() // networks))


def people_threads(networks: int) -> int:
    """Return how many threads see the people of a frame side by side, each with a network.

    A thread of its own for each person gains more than several threads for one person's network.

    Args:
        networks: How many frames are processed side by side.
    """
    return network_threads(networks)


def default_jobs() -> int:
    """Return how many processes fill the machine, each with `PIPELINE_THREADS` threads."""
    return max(1, usable_cores() // PIPELINE_THREADS)


def threads_per_job(jobs: int) -> int:
    """Return how many threads each of a number of processes gets, so that no core has two."""
    return min(PIPELINE_THREADS, max(1, usable_cores() // jobs))


def codec_threads(height_px: int) -> int:
    """Return how many threads decode, and how many encode, frames of this height."""
    return 2 if height_px >= _LARGE_HEIGHT_PX and usable_cores() > 2 else 1


def seek_threads(height_px: int) -> int:
    """Return how many threads decode a clip behind a leap, where nothing else can be done.

    Args:
        height_px: Of its frames; small ones are decoded as soon by one.
    """
    return min(_MAX_NETWORK_THREADS, usable_cores()) if height_px >= _LARGE_HEIGHT_PX else 1
