"""Painting: a new frame with everything on it, and nothing else changed."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import Keypoint, Side
from livepose.draw import Background, BySide, Style, paint
from tests.support.colors import CODINGS, each_coding, max_difference, psnr, soft_colors
from tests.support.painting import (
    GREY,
    SIDE_COLORS,
    color_at,
    grey_frame,
    grey_pixels,
    on_bgr_and_planes,
    people,
    posed,
    posed_demo,
    visible_only,
)


def test_painting_gives_a_new_frame_of_the_same_size_index_and_time() -> None:
    before = posed_demo()
    pixels = before.frame.bgr.copy()
    after = paint(before)
    assert (after.index, after.time_s, after.grabbed_s) == (3, 0.5, 1.0)
    assert after.bgr.shape == pixels.shape
    assert not np.array_equal(after.bgr, pixels)
    assert np.array_equal(before.frame.bgr, pixels)


@on_bgr_and_planes
def test_what_is_drawn_on_a_painted_frame_stays_on_it(coding: ColorCoding | None) -> None:
    before = posed(grey_pixels(coding=coding), Poses.empty())
    painted = paint(before)
    cv2.rectangle(painted.bgr, (0, 0), (20, 20), (0, 0, 255), -1)
    assert painted.bgr[10, 10].tolist() == [0, 0, 255]
    assert painted.bgr is painted.bgr
    assert before.frame.bgr[10, 10].tolist() != [0, 0, 255]
    assert not before.frame.bgr.flags.writeable


def test_only_posed_frames_are_painted() -> None:
    array: Any = np.zeros((48, 64, 3), np.uint8)
    with pytest.raises(TypeError, match=r"takes a PosedFrame.*, got ndarray"):
        paint(array)


def test_a_frame_without_people_does_not_change() -> None:
    frame = posed_demo().frame
    nobody = PosedFrame(frame, Poses.empty(), Region.letterbox(320, 240), 0.0)
    assert np.array_equal(paint(nobody).bgr, frame.bgr)
    mirrored = paint(nobody, Style(mirror=True))
    assert np.array_equal(mirrored.bgr, frame.bgr[:, ::-1])


@pytest.mark.parametrize("size_px", [(1, 1), (2, 3), (16, 16), (7, 200)])
@pytest.mark.parametrize("mirror", [False, True])
def test_tiny_frames_are_painted_too(size_px: tuple[int, int], mirror: bool) -> None:
    frame = grey_frame(*size_px)
    points = dict.fromkeys(Keypoint, (size_px[0] / 2, size_px[1] / 2))
    after = paint(posed(frame, visible_only(points)), Style(mirror=mirror))
    assert after.bgr.shape == frame.bgr.shape
    assert (after.bgr != GREY).any()


@pytest.mark.parametrize("size_px", [(1, 1), (7, 5), (33, 21), (3, 200)])
def test_everything_can_be_painted_on_small_and_odd_frames(size_px: tuple[int, int]) -> None:
    width_px, height_px = size_px
    pixels = BgrPixels(np.full((height_px, width_px, 3), GREY, np.uint8))
    xy = np.random.default_rng(3).uniform(-5, 40, (17, 2)).astype(np.float32)
    marks = Overlays(
        np.array(((width_px / 2, height_px / 2, 6.0), (0, 0, 1.5)), np.float32),
        (Trail(Keypoint.LEFT_WRIST, 1, xy[:5]),),
        (Label("93°", Keypoint.LEFT_WRIST, 3.0, 3.0),),
    )
    for mirror in (False, True):
        for background in Background:
            style = Style(mirror=mirror, background=background, boxes=True)
            after = paint(posed(pixels, people(xy, ids=(1,)), marks), style)
            assert after.bgr.shape == (height_px, width_px, 3)


def test_the_input_of_painting_may_be_a_view_that_is_not_contiguous() -> None:
    base = np.full((120, 320, 3), GREY, np.uint8)
    frame = Frame.from_bgr(base[:, ::2], 0, 0.0, 0.0)
    after = paint(posed(frame, visible_only({Keypoint.NOSE: (50.5, 40.5)})))
    assert color_at(after.pixels, 50, 40) == SIDE_COLORS[Side.MIDDLE]
    assert cv2.countNonZero(cv2.absdiff(base[..., 0], np.full_like(base[..., 0], GREY))) == 0


def test_a_black_background_is_black_on_bgr_and_has_the_numbers_of_black_on_planes() -> None:
    style = Style(background=Background.BLACK)
    original = BgrPixels(soft_colors(98, 66))
    assert (paint(posed(original), style).bgr == 0).all()
    for coding in CODINGS.values():
        after = paint(posed(original.yuv420(coding)), style).pixels
        luma, cb, cr = after.planes
        assert (luma == (0 if coding.is_full_range else 16)).all()
        assert (cb == 128).all() and (cr == 128).all()


@each_coding
def test_a_dimmed_background_has_the_same_share_of_all_light_and_colour(
    coding: ColorCoding,
) -> None:
    original = BgrPixels(soft_colors(320, 240))
    style = Style(background=Background.DIM)
    on_bgr = paint(posed(original), style).bgr
    assert max_difference(on_bgr, 0.3 * original.bgr().astype(float)) <= 0.6
    on_planes = paint(posed(original.yuv420(coding)), style).pixels
    wanted = BgrPixels(on_bgr).yuv420(coding)
    assert min(map(psnr, wanted.planes, on_planes.planes)) > 50


@on_bgr_and_planes
@pytest.mark.parametrize("background", [Background.DIM, Background.BLACK])
def test_the_skeleton_keeps_its_brightness_on_a_dark_background(
    background: Background, coding: ColorCoding | None
) -> None:
    xy = np.full((17, 2), 100.5, np.float32)
    after = paint(
        posed(grey_pixels(coding=coding), people(xy)), Style(background=background)
    ).pixels
    assert max_difference(color_at(after, 100, 100), BySide().right) <= 3
    assert max(color_at(after, 10, 10)) <= 0.31 * GREY
