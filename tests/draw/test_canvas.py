"""Drawing on luma and chroma: the same picture as drawing on BGR and converting that."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livepose.core.arrays import BoolArray, FloatArray, UInt8Array
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.frame import Frame, PosedFrame
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import BONES, KEYPOINT_NAMES, Side, side_of_bone, side_of_keypoint
from livepose.draw import BySide, Style, paint
from livepose.draw.canvas import Canvas
from tests.support.colors import CODINGS, each_coding, max_difference, psnr, soft_colors
from tests.support.fakes import demo_keypoints

SIZES = [(98, 66), (160, 120), (320, 240), (854, 480), (1280, 720)]
BLACK, RED = (0, 0, 0), (0, 0, 255)


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
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize("size_px", SIZES)
def test_painting_on_planes_gives_the_picture_that_painting_on_bgr_gives(
    size_px: tuple[int, int], mirror: bool, coding: ColorCoding
) -> None:
    people = [demo_keypoints(*size_px)]
    wanted, got = both_ways(soft_colors(*size_px), people, coding, Style(mirror=mirror))
    # Measured: 55.1 to 73 dB, the least in the smallest, where the figure fills the picture.
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    assert max(map(max_difference, wanted.planes, got.planes)) <= 8


def only(points: dict[str, tuple[float, float]]) -> FloatArray:
    """Make a person all of whose other points are far outside of the picture."""
    xy = np.full((17, 2), -99_999, np.float32)
    for name, place in points.items():
        xy[KEYPOINT_NAMES.index(name)] = place
    return xy


def colour_of(side: Side) -> Bgr:
    colors = BySide()
    return {Side.LEFT: colors.left, Side.RIGHT: colors.right, Side.MIDDLE: colors.middle}[side]


def values_at(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    """Read the luma of a pixel, and the chroma of the four that it is one of."""
    luma, *chroma = pixels.planes
    return (int(luma[y, x]), *(int(plane[y // 2, x // 2]) for plane in chroma))


@each_coding
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize("size_px", SIZES)
def test_a_joint_has_the_colour_of_its_side_and_no_other(
    size_px: tuple[int, int], mirror: bool, coding: ColorCoding
) -> None:
    x, y = size_px[0] // 4 * 2 + 1, size_px[1] // 4 * 2 + 1
    for name in KEYPOINT_NAMES[5:]:  # those of the face are smaller than 2 x 2 pixels may be
        color = colour_of(side_of_keypoint(KEYPOINT_NAMES.index(name)))
        wanted, got = both_ways(
            soft_colors(*size_px), [only({name: (x, y)})], coding, Style(mirror=mirror)
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
    for names in (("left_elbow", "left_wrist"), ("left_hip", "right_hip")):
        bone = (KEYPOINT_NAMES.index(names[0]), KEYPOINT_NAMES.index(names[1]))
        assert bone in BONES
        ends = {names[0]: (400.0, 240.0), names[1]: (float(end[0]), float(end[1]))}
        wanted, got = both_ways(soft_colors(1280, 720), [only(ends)], coding)
        x, y = (400 + end[0]) // 2, (240 + end[1]) // 2
        value = coding.value(colour_of(side_of_bone(bone)))
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
    """Tell which of a plane's values belong to any pixel of a mask."""
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
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize(
    "aside", [(-150, 0), (150, 0), (0, -90), (0, 90), (-155.5, 70.25), (171, -81.75)]
)
def test_who_is_partly_outside_is_painted_as_on_bgr(
    aside: tuple[float, float], mirror: bool, coding: ColorCoding
) -> None:
    bgr = soft_colors(320, 180)
    people = [(demo_keypoints(320, 180) + np.array(aside)).astype(np.float32)]
    wanted, got = both_ways(bgr, people, coding, Style(mirror=mirror))
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    untouched = painted(BgrPixels(bgr).yuv420(coding), [only({})], Style(mirror=mirror))
    assert psnr(untouched.planes[0], got.planes[0]) < 45


@each_coding
@pytest.mark.parametrize("far", [(400, 0), (-400, 0), (0, 300), (0, -300), (1e6, 1e6)])
def test_who_is_outside_leaves_every_plane_as_it_was(
    far: tuple[float, float], coding: ColorCoding
) -> None:
    before = BgrPixels(soft_colors(320, 180)).yuv420(coding)
    after = painted(before, [(demo_keypoints(320, 180) + np.array(far)).astype(np.float32)])
    for was, now in zip(before.planes, after.planes, strict=True):
        assert np.array_equal(was, now)


def test_a_mirror_turns_every_plane() -> None:
    before = BgrPixels(soft_colors(98, 66)).yuv420(CODINGS["BT.709"])
    after = painted(before, [only({})], Style(mirror=True))
    for was, now in zip(before.planes, after.planes, strict=True):
        assert np.array_equal(now, was[:, ::-1])


@each_coding
def test_the_second_person_is_painted_over_the_first(coding: ColorCoding) -> None:
    first = demo_keypoints(640, 360)
    people = [first, (first + np.array((9.5, 3.25))).astype(np.float32)]
    wanted, got = both_ways(soft_colors(640, 360), people, coding)
    assert min(map(psnr, wanted.planes, got.planes)) > 55
    alone = painted(BgrPixels(soft_colors(640, 360)).yuv420(coding), people[1:])
    x, y = np.rint(people[1][KEYPOINT_NAMES.index("left_wrist")]).astype(int).tolist()
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


def black(coding: ColorCoding | None, width_px: int = 16, height_px: int = 12) -> Canvas:
    """Make a black canvas: on BGR where there is no coding."""
    original: Pixels = BgrPixels(np.zeros((height_px, width_px, 3), np.uint8))
    original = original if coding is None else original.yuv420(coding)
    canvas = Canvas(original)
    for plane, was in zip(canvas.planes, original.planes, strict=True):
        plane[:] = was
    return canvas


def draw_box(canvas: Canvas, box: tuple[int, int, int, int], color: Bgr) -> None:
    """Fill a box of the canvas: its first column and row, and its last ones."""
    width_px, height_px = canvas.pixels.width_px, canvas.pixels.height_px
    with canvas.layer((0, 0, width_px, height_px)) as layer:
        cv2.rectangle(layer, box[:2], box[2:], canvas.color_for(color), cv2.FILLED)


def test_ink_is_the_colour_itself_on_bgr_and_its_published_numbers_on_planes() -> None:
    assert black(None).color_for(RED) == RED
    # First comes how much is covered.
    assert black(CODINGS["BT.601"]).color_for(RED) == (255, 81, 90, 240)
    assert black(CODINGS["BT.709"]).color_for(RED) == (255, 63, 102, 240)


def test_a_box_of_whole_fours_has_its_colour_and_nothing_beside_it_changes() -> None:
    canvas = black(CODINGS["BT.709"])
    draw_box(canvas, (4, 2, 9, 7), RED)
    is_red = np.zeros((12, 16), bool)
    is_red[2:8, 4:10] = True
    luma, cb, cr = canvas.pixels.planes
    assert np.array_equal(luma, np.where(is_red, 63, 16))
    assert np.array_equal(cb, np.where(is_red[::2, ::2], 102, 128))
    assert np.array_equal(cr, np.where(is_red[::2, ::2], 240, 128))


@pytest.mark.parametrize(
    ("box", "share"), [((4, 2, 4, 3), 1 / 2), ((4, 2, 4, 2), 1 / 4), ((5, 3, 5, 3), 1 / 4)]
)
def test_where_a_part_of_four_pixels_is_drawn_on_chroma_changes_by_that_part(
    box: tuple[int, int, int, int], share: float
) -> None:
    canvas = black(CODINGS["BT.709"])
    draw_box(canvas, box, RED)
    _, cb, cr = canvas.pixels.planes
    assert cb[1, 2] == pytest.approx(128 + share * (102 - 128), abs=1)
    assert cr[1, 2] == pytest.approx(128 + share * (240 - 128), abs=1)
    assert (cb != 128).sum() == (cr != 128).sum() == 1


def test_a_part_of_the_picture_is_lent_with_its_own_first_pixel() -> None:
    for coding in (None, CODINGS["BT.601"]):
        canvas = black(coding)
        with canvas.layer((6, 4, 12, 10)) as layer:
            assert layer.shape[:2] == (6, 6)
            cv2.rectangle(layer, (0, 0), (1, 1), canvas.color_for(RED), cv2.FILLED)
        bgr = canvas.pixels.bgr()
        assert max_difference(bgr[4:6, 6:8], RED) <= 3
        bgr = bgr.copy()
        bgr[4:6, 6:8] = 0
        assert bgr.max() <= 1


def test_a_canvas_is_another_picture_than_its_original() -> None:
    for coding in (None, CODINGS["BT.601"]):
        original: Pixels = BgrPixels(np.zeros((12, 16, 3), np.uint8))
        original = original if coding is None else original.yuv420(coding)
        kept = [plane.copy() for plane in original.planes]
        canvas = Canvas(original)
        for plane in canvas.planes:
            plane[:] = 77
        assert type(canvas.pixels) is type(original)
        for was, now in zip(kept, original.planes, strict=True):
            assert np.array_equal(was, now)


EACH_KIND = pytest.mark.parametrize("coding", [None, *CODINGS.values()], ids=["BGR", *CODINGS])


@EACH_KIND
@pytest.mark.parametrize("corner", [(4, 2), (5, 3), (-3, -2), (13, 9), (-2, 8)])
def test_a_colour_is_laid_where_its_mask_says_and_what_is_outside_is_lost(
    corner: tuple[int, int], coding: ColorCoding | None
) -> None:
    canvas = black(coding)
    canvas.blend_mask((255, 255, 255), np.full((4, 6), 255, np.uint8), *corner)
    left, top = corner
    wanted = np.zeros((12, 16), int)
    wanted[max(0, top) : max(0, top + 4), max(0, left) : max(0, left + 6)] = 255
    assert max_difference(canvas.pixels.bgr().max(axis=2), wanted) <= 2


@EACH_KIND
@pytest.mark.parametrize("corner", [(16, 0), (0, 12), (-6, 0), (0, -4), (900, -900)])
def test_a_colour_laid_outside_of_the_picture_changes_nothing(
    corner: tuple[int, int], coding: ColorCoding | None
) -> None:
    canvas = black(coding)
    before = [plane.copy() for plane in canvas.planes]
    canvas.blend_mask(RED, np.full((4, 6), 255, np.uint8), *corner)
    assert all(map(np.array_equal, before, canvas.planes))


@EACH_KIND
def test_half_a_mask_lays_half_the_colour(coding: ColorCoding | None) -> None:
    canvas = black(coding)
    canvas.blend_mask((200, 100, 60), np.full((12, 16), 128, np.uint8), 0, 0)
    assert max_difference(canvas.pixels.bgr()[6, 8], (100, 50, 30)) <= 4


def test_corners_are_whole_blocks_within_the_picture_that_hold_what_was_asked_for() -> None:
    canvas = black(CODINGS["BT.709"])
    assert canvas.even_bounds(3.5, 5.2, 8.1, 6.9) == (2, 4, 10, 8)
    assert canvas.even_bounds(-9, -9, 99, 99) == (0, 0, 16, 12)
    assert canvas.even_bounds(16, 0, 20, 5) is None
    odd = Canvas(BgrPixels(np.zeros((5, 7, 3), np.uint8)))
    assert odd.even_bounds(5, 3, 6.5, 4.5) == (4, 2, 7, 5)
    assert odd.even_bounds(7, 0, 9, 5) is None


def test_darkness_takes_light_and_colour_alike() -> None:
    for coding in CODINGS.values():
        canvas = black(coding)
        canvas.blend_mask((60, 100, 200), np.full((12, 16), 255, np.uint8), 0, 0)
        canvas.darken(0.5)
        assert max_difference(canvas.pixels.bgr()[6, 8], (30, 50, 100)) <= 4
        canvas.darken(0.0)
        assert max_difference(canvas.pixels.bgr(), BLACK) <= 1
