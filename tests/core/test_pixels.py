"""Colours as luma and chroma: the published numbers, and images that lose nothing on the way."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT601, BT709, BT2020, Bgr, ColorCoding
from livepose.core.frame import Frame
from livepose.core.pixels import BgrPixels, Pixels, Yuv420
from tests.support.colors import max_difference

Values = tuple[int, int, int]

RED, GREEN, BLUE = (0, 0, 255), (0, 255, 0), (255, 0, 0)
YELLOW, CYAN, MAGENTA = (0, 255, 255), (255, 255, 0), (255, 0, 255)
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
CODINGS = {
    "BT.601": ColorCoding(BT601),
    "BT.601 full": ColorCoding(BT601, is_full_range=True),
    "BT.709": ColorCoding(BT709),
    "BT.709 full": ColorCoding(BT709, is_full_range=True),
    "BT.2020": ColorCoding(BT2020),
    "BT.2020 full": ColorCoding(BT2020, is_full_range=True),
}
# Y, Cb, Cr of the colour bars at 100 %, as the tables have them; BT.601 full is JPEG's.
PUBLISHED: dict[str, dict[Bgr, Values]] = {
    "BT.601": {
        RED: (81, 90, 240),
        GREEN: (145, 54, 34),
        BLUE: (41, 240, 110),
        YELLOW: (210, 16, 146),
        CYAN: (170, 166, 16),
        MAGENTA: (106, 202, 222),
        WHITE: (235, 128, 128),
        BLACK: (16, 128, 128),
    },
    "BT.601 full": {
        RED: (76, 85, 255),
        GREEN: (150, 44, 21),
        BLUE: (29, 255, 107),
        YELLOW: (226, 0, 149),
        CYAN: (179, 171, 0),
        MAGENTA: (105, 212, 235),
        WHITE: (255, 128, 128),
        BLACK: (0, 128, 128),
    },
    "BT.709": {
        RED: (63, 102, 240),
        GREEN: (173, 42, 26),
        BLUE: (32, 240, 118),
        YELLOW: (219, 16, 138),
        CYAN: (188, 154, 16),
        MAGENTA: (78, 214, 230),
        WHITE: (235, 128, 128),
        BLACK: (16, 128, 128),
    },
    "BT.709 full": {
        RED: (54, 99, 255),
        GREEN: (182, 30, 12),
        BLUE: (18, 255, 116),
        WHITE: (255, 128, 128),
        BLACK: (0, 128, 128),
    },
    "BT.2020": {
        RED: (74, 97, 240),
        GREEN: (164, 47, 25),
        BLUE: (29, 240, 119),
        WHITE: (235, 128, 128),
        BLACK: (16, 128, 128),
    },
}
RED_AND_BLUE_SHARE = {BT601: (0.299, 0.114), BT709: (0.2126, 0.0722), BT2020: (0.2627, 0.0593)}

each_coding = pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)


def flat(color: Bgr, width_px: int = 8, height_px: int = 6) -> UInt8Array:
    return np.full((height_px, width_px, 3), color, np.uint8)


def flat_yuv(values: Values, coding: ColorCoding) -> Yuv420:
    """Make 8 x 6 pixels of one luma and chroma."""
    packed = np.repeat(np.array(values, np.uint8), (48, 12, 12)).reshape(9, 8)
    return Yuv420.from_packed(packed, coding)


def noise(width_px: int, height_px: int) -> UInt8Array:
    return np.random.default_rng(0).integers(0, 256, (height_px, width_px, 3), np.uint8)


def formula(bgr: UInt8Array, coding: ColorCoding) -> npt.NDArray[np.float64]:
    """Return Y, Cb, Cr by the standard's own formula, not rounded: (H, W, 3)."""
    blue, green, red = (bgr[..., place] / 255 for place in range(3))
    red_share, blue_share = RED_AND_BLUE_SHARE[coding.matrix]
    y = red_share * red + (1 - red_share - blue_share) * green + blue_share * blue
    cb, cr = (blue - y) / (2 - 2 * blue_share), (red - y) / (2 - 2 * red_share)
    if coding.is_full_range:
        return np.stack((255 * y, 128 + 255 * cb, 128 + 255 * cr), axis=2)
    return np.stack((16 + 219 * y, 128 + 224 * cb, 128 + 224 * cr), axis=2)


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_numbers_of_a_colour_are_the_published_ones(name: str) -> None:
    for color, values in PUBLISHED[name].items():
        # 0.5 either way is a matter of rounding in the tables, and 255.5 has no place in a byte.
        assert max_difference(CODINGS[name].value(color), values) <= (
            1 if 0 in values[1:] else 0
        ), color


@each_coding
def test_grey_has_no_colour_and_the_same_luma_in_every_matrix(coding: ColorCoding) -> None:
    for grey in range(256):
        luma = grey if coding.is_full_range else round(16 + 219 * grey / 255)
        assert coding.value((grey, grey, grey)) == (luma, 128, 128)


@each_coding
def test_the_way_back_from_rgb_undoes_the_way_there(coding: ColorCoding) -> None:
    there, back = (np.vstack((m, (0, 0, 0, 1))) for m in (coding.to_rgb, coding.from_rgb))
    assert there @ back == pytest.approx(np.eye(4), abs=1e-4)
    assert coding.to_rgb.shape == coding.from_rgb.shape == (3, 4)


@each_coding
def test_luma_and_chroma_of_colours_come_back_within_a_level(coding: ColorCoding) -> None:
    for color in noise(500, 1)[0].tolist():
        values = coding.value(tuple(color))
        red, green, blue = np.rint(coding.to_rgb @ (*values, 1)).astype(int).tolist()
        assert max_difference(coding.value((blue, green, red)), values) <= 1, color


@each_coding
def test_colours_come_back_as_near_as_whole_numbers_of_luma_and_chroma_can_be(
    coding: ColorCoding,
) -> None:
    # Half a step of luma is 0.6 levels, and half a step of chroma up to 1.05 of blue.
    for color in noise(500, 1)[0].tolist():
        rgb = coding.to_rgb @ (*coding.value(tuple(color)), 1)
        assert max_difference(rgb[::-1], color) < 1.7, color


def test_only_bt601_in_the_limited_range_is_what_opencv_calls_yuv() -> None:
    assert [name for name, coding in CODINGS.items() if coding.is_bt601_limited] == ["BT.601"]
    assert ColorCoding() == CODINGS["BT.601"]


def test_matrices_cannot_be_written_on() -> None:
    with pytest.raises(ValueError, match="read-only"):
        ColorCoding(BT709).to_rgb[0, 0] = 2


def test_a_bgr_image_has_one_plane_which_is_a_view_of_the_array() -> None:
    bgr = noise(7, 5)
    pixels = BgrPixels(bgr)
    (plane,) = pixels.planes
    assert plane is pixels.bgr() and plane.base is bgr
    assert (pixels.width_px, pixels.height_px) == (7, 5)


def test_a_420_image_has_three_planes_that_lie_one_behind_the_other() -> None:
    pixels = Yuv420.from_packed(np.arange(36, dtype=np.uint8).reshape(6, 6))
    luma, cb, cr = pixels.planes
    assert (pixels.width_px, pixels.height_px) == (6, 4)
    assert luma.ravel().tolist() == list(range(24))
    assert cb.tolist() == [[24, 25, 26], [27, 28, 29]]
    assert cr.tolist() == [[30, 31, 32], [33, 34, 35]]


def test_planes_that_lie_apart_in_longer_rows_are_the_same_image() -> None:
    coding = CODINGS["BT.709"]
    packed = np.random.default_rng(0).integers(0, 256, (9, 8), np.uint8)
    together = Yuv420.from_packed(packed, coding)
    apart = Yuv420([np.pad(plane, ((0, 1), (0, 5)))[:-1, :-5] for plane in together.planes], coding)
    assert (apart.width_px, apart.height_px) == (8, 6)
    assert np.array_equal(apart.packed, packed)
    assert np.array_equal(apart.bgr(), together.bgr())
    for array in (*apart.planes, apart.packed):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize(
    ("luma", "blue", "red", "kind"),
    [
        ((6, 8), (3, 4), (3, 3), np.uint8),
        ((6, 8), (6, 8), (3, 4), np.uint8),
        ((6, 7), (3, 3), (3, 3), np.uint8),
        ((5, 8), (2, 4), (2, 4), np.uint8),
        ((6, 8), (3, 4), (3, 4), np.uint16),
        ((48,), (12,), (12,), np.uint8),
    ],
    ids=["another red", "no half", "odd width", "odd height", "not bytes", "one axis"],
)
def test_planes_that_do_not_lie_over_each_other_are_refused(
    luma: tuple[int, ...], blue: tuple[int, ...], red: tuple[int, ...], kind: type
) -> None:
    planes: list[UInt8Array] = [np.zeros(shape, kind) for shape in (luma, blue, red)]
    for some in (planes, planes[:2], planes[:0]):
        with pytest.raises(ValueError, match=r"4:2:0 planes must be uint8, \(H, W\) with even"):
            Yuv420(some)


def test_a_420_image_is_bt601_in_the_limited_range_unless_told() -> None:
    packed = np.zeros((9, 8), np.uint8)
    assert Yuv420.from_packed(packed).coding == CODINGS["BT.601"]
    assert Yuv420.from_packed(packed, CODINGS["BT.709"]).coding == CODINGS["BT.709"]


def test_channels_become_red_green_blue_by_the_matrix_that_the_pixels_give() -> None:
    assert (BgrPixels(flat((1, 2, 3))).to_rgb @ (1, 2, 3, 1)).tolist() == [3, 2, 1]
    yuv = flat_yuv((63, 102, 240), CODINGS["BT.709"])
    assert max_difference(yuv.to_rgb @ (63, 102, 240, 1), (255, 0, 0)) < 2


@pytest.mark.parametrize(
    "make", [lambda: BgrPixels(flat(RED)), lambda: flat_yuv((81, 90, 240), ColorCoding())]
)
def test_pixels_are_read_only(make: Callable[[], Pixels]) -> None:
    pixels = make()
    for array in (*pixels.planes, pixels.bgr(), pixels.yuv420(ColorCoding(BT709)).packed):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((6, 8), np.uint8), ((6, 8, 4), np.uint8), ((6, 8, 1), np.uint8), ((6, 8, 3), np.float32)],
)
def test_arrays_that_are_not_bgr_are_refused(shape: tuple[int, ...], kind: type) -> None:
    with pytest.raises(ValueError, match=r"BGR pixels must be \(H, W, 3\) uint8, got"):
        BgrPixels(np.zeros(shape, kind))
    with pytest.raises(ValueError, match=r"BGR pixels must be \(H, W, 3\) uint8, got"):
        Frame.from_bgr(np.zeros(shape, kind))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [((8, 8), np.uint8), ((9, 7), np.uint8), ((9, 8, 1), np.uint8), ((9, 8), np.int16)],
    ids=["rows not in thirds", "odd width", "three axes", "not bytes"],
)
def test_arrays_that_are_not_packed_420_are_refused(shape: tuple[int, ...], kind: type) -> None:
    with pytest.raises(
        ValueError, match=r"packed 4:2:0 pixels must be \(H \* 3 / 2, W\) uint8, got"
    ):
        Yuv420.from_packed(np.zeros(shape, kind))


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_luma_and_chroma_are_seen_as_their_colour(name: str) -> None:
    for color, values in PUBLISHED[name].items():
        bgr = flat_yuv(values, CODINGS[name]).bgr()
        assert bgr.shape == (6, 8, 3)
        assert max_difference(bgr, flat(color)) <= 3, color


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_flat_colour_becomes_its_published_luma_and_chroma(name: str) -> None:
    for color, values in PUBLISHED[name].items():
        yuv = BgrPixels(flat(color)).yuv420(CODINGS[name])
        assert yuv.coding == CODINGS[name]
        for plane, value in zip(yuv.planes, values, strict=True):
            assert max_difference(plane, value) <= 1, color


@each_coding
def test_luma_is_that_of_each_pixel_and_chroma_the_mean_of_each_four(coding: ColorCoding) -> None:
    bgr = noise(64, 48)
    luma, *chroma = BgrPixels(bgr).yuv420(coding).planes
    wanted = formula(bgr, coding)
    assert luma.shape == (48, 64)
    assert max_difference(luma, wanted[..., 0]) < 1.1
    means = wanted.reshape(24, 2, 32, 2, 3).mean(axis=(1, 3))
    for place, plane in enumerate(chroma, start=1):
        assert plane.shape == (24, 32)
        assert max_difference(plane, means[..., place]) < 1.2


@each_coding
@pytest.mark.parametrize("place", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_it_does_not_matter_which_of_four_pixels_is_red(
    coding: ColorCoding, place: tuple[int, int]
) -> None:
    bgr = flat(BLACK)
    bgr[place[0] :: 2, place[1] :: 2] = RED
    _, cb, cr = BgrPixels(bgr).yuv420(coding).planes
    red = coding.value(RED)
    assert max_difference(cb, 128 + (red[1] - 128) / 4) <= 1
    assert max_difference(cr, 128 + (red[2] - 128) / 4) <= 1


@each_coding
def test_colours_of_four_pixels_each_come_back(coding: ColorCoding) -> None:
    blocks = np.random.default_rng(1).integers(40, 216, (8, 10, 3), np.uint8)
    bgr = blocks.repeat(2, axis=0).repeat(2, axis=1)
    luma, cb, cr = BgrPixels(bgr).yuv420(coding).planes
    values = np.stack((luma[::2, ::2], cb, cr, np.ones_like(cb)), axis=2).astype(float)
    assert max_difference((values @ coding.to_rgb.T)[..., ::-1], blocks) < 3.5


@each_coding
@pytest.mark.parametrize("size_px", [(5, 4), (6, 3), (5, 3), (1, 1), (1, 6)])
def test_an_odd_edge_is_doubled(coding: ColorCoding, size_px: tuple[int, int]) -> None:
    bgr = noise(*size_px)
    width_px, height_px = size_px[0] + size_px[0] % 2, size_px[1] + size_px[1] % 2
    yuv = BgrPixels(bgr).yuv420(coding)
    assert (yuv.width_px, yuv.height_px) == (width_px, height_px)
    even = np.pad(
        bgr, ((0, height_px - size_px[1]), (0, width_px - size_px[0]), (0, 0)), mode="edge"
    )
    assert np.array_equal(yuv.packed, BgrPixels(even).yuv420(coding).packed)
    assert max_difference(yuv.planes[0], formula(even, coding)[..., 0]) < 1.1


@each_coding
def test_pixels_in_the_requested_coding_are_not_converted(coding: ColorCoding) -> None:
    yuv = BgrPixels(noise(8, 6)).yuv420(coding)
    assert yuv.yuv420(ColorCoding(coding.matrix, coding.is_full_range)) is yuv


@pytest.mark.parametrize("there", CODINGS)
@pytest.mark.parametrize("here", ["BT.601", "BT.709", "BT.709 full"])
def test_one_coding_becomes_another(here: str, there: str) -> None:
    for color in (RED, GREEN, BLUE, WHITE, BLACK, (30, 140, 200)):
        start = flat_yuv(CODINGS[here].value(color), CODINGS[here])
        yuv = start.yuv420(CODINGS[there])
        assert yuv.coding == CODINGS[there]
        for plane, value in zip(yuv.planes, CODINGS[there].value(color), strict=True):
            assert max_difference(plane, value) <= 2, color


def test_blocks_of_four_pixels_stay_where_they_are() -> None:
    colors = [RED, GREEN, BLUE, YELLOW]
    quarters = np.array(colors, np.uint8).reshape(2, 2, 3).repeat(8, axis=0).repeat(12, axis=1)
    for coding in CODINGS.values():
        yuv = BgrPixels(quarters.copy()).yuv420(coding)
        for (y, x), color in zip(((2, 3), (2, 20), (13, 3), (13, 20)), colors, strict=True):
            assert max_difference(yuv.bgr()[y, x], color) <= 3
            again = yuv.yuv420(ColorCoding(BT2020)).bgr()
            assert max_difference(again[y, x], color) <= 5


@pytest.mark.parametrize("name", ["bgr", "bgr with gaps between rows", *CODINGS])
def test_empty_pixels_are_of_the_same_kind_and_writable(name: str) -> None:
    bgr = noise(8, 6) if name == "bgr" else noise(16, 6)[:, :8]
    original: Pixels = BgrPixels(bgr)
    if name in CODINGS:
        original = original.yuv420(CODINGS[name])
    before = [plane.copy() for plane in original.planes]
    made, planes = original.empty_like()
    assert type(made) is type(original)
    assert (made.width_px, made.height_px, made.coding) == (8, 6, original.coding)
    for number, plane in enumerate(planes):
        plane[:] = 50 + number
    # What is written on the planes is seen in the image, on which nobody can write.
    for number, (shown, kept) in enumerate(zip(made.planes, original.planes, strict=True)):
        assert (shown == 50 + number).all()
        assert not shown.flags.writeable
        assert np.array_equal(kept, before[number])


def test_a_frame_gives_bgr_of_whatever_it_is_made_of() -> None:
    values = PUBLISHED["BT.709"][MAGENTA]
    frame = Frame(flat_yuv(values, CODINGS["BT.709"]), 3, 0.1, 0.2)
    assert (frame.width_px, frame.height_px) == (8, 6)
    assert max_difference(frame.bgr, flat(MAGENTA)) <= 3
    assert not frame.bgr.flags.writeable
