"""An image file as a source: formats, channels, orientation, and files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceError
from livepose.sources import (
    open_source,
)
from livepose.system.pyav import av
from tests.support.errors import assert_one_sentence
from tests.support.heif import Box, heic, with_transforms
from tests.support.media import CORNERS, corners_of, number_of, numbered


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


def test_grey_deep_and_opaque_images_become_three_channels_of_8_bits(tmp_path: Path) -> None:
    bgr = numbered(5, 160, 120)
    for name, pixels in (
        ("grey.png", bgr[..., 0]),
        ("alpha.png", np.dstack((bgr, np.full((120, 160), 255, np.uint8)))),
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


@pytest.mark.parametrize("suffix", [".png", ".webp", ".avif", ".tiff"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_transparent_images_stand_on_white(tmp_path: Path, suffix: str, kind: type[Any]) -> None:
    if kind is np.uint16 and suffix not in (".png", ".tiff"):
        return
    bgr = np.full((120, 160, 3), (40, 80, 120), np.uint8)
    alpha = np.full((120, 160), 255, np.uint8)
    alpha[:40], alpha[40:80] = 0, 128
    image = np.dstack((bgr, alpha)).astype(kind) * (257 if kind is np.uint16 else 1)
    is_made, encoded = cv2.imencode(suffix, image)
    assert is_made
    path = tmp_path / f"logo{suffix}"
    path.write_bytes(encoded.tobytes())
    with open_source(path) as source:
        (frame,) = source
    colors = frame.bgr[(20, 60, 100), 80].astype(int)
    half = [255 - (255 - value) * 128 / 255 for value in (40, 80, 120)]
    assert colors[0].tolist() == [255, 255, 255]
    assert colors[1] == pytest.approx(half, abs=3)
    assert colors[2] == pytest.approx([40, 80, 120], abs=3)


TRANSFORMS: dict[str, tuple[list[Box], str]] = {
    "none": ([], "rgbw"),
    "a quarter turn left": ([(b"irot", b"\1")], "gwrb"),
    "half a turn": ([(b"irot", b"\2")], "wbgr"),
    "a quarter turn right": ([(b"irot", b"\3")], "brwg"),
    "top and bottom swapped": ([(b"imir", b"\0")], "bwrg"),
    "left and right swapped": ([(b"imir", b"\1")], "grwb"),
    "turned, then mirrored": ([(b"irot", b"\1"), (b"imir", b"\1")], "wgbr"),
    "turned the other way, then mirrored": ([(b"irot", b"\3"), (b"imir", b"\1")], "rbgw"),
}


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("suffix", [".heic", ".avif"])
def test_the_turns_and_mirrors_of_phones_are_applied(
    tmp_path: Path, suffix: str, name: str
) -> None:
    transforms, corners = TRANSFORMS[name]
    bgr = numbered(5, 160, 120)
    if suffix == ".heic":
        content = heic(tmp_path, bgr, transforms)
    else:
        is_made, encoded = cv2.imencode(".avif", bgr)
        assert is_made
        content = with_transforms(encoded.tobytes(), transforms)
    path = tmp_path / f"photo{suffix}"
    path.write_bytes(content)
    with open_source(path) as source:
        (frame,) = source
    is_upright = corners in ("rgbw", "wbgr", "bwrg", "grwb")
    assert (frame.width_px, frame.height_px) == ((160, 120) if is_upright else (120, 160))
    assert corners_of(frame.bgr) == corners


@pytest.mark.parametrize("tile_px", [(0, 0), (128, 64), (64, 256), (512, 512)])
def test_a_heic_image_is_joined_of_its_tiles(tmp_path: Path, tile_px: tuple[int, int]) -> None:
    bgr = numbered(77, 300, 220)
    path = tmp_path / "photo.HEIC"
    path.write_bytes(heic(tmp_path, bgr, tile_px=tile_px))
    with open_source(path) as source:
        (frame,) = source
    assert frame.bgr.shape == (220, 300, 3)
    assert np.abs(frame.bgr.astype(int) - bgr).mean() < 3


@pytest.mark.parametrize("share", [0.02, 0.05, 0.2, 0.6])
def test_a_heic_image_that_is_cut_off_is_refused_in_one_sentence(
    tmp_path: Path, share: float
) -> None:
    content = heic(tmp_path, numbered(5, 160, 120))
    path = tmp_path / "photo.heic"
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(SourceError) as caught:
        open_source(path)
    assert_one_sentence(caught.value, str(path))


def test_of_an_animated_image_the_first_frame_is_read(tmp_path: Path) -> None:
    path = tmp_path / "moving.webp"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libwebp_anim", rate=5)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(3):
            bgr = numbered(number + 5, 160, 120)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(bgr, format="bgr24")))
        container.mux(stream.encode())
    with open_source(path) as source:
        (frame,) = source
    assert number_of(frame.bgr) == 5
