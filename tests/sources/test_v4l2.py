"""What a driver answers under Linux, from a stand-in for the driver: tests have no camera."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import TypeVar

import pytest

from livepose.sources.v4l2 import answered_rates, capture_rates

T = TypeVar("T")
YUYV, MJPG = 0x56595559, 0x47504A4D
CAPTURE, METADATA, HAS_DEVICE_CAPS = 0x1, 0x800000, 0x80000000


class Driver:
    """Answers as linux/videodev2.h has it."""

    def __init__(self, device_caps: int = CAPTURE) -> None:
        self.caps = CAPTURE | METADATA | HAS_DEVICE_CAPS, device_caps
        self.intervals = {
            YUYV: {(640, 480): [(1, 15), (1, 30)], (1280, 720): [(1, 10)]},
            MJPG: {(1280, 720): [(1, 30), (1, 60)], (1920, 1080): [(1001, 30000)]},
        }

    def __call__(self, request: int, buffer: bytearray) -> int:
        assert len(buffer) == request >> 16 & 0x3FFF, "the size of the structure"
        {0: self.capabilities, 2: self.format, 74: self.size, 75: self.interval}[request & 0xFF](
            buffer
        )
        return 0

    def capabilities(self, buffer: bytearray) -> None:
        struct.pack_into("=II", buffer, 84, *self.caps)

    def format(self, buffer: bytearray) -> None:
        number, kind = struct.unpack_from("=II", buffer)
        assert kind == 1
        struct.pack_into("=I", buffer, 44, nth(list(self.intervals), number))

    def size(self, buffer: bytearray) -> None:
        number, pixel_format = struct.unpack_from("=II", buffer)
        width_px, height_px = nth(list(self.intervals[pixel_format]), number)
        struct.pack_into("=III", buffer, 8, 1, width_px, height_px)

    def interval(self, buffer: bytearray) -> None:
        number, pixel_format, *size = struct.unpack_from("=4I", buffer)
        numerator, denominator = nth(self.intervals[pixel_format][size[0], size[1]], number)
        struct.pack_into("=III", buffer, 16, 1, numerator, denominator)


class RangeDriver(Driver):
    """A driver of a sensor with any size and rate within bounds."""

    def size(self, buffer: bytearray) -> None:
        nth([0], struct.unpack_from("=I", buffer)[0])
        struct.pack_into("=7I", buffer, 8, 3, 32, 2592, 2, 32, 1944, 2)

    def interval(self, buffer: bytearray) -> None:
        nth([0], struct.unpack_from("=I", buffer)[0])
        struct.pack_into("=7I", buffer, 16, 2, 1, 90, 1, 1, 1, 1)


def nth(items: list[T], number: int) -> T:
    if number >= len(items):
        raise OSError(errno.EINVAL, "Invalid argument")
    return items[number]


def test_each_size_has_the_highest_rate_of_all_formats() -> None:
    rates = answered_rates(Driver())
    assert rates == {(640, 480): 30, (1280, 720): 60, (1920, 1080): pytest.approx(29.97, abs=0.001)}


def test_of_a_range_of_sizes_there_are_the_least_and_the_greatest() -> None:
    assert answered_rates(RangeDriver()) == {(32, 32): 90, (2592, 1944): 90}


def test_a_device_for_metadata_is_no_camera() -> None:
    assert answered_rates(Driver(METADATA)) is None


def test_what_is_no_device_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "video0").write_text("")
    with pytest.raises(OSError, match="ioctl"):
        capture_rates(tmp_path / "video0")
