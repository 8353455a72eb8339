"""Looks: colours, backgrounds, boxes, trails, labels and hidden faces, on BGR and on planes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.colors import Bgr, ColorCoding
from livepose.core.errors import OptionError
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.core.overlays import Label, Overlays, Trail
from livepose.core.pixels import BgrPixels, Pixels
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import KEYPOINT_NAMES
from livepose.draw import Background, ByPerson, BySide, OneColor, Style, Thickness, paint
from livepose.draw.color_schemes import PEOPLE_COLORS
from livepose.draw.text import render_text
from livepose.models import load_model
from livepose.motion.face_regions import HOLD_S, FaceRegions
from livepose.motion.trails import Trails
from livepose.session.parsing import parse_keypoints
from livepose.sources import open_source
from livepose.sources.synthetic.dance import LOOP_S
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.colors import CODINGS, each_coding, max_difference, psnr, soft_colors
from tests.support.fakes import demo_keypoints
from tests.support.models import warm_cache
from tests.support.needs import DANCE, TFHUB, needs_shared

GREY = 100
WRIST = KEYPOINT_NAMES.index("left_wrist")
Both = pytest.mark.parametrize("coding", [None, CODINGS["BT.709"]], ids=["BGR", "planes"])


def plain(width_px: int = 320, height_px: int = 240, coding: ColorCoding | None = None) -> Pixels:
    pixels = BgrPixels(np.full((height_px, width_px, 3), GREY, np.uint8))
    return pixels if coding is None else pixels.yuv420(coding)


def people(*xys: FloatArray, ids: tuple[int, ...] = (), score: float = 1.0) -> Poses:
    xy = np.stack(xys).astype(np.float32)
    poses = Poses.from_keypoints(xy, np.full(xy.shape[:2], score, np.float32))
    return replace(poses, track_id=np.array(ids, np.int32)) if ids else poses


def posed(
    pixels: Pixels,
    poses: Poses | None = None,
    overlays: Overlays | None = None,
    time_s: float = 0.0,
) -> PosedFrame:
    region = Region.letterbox(pixels.width_px, pixels.height_px)
    frame = Frame(pixels, 0, time_s, 0.0)
    nobody = Poses.empty()
    return PosedFrame(frame, poses or nobody, region, 0.0, overlays=overlays or Overlays())


def at(pixels: Pixels, x: float, y: float) -> UInt8Array:
    color: UInt8Array = pixels.bgr()[int(y), int(x)]
    return color


def changed(before: Pixels, after: Pixels, by: int = 6) -> npt.NDArray[np.bool_]:
    """Tell which pixels are others: (H, W). On planes a colour's last bits are lost."""
    off = np.abs(before.bgr().astype(int) - after.bgr())
    return np.asarray(off.max(axis=2) > by)


def discs(*faces: tuple[float, float, float]) -> Overlays:
    return Overlays(faces=np.array(faces, np.float32).reshape(-1, 3))


# Words for styles and for keypoints.


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


@pytest.mark.parametrize(
    "words", ["", "rainbow", "people,", "#ff80", "#gg0000", "0px", "100px", "-3px", "3", "3.5px"]
)
def test_a_word_that_is_none_is_refused_with_those_that_are(words: str) -> None:
    with pytest.raises(
        OptionError, match=r"sides, people .* thin, normal, thick .* 1px to 99px"
    ) as caught:
        Style().with_words(words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("words", ["sides,people", "people,#ff0000", "thin,3px", "thin,thin"])
def test_two_words_of_one_kind_are_refused(words: str) -> None:
    with pytest.raises(OptionError, match="two words of one kind"):
        Style().with_words(words)


# Colours and thickness.


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
    """Give L*, a*, b* under D65 of sRGB colours, as an eye sees them."""
    rgb = np.array(colors, float)[:, ::-1] / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(linear @ np.asarray(sight, float).T, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750]]
    to_xyz.append([0.0193339, 0.1191920, 0.9503041])
    x, y, z = np.cbrt(np.maximum(seen @ np.array(to_xyz).T / (0.95047, 1, 1.08883), 0.008856)).T
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=1)


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_colours_of_people_are_told_apart_by_every_eye(sight: str) -> None:
    lab = cielab(PEOPLE_COLORS, SIGHTS[sight])
    apart = np.linalg.norm(lab[:, None] - lab[None], axis=2) + 1e3 * np.eye(len(lab))
    assert len(lab) >= 10
    assert apart.min() > 22


def test_a_person_keeps_its_colour_whoever_else_is_there() -> None:
    hands = [np.full((17, 2), place, np.float32) for place in (50.5, 150.5, 100.5)]
    style = Style(colors=ByPerson())
    first = paint(posed(plain(), people(*hands, ids=(4, 7, 1))), style).pixels
    later = paint(posed(plain(), people(hands[2], hands[1], ids=(7, 4))), style).pixels
    assert tuple(at(first, 50, 50)) == tuple(at(later, 150, 150)) == PEOPLE_COLORS[3]
    assert tuple(at(first, 150, 150)) == tuple(at(later, 100, 100)) == PEOPLE_COLORS[6]
    assert tuple(at(first, 100, 100)) == PEOPLE_COLORS[0]


def test_people_without_ids_have_different_colours_too() -> None:
    hands = [np.full((17, 2), place, np.float32) for place in (50.5, 150.5)]
    after = paint(posed(plain(), people(*hands)), Style(colors=ByPerson())).pixels
    assert tuple(at(after, 50, 50)) != tuple(at(after, 150, 150))


def test_one_colour_is_that_of_every_bone_and_joint() -> None:
    red = Style(colors=OneColor((0, 0, 255)))
    after = paint(posed(plain(), people(demo_keypoints(320, 240))), red).pixels.bgr().reshape(-1, 3)
    vivid = after[np.ptp(after.astype(int), axis=1) > 150]
    assert len(vivid) > 100
    assert (vivid[:, :2] <= 60).all()


def test_a_width_in_pixels_is_that_of_the_bones_whatever_the_picture() -> None:
    arm = np.full((17, 2), -9999, np.float32)
    arm[7], arm[9] = (50.5, 100.5), (250.5, 100.5)
    for size_px in ((320, 240), (1280, 720)):
        after = paint(posed(plain(*size_px), people(arm)), Style().with_words("9px,#00ff00"))
        is_green = after.bgr[60:140, 150, 1].astype(int) - after.bgr[60:140, 150, 2] > 120
        assert 8 <= is_green.sum() <= 11


def test_thick_is_thicker_than_normal_and_that_than_thin() -> None:
    for size_px in ((384, 496), (1280, 720)):
        drawn = [
            changed(
                before, paint(posed(before, people(demo_keypoints(*size_px))), style).pixels
            ).sum()
            for before in (plain(*size_px),)
            for style in map(Style().with_words, ("thin", "normal", "thick"))
        ]
        assert drawn[0] < drawn[1] < drawn[2] / 1.15


@Both
def test_what_is_hidden_is_not_drawn_nor_its_bones(coding: ColorCoding | None) -> None:
    style = Style(hidden=parse_keypoints("face,hands"))
    before, xy = plain(640, 480, coding), demo_keypoints(640, 480)
    score = np.ones((1, 17), np.float32)
    score[0, sorted(style.hidden)] = 0.0
    seen_less = Poses.from_keypoints(xy[None], score)
    hidden = paint(posed(before, people(xy)), style)
    assert np.array_equal(hidden.bgr, paint(posed(before, seen_less)).bgr)
    assert not np.array_equal(hidden.bgr, paint(posed(before, people(xy))).bgr)
    all_hidden = Style(hidden=frozenset(range(17)))
    assert np.array_equal(paint(posed(before, people(xy)), all_hidden).bgr, before.bgr())


# Backgrounds.


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


@Both
@pytest.mark.parametrize("background", [Background.DIM, Background.BLACK])
def test_the_skeleton_is_as_bright_as_ever_on_a_dark_background(
    background: Background, coding: ColorCoding | None
) -> None:
    xy = np.full((17, 2), 100.5, np.float32)
    after = paint(posed(plain(coding=coding), people(xy)), Style(background=background)).pixels
    assert max_difference(at(after, 100, 100), BySide().right) <= 3
    assert at(after, 10, 10).max() <= 0.31 * GREY


# Boxes and their tags.


def boxed(track_id: int = 1, left: float = 100, top: float = 80) -> Poses:
    """Make somebody of whom a box from (left, top) is all that is seen."""
    xy = np.full((17, 2), (left + 60, top + 50), np.float32)
    poses = people(xy, ids=(track_id,))
    return replace(poses, box=np.array([[left, top, left + 120, top + 100]], np.float32))


ONLY_BOXES = Style(boxes=True, hidden=frozenset(range(17)))


@Both
def test_a_box_is_drawn_in_the_colour_of_its_person_around_the_box_of_its_pose(
    coding: ColorCoding | None,
) -> None:
    before = plain(coding=coding)
    after = paint(posed(before, boxed(2)), replace(ONLY_BOXES, colors=ByPerson())).pixels
    rows, columns = np.nonzero(changed(before, after)[80:, :])
    assert 90 <= columns.min() <= 99 and 221 <= columns.max() <= 230
    assert 181 <= rows.max() + 80 <= 190
    edge = after.bgr()[130, 85:105].astype(int)
    assert np.abs(edge - PEOPLE_COLORS[1]).max(axis=1).min() <= 60
    assert not changed(before, after)[90:170, 110:210].any()


def test_no_box_is_drawn_where_none_is_wanted_or_nobody_is_seen() -> None:
    before = plain()
    style = replace(ONLY_BOXES, boxes=False)
    assert np.array_equal(paint(posed(before, boxed()), style).bgr, before.bgr())
    unseen = replace(boxed(), score=np.full((1, 17), 0.2, np.float32))
    assert np.array_equal(paint(posed(before, unseen), ONLY_BOXES).bgr, before.bgr())


def tag(pixels: Pixels, left: int, top: int) -> UInt8Array:
    """Cut out what is above the left corner of a box."""
    cut: UInt8Array = pixels.bgr()[top - 24 : top - 9, left - 8 : left + 30]
    return cut


def test_the_id_is_written_on_its_colour_above_the_box_and_only_where_there_is_one() -> None:
    # Ids of the same colour: what differs is the digits.
    tags = [tag(paint(posed(plain(), boxed(n)), ONLY_BOXES).pixels, 100, 80) for n in (1, 11, 21)]
    for one in tags:
        far = np.abs(one.astype(int) - PEOPLE_COLORS[0]).max(axis=2)
        assert (far < 30).sum() > 40
        assert (one.max(axis=2) < 60).sum() > 4
    assert not np.array_equal(tags[0], tags[1])
    assert not np.array_equal(tags[1], tags[2])
    untracked = tag(paint(posed(plain(), boxed(0)), ONLY_BOXES).pixels, 100, 80)
    assert (untracked == GREY).all()


@Both
def test_in_a_mirror_boxes_are_turned_and_digits_are_not(coding: ColorCoding | None) -> None:
    straight = paint(posed(plain(coding=coding), boxed(7)), ONLY_BOXES).pixels
    mirror = replace(ONLY_BOXES, mirror=True)
    turned = paint(posed(plain(coding=coding), boxed(7)), mirror).pixels
    # The box from 100 to 220 is now that from 100 to 220 of a picture of 320.
    assert np.array_equal(turned.bgr(), straight.bgr())
    aside = paint(posed(plain(coding=coding), boxed(7, left=40)), mirror).pixels
    assert np.array_equal(tag(aside, 160, 80), tag(straight, 100, 80))


@Both
@pytest.mark.parametrize(
    ("left", "top"), [(-60, -40), (-60, 200), (280, -40), (280, 200), (-500, 50), (0, 0)]
)
def test_of_who_is_partly_outside_the_id_is_seen_as_long_as_the_box_is(
    left: float, top: float, coding: ColorCoding | None
) -> None:
    before = plain(coding=coding)
    after = paint(posed(before, boxed(8, left, top)), ONLY_BOXES).pixels
    is_there = left > -120
    light = np.abs(after.bgr().astype(int) - PEOPLE_COLORS[7]).max(axis=2) < 30
    assert (light.sum() > 60) == is_there
    assert changed(before, after).any() == is_there


# Faces.


def checks(
    coding: ColorCoding | None, size_px: tuple[int, int] = (320, 240), flip: int = 0
) -> Pixels:
    """Paint a fine pattern; with `flip` at 1 its negative, of the same mean."""
    width_px, height_px = size_px
    y, x = np.mgrid[:height_px, :width_px] // 2
    pattern = np.where((x + y + flip) % 2, 40, 200).astype(np.uint8)
    pixels = BgrPixels(np.repeat(pattern[..., None], 3, axis=2))
    return pixels if coding is None else pixels.yuv420(coding)


@Both
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize(
    "face", [(100.0, 90.0, 40.0), (30.5, 20.5, 40.0), (318.0, 239.0, 30.0), (160.0, 120.0, 500.0)]
)
def test_nothing_of_a_face_is_left_but_the_colours_of_a_few_blocks(
    face: tuple[float, float, float], mirror: bool, coding: ColorCoding | None
) -> None:
    style = Style(mirror=mirror)
    one, other = (
        paint(posed(checks(coding, flip=flip), overlays=discs(face)), style).bgr.astype(int)
        for flip in (0, 1)
    )
    x, y, radius = face
    rows, columns = np.mgrid[:240, :320] + 0.5
    away = np.hypot(columns - (320 - x if mirror else x), rows - y)
    # What two opposite pictures have in common is their mean, and nothing else is left of them.
    assert np.abs(one - other)[away < radius].max() <= 12
    assert np.abs(one - 120)[away < radius - 2].max() <= 16
    assert np.abs(one - other)[away > radius + 4].min(initial=255) > 140


@Both
def test_a_face_is_at_most_five_blocks_wide(coding: ColorCoding | None) -> None:
    random = np.random.default_rng(2).integers(0, 256, (200, 200, 3), np.uint8)
    pixels: Pixels = BgrPixels(random)
    pixels = pixels if coding is None else pixels.yuv420(coding)
    after = paint(posed(pixels, overlays=discs((100, 100, 50)))).bgr[70:130, 70:130].astype(float)
    # Noise of deviation 74 over blocks of 20 x 20 pixels is left with a 20th of that.
    assert after.std(axis=(0, 1)).max() < 8


@Both
def test_faces_are_hidden_under_the_skeleton_and_outside_the_picture_nothing_happens(
    coding: ColorCoding | None,
) -> None:
    before = checks(coding)
    nose = np.full((17, 2), -9999, np.float32)
    nose[0] = (100.5, 90.5)
    after = paint(posed(before, people(nose), discs((100, 90, 40)))).pixels
    assert max_difference(at(after, 100, 90), BySide().middle) <= 12
    far = discs((-100, 50, 60), (500, 500, 100), (50, 400, 60))
    assert np.array_equal(paint(posed(before, overlays=far)).bgr, before.bgr())


@pytest.mark.parametrize("size_px", [(1, 1), (7, 5), (33, 21), (3, 200)])
def test_everything_can_be_painted_on_small_and_odd_pictures(size_px: tuple[int, int]) -> None:
    width_px, height_px = size_px
    pixels = BgrPixels(np.full((height_px, width_px, 3), GREY, np.uint8))
    xy = np.random.default_rng(3).uniform(-5, 40, (17, 2)).astype(np.float32)
    marks = Overlays(
        np.array(((width_px / 2, height_px / 2, 6.0), (0, 0, 1.5)), np.float32),
        (Trail(9, 1, xy[:5]),),
        (Label("93°", 9, 3.0, 3.0),),
    )
    for mirror in (False, True):
        for background in Background:
            style = Style(mirror=mirror, background=background, boxes=True)
            after = paint(posed(pixels, people(xy, ids=(1,)), marks), style)
            assert after.bgr.shape == (height_px, width_px, 3)


# Trails and labels.


def sweep(*places: tuple[float, float]) -> Overlays:
    return Overlays(trails=(Trail(WRIST, 1, np.array(places, np.float32)),))


@Both
def test_a_trail_ends_in_the_colour_of_its_joint_and_fades_behind(
    coding: ColorCoding | None,
) -> None:
    before = plain(coding=coding)
    places = [(20.5 + 10 * step, 100.5) for step in range(29)]
    style = Style().with_words("5px")
    after = paint(posed(before, overlays=sweep(*places)), style).pixels
    assert max_difference(at(after, 298, 100), BySide().left) <= 12
    distance = [
        np.abs(at(after, x, 100).astype(float) - BySide().left).sum() for x in (50, 120, 190, 260)
    ]
    assert distance == sorted(distance, reverse=True)
    assert distance[0] > 4 * distance[-1]
    assert not changed(before, after)[:90].any() and not changed(before, after)[111:].any()


@Both
def test_a_trail_is_broken_where_its_joint_was_not_seen(coding: ColorCoding | None) -> None:
    before, nan = plain(coding=coding), float("nan")
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


def text_of(pixels: Pixels) -> npt.NDArray[np.bool_]:
    return np.asarray(pixels.bgr().min(axis=2) > 200)


@Both
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize("size_px", [(384, 496), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.001, 0.001), (0.999, 0.999), (0.5, 0.0)])
def test_a_label_stands_within_the_picture_beside_its_joint_and_not_on_it(
    place: tuple[float, float], size_px: tuple[int, int], mirror: bool, coding: ColorCoding | None
) -> None:
    before = plain(*size_px, coding)
    x, y = (share * side for share, side in zip(place, size_px, strict=True))
    marks = Overlays(labels=(Label("93°", WRIST, x, y),))
    after = paint(posed(before, overlays=marks), Style(mirror=mirror)).pixels
    x = size_px[0] - x if mirror else x
    rows, columns = np.nonzero(changed(before, after))
    line_px = Style().thickness.line_px(size_px)
    away = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    assert 1.4 * line_px + 1 < away.min() < 0.03 * min(size_px) + 8
    letters = np.argwhere(text_of(after))
    assert 9 <= np.ptp(letters[:, 0]) + 1 <= 0.03 * min(size_px)


def test_a_label_in_a_mirror_can_be_read() -> None:
    marks = Overlays(labels=(Label("147°", WRIST, 100, 100),))
    straight, turned = (
        text_of(paint(posed(plain(), overlays=marks), Style(mirror=mirror)).pixels)
        for mirror in (False, True)
    )
    rows, columns = (np.s_[int(v.min()) : int(v.max()) + 1] for v in np.nonzero(straight))
    size = straight[rows, columns]
    rows, columns = (np.s_[int(v.min()) : int(v.max()) + 1] for v in np.nonzero(turned))
    assert np.array_equal(turned[rows, columns], size)


def test_labels_at_one_joint_do_not_cover_each_other() -> None:
    both = tuple(Label(text, WRIST, 100, 100) for text in ("147°", "33°"))
    together, one, other = (
        text_of(paint(posed(plain(), overlays=Overlays(labels=labels))).pixels).sum()
        for labels in (both, both[:1], both[1:])
    )
    assert together == pytest.approx(one + other, rel=0.1)


def test_a_note_stands_below_its_word_and_is_smaller() -> None:
    word, both = (
        text_of(
            paint(
                posed(plain(), overlays=Overlays(labels=(Label("147°", WRIST, 100, 100, n),)))
            ).pixels
        )
        for n in ("", "3 - 150")
    )
    rows = np.flatnonzero(both.any(axis=1))
    gap = int(np.flatnonzero(np.diff(rows) > 1)[0])
    upper_px, lower_px = gap + 1, len(rows) - gap - 1
    assert upper_px == np.count_nonzero(word.any(axis=1))
    assert 0.5 * upper_px < lower_px < 0.9 * upper_px


def test_a_label_without_room_beside_its_joint_is_not_written() -> None:
    tiny = plain(20, 16)
    marks = Overlays(labels=(Label("147°", WRIST, 10, 8),))
    assert np.array_equal(paint(posed(tiny, overlays=marks)).bgr, tiny.bgr())


def test_letters_have_the_height_that_was_asked_for_and_a_degree_sign_at_their_top() -> None:
    for height_px in (9, 15, 21, 40):
        digits, angle = render_text("93", height_px, 1), render_text("93°", height_px, 1)
        rows = np.flatnonzero((digits.fill > 60).any(axis=1))
        assert abs(np.ptp(rows) + 1 - height_px) <= 1
        assert angle.size_px[0] > digits.size_px[0] + 0.3 * height_px
        sign = angle.fill[:, digits.size_px[0] :] > 60
        assert sign.any()
        assert not sign[angle.size_px[1] // 2 + 1 :].any()
        assert (angle.outline >= angle.fill).all()


# All of it, both ways.


@each_coding
@pytest.mark.parametrize("mirror", [False, True], ids=["straight", "mirrored"])
@pytest.mark.parametrize("background", Background)
@pytest.mark.parametrize("size_px", [(320, 240), (768, 432)])
def test_all_looks_are_the_same_on_planes_as_on_bgr(
    size_px: tuple[int, int], background: Background, mirror: bool, coding: ColorCoding
) -> None:
    xy = demo_keypoints(*size_px)
    poses = people(xy, (xy + np.array((0.31, 0.1)) * size_px[0]).astype(np.float32), ids=(3, 12))
    way = np.linspace(xy[9] - 0.2 * size_px[1], xy[9], 20).astype(np.float32)
    marks = Overlays(
        np.array((*xy[0], 0.1 * size_px[1]), np.float32)[None],
        (Trail(9, 3, way),),
        tuple(Label("147°", k, float(xy[k, 0]), float(xy[k, 1]), "3 - 150") for k in (7, 8, 13)),
    )
    style = Style(colors=ByPerson(), boxes=True, background=background, mirror=mirror)
    bgr = BgrPixels(soft_colors(*size_px))
    wanted = paint(posed(bgr, poses, marks), style).pixels.yuv420(coding)
    got = paint(posed(bgr.yuv420(coding), poses, marks), style).pixels
    # Measured: 47 dB and more, the least where white letters on black fill a small picture.
    assert min(map(psnr, wanted.planes, got.planes)) > 45


# What finds faces.


def found(poses: Poses, time_s: float = 0.0, shown: Poses | None = None) -> PosedFrame:
    return replace(posed(plain(), shown, time_s=time_s), detections=poses)


def covers(faces: FloatArray, points: FloatArray, margin_px: float = 0.0) -> bool:
    """Tell whether each point lies in one of the discs."""
    away = np.linalg.norm(points[:, None] - faces[None, :, :2], axis=2)
    return bool((away + margin_px <= faces[:, 2]).any(axis=1).all())


def test_the_face_of_everybody_is_found_who_is_shown_or_only_suspected() -> None:
    places = [
        demo_keypoints(320, 240),
        demo_keypoints(320, 240) + np.float32(90),
        demo_keypoints(320, 240) - np.float32(90),
    ]
    suspects = people(places[1], score=0.08)
    noise = people(places[2], score=0.04)
    both = replace(
        found(suspects, shown=people(places[0], ids=(1,))), detections=_joined(suspects, noise)
    )
    faces = FaceRegions()(both).overlays.faces
    assert covers(faces, places[0][:5], 5) and covers(faces, places[1][:5], 5)
    assert not covers(faces, places[2][:1])


def _joined(*poses: Poses) -> Poses:
    xy = np.concatenate([one.xy for one in poses])
    return Poses.from_keypoints(xy, np.concatenate([one.score for one in poses]))


def test_one_face_is_one_disc_of_the_size_of_a_head_however_often_it_is_found() -> None:
    xy = demo_keypoints(640, 480)
    once = people(xy)
    for shown in (once, people((xy + 2).astype(np.float32), ids=(1,))):
        (face,) = FaceRegions()(found(once, shown=shown)).overlays.faces
        ears_px = np.linalg.norm(xy[3] - xy[4])
        assert 0.9 * ears_px < face[2] < 1.5 * ears_px


@pytest.mark.parametrize("turned", ["away", "aside"])
def test_where_the_face_is_not_seen_the_head_above_the_shoulders_is_hidden(turned: str) -> None:
    xy = demo_keypoints(640, 480).copy()
    truth = xy[:5].copy()
    score = np.full((1, 17), 0.9, np.float32)
    if turned == "away":
        score[0, :5] = 0.1
        xy[:5] = (xy[5] + xy[6]) / 2  # anywhere
    else:
        score[0, [0, 1, 2, 3]] = 0.25
        xy[:4] = xy[4]
        truth = truth[[0, 2, 4]]
    faces = FaceRegions()(found(Poses.from_keypoints(xy[None], score))).overlays.faces
    assert covers(faces, truth, 2)


def test_a_lost_face_stays_hidden_as_it_moved_and_grows_and_is_gone_in_the_end() -> None:
    step, xy = FaceRegions(), demo_keypoints(320, 240)
    for number in range(6):
        moved = (xy + np.array((6.0 * number, 0))).astype(np.float32)
        seen = step(found(people(moved), number / 30)).overlays.faces
    for lost in range(1, 31):
        faces = step(found(Poses.empty(), (5 + lost) / 30)).overlays.faces
        if lost / 30 > HOLD_S + 0.001:
            assert len(faces) == 0
        elif lost < 10:
            assert faces[0, 2] > seen[0, 2]
            assert faces[0, 0] == pytest.approx(seen[0, 0] + 6 * lost, abs=0.35 * 6 * lost)
            assert faces[0, 1] == pytest.approx(seen[0, 1], abs=1)


def test_a_reset_and_a_step_back_in_time_forget_all_faces() -> None:
    step, somebody = FaceRegions(), people(demo_keypoints(320, 240))
    assert len(step(found(somebody, 1.0)).overlays.faces) == 1
    step.reset()
    assert len(step(found(Poses.empty(), 1.03)).overlays.faces) == 0
    step(found(somebody, 1.1))
    assert len(step(found(Poses.empty(), 0.5)).overlays.faces) == 0


def test_finding_faces_keeps_all_other_marks() -> None:
    marks = Overlays(labels=(Label("1°", 9, 1.0, 1.0),))
    before = posed(plain(), people(demo_keypoints(320, 240)), marks)
    after = FaceRegions()(before)
    assert after.overlays.labels == marks.labels
    assert after.poses is before.poses


# What remembers trails.


def test_a_trail_holds_the_places_of_the_last_second_and_no_more() -> None:
    step = Trails([WRIST], length_s=1.0)
    for number in range(60):
        xy = (demo_keypoints(320, 240) + np.array((number, 0))).astype(np.float32)
        after = step(posed(plain(), people(xy, ids=(5,)), time_s=number / 30))
    (trail,) = after.overlays.trails
    assert (trail.keypoint, trail.track_id) == (WRIST, 5)
    assert len(trail.xy) == 31
    assert trail.xy[-1] == pytest.approx(xy[WRIST])
    assert trail.xy[0] == pytest.approx(xy[WRIST] - (30, 0))


def test_each_person_has_trails_of_its_own_and_of_the_chosen_joints_only() -> None:
    xy = demo_keypoints(320, 240)
    step = Trails(parse_keypoints("wrists"))
    both = people(xy, (xy + 30).astype(np.float32), ids=(1, 2))
    for number in range(3):
        after = step(posed(plain(), both, time_s=number / 30))
    assert [(t.track_id, t.keypoint) for t in after.overlays.trails] == [
        (1, 9), (1, 10), (2, 9), (2, 10)
    ]  # fmt: skip
    swapped = both[np.array((1, 0))]
    after = step(posed(plain(), swapped, time_s=0.1))
    for trail in after.overlays.trails:
        assert np.ptp(trail.xy, axis=0).max() == 0


def test_a_trail_has_a_gap_where_its_joint_was_not_seen_or_jumped() -> None:
    def walk(spoil: Callable[[int, FloatArray, FloatArray], None]) -> FloatArray:
        step = Trails([WRIST])
        for number in range(9):
            xy, score = demo_keypoints(320, 240)[None].copy(), np.ones((1, 17), np.float32)
            spoil(number, xy, score)
            poses = replace(Poses.from_keypoints(xy, score), track_id=np.array([1], np.int32))
            after = step(posed(plain(), poses, time_s=number / 30))
        (trail,) = after.overlays.trails
        return trail.xy

    def unseen(number: int, xy: FloatArray, score: FloatArray) -> None:
        score[0, WRIST] = 0.1 if number in (4, 5) else 1.0

    def jumps(number: int, xy: FloatArray, score: FloatArray) -> None:
        xy[0, WRIST] += 120 * (number >= 4)

    assert np.isnan(walk(unseen)[:, 0]).tolist() == [False] * 4 + [True] * 2 + [False] * 3
    assert np.isnan(walk(jumps)[:, 0]).tolist() == [False] * 4 + [True] + [False] * 5
    assert not np.isnan(walk(lambda number, xy, score: None)).any()


def test_a_trail_fades_away_behind_who_has_left() -> None:
    step = Trails([WRIST], length_s=0.5)
    somebody = people(demo_keypoints(320, 240), ids=(1,))
    for number in range(10):
        step(posed(plain(), somebody, time_s=number / 30))
    left = [len(step(posed(plain(), time_s=(10 + n) / 30)).overlays.trails) for n in range(20)]
    assert left == sorted(left, reverse=True)
    assert (left[0], left[-1]) == (1, 0)


def test_people_without_ids_leave_a_trail_only_when_they_are_alone() -> None:
    step, xy = Trails([WRIST]), demo_keypoints(320, 240)
    assert len(step(posed(plain(), people(xy))).overlays.trails) == 1
    step.reset()
    assert len(step(posed(plain(), people(xy, xy), time_s=0.1)).overlays.trails) == 0


def test_a_reset_and_a_step_back_in_time_forget_all_trails() -> None:
    step, somebody = Trails([WRIST]), people(demo_keypoints(320, 240), ids=(1,))
    step(posed(plain(), somebody, time_s=1.0))
    (trail,) = step(posed(plain(), somebody, time_s=0.5)).overlays.trails
    assert len(trail.xy) == 1
    step.reset()
    assert not step(posed(plain(), time_s=0.6)).overlays.trails


@pytest.mark.parametrize("length_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_trail_without_length_is_refused(length_s: float) -> None:
    with pytest.raises(OptionError, match="above 0 seconds"):
        Trails([WRIST], length_s)


# With the real network.


@pytest.fixture
def lightning(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PoseModel]:
    monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))
    monkeypatch.setenv("TFHUB_CACHE_DIR", str(TFHUB))
    with load_model("lightning", runtime="litert") as model:
        yield model


@needs_shared
def test_the_face_of_the_built_in_figure_is_hidden_at_every_moment(lightning: PoseModel) -> None:
    source, step = SyntheticSource(640, 480), FaceRegions()
    for number in range(int(LOOP_S * 10)):
        pixels = BgrPixels(source.paint(number / 10))
        poses = lightning.estimate(pixels, lightning.full_frame_region(640, 480))
        after = step(replace(posed(pixels, time_s=number / 10), detections=poses))
        face = source.truth(number / 10).xy[0, :5]
        # Ears and eyes are well within, and so is the chin, as far below the nose as that is from
        # the line between the ears, three times.
        chin = face[0] + 2 * (face[0] - face[1:3].mean(axis=0))
        assert covers(after.overlays.faces, face, 4)
        assert covers(after.overlays.faces, chin[None])


@needs_shared
def test_the_dancers_face_is_hidden_in_every_picture(lightning: PoseModel, tmp_path: Path) -> None:
    """The skin of the face is gone: what is left of it is smooth, wherever the head turns."""
    step = FaceRegions()
    with open_source(str(DANCE)) as source:
        for number, frame in enumerate(source):
            poses = lightning.estimate(
                frame.pixels, lightning.full_frame_region(frame.width_px, frame.height_px)
            )
            after = step(replace(posed(frame.pixels, time_s=frame.time_s), detections=poses))
            if number % 12:
                continue
            faces = after.overlays.faces
            assert covers(faces, poses.xy[0, :5][poses.score[0, :5] > 0.3], 3)
            assert (faces[:, 2] < 0.15 * frame.height_px).all()
            x, y, radius = (int(value) for value in faces[0])
            inside = np.s_[
                max(0, y - radius // 2) : y + radius // 2, max(0, x - radius // 2) : x + radius // 2
            ]
            was, now = (
                picture.planes[0][inside] for picture in (frame.pixels, paint(after).pixels)
            )
            assert detail(now) < 0.4 * detail(was)


def detail(luma: UInt8Array) -> float:
    """Give how far pixels are from the mean of those beside them."""
    values = luma.astype(float)
    return float(np.abs(values[:, 1:-1] - (values[:, 2:] + values[:, :-2]) / 2).mean())
