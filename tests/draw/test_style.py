"""Styles: the words that choose them, line widths, hidden keypoints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.errors import OptionError
from livepose.core.poses import Poses
from livepose.core.skeleton import COCO_SKELETON, Keypoint, Skeleton
from livepose.draw import Background, ByPerson, BySide, OneColor, Style, Thickness, paint
from tests.support.fakes import demo_keypoints
from tests.support.painting import (
    changed,
    grey_pixels,
    keypoints_at,
    on_bgr_and_planes,
    people,
    posed,
)
from tests.support.skeletons import FULL_BODY_SKELETON, UPPER_BODY_SKELETON, standing_person


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("sides", Style(colors=BySide())),
        ("people", Style(colors=ByPerson())),
        ("#ff8000", Style(colors=OneColor((0, 128, 255)))),
        ("thin", Style(thickness=Thickness(0.0035, 1))),
        ("7px", Style(thickness=Thickness(0.0, 7))),
        ("people,thick", Style(colors=ByPerson(), thickness=Thickness(0.011, 4))),
        (" Thick , #0000FF ", Style(colors=OneColor((255, 0, 0)), thickness=Thickness(0.011, 4))),
    ],
)
def test_a_style_is_made_of_words_in_any_order(words: str, wanted: Style) -> None:
    assert Style().with_words(words) == wanted
    assert Style(mirror=True, min_score=0.5).with_words(words) == replace(
        wanted, mirror=True, min_score=0.5
    )


def test_a_style_takes_words_where_it_takes_values() -> None:
    style = Style(colors="people", thickness="thick", background="black", hidden=[Keypoint.NOSE])
    assert style == Style(
        colors=ByPerson(),
        thickness=Thickness(0.011, 4),
        background=Background.BLACK,
        hidden=frozenset({"nose"}),
    )
    assert Style(colors="#ff8000", thickness="7px") == Style().with_words("#ff8000,7px")
    assert replace(style, colors="sides").colors == BySide()  # type: ignore[arg-type]
    paint(posed(grey_pixels(), people(demo_keypoints(320, 240), ids=(1,))), style)


@pytest.mark.parametrize(
    ("name", "word", "known"),
    [
        ("colors", "rainbow", "sides, people"),
        ("colors", "thick", "'thick' is not a colour: choose sides, people"),
        ("thickness", "people", "'people' is not a line width: choose thin"),
        ("background", "white", "'white' is not a background: choose keep, dim, black"),
    ],
)
def test_an_unknown_word_of_a_style_is_refused(name: str, word: str, known: str) -> None:
    with pytest.raises(OptionError, match=known):
        Style(**{name: word})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words", ["", "rainbow", "people,", "#ff80", "#gg0000", "0px", "100px", "-3px", "3", "3.5px"]
)
def test_an_unknown_word_is_refused_with_the_known_ones(words: str) -> None:
    with pytest.raises(
        OptionError, match=r"sides, people .* thin, normal, thick .* 1px to 99px"
    ) as caught:
        Style().with_words(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("words", ["sides,people", "people,#ff0000", "thin,3px", "thin,thin"])
def test_two_words_of_one_kind_are_refused(words: str) -> None:
    with pytest.raises(OptionError, match="two colours or two line widths"):
        Style().with_words(words)


def test_a_width_in_pixels_is_that_of_the_bones_on_any_frame() -> None:
    arm = keypoints_at({})
    arm[Keypoint.LEFT_ELBOW], arm[Keypoint.LEFT_WRIST] = (50.5, 100.5), (250.5, 100.5)
    for size_px in ((320, 240), (1280, 720)):
        after = paint(posed(grey_pixels(*size_px), people(arm)), Style().with_words("9px,#00ff00"))
        is_green = after.bgr[60:140, 150, 1].astype(int) - after.bgr[60:140, 150, 2] > 120
        assert 8 <= is_green.sum() <= 11


def test_thick_is_thicker_than_normal_and_that_than_thin() -> None:
    for size_px in ((384, 496), (1280, 720)):
        drawn = [
            changed(
                before, paint(posed(before, people(demo_keypoints(*size_px))), style).pixels
            ).sum()
            for before in (grey_pixels(*size_px),)
            for style in map(Style().with_words, ("thin", "normal", "thick"))
        ]
        assert drawn[0] < drawn[1] < drawn[2] / 1.15


@on_bgr_and_planes
def test_hidden_keypoints_are_not_drawn_nor_are_their_bones(coding: ColorCoding | None) -> None:
    style = Style(hidden="face,hands")
    before, xy = grey_pixels(640, 480, coding), demo_keypoints(640, 480)
    score = np.ones((1, 17), np.float32)
    score[0, [*COCO_SKELETON.groups["face"], *COCO_SKELETON.groups["hands"]]] = 0.0
    seen_less = Poses.from_keypoints(xy[None], score)
    hidden = paint(posed(before, people(xy)), style)
    assert np.array_equal(hidden.bgr, paint(posed(before, seen_less)).bgr)
    assert not np.array_equal(hidden.bgr, paint(posed(before, people(xy))).bgr)
    all_hidden = Style(hidden=frozenset(Keypoint))
    assert np.array_equal(paint(posed(before, people(xy)), all_hidden).bgr, before.bgr())


@pytest.mark.parametrize("skeleton", [FULL_BODY_SKELETON, UPPER_BODY_SKELETON], ids=len)
def test_hidden_keypoints_are_those_of_the_skeleton(skeleton: Skeleton) -> None:
    person, before = standing_person(skeleton), grey_pixels(640, 480)
    hands = skeleton.body_parts()["hands"]
    score = person.score.copy()
    score[0, list(hands)] = 0.0
    seen_less = Poses.from_keypoints(person.xy, score, skeleton)
    hidden = paint(posed(before, person), Style(hidden=["hands", "left_foot"]))
    assert np.array_equal(hidden.bgr, paint(posed(before, seen_less)).bgr)
    nothing = paint(posed(before, person), Style(hidden=skeleton.names))
    assert np.array_equal(nothing.bgr, before.bgr())


def test_hidden_keypoints_are_named() -> None:
    numbers: Any = {9, 10}
    with pytest.raises(TypeError, match="named"):
        Style(hidden=numbers)
