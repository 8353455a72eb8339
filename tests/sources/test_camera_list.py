"""Cameras by number and name, as a folder describes them that stands for /sys."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from livepose.core.errors import OptionError
from livepose.sources.camera_list import Camera, find_camera, list_cameras, with_rates

HD = Camera(0, "HD Webcam", "V4L2", place="usb1")
HD_TOO = Camera(1, "HD Webcam", "V4L2", place="usb1")
C920 = Camera(2, "Logitech C920", "V4L2", place="usb2")
C270 = Camera(10, "Logitech C270", "V4L2", place="usb3")
ALL = [HD, HD_TOO, C920, C270]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/sys is Linux's")
def test_the_folders_of_the_system_become_cameras_in_the_order_of_their_numbers(
    tmp_path: Path,
) -> None:
    devices = tmp_path / "dev"
    devices.mkdir()
    for number, name in ((10, "Logitech\x1b[2J C920\n"), (2, "HD Webcam: HD Webcam\n")):
        folder = tmp_path / "sys" / f"video{number}"
        folder.mkdir(parents=True)
        (folder / "name").write_text(name)
    (devices / "video2").write_text("")
    first, second = list_cameras(tmp_path / "sys", devices)
    assert (first.index, first.name) == (2, "HD Webcam: HD Webcam")
    assert first.problem == "", "no driver was asked"
    asked = with_rates(first)
    assert asked is not None and "does not answer" in asked.problem
    assert (second.index, second.device) == (10, str(devices / "video10"))
    assert second.name == "Logitech?[2J C920", "a device does not steer the terminal"
    assert "container" in second.problem
    assert list_cameras(tmp_path / "gone", devices) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Logitech C920", C920),
        ("c920", C920),
        (" logitech c270", C270),
        ("hd webcam", HD),  # its second device has the same name
    ],
)
def test_a_name_or_a_part_of_it_is_one_camera(name: str, found: Camera) -> None:
    assert find_camera(name, ALL) is found


def test_a_whole_name_goes_before_a_part_of_others() -> None:
    longer = Camera(3, "HD Webcam Pro", "V4L2")
    assert find_camera("HD Webcam", [longer, HD]) is HD


@pytest.mark.parametrize("name", ["Logitec C920", "o", "", " ", "c9", "HD  Webcam"])
def test_a_slip_is_no_camera_and_the_cameras_are_listed(name: str) -> None:
    with pytest.raises(OptionError, match=r"is not a camera .*0 \(HD Webcam\), .*2 \(Logitech C9"):
        find_camera(name, ALL)


def test_a_name_of_several_cameras_is_refused_and_they_are_listed() -> None:
    with pytest.raises(OptionError, match=r"several .*'logitech': 2 \(.*C920\), 10 \(.*C270\)"):
        find_camera("logitech", ALL)
