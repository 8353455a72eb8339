"""Painting on luma and chroma: the same frame as painting on BGR and converting that."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.colors import ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON, Keypoint
from livepose.draw import Background, ByPerson, Style, paint
from tests.support.colors import CODINGS, each_coding, max_difference, psnr, soft_colors
from tests.support.fakes import demo_keypoints
from tests.support.painting import (
    SIDE_COLORS,
    keypoints_at,
    people,
    posed,
    straight_and_mirrored,
)

SIZES = [(98, 66), (854, 480), (1280, 720)]


def painted(pixels: Pixels, people: list[FloatArray], style: Style | None = None) -> Pixels:
    xy = np.stack(people).astype(np.float32)
    poses = Poses.from_keypoints(xy, np.ones(xy.shape[:2], np.float32))
    region = Region.letterbox(pixels.width_px, pixels.height_px)
    return paint(PosedFrame(Frame(pixels, 0, 0.0, 0.0), poses, region, 0.0), style).pixels


def both_ways(
    bgr: UInt8Array, people: list[FloatArray], coding: ColorCoding, style: Style | None = None
) -> tuple[Yuv420, Yuv420]:
    """Paint on BGR and convert that, and paint on what was converted."""
    wanted = painted(BgrPixels(bgr), people, style).yuv420(coding)
    got = painted(BgrPixels(bgr).yuv420(coding), people, style)
    assert isinstance(got, Yuv420)
    assert got.coding == coding
    return wanted, got


@each_coding
@straight_and_mirrored
@pytest.mark.parametrize("size_px", SIZES)
def test_painting_on_planes_has_the_result_of_painting_on_bgr(
    size_px: tuple[int, int], mirror: bool, coding: ColorCoding
) -> None:
    people = [demo_keypoints(*size_px)]
    wanted, got = both_ways(soft_colors(*size_px), people, coding, Style(mirror=mirror))
    # Measured: 55.1 to 73 dB, the least in the smallest, where the figure fills the frame.
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    assert max(map(max_difference, wanted.planes, got.planes)) <= 8


def values_at(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    """Read the luma of a pixel, and the chroma of the four that it is one of."""
    luma, *chroma = pixels.planes
    return (int(luma[y, x]), *(int(plane[y // 2, x // 2]) for plane in chroma))


@each_coding
@straight_and_mirrored
@pytest.mark.parametrize("size_px", SIZES)
def test_a_joint_has_the_colour_of_its_side_and_no_other(
    size_px: tuple[int, int], mirror: bool, coding: ColorCoding
) -> None:
    x, y = size_px[0] // 4 * 2 + 1, size_px[1] // 4 * 2 + 1
    for keypoint in list(Keypoint)[5:]:  # those of the face are smaller than 2 x 2 pixels may be
        color = SIDE_COLORS[COCO_SKELETON.side_of_keypoint(keypoint)]
        wanted, got = both_ways(
            soft_colors(*size_px), [keypoints_at({keypoint: (x, y)})], coding, Style(mirror=mirror)
        )
        at = size_px[0] - x if mirror else x
        assert values_at(got, at, y) == coding.value(color)
        assert max_difference(values_at(wanted, at, y), coding.value(color)) <= 1
        # Of whole numbers of luma and chroma; and what cv2 makes of those beside them.
        assert max_difference(got.bgr()[y, at], color) <= 3


@each_coding
@pytest.mark.parametrize("end", [(1000, 240), (1000, 480), (400, 600), (280, 240)])
def test_a_bone_has_the_colour_of_its_side_and_no_other(
    end: tuple[int, int], coding: ColorCoding
) -> None:
    for bone in (
        (Keypoint.LEFT_ELBOW, Keypoint.LEFT_WRIST),
        (Keypoint.LEFT_HIP, Keypoint.RIGHT_HIP),
    ):
        assert bone in COCO_SKELETON.bones
        ends = {bone[0]: (400.0, 240.0), bone[1]: (float(end[0]), float(end[1]))}
        wanted, got = both_ways(soft_colors(1280, 720), [keypoints_at(ends)], coding)
        x, y = (400 + end[0]) // 2, (240 + end[1]) // 2
        value = coding.value(SIDE_COLORS[COCO_SKELETON.side_of_bone(bone)])
        assert values_at(got, x, y) == value
        assert max_difference(values_at(wanted, x, y), value) <= 1


@each_coding
def test_between_the_bones_no_value_of_any_plane_is_another(coding: ColorCoding) -> None:
    original = BgrPixels(soft_colors(640, 360))
    people = [demo_keypoints(640, 360)]
    on_bgr = painted(original, people)
    before, after = original.yuv420(coding), painted(original.yuv420(coding), people)
    is_drawn = (on_bgr.bgr() != original.bgr()).any(axis=2)
    assert 0.01 < is_drawn.mean() < 0.2
    # Where an edge covers a 255th of a pixel, one way of rounding changes it and another does not.
    around = cv2.dilate(is_drawn.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    for was, now in zip(before.planes, after.planes, strict=True):
        drawn, beside = (_on_plane(mask, was) for mask in (is_drawn, around))
        assert np.array_equal(now[~beside], was[~beside])
        assert (now[drawn] != was[drawn]).mean() > 0.8


def _on_plane(mask: BoolArray, plane: UInt8Array) -> BoolArray:
    """Return which values of a plane belong to any pixel of a mask."""
    height, width = plane.shape
    four = mask.reshape(height, mask.shape[0] // height, width, mask.shape[1] // width)
    return np.asarray(four.any(axis=(1, 3)))


@each_coding
def test_beyond_the_skeleton_the_planes_are_the_sources_to_the_bit(coding: ColorCoding) -> None:
    original = BgrPixels(np.random.default_rng(0).integers(0, 256, (360, 640, 3), np.uint8))
    before = original.yuv420(coding)
    xy = demo_keypoints(640, 360)
    after = painted(before, [xy])
    # The limbs are 2 px wide, joints 3 px in radius, and what is around them 1 px.
    left, top = (np.floor(xy.min(axis=0)).astype(int) - 6) // 2 * 2
    right, bottom = (np.ceil(xy.max(axis=0)).astype(int) + 7) // 2 * 2
    for was, now in zip(before.planes, after.planes, strict=True):
        step = 360 // was.shape[0]
        kept = was.copy()
        inside = np.s_[top // step : bottom // step, left // step : right // step]
        assert not np.array_equal(now[inside], was[inside])
        kept[inside] = now[inside]
        assert np.array_equal(now, kept)


@each_coding
@straight_and_mirrored
@pytest.mark.parametrize(
    "aside", [(-150, 0), (150, 0), (0, -90), (0, 90), (-155.5, 70.25), (171, -81.75)]
)
def test_people_partly_outside_are_painted_as_on_bgr(
    aside: tuple[float, float], mirror: bool, coding: ColorCoding
) -> None:
    bgr = soft_colors(320, 180)
    people = [(demo_keypoints(320, 180) + np.array(aside)).astype(np.float32)]
    wanted, got = both_ways(bgr, people, coding, Style(mirror=mirror))
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    untouched = painted(BgrPixels(bgr).yuv420(coding), [keypoints_at({})], Style(mirror=mirror))
    assert psnr(untouched.planes[0], got.planes[0]) < 45


@each_coding
@pytest.mark.parametrize("far", [(400, 0), (-400, 0), (0, 300), (0, -300), (1e6, 1e6)])
def test_people_outside_leave_every_plane_unchanged(
    far: tuple[float, float], coding: ColorCoding
) -> None:
    before = BgrPixels(soft_colors(320, 180)).yuv420(coding)
    after = painted(before, [(demo_keypoints(320, 180) + np.array(far)).astype(np.float32)])
    for was, now in zip(before.planes, after.planes, strict=True):
        assert np.array_equal(was, now)


@each_coding
def test_the_second_person_is_painted_over_the_first(coding: ColorCoding) -> None:
    first = demo_keypoints(640, 360)
    people = [first, (first + np.array((9.5, 3.25))).astype(np.float32)]
    wanted, got = both_ways(soft_colors(640, 360), people, coding)
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    alone = painted(BgrPixels(soft_colors(640, 360)).yuv420(coding), people[1:])
    x, y = np.rint(people[1][Keypoint.LEFT_WRIST]).astype(int).tolist()
    assert values_at(got, x, y) == values_at(alone, x, y)


def test_a_painted_frame_keeps_kind_coding_index_and_time() -> None:
    for coding in CODINGS.values():
        pixels = BgrPixels(soft_colors(98, 66)).yuv420(coding)
        kept = pixels.packed.copy()
        frame = Frame(pixels, 7, 1.25, 99.0)
        xy = demo_keypoints(98, 66)[None]
        poses = Poses.from_keypoints(xy, np.ones((1, 17), np.float32))
        after = paint(PosedFrame(frame, poses, Region.letterbox(98, 66), 0.0))
        assert isinstance(after.pixels, Yuv420)
        assert after.pixels.coding == coding
        assert (after.index, after.time_s, after.grabbed_s) == (7, 1.25, 99.0)
        assert not after.pixels.packed.flags.writeable
        assert not np.array_equal(after.pixels.packed, kept)
        assert np.array_equal(pixels.packed, kept)


@each_coding
@straight_and_mirrored
@pytest.mark.parametrize("background", Background)
@pytest.mark.parametrize("size_px", [(320, 240), (768, 432)])
def test_all_styles_are_the_same_on_planes_as_on_bgr(
    size_px: tuple[int, int], background: Background, mirror: bool, coding: ColorCoding
) -> None:
    xy = demo_keypoints(*size_px)
    poses = people(xy, (xy + np.array((0.31, 0.1)) * size_px[0]).astype(np.float32), ids=(3, 12))
    way = np.linspace(
        xy[Keypoint.LEFT_WRIST] - 0.2 * size_px[1], xy[Keypoint.LEFT_WRIST], 20
    ).astype(np.float32)
    marks = Overlays(
        np.array((*xy[0], 0.1 * size_px[1]), np.float32)[None],
        (Trail(Keypoint.LEFT_WRIST, 3, way),),
        tuple(
            Label("147°", k, float(xy[k, 0]), float(xy[k, 1]), "3 - 150")
            for k in (Keypoint.LEFT_ELBOW, Keypoint.RIGHT_ELBOW, Keypoint.LEFT_KNEE)
        ),
    )
    style = Style(colors=ByPerson(), boxes=True, background=background, mirror=mirror)
    bgr = BgrPixels(soft_colors(*size_px))
    wanted = paint(posed(bgr, poses, marks), style).pixels.yuv420(coding)
    got = paint(posed(bgr.yuv420(coding), poses, marks), style).pixels
    # Measured: 47 dB and more, the least where white letters on black fill a small frame.
    assert min(map(psnr, wanted.planes, got.planes)) > 45
