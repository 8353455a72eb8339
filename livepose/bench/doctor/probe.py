"""What may hang or crash, tried in a process of its own: cameras, encoders, runtimes.

    python -m livepose.bench.doctor.probe camera 0
    python -m livepose.bench.doctor.probe runtime litert

It prints one JSON object in each line, as soon as it is known.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from livepose.core.errors import LivePoseError

_MEASURED_S = 1.2
_SKIPPED_FRAMES = 3
"""The first ones come in a burst, or late."""
_SIZES_PX = ((1280, 720), (1920, 1080))
"""What is asked for besides the camera's own choice."""

Line = Mapping[str, object]


def probe_camera(device: str) -> Iterator[Line]:
    """Yield the true frame rates of a camera: at the size that it chooses, and at larger ones.

    Args:
        device: Its number, or the path of its device.
    """
    from livepose.sources.camera import CameraSource

    promised = _promised_rates(device)
    if promised is None:
        yield {"captures": False}
        return
    if promised:
        sizes = [[*size_px, rate] for size_px, rate in promised.items()]
        yield {"promised": sizes}
    measured = set()
    for size_px in (None, *_SIZES_PX):
        if size_px is not None and (size_px in measured or (promised and size_px not in promised)):
            continue
        what = int(device) if device.isdecimal() else Path(device)
        with CameraSource(what, size_px=size_px) as source:
            info = source.info
            if (info.width_px, info.height_px) in measured:
                continue
            measured.add((info.width_px, info.height_px))
            began_s, frames = time.perf_counter(), 0
            for frame in source:
                if frame.index == _SKIPPED_FRAMES:
                    began_s = time.perf_counter()
                passed_s = time.perf_counter() - began_s
                if frame.index > _SKIPPED_FRAMES:
                    frames = frame.index - _SKIPPED_FRAMES
                    if passed_s >= _MEASURED_S:
                        break
        yield {
            "width": info.width_px,
            "height": info.height_px,
            "frames_per_second": round(frames / passed_s, 1),
        }


def probe_promises(devices: str) -> Iterator[Line]:
    """Yield what the drivers of cameras promise, without a picture of theirs.

    Args:
        devices: The paths of their devices, between `os.pathsep`.
    """
    from livepose.sources.camera_list import Camera, with_rates

    for device in devices.split(os.pathsep):
        camera = with_rates(Camera(0, device, "V4L2", device))
        if camera is None:
            yield {"device": device, "captures": False}
        elif camera.problem:
            yield {"device": device, "problem": camera.problem}
        else:
            sizes = [[*size_px, rate] for size_px, rate in camera.rates.items()]
            yield {"device": device, "promised": sizes}


def _promised_rates(device: str) -> Mapping[tuple[int, int], float] | None:
    """Return the sizes that a driver lists, if it does; None for what captures nothing."""
    node = Path(f"/dev/video{device}") if device.isdecimal() else Path(device)
    if not sys.platform.startswith("linux") or not node.is_char_device():
        return {}
    from livepose.sources.v4l2 import capture_rates

    return capture_rates(node)


def probe_encoders(_: str) -> Iterator[Line]:
    """Yield which encoders open."""
    from livepose.sinks.encoder import known_encoders

    for name, opens in known_encoders():
        yield {"name": name, "opens": opens}


def probe_runtime(name: str) -> Iterator[Line]:
    """Yield how fast a runtime is with the model `lightning`."""
    from livepose.models.files.resolve import resolve
    from livepose.models.loader import RuntimeLoader
    from livepose.models.runtimes import RuntimeName
    from livepose.models.runtimes.selection import median_run_s

    # Nothing is to be changed, the cache included.
    loader = RuntimeLoader(resolve("lightning"), RuntimeName(name), keeps_compiled=False)
    started_s = time.perf_counter()
    with loader.load() as runtime:
        start_s = time.perf_counter() - started_s
        frame_s = median_run_s(runtime)
    yield {"frames_per_second": round(1 / frame_s, 1), "start_s": round(start_s, 2)}


_PROBES: Mapping[str, Callable[[str], Iterator[Line]]] = {
    "camera": probe_camera,
    "promises": probe_promises,
    "encoders": probe_encoders,
    "runtime": probe_runtime,
}


def main(arguments: Sequence[str]) -> int:
    """Print what a probe finds; an error is a line too."""
    kind, what = arguments
    try:
        for line in _PROBES[kind](what):
            _print(line)
    except (LivePoseError, OSError) as error:
        _print({"error": str(error)})
        return 1
    return 0


def _print(line: Line) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
