"""What a camera under Linux can do: the few questions of Video4Linux that tell.

The layouts are those of `linux/videodev2.h`, which are the same on x86 and ARM.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

_QUERYCAP = 0x80685600
_ENUM_FMT = 0xC0405602
_ENUM_FRAMESIZES = 0xC02C564A
_ENUM_FRAMEINTERVALS = 0xC034564B
_CAPTURE = 1
"""The bit of devices that deliver frames, and the number of that kind of stream."""
_HAS_DEVICE_CAPS = 0x80000000
_DISCRETE = 1
_CAPS_AT, _DEVICE_CAPS_AT = 84, 88
_PIXEL_FORMAT_AT = 44
_SIZE_TYPE_AT, _INTERVAL_TYPE_AT = 8, 16
_MAX_ANSWERS = 256
"""No driver has as many formats, sizes or rates; a faulty one may never say that it has no more."""

Ask = Callable[[int, bytearray], object]
"""Puts a question, whose number comes first, and has the buffer filled with the answer. Raises
OSError for what there is not."""
Rates = dict[tuple[int, int], float]
"""The highest frame rate of each frame size, (width, height); 0 where it is not known."""


def capture_rates(device: Path) -> Rates | None:
    """Return the frame sizes of a camera with their rates; None for a device that captures nothing.

    Args:
        device: Such as /dev/video0. It is opened for a moment, which does not disturb its user.

    Raises:
        OSError: If it cannot be opened, or is no such device.
    """
    import fcntl  # only Linux and macOS have it

    handle = os.open(device, os.O_RDWR | os.O_NONBLOCK)
    try:
        return answered_rates(lambda request, buffer: fcntl.ioctl(handle, request, buffer, True))
    finally:
        os.close(handle)


def answered_rates(ask: Ask) -> Rates | None:
    """Return the frame sizes that a driver answers with; None if its device captures nothing.

    Raises:
        OSError: If it does not answer at all.
    """
    capabilities = bytearray(104)
    ask(_QUERYCAP, capabilities)
    (known,) = struct.unpack_from("=I", capabilities, _CAPS_AT)
    if known & _HAS_DEVICE_CAPS:  # of this device, and not of all that the camera has
        (known,) = struct.unpack_from("=I", capabilities, _DEVICE_CAPS_AT)
    if not known & _CAPTURE:
        return None
    rates: Rates = {}
    for pixel_format in _pixel_formats(ask):
        for size_px in _sizes(ask, pixel_format):
            rate = max(_rates(ask, pixel_format, *size_px), default=0.0)
            rates[size_px] = max(rate, rates.get(size_px, 0.0))
    return dict(sorted(rates.items()))


def _answers(ask: Ask, request: int, size_bytes: int, *values: int) -> Iterator[bytearray]:
    """Yield the answers to a question whose number goes up until there are no more."""
    for number in range(_MAX_ANSWERS):
        buffer = bytearray(size_bytes)
        struct.pack_into(f"={1 + len(values)}I", buffer, 0, number, *values)
        try:
            ask(request, buffer)
        except OSError:
            return
        yield buffer


def _pixel_formats(ask: Ask) -> Iterator[int]:
    for answer in _answers(ask, _ENUM_FMT, 64, _CAPTURE):
        yield struct.unpack_from("=I", answer, _PIXEL_FORMAT_AT)[0]


def _sizes(ask: Ask, pixel_format: int) -> Iterator[tuple[int, int]]:
    """Yield the frame sizes of a format; of a range of them, the least and the greatest."""
    for answer in _answers(ask, _ENUM_FRAMESIZES, 44, pixel_format):
        kind, *sides = struct.unpack_from("=7I", answer, _SIZE_TYPE_AT)
        if kind == _DISCRETE:
            yield sides[0], sides[1]
            continue
        yield sides[0], sides[3]
        yield sides[1], sides[4]
        return


def _rates(ask: Ask, pixel_format: int, width_px: int, height_px: int) -> Iterator[float]:
    """Yield the frame rates of a size; of a range of them, the greatest."""
    size = (pixel_format, width_px, height_px)
    for answer in _answers(ask, _ENUM_FRAMEINTERVALS, 52, *size):
        kind, numerator, denominator = struct.unpack_from("=3I", answer, _INTERVAL_TYPE_AT)
        if numerator:
            yield denominator / numerator
        if kind != _DISCRETE:
            return
