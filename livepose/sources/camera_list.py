"""The cameras of this machine, by number and name."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2

from livepose.core.errors import OptionError, SourceError
from livepose.sources.v4l2 import capture_rates
from livepose.system.files import readable_name

_SYS_FOLDER = Path("/sys/class/video4linux")
_DEVICE_FOLDER = Path("/dev")
_PREFIX = "video"
_MIN_PART = 3
"""A shorter part of a name would rather be a slip: an o for a 0."""


@dataclass(frozen=True, slots=True)
class Camera:
    """A camera that is connected.

    >>> Camera(0, "HD Webcam", "V4L2", rates={(640, 480): 30.0}).label
    '0 (HD Webcam)'
    """

    index: int
    """What `--camera` takes."""
    name: str
    backend: str
    """Of OpenCV: V4L2, DSHOW, AVFOUNDATION."""
    device: str = ""
    """The path of the device, where it has one: /dev/video0."""
    place: str = ""
    """Where it is plugged in; the same for all devices of one camera."""
    rates: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """The highest frame rate that the driver promises for each frame size, (width, height), 0 where
    it does not say; empty where the system does not list them."""
    problem: str = ""
    """Why it cannot be opened, as far as that is known."""

    @property
    def label(self) -> str:
        """Its number and its name."""
        return f"{self.index} ({self.name})"


def list_cameras(
    sys_folder: Path = _SYS_FOLDER, device_folder: Path = _DEVICE_FOLDER
) -> list[Camera]:
    """Return the cameras of this machine, by number, with devices of theirs that capture nothing.

    None of them is opened: a faulty driver may never answer.

    Args:
        sys_folder: Where Linux describes them.
        device_folder: Where Linux has their devices.

    Raises:
        SourceError: If they cannot be listed.
    """
    if not sys.platform.startswith("linux"):
        return _enumerated()
    folders = sys_folder.glob(f"{_PREFIX}[0-9]*")
    found = [_described(folder, device_folder) for folder in folders]
    return sorted(found, key=lambda each: each.index)


def with_rates(camera: Camera) -> Camera | None:
    """Return a camera with what its driver promises, or with its problem.

    Its driver is asked, and may never answer. None is returned for a device that captures nothing,
    which many cameras have besides.
    """
    if camera.problem or not sys.platform.startswith("linux") or not camera.device:
        return camera
    try:
        rates = capture_rates(Path(camera.device))
    except OSError as error:
        return replace(camera, problem=_open_problem(camera.device, error))
    return None if rates is None else replace(camera, rates=rates)


def _described(folder: Path, device_folder: Path) -> Camera:
    """Return the camera that a folder of the system describes."""
    device = device_folder / folder.name
    try:
        name = _shown_name((folder / "name").read_text(errors="surrogateescape").strip())
    except OSError:
        name = ""
    problem = ""
    if not device.exists():
        problem = f"there is no {device}, as in a container without --device {device}"
    return Camera(
        int(folder.name.removeprefix(_PREFIX)),
        name or folder.name,
        "V4L2",
        str(device),
        str((folder / "device").resolve()),
        problem=problem,
    )


def _shown_name(name: str) -> str:
    """Return the name that a device has sent, without what would steer a terminal."""
    return "".join(each if each.isprintable() else "?" for each in readable_name(name))


def _open_problem(device: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        return f"permission to open {device} is denied"
    return f"{device} does not answer: {error.strerror or error}"


def _enumerated() -> list[Camera]:
    """Return the cameras of Windows or macOS, with the numbers of the backend that opens them."""
    backend = cv2.CAP_DSHOW if sys.platform == "win32" else cv2.CAP_AVFOUNDATION
    try:
        from cv2_enumerate_cameras import enumerate_cameras

        cameras = enumerate_cameras(backend)
    except (ImportError, NotImplementedError, OSError) as error:
        raise SourceError(
            f"the cameras cannot be listed ({error}): pip install cv2-enumerate-cameras"
        ) from error
    name = cv2.videoio_registry.getBackendName(backend)
    return [
        Camera(each.index, _shown_name(each.name), name, place=each.path or "") for each in cameras
    ]


def matching_cameras(name: str, cameras: Sequence[Camera]) -> list[Camera]:
    """Return the cameras with a name, or with three letters of it or more.

    Upper and lower case are the same, and a whole name goes before parts of others. Of several
    devices of one camera with the same name there is the first that captures something; no other
    camera is opened.
    """
    wanted = name.strip().casefold()
    matches = [each for each in cameras if wanted == each.name.strip().casefold()]
    if not matches and len(wanted) >= _MIN_PART:
        matches = [each for each in cameras if wanted in each.name.casefold()]
    if len(matches) > 1:
        matches = [each for each in matches if with_rates(each) is not None]
    return _distinct(matches)


def _distinct(cameras: Sequence[Camera]) -> list[Camera]:
    """Return one device of each camera."""
    found: dict[tuple[str, str], Camera] = {}
    for each in cameras:
        found.setdefault((each.name, each.place or str(each.index)), each)
    return list(found.values())


def find_camera(name: str, cameras: Sequence[Camera]) -> Camera:
    """Return the one camera that a name means.

    Raises:
        OptionError: If no camera has such a name, or several have.

    >>> cameras = [Camera(0, "HD Webcam", "V4L2"), Camera(2, "Logitech C920", "V4L2")]
    >>> find_camera("logitech", cameras).index
    2
    """
    found = matching_cameras(name, cameras)
    if len(found) == 1:
        return found[0]
    listed = ", ".join(each.label for each in found or _distinct(cameras)) or "none"
    if found:
        raise OptionError(f"several cameras are called {name!r}: {listed}: give a number")
    raise OptionError(
        f"{name!r} is not a camera (cameras here: {listed}): give a number (0 is the first), "
        "a part of a name, /dev/videoN or rtsp://...; a file is opened with --video"
    )
