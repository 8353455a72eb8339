"""Color schemes: by side, by person, or one color."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.colors import Bgr
from livepose.draw import ByPerson, OneColor, Style, paint
from livepose.draw.color_schemes import PEOPLE_COLORS
from tests.support.fakes import demo_keypoints
from tests.support.painting import (
    all_at,
    color_at,
    grey_pixels,
    people,
    posed,
)

# Machado, Oliveira and Fernandes (2009), severity 1.0: red, green and blue cones missing.
SIGHTS = {
    "usual": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def cielab(colors: tuple[Bgr, ...], sight: list[list[float]]) -> npt.NDArray[np.float64]:
    """Return L*, a*, b* under D65 of sRGB colours, as an eye sees them."""
    rgb = np.array(colors, float)[:, ::-1] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.asarray(sight, float).T, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750]]
    to_xyz.append([0.0193339, 0.1191920, 0.9503041])
    x, y, z = np.cbrt(np.maximum(seen @ np.array(to_xyz).T / (0.95047, 1, 1.08883), 0.008856)).T
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=1)


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_colours_of_people_differ_for_every_kind_of_sight(sight: str) -> None:
    lab = cielab(PEOPLE_COLORS, SIGHTS[sight])
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1e3 * np.eye(len(lab))
    assert len(lab) >= 10
    assert apart.min() > 22


def test_a_person_keeps_a_colour_when_others_come_and_go() -> None:
    hands = [all_at(place, place) for place in (50.5, 150.5, 100.5)]
    style = Style(colors=ByPerson())
    first = paint(posed(grey_pixels(), people(*hands, ids=(4, 7, 1))), style).pixels
    later = paint(posed(grey_pixels(), people(hands[2], hands[1], ids=(7, 4))), style).pixels
    assert color_at(first, 50, 50) == color_at(later, 150, 150) == PEOPLE_COLORS[3]
    assert color_at(first, 150, 150) == color_at(later, 100, 100) == PEOPLE_COLORS[6]
    assert color_at(first, 100, 100) == PEOPLE_COLORS[0]


def test_people_without_ids_have_different_colours_too() -> None:
    hands = [all_at(place, place) for place in (50.5, 150.5)]
    after = paint(posed(grey_pixels(), people(*hands)), Style(colors=ByPerson())).pixels
    assert color_at(after, 50, 50) != color_at(after, 150, 150)


def test_one_colour_is_used_for_every_bone_and_keypoint() -> None:
    red = Style(colors=OneColor((0, 0, 255)))
    after = (
        paint(posed(grey_pixels(), people(demo_keypoints(320, 240))), red)
        .pixels.bgr()
        .reshape(-1, 3)
    )
    vivid = after[np.ptp(after.astype(int), axis=1) > 150]
    assert len(vivid) > 100
    assert (vivid[:, :2] <= 60).all()
