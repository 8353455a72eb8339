"""`livepose cameras`: list the cameras of this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from livepose.cli.arguments import command
from livepose.cli.terminal import data_console, print_note
from livepose.session.option_fields import option

if TYPE_CHECKING:
    from livepose.sources.camera_list import Camera

_SHOWN_SIZES = 6


@dataclass(frozen=True, slots=True)
class CamerasOptions:
    """How the cameras are listed."""

    as_json: bool = option(False, "Print the list as JSON.", flag="--json")


def _list_cameras(options: CamerasOptions) -> int:
    """List the cameras: number, name, backend, device, frame sizes and rates.

    --camera takes the number, or the name or a part of it. livepose doctor measures
    the rates.
    """
    from livepose.bench.doctor.devices import ask_cameras
    from livepose.sources.camera_list import list_cameras

    cameras = ask_cameras(list_cameras())
    if options.as_json:
        data_console().print(json.dumps([as_record(each) for each in cameras], indent=2))
        return 0
    for camera in cameras:
        data_console().print(f"{camera.index:<3} {camera.name}")
        where = ", ".join(filter(None, (camera.backend, camera.device)))
        data_console().print(f"    {where}: {camera.problem or sizes_of(camera)}")
    if not cameras:
        print_note("no camera is connected; --camera phone uses a phone's, --demo needs none")
    return 0


def sizes_of(camera: Camera) -> str:
    """Return the frame sizes of a camera as text, the largest last."""
    sizes = [
        f"{width_px}x{height_px}" + (f" at {rate:g}" if rate else "")
        for (width_px, height_px), rate in camera.rates.items()
    ]
    left_out = len(sizes) - _SHOWN_SIZES
    if left_out > 0:
        sizes = [f"{left_out} smaller ones", *sizes[left_out:]]
    return ", ".join(sizes) or "the system does not list its sizes"


def as_record(camera: Camera) -> dict[str, object]:
    """Return a camera as JSON has it."""
    return {
        "index": camera.index,
        "name": camera.name,
        "backend": camera.backend,
        "device": camera.device,
        "sizes": [
            {"width": width_px, "height": height_px, "frames_per_second": round(rate, 3) or None}
            for (width_px, height_px), rate in camera.rates.items()
        ],
        "problem": camera.problem,
    }


cameras_command = command(CamerasOptions, _list_cameras)
