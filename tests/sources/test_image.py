"""An image file as a source: formats, channels, orientation, and files that are none."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.sources import (
    open_source,
)
from tests.support.errors import assert_one_sentence
from tests.support.media import CORNERS, corners_of, numbered


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".JPEG", ".webp", ".tiff", ".bmp"])
def test_a_path_opens_an_image(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"Bild ü 写真{suffix}"
    is_made, encoded = cv2.imencode(suffix.lower(), numbered(5, 160, 120))
    assert is_made
    path.write_bytes(encoded.tobytes())
    with open_source(str(path)) as source:
        info = source.info
        (frame,) = source
    assert (info.name, info.path, info.frame_count) == (path.name, path, 1)
    assert (info.is_live, info.frame_rate, frame.time_s) == (False, None, 0.0)
    assert corners_of(frame.bgr) == "rgbw"


def test_grey_deep_and_transparent_images_become_three_channels_of_8_bits(tmp_path: Path) -> None:
    bgr = numbered(5, 160, 120)
    for name, pixels in (
        ("grey.png", bgr[..., 0]),
        ("alpha.png", np.dstack((bgr, np.full((120, 160), 9, np.uint8)))),
        ("deep.png", bgr.astype(np.uint16) * 257),
    ):
        cv2.imwrite(str(tmp_path / name), pixels)
        with open_source(tmp_path / name) as source:
            (frame,) = source
        assert frame.bgr.shape == (120, 160, 3)
        if name != "grey.png":
            assert np.array_equal(frame.bgr, bgr)


def test_an_image_is_rotated_as_its_exif_data_says(tmp_path: Path) -> None:
    is_made, encoded = cv2.imencode(".jpg", numbered(5, 160, 120))
    assert is_made
    jpeg = encoded.tobytes()
    # Orientation 6: to be turned clockwise by 90 degrees.
    tag = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    exif = b"Exif\0\0" + tag
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    path = tmp_path / "phone.jpg"
    path.write_bytes(jpeg[:2] + segment + jpeg[2:])
    with open_source(path) as source:
        (frame,) = source
        assert (source.info.width_px, source.info.height_px) == (120, 160)
    assert corners_of(frame.bgr) == "brwg"


def test_channels_are_in_the_order_blue_green_red(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), numbered(5, 160, 120))
    with open_source(path) as source:
        (frame,) = source
    assert tuple(frame.bgr[0, 0]) == CORNERS["r"]


def test_a_header_followed_by_garbage_is_refused_or_decoded_in_its_size(tmp_path: Path) -> None:
    is_made, encoded = cv2.imencode(".png", numbered(5, 160, 120))
    assert is_made
    path = tmp_path / "torn.png"
    garbage = np.random.default_rng(3).integers(0, 256, 5000, dtype=np.uint8).tobytes()
    path.write_bytes(encoded.tobytes()[:60] + garbage)
    try:
        source = open_source(path)
    except SourceError as error:
        assert_one_sentence(error, str(path))
    else:
        assert [frame.bgr.shape for frame in source] == [(120, 160, 3)]
