"""The virtual camera: without its package, without a device, and with one of the test's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.errors import RuntimeMissing, SinkError
from livepose.core.frame import Frame
from livepose.sinks.virtual_camera import VirtualCamera

needs_pyvirtualcam = pytest.mark.skipif(
    find_spec("pyvirtualcam") is None, reason="needs the package pyvirtualcam"
)


class Device:
    """A camera device as pyvirtualcam knows them: what is sent to it can be looked at."""

    opened: ClassVar[list[Device]] = []

    def __init__(self, *, width: int, height: int, fps: float, fourcc: int, device: object) -> None:
        self.size_px, self.frame_rate = (width, height), fps
        self.pictures: list[UInt8Array] = []
        self.is_closed = False
        self.is_unplugged = False
        Device.opened.append(self)

    def send(self, picture: UInt8Array) -> None:
        if self.is_unplugged:
            raise RuntimeError("error writing frame: No such device")
        width_px, height_px = self.size_px
        self.pictures.append(picture.reshape(height_px, width_px, 3).copy())

    def close(self) -> None:
        self.is_closed = True

    def device(self) -> str:
        return "/dev/video7"

    def native_fourcc(self) -> int | None:
        return None


def _with_backends(monkeypatch: pytest.MonkeyPatch, backends: dict[str, Any]) -> None:
    import pyvirtualcam.camera

    monkeypatch.setattr(pyvirtualcam.camera, "BACKENDS", backends)


@pytest.fixture
def devices(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Device]]:
    _with_backends(monkeypatch, {"test": Device})
    Device.opened.clear()
    yield Device.opened
    Device.opened.clear()


def picture(width_px: int, height_px: int, index: int = 0) -> Frame:
    bgr = np.arange(height_px * width_px * 3, dtype=np.uint32) + index
    return Frame.from_bgr((bgr % 251).astype(np.uint8).reshape(height_px, width_px, 3), index)


def test_without_the_package_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyvirtualcam", None)  # an import of it fails
    with pytest.raises(RuntimeMissing, match=r"pip install .*\[virtual-camera\]'"):
        VirtualCamera()


@needs_pyvirtualcam
def test_without_a_device_the_error_says_where_one_comes_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Nowhere:
        def __init__(self, **options: object) -> None:
            raise RuntimeError("no device found")

    _with_backends(monkeypatch, {"test": Nowhere})
    with VirtualCamera() as camera:
        with pytest.raises(SinkError, match="no virtual camera of 64 x 48 pixels") as caught:
            camera.write(picture(64, 48))
        assert camera.device == ""
    assert "no device found" in str(caught.value)
    assert "v4l2loopback" in str(caught.value) or "OBS" in str(caught.value)


@needs_pyvirtualcam
def test_the_device_gets_the_frames_as_written(devices: list[Device]) -> None:
    frames = [picture(64, 48, index) for index in range(3)]
    with VirtualCamera(frame_rate=25.0) as camera:
        for frame in frames:
            camera.write(frame)
        assert camera.device == "/dev/video7"
    (device,) = devices
    assert (device.size_px, device.frame_rate) == ((64, 48), 25.0)
    for frame, shown in zip(frames, device.pictures, strict=True):
        np.testing.assert_array_equal(shown, frame.bgr)
    assert device.is_closed


@needs_pyvirtualcam
def test_another_size_opens_the_device_anew(devices: list[Device]) -> None:
    with VirtualCamera() as camera:
        for frame in (picture(64, 48), picture(32, 24), picture(32, 24)):
            camera.write(frame)
        assert [device.is_closed for device in devices] == [True, False]
    assert [device.size_px for device in devices] == [(64, 48), (32, 24)]
    assert [len(device.pictures) for device in devices] == [1, 2]


@needs_pyvirtualcam
def test_an_odd_column_and_row_are_left_out(devices: list[Device]) -> None:
    frame = picture(65, 49)
    with VirtualCamera() as camera:
        camera.write(frame)
        camera.write(frame)
    (device,) = devices
    np.testing.assert_array_equal(device.pictures[1], frame.bgr[:48, :64])


@needs_pyvirtualcam
def test_a_device_that_was_taken_away_is_an_error_and_close_is_idempotent(
    devices: list[Device],
) -> None:
    camera = VirtualCamera()
    camera.write(picture(64, 48))
    devices[0].is_unplugged = True
    with pytest.raises(SinkError, match="accepts no more frames: error writing frame"):
        camera.write(picture(64, 48))
    camera.close()
    camera.close()
    assert devices[0].is_closed


@needs_pyvirtualcam
def test_it_can_be_opened_before_the_first_frame(devices: list[Device]) -> None:
    with VirtualCamera(25.0) as camera:
        camera.open(321, 241)
        assert (devices[0].size_px, devices[0].frame_rate) == ((320, 240), 25.0)
        assert camera.device == "/dev/video7"
        camera.write(picture(321, 241))
    assert len(devices) == 1 and len(devices[0].pictures) == 1 and devices[0].is_closed


@needs_pyvirtualcam
@pytest.mark.parametrize("is_paced", [False, True])
def test_frames_of_a_file_are_shown_at_their_own_times(
    is_paced: bool, devices: list[Device]
) -> None:
    last_s = 5.25 if is_paced else 3600.0
    with VirtualCamera(is_paced=is_paced) as camera:
        started_s = time.perf_counter()
        for number, time_s in enumerate((5.0, 5.05, last_s)):
            camera.write(replace(picture(64, 48, number), time_s=time_s))
        took_s = time.perf_counter() - started_s
    assert len(devices[0].pictures) == 3
    assert (took_s >= 0.25) if is_paced else (took_s < 60)


@needs_pyvirtualcam
def test_no_frame_waits_once_the_run_is_over(devices: list[Device]) -> None:
    asked: list[float] = []

    def is_over() -> bool:
        asked.append(time.perf_counter())
        return len(asked) > 3

    with VirtualCamera(is_paced=True, is_over=is_over) as camera:
        for number, time_s in enumerate((0.0, 3600.0)):
            camera.write(replace(picture(64, 48, number), time_s=time_s))
    assert len(devices[0].pictures) == 2
    assert len(asked) >= 4
