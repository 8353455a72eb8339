"""The canvas: layers, masks and colours, on BGR and on luma and chroma."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from livepose.core.colors import Bgr, ColorCoding
from livepose.core.pixels import BgrPixels, Pixels
from livepose.draw.canvas import Canvas, make_stamp
from tests.support.colors import CODINGS, max_difference

BLACK, RED = (0, 0, 0), (0, 0, 255)


def black(coding: ColorCoding | None, width_px: int = 16, height_px: int = 12) -> Canvas:
    """Return a black canvas: on BGR where there is no coding."""
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


def test_a_colour_is_drawn_as_itself_on_bgr_and_as_its_published_numbers_on_planes() -> None:
    assert black(None).color_for(RED) == RED
    # Opacity comes first.
    assert black(CODINGS["BT.601"]).color_for(RED) == (255, 81, 90, 240)
    assert black(CODINGS["BT.709"]).color_for(RED) == (255, 63, 102, 240)


def test_a_box_of_whole_blocks_has_its_colour_and_nothing_beside_it_changes() -> None:
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
def test_chroma_changes_by_the_share_of_its_four_pixels_that_is_drawn_on(
    box: tuple[int, int, int, int], share: float
) -> None:
    canvas = black(CODINGS["BT.709"])
    draw_box(canvas, box, RED)
    _, cb, cr = canvas.pixels.planes
    assert cb[1, 2] == pytest.approx(128 + share * (102 - 128), abs=1)
    assert cr[1, 2] == pytest.approx(128 + share * (240 - 128), abs=1)
    assert (cb != 128).sum() == (cr != 128).sum() == 1


def test_a_layer_begins_at_the_first_pixel_of_its_bounds() -> None:
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


def test_drawing_on_a_canvas_leaves_its_original_unchanged() -> None:
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


each_kind = pytest.mark.parametrize("coding", [None, *CODINGS.values()], ids=["BGR", *CODINGS])


@each_kind
@pytest.mark.parametrize("corner", [(4, 2), (5, 3), (-3, -2), (13, 9), (-2, 8)])
def test_a_mask_is_blended_where_it_is_and_cut_off_at_the_edges(
    corner: tuple[int, int], coding: ColorCoding | None
) -> None:
    canvas = black(coding)
    canvas.blend_mask((255, 255, 255), np.full((4, 6), 255, np.uint8), *corner)
    left, top = corner
    wanted = np.zeros((12, 16), int)
    wanted[max(0, top) : max(0, top + 4), max(0, left) : max(0, left + 6)] = 255
    assert max_difference(canvas.pixels.bgr().max(axis=2), wanted) <= 2


@each_kind
@pytest.mark.parametrize("corner", [(16, 0), (0, 12), (-6, 0), (0, -4), (900, -900)])
def test_a_mask_outside_of_the_frame_changes_nothing(
    corner: tuple[int, int], coding: ColorCoding | None
) -> None:
    canvas = black(coding)
    before = [plane.copy() for plane in canvas.planes]
    canvas.blend_mask(RED, np.full((4, 6), 255, np.uint8), *corner)
    assert all(map(np.array_equal, before, canvas.planes))


@each_kind
def test_half_an_opacity_blends_half_the_colour(coding: ColorCoding | None) -> None:
    canvas = black(coding)
    canvas.blend_mask((200, 100, 60), np.full((12, 16), 128, np.uint8), 0, 0)
    assert max_difference(canvas.pixels.bgr()[6, 8], (100, 50, 30)) <= 4


def test_even_bounds_are_whole_blocks_within_the_frame_that_hold_a_rectangle() -> None:
    canvas = black(CODINGS["BT.709"])
    assert canvas.even_bounds(3.5, 5.2, 8.1, 6.9) == (2, 4, 10, 8)
    assert canvas.even_bounds(-9, -9, 99, 99) == (0, 0, 16, 12)
    assert canvas.even_bounds(16, 0, 20, 5) is None
    odd = Canvas(BgrPixels(np.zeros((5, 7, 3), np.uint8)))
    assert odd.even_bounds(5, 3, 6.5, 4.5) == (4, 2, 7, 5)
    assert odd.even_bounds(7, 0, 9, 5) is None


def test_darkening_reduces_light_and_colour_alike() -> None:
    for coding in CODINGS.values():
        canvas = black(coding)
        canvas.blend_mask((60, 100, 200), np.full((12, 16), 255, np.uint8), 0, 0)
        canvas.darken(0.5)
        assert max_difference(canvas.pixels.bgr()[6, 8], (30, 50, 100)) <= 4
        canvas.darken(0.0)
        assert max_difference(canvas.pixels.bgr(), BLACK) <= 1


@pytest.mark.parametrize("coding", [None, *CODINGS.values()])
@pytest.mark.parametrize("corner", [(4, 4), (0, 8), (10, 2)])
def test_a_stamp_looks_like_its_masks_blended_one_after_the_other(
    coding: ColorCoding | None, corner: tuple[int, int]
) -> None:
    rng = np.random.default_rng(1)
    outline = rng.integers(0, 256, (3, 5), dtype=np.uint8)
    masks = [(RED, outline), ((250, 250, 250), outline // 2)]
    one, other = black(coding), black(coding)
    for canvas in (one, other):
        canvas.blend_mask((90, 120, 150), np.full((12, 16), 255, np.uint8), 0, 0)
    one.blend_stamp(make_stamp(masks, coding), *corner)
    for color, mask in masks:
        other.blend_mask(color, mask, *corner)
    for stamped, blended in zip(one.planes, other.planes, strict=True):
        assert max_difference(stamped, blended) <= 2
