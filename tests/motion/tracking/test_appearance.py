"""Appearance: the colour of clothes, on BGR and on planes, beside arms and prints."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.skeleton import Keypoint
from livepose.motion.tracking.appearance import clothes_colors
from tests.support.people import (
    BLUE,
    HEIGHT_PX,
    RED,
    clothed,
    poses_of,
    standing,
    walking,
)


@pytest.mark.parametrize("is_yuv", [False, True])
def test_the_colour_is_that_of_the_clothes(is_yuv: bool) -> None:
    bodies = standing(150), walking(500, -1, 1.0)
    pixels: Pixels = clothed((bodies[0], RED), (bodies[1], BLUE))
    if is_yuv:
        pixels = pixels.yuv420(ColorCoding())
    colors = clothes_colors(pixels, poses_of(*bodies))
    assert colors.is_known.all()
    # Half the brightness; red minus green, and yellow minus blue, as in medium light.
    red, blue = (46.7, 168, 84), (51.7, -39, -127)
    assert colors.value == pytest.approx(np.array(((red, red), (blue, blue))), abs=5)


def test_an_arm_in_front_of_the_torso_does_not_count() -> None:
    """From the side an arm hides most of the torso; where it hides all, no colour is known."""
    for bend, is_known in (((0.0, 0.0), False), ((0.3, 0.9), True)):
        body = walking(300, 1, 0.0)
        for elbow, wrist in (
            (Keypoint.LEFT_ELBOW, Keypoint.LEFT_WRIST),
            (Keypoint.RIGHT_ELBOW, Keypoint.RIGHT_WRIST),
        ):
            body[elbow] = body[Keypoint.LEFT_SHOULDER] + 0.17 * HEIGHT_PX * np.array(
                (np.sin(bend[0]), np.cos(bend[0]))
            )
            way = np.array((np.sin(bend[1]), np.cos(bend[1])))
            body[wrist] = body[elbow] + 0.15 * HEIGHT_PX * way
        bgr = clothed((body, BLUE)).bgr().copy()
        for start, end in pairwise(
            (Keypoint.LEFT_SHOULDER, Keypoint.LEFT_ELBOW, Keypoint.LEFT_WRIST)
        ):
            from_px, to_px = body[[start, end]].astype(int).tolist()
            cv2.line(bgr, from_px, to_px, (120, 150, 200), 8)
        colors = clothes_colors(BgrPixels(bgr), poses_of(body))
        assert colors.is_known[0, 0] == is_known
    assert colors.value[0, 0] == pytest.approx(np.array((51.7, -39, -127)), abs=5)


def test_where_an_arm_covers_the_torso_the_sleeve_and_the_shoulder_are_known() -> None:
    body = walking(300, 1, 0.0)
    for side in ("LEFT", "RIGHT"):
        shoulder = body[Keypoint[f"{side}_SHOULDER"]]
        body[Keypoint[f"{side}_ELBOW"]] = shoulder + np.array((0, 0.17 * HEIGHT_PX))
        body[Keypoint[f"{side}_WRIST"]] = shoulder + np.array((0, 0.32 * HEIGHT_PX))
    colors = clothes_colors(clothed((body, BLUE)), poses_of(body))
    assert colors.is_known.tolist() == [[False, True]]
    assert colors.value[0, 1] == pytest.approx(np.array((51.7, -39, -127)), abs=5)


def test_the_colour_of_a_torso_that_is_hidden_or_outside_the_picture_is_unknown() -> None:
    poses = poses_of(standing(150), standing(350), standing(900), standing(-200))
    score = poses.score.copy()
    score[0, Keypoint.LEFT_HIP] = 0.1
    poses = replace(poses, score=score)
    known = clothes_colors(clothed(), poses).is_known
    assert known.tolist() == [[False, True], [True, True], [False, False], [False, False]]
