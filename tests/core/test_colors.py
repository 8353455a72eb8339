"""Colours: how web pages write them, and how videos store them."""

from __future__ import annotations

import numpy as np
import pytest

from livepose.core.colors import (
    BT601,
    BT709,
    BT2020,
    LEFT_COLOR,
    MATRICES,
    RIGHT_COLOR,
    Bgr,
    ColorCoding,
    hex_color,
)

WHITE, BLACK, RED = (255, 255, 255), (0, 0, 0), (0, 0, 255)
CODINGS = [ColorCoding(matrix, full) for matrix in sorted(MATRICES) for full in (False, True)]


def test_web_pages_write_red_first() -> None:
    assert hex_color((1, 2, 255)) == "#ff0201"


def test_the_sides_differ_in_brightness_of_red_and_of_blue() -> None:
    # Whoever is blind to one of them sees the other.
    assert LEFT_COLOR[2] - RIGHT_COLOR[2] > 150
    assert RIGHT_COLOR[0] - LEFT_COLOR[0] > 150


@pytest.mark.parametrize("matrix", sorted(MATRICES))
@pytest.mark.parametrize(("full", "black", "white"), [(False, 16, 235), (True, 0, 255)])
def test_grey_has_no_chroma_and_luma_ends_where_its_range_does(
    matrix: int, full: bool, black: int, white: int
) -> None:
    coding = ColorCoding(matrix, full)
    assert coding.value(BLACK) == (black, 128, 128)
    assert coding.value(WHITE) == (white, 128, 128)


@pytest.mark.parametrize(
    ("coding", "color", "expected"),
    [
        # The colour bars of the recommendations, 8 bits; 256 is cut to 255.
        (ColorCoding(BT601), RED, (81, 90, 240)),
        (ColorCoding(BT709), RED, (63, 102, 240)),
        (ColorCoding(BT2020), RED, (74, 97, 240)),
        (ColorCoding(BT601, is_full_range=True), RED, (76, 85, 255)),
        (ColorCoding(BT601), (255, 0, 0), (41, 240, 110)),
        (ColorCoding(BT601), (0, 255, 0), (145, 54, 34)),
    ],
)
def test_primary_colours_are_those_of_the_recommendations(
    coding: ColorCoding, color: Bgr, expected: tuple[int, int, int]
) -> None:
    assert coding.value(color) == expected


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_there_and_back_is_the_same_colour(coding: ColorCoding) -> None:
    rgb = np.random.default_rng(0).uniform(0, 255, (3, 50))
    ones = np.ones((1, 50))
    yuv = coding.from_rgb @ np.vstack((rgb, ones))
    assert np.allclose(coding.to_rgb @ np.vstack((yuv, ones)), rgb, atol=1e-3)


def test_the_kept_matrix_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ColorCoding(BT709).to_rgb[0, 0] = 0


def test_only_bt601_in_the_limited_range_is_the_one_that_cv2_converts_fast() -> None:
    assert [coding for coding in CODINGS if coding.is_bt601_limited] == [ColorCoding(BT601)]
