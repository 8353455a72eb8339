"""Color schemes: by side, by person, or one color."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.colors import Bgr
from livepose.core.overlays import Overlays, Trail
from livepose.core.skeleton import Keypoint
from livepose.draw import ByPerson, OneColor, Style, paint
from livepose.draw.color_schemes import PEOPLE_COLORS, color_of_person
from livepose.draw.display_size import shrunk_to_fit
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


def ciede2000(
    one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return how far apart colours in CIELAB look (CIE 142-2001): 1 can just be seen."""
    lightness = np.stack((one[..., 0], other[..., 0]))
    a, b = np.stack((one[..., 1], other[..., 1])), np.stack((one[..., 2], other[..., 2]))
    seventh = np.hypot(a, b).mean(axis=0) ** 7
    a = a * (1.5 - 0.5 * np.sqrt(seventh / (seventh + 25.0**7)))
    chroma, hue = np.hypot(a, b), np.arctan2(b, a)
    turn = (hue[1] - hue[0] + np.pi) % (2 * np.pi) - np.pi
    mean_l, mean_c, mean_h = lightness.mean(axis=0), chroma.mean(axis=0), hue[0] + turn / 2
    weight_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    weight_h = 1 + 0.015 * mean_c * (
        1
        - 0.17 * np.cos(mean_h - np.radians(30))
        + 0.24 * np.cos(2 * mean_h)
        + 0.32 * np.cos(3 * mean_h + np.radians(6))
        - 0.20 * np.cos(4 * mean_h - np.radians(63))
    )
    by_l = (lightness[1] - lightness[0]) / weight_l
    by_c = (chroma[1] - chroma[0]) / (1 + 0.045 * mean_c)
    by_h = 2 * np.sqrt(chroma[0] * chroma[1]) * np.sin(turn / 2) / weight_h
    blue = np.exp(-(((np.degrees(mean_h) % 360 - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(np.radians(60) * blue)
    return np.asarray(np.sqrt(by_l**2 + by_c**2 + by_h**2 + rotation * by_c * by_h))


def test_colours_are_measured_as_published() -> None:
    # Sharma, Wu and Dalal (2005), pairs 1, 4, 9, 17, 20 and 25 of their table 1.
    pairs = [
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, -1.3802, -84.2814), (50.0, 0.0, -82.7485), 1.0),
        ((50.0, 2.49, -0.001), (50.0, -2.49, 0.0009), 7.1792),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((50.0, 2.5, 0.0), (58.0, 24.0, 15.0), 19.4535),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ]
    for one, other, expected in pairs:
        assert ciede2000(np.array(one), np.array(other)) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_colours_of_twelve_people_differ_for_every_kind_of_sight(sight: str) -> None:
    lab = cielab(tuple(map(color_of_person, range(1, 13))), SIGHTS[sight])
    first, second = np.triu_indices(len(lab), 1)
    assert ciede2000(lab[first], lab[second]).min() > (20 if sight == "usual" else 10)


def test_a_person_keeps_a_colour_when_others_come_and_go() -> None:
    hands = [all_at(place, place) for place in (50.5, 150.5, 100.5)]
    style = Style(colors=ByPerson())
    first = paint(posed(grey_pixels(), people(*hands, ids=(4, 7, 1))), style).pixels
    later = paint(posed(grey_pixels(), people(hands[2], hands[1], ids=(7, 4))), style).pixels
    assert color_at(first, 50, 50) == color_at(later, 150, 150) == PEOPLE_COLORS[3]
    assert color_at(first, 150, 150) == color_at(later, 100, 100) == PEOPLE_COLORS[6]
    assert color_at(first, 100, 100) == PEOPLE_COLORS[0]


def test_somebody_may_have_the_colour_of_another_id_in_everything_that_is_drawn() -> None:
    hands, trail = all_at(150.5, 80.5), np.array([(20.5, 80.5), (60.5, 80.5)], np.float32)
    overlays = Overlays(trails=(Trail(Keypoint.LEFT_WRIST, 13, trail),), color_numbers={13: 3})
    given = posed(grey_pixels(), people(hands, ids=(13,)), overlays)
    for style in (Style(colors=ByPerson(), boxes=True), Style(colors=ByPerson(), mirror=True)):
        after = paint(given, style).pixels.bgr().astype(int)
        has_color = [np.abs(after - PEOPLE_COLORS[n]).max(axis=2) < 20 for n in (0, 2)]
        assert not has_color[0].any()
        columns = np.flatnonzero(has_color[1].any(axis=0))
        columns = after.shape[1] - 1 - columns[::-1] if style.mirror else columns
        assert columns.min() < 65 and columns.max() > 145, "the trail, and the person"
    small = shrunk_to_fit(given, (80, 60))
    assert small.overlays.color_number(13) == 3


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
