"""Regions: squares, letterboxes, and what is no region."""

from __future__ import annotations

import pytest

from livepose.core.region import Region


def test_a_square_lies_around_its_centre() -> None:
    region = Region.square(30, 40, 10)
    assert region == Region(left_px=25, top_px=35, width_px=10, height_px=10)


@pytest.mark.parametrize(
    ("size_px", "wanted"),
    [
        ((160, 120), Region(0, -20, 160, 160)),
        ((120, 160), Region(-20, 0, 160, 160)),
        ((64, 64), Region(0, 0, 64, 64)),
    ],
)
def test_the_letterbox_is_the_smallest_square_around_a_frame(
    size_px: tuple[int, int], wanted: Region
) -> None:
    assert Region.letterbox(*size_px) == wanted


@pytest.mark.parametrize("size_px", [(0, 10), (10, 0), (-1, 10), (float("nan"), 10)])
def test_a_region_without_an_area_is_refused(size_px: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="area"):
        Region(0, 0, *size_px)
