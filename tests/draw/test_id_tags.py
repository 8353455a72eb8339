"""Id tags: readable, on the colour of the person, as long as the box is in the frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from livepose.core.arrays import BoolArray, UInt8Array
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
    people,
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


def test_ids_stand_below_what_is_drawn_over_the_top_later() -> None:
    before = grey_pixels()
    one = posed(before, person_in_box(8, 100, 2))
    within = slice(98, 120)  # beside the line of the box
    usual, lower = (
        is_light_of(paint(one, BOXES_ONLY, top_px=top_px).pixels, 7)[:, within]
        for top_px in (0, 30)
    )
    assert usual[:18].sum() > 60
    assert not lower[:30].any() and lower[30:48].sum() > 60
    low = posed(before, person_in_box(8, 100, 100))
    as_usual, same = (paint(low, BOXES_ONLY, top_px=top_px).pixels for top_px in (0, 30))
    assert np.array_equal(as_usual.bgr(), same.bgr())


@pytest.mark.parametrize("left", [100, 104, 192])
def test_ids_of_two_heads_that_are_close_stand_beside_each_other(left: int) -> None:
    boxes = [person_in_box(2, left, 80), person_in_box(8, left + 3, 80)]
    both = replace(
        people(*(each.xy[0] for each in boxes), ids=(2, 8)),
        box=np.concatenate([each.box for each in boxes]),
    )
    pictures = [paint(posed(grey_pixels(), each), BOXES_ONLY).pixels for each in (*boxes, both)]
    for number, alone in zip((2, 8), pictures, strict=False):
        seen, usual = (is_light_of(each, number - 1)[:70].sum() for each in (pictures[2], alone))
        assert seen > 0.9 * usual > 60


def is_light_of(pixels: Pixels, color: int) -> BoolArray:
    """Return where pixels have a colour of people."""
    away = np.abs(pixels.bgr().astype(int) - PEOPLE_COLORS[color]).max(axis=2)
    return np.asarray(away < 30)
