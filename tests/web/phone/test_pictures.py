"""What a phone sends: a header and a JPEG, which may be anything."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.web.phone.pictures import FrameFitter, Placement, decode, jpeg_size_px, parse_picture
from tests.support.media import jpeg_of, number_of

HEADER = struct.Struct("<dI")


def test_a_picture_has_its_number_and_the_phones_time() -> None:
    picture = parse_picture(HEADER.pack(1234.5, 7) + jpeg_of(42), arrived_s=9.0, session=3)
    assert (picture.number, picture.arrived_s, picture.session) == (7, 9.0, 3)
    assert picture.captured_s == pytest.approx(1.2345)
    bgr = decode(picture.jpeg)
    assert bgr is not None and number_of(bgr) == 42
    assert jpeg_size_px(picture.jpeg) == (160, 120)


def claiming(width_px: int, height_px: int) -> bytes:
    """Return a JPEG that says it has another size."""
    jpeg = bytearray(jpeg_of(1))
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = struct.pack(">HH", height_px, width_px)
    return bytes(jpeg)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        HEADER.pack(1.0, 1),
        HEADER.pack(float("nan"), 1) + jpeg_of(1),
        HEADER.pack(float("inf"), 1) + jpeg_of(1),
        HEADER.pack(1.0, 1) + b"GIF89a" + bytes(50),
        HEADER.pack(1.0, 1) + jpeg_of(1)[:10],
        HEADER.pack(1.0, 1) + b"\xff\xd8" + bytes(100),
        HEADER.pack(1.0, 1) + claiming(65535, 65535),
        HEADER.pack(1.0, 1) + claiming(0, 100),
    ],
)
def test_what_is_no_picture_or_claims_gigabytes_is_refused_before_it_is_decoded(
    message: bytes,
) -> None:
    with pytest.raises(SourceError, match="the phone sent"):
        parse_picture(message, arrived_s=0.0, session=1)


def test_a_damaged_jpeg_is_none() -> None:
    assert decode(jpeg_of(1)[:200]) is None or decode(b"\xff\xd8 no more") is None


def test_a_phone_that_is_turned_is_fitted_and_counted_and_points_find_back() -> None:
    fitter = FrameFitter(480, 640)
    upright = np.full((640, 480, 3), 50, np.uint8)
    same, placement = fitter.fit(upright)
    assert same is upright and placement == Placement(0, 0, 480, 640)
    turned, placement = fitter.fit(np.full((480, 640, 3), 90, np.uint8))
    assert turned.shape == (640, 480, 3) and fitter.shape_changes == 1
    assert placement == Placement(0, 140, 480, 360)
    assert turned[139].max() == 0 and turned[140].min() == 90
    corners = np.array([[0, 140], [480, 500]], np.float32)
    assert placement.relative(corners).tolist() == [[0, 0], [1, 1]]
    fitter.fit(upright)
    assert fitter.shape_changes == 2


def test_a_smaller_picture_of_the_same_shape_fills_the_frame() -> None:
    fitter = FrameFitter(640, 480)
    bgr, placement = fitter.fit(np.full((180, 240, 3), 80, np.uint8))
    assert bgr.shape == (480, 640, 3) and bgr.min() == 80
    assert placement == Placement(0, 0, 640, 480) and fitter.shape_changes == 0
