"""What has to be tried: the cameras, the encoders, the runtimes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from livepose.bench.doctor.check import Check
from livepose.bench.doctor.machine import DEFAULT_MODEL
from livepose.bench.doctor.privacy import without_owner
from livepose.bench.doctor.probing import Probed, probe
from livepose.core.errors import SourceError
from livepose.models.catalog import get_spec
from livepose.models.files import tfhub_cache
from livepose.models.files.cache import ModelCache
from livepose.models.runtimes import RuntimeName
from livepose.sources.camera_list import Camera, list_cameras
from livepose.system.optional_imports import install_command

CAMERA_LIMIT_S = 12.0
ANSWER_LIMIT_S = 5.0
_ENCODER_LIMIT_S, _RUNTIME_LIMIT_S = 20.0, 40.0
_NO_CAMERA = "livepose --camera phone"
_X264 = "libx264"
_PACKAGES = {
    RuntimeName.LITERT: "ai_edge_litert",
    RuntimeName.OPENVINO: "openvino",
    RuntimeName.TENSORFLOW: "tensorflow",
}


def ask_cameras(cameras: Sequence[Camera], limit_s: float = ANSWER_LIMIT_S) -> list[Camera]:
    """Return the cameras that capture, with what their drivers promise or with their problem.

    Args:
        cameras: Of `list_cameras`.
        limit_s: How long a driver may take to answer.
    """
    devices = [each.device for each in cameras if each.device and not each.problem]
    answers = _answers(devices, limit_s)
    asked = []
    for camera in cameras:
        answer = answers.get(camera.device, {"promised": ()})
        if "promised" in answer:
            rates = {
                (width_px, height_px): rate for width_px, height_px, rate in answer["promised"]
            }
            asked.append(replace(camera, rates=rates))
        elif "problem" in answer:
            asked.append(replace(camera, problem=answer["problem"]))
    return asked


def _answers(devices: Sequence[str], limit_s: float) -> Mapping[str, Mapping[str, Any]]:
    """Return what drivers answer, by the paths of their devices."""
    answers: dict[str, Mapping[str, Any]] = {}
    left = list(devices)
    while left:
        probed = probe("promises", os.pathsep.join(left), limit_s)
        answers |= {line["device"]: line for line in probed.lines}
        left = [each for each in left if each not in answers]
        if left:  # it has stopped there
            device = left.pop(0)
            answers[device] = {"problem": f"{device}: {probed.problem}"}
    return answers


def check_cameras(
    cameras: Sequence[Camera] | None = None, limit_s: float = CAMERA_LIMIT_S
) -> Iterator[Check]:
    """Yield the cameras with the frame rates that were measured.

    Args:
        cameras: Those to try; by default all that are connected.
        limit_s: For each of them.
    """
    if cameras is None:
        try:
            cameras = list_cameras()
        except SourceError as error:
            cure = "pip install cv2-enumerate-cameras"
            yield Check("cameras", "list", "not known", str(error), cure)
            return
    found = [check for camera in cameras for check in _checked(camera, limit_s)]
    yield from found
    if not found:
        yield Check("cameras", "-", "none is connected", "no camera is connected", _NO_CAMERA)


def _checked(camera: Camera, limit_s: float) -> Iterator[Check]:
    """Yield the check of one camera; none for a device that captures nothing."""
    name = without_owner(camera.name)
    head = f"{name}, {camera.backend}"
    number = str(camera.index)
    if camera.problem:
        cure = f"docker run --device {camera.device} livepose"
        yield Check("cameras", number, head, f"camera {number}: {camera.problem}", cure)
        return
    probed = probe("camera", camera.device or number, limit_s)
    if any(line.get("captures") is False for line in probed.lines):
        return
    measured = [line for line in probed.lines if "frames_per_second" in line]
    promised = [size for line in probed.lines for size in line.get("promised", ())]
    rates = ", ".join(
        f"{line['width']}x{line['height']} at {line['frames_per_second']:g}" for line in measured
    )
    value = f"{head}: {rates} frames/s" if rates else head
    if promised:
        width_px, height_px, rate = promised[-1]
        value += f" (promised: up to {width_px}x{height_px} at {rate:g})"
    trouble, cure = _camera_trouble(camera, probed)
    data = {
        "index": camera.index,
        "name": name,
        "backend": camera.backend,
        "measured": measured,
        "promised": promised,
    }
    yield Check("cameras", number, value, trouble, cure, data=data)


def _camera_trouble(camera: Camera, probed: Probed) -> tuple[str, str]:
    """Return what is wrong with a camera, and the command for it; both empty if nothing is."""
    has_rate = any("frames_per_second" in line for line in probed.lines)
    if not probed.problem or (probed.has_hung and has_rate):  # there was no time for all sizes
        return "", ""
    if "denied" in probed.problem.lower():
        return f"permission to open camera {camera.index} is denied", (
            "sudo usermod -aG video $USER"
        )
    cure = f"fuser -v {camera.device}" if camera.device else _NO_CAMERA
    return f"camera {camera.index}: {probed.problem}", cure


def check_encoders() -> Iterator[Check]:
    """Yield which encoders of H.264 work."""
    probed = probe("encoders", "all", _ENCODER_LIMIT_S)
    working = [str(line["name"]) for line in probed.lines if line["opens"]]
    others = [str(line["name"]) for line in probed.lines if not line["opens"]]
    trouble = "" if _X264 in working else f"no H.264 can be written: {probed.problem}"
    cure = "pip install --force-reinstall 'av>=17,<20'" if trouble else ""
    value = ", ".join(working) or "none"
    yield Check("encoders", "H.264", value, trouble, cure, is_needed=True)
    if others:
        yield Check("encoders", "hardware", f"do not open here: {', '.join(others)}")


def check_runtimes(*, has_model: bool) -> Iterator[Check]:
    """Yield how fast each runtime is with the default model.

    Args:
        has_model: Whether that model is here: nothing is downloaded.
    """
    for name, package in _PACKAGES.items():
        is_needed = name is RuntimeName.LITERT
        if find_spec(package) is None:
            value = "not installed"
            if name is RuntimeName.OPENVINO:
                value += f"; on Intel CPUs it is faster: {install_command('openvino')}"
            yield Check("runtimes", name.value, value)
        elif not has_model:
            yield Check("runtimes", name.value, f"not measured: {DEFAULT_MODEL} is not here")
        elif name is RuntimeName.TENSORFLOW and not _has_graph():
            yield Check("runtimes", name.value, f"not measured: no SavedModel of {DEFAULT_MODEL}")
        else:
            yield _measured(name, package, is_needed=is_needed)


def _measured(name: RuntimeName, package: str, *, is_needed: bool) -> Check:
    probed = probe("runtime", name.value, _RUNTIME_LIMIT_S)
    if probed.problem or not probed.lines:
        trouble = f"{name.value} does not run: {probed.problem}"
        cure = f"pip install --force-reinstall {package.replace('_', '-')}"
        return Check("runtimes", name.value, "does not run", trouble, cure, is_needed)
    (line,) = probed.lines
    rate, start_s = line["frames_per_second"], line["start_s"]
    value = f"{rate:g} frames/s with {DEFAULT_MODEL}, loaded in {start_s:g} s"
    return Check("runtimes", name.value, value, is_needed=is_needed, data=line)


def _has_graph() -> bool:
    """Return whether TensorFlow's form of the default model is here, or can be found as a file."""
    folder = tfhub_cache.folder(ModelCache().folder / "tfhub")
    return tfhub_cache.find(folder, get_spec(DEFAULT_MODEL).hub_url) is not None
