"""Id tags: readable, on the colour of the person, as long as the box is in the frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.colors import ColorCoding
from livepose.core.pixels import Pixels
from livepose.draw import paint
from livepose.draw.color_schemes import PEOPLE_COLORS
from tests.support.painting import (
    BOXES_ONLY,
    GREY,
    changed,
    grey_pixels,
    on_bgr_and_planes,
    person_in_box,
    posed,
)


def tag(pixels: Pixels, left: int, top: int) -> UInt8Array:
    """Return what is above the left corner of a box."""
    cut: UInt8Array = pixels.bgr()[top - 24 : top - 9, left - 8 : left + 30]
    return cut


def test_the_id_is_written_on_its_colour_above_the_box_and_only_where_there_is_one() -> None:
    # Ids of the same colour: what differs is the digits.
    tags = [
        tag(paint(posed(grey_pixels(), person_in_box(n)), BOXES_ONLY).pixels, 100, 80)
        for n in (1, 13, 25)
    ]
    for one in tags:
        far = np.abs(one.astype(int) - PEOPLE_COLORS[0]).max(axis=2)
        assert (far < 30).sum() > 40
        assert (one.max(axis=2) < 60).sum() > 4
    assert not np.array_equal(tags[0], tags[1])
    assert not np.array_equal(tags[1], tags[2])
    untracked = tag(paint(posed(grey_pixels(), person_in_box(0)), BOXES_ONLY).pixels, 100, 80)
    assert (untracked == GREY).all()


@on_bgr_and_planes
def test_boxes_are_mirrored_and_digits_are_not(coding: ColorCoding | None) -> None:
    straight = paint(posed(grey_pixels(coding=coding), person_in_box(7)), BOXES_ONLY).pixels
    mirror = replace(BOXES_ONLY, mirror=True)
    turned = paint(posed(grey_pixels(coding=coding), person_in_box(7)), mirror).pixels
    # The box from 100 to 220 is now that from 100 to 220 of a frame of 320.
    assert np.array_equal(turned.bgr(), straight.bgr())
    aside = paint(posed(grey_pixels(coding=coding), person_in_box(7, left=40)), mirror).pixels
    assert np.array_equal(tag(aside, 160, 80), tag(straight, 100, 80))


@on_bgr_and_planes
@pytest.mark.parametrize(
    ("left", "top"), [(-60, -40), (-60, 200), (280, -40), (280, 200), (-500, 50), (0, 0)]
)
def test_an_id_is_visible_as_long_as_its_box_is(
    left: float, top: float, coding: ColorCoding | None
) -> None:
    before = grey_pixels(coding=coding)
    after = paint(posed(before, person_in_box(8, left, top)), BOXES_ONLY).pixels
    is_there = left > -120
    light = np.abs(after.bgr().astype(int) - PEOPLE_COLORS[7]).max(axis=2) < 30
    assert (light.sum() > 60) == is_there
    assert changed(before, after).any() == is_there
