"""Painted trails: they fade towards where a keypoint came from."""

from __future__ import annotations

import numpy as np

from livepose.core.colors import ColorCoding
from livepose.core.overlays import Overlays, Trail
from livepose.core.skeleton import Keypoint
from livepose.draw import BySide, Style, paint
from tests.support.colors import max_difference
from tests.support.painting import (
    changed,
    color_at,
    grey_pixels,
    on_bgr_and_planes,
    posed,
)


def sweep(*places: tuple[float, float]) -> Overlays:
    return Overlays(trails=(Trail(Keypoint.LEFT_WRIST, 1, np.array(places, np.float32)),))


@on_bgr_and_planes
def test_a_trail_ends_in_the_colour_of_its_joint_and_fades_behind(
    coding: ColorCoding | None,
) -> None:
    before = grey_pixels(coding=coding)
    places = [(20.5 + 10 * step, 100.5) for step in range(29)]
    style = Style().with_words("5px")
    after = paint(posed(before, overlays=sweep(*places)), style).pixels
    assert max_difference(color_at(after, 298, 100), BySide().left) <= 12
    distance = [
        np.abs(np.subtract(color_at(after, x, 100), BySide().left)).sum()
        for x in (50, 120, 190, 260)
    ]
    assert distance == sorted(distance, reverse=True)
    assert distance[0] > 4 * distance[-1]
    assert not changed(before, after)[:90].any() and not changed(before, after)[111:].any()


@on_bgr_and_planes
def test_a_trail_has_a_gap_where_its_keypoint_was_not_visible(coding: ColorCoding | None) -> None:
    before, nan = grey_pixels(coding=coding), float("nan")
    left, right = (
        [(40.5 + x, 100.5) for x in (0, 20, 40)],
        [(200.5 + x, 100.5) for x in (0, 20, 40)],
    )
    after = paint(posed(before, overlays=sweep(*left, (nan, nan), *right))).pixels
    is_drawn = np.asarray(changed(before, after).any(axis=0))
    assert is_drawn[60:80].all() and is_drawn[205:240].all()
    assert not is_drawn[90:195].any()
    unseen = sweep((nan, nan), (50, 50), (nan, nan))
    assert np.array_equal(paint(posed(before, overlays=unseen)).bgr, before.bgr())
