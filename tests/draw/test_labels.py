"""Labels: beside their keypoints, within the frame, readable."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.colors import ColorCoding
from livepose.core.overlays import Label, Overlays
from livepose.core.panels import CounterPanel, CurvePanel
from livepose.core.pixels import Pixels
from livepose.core.skeleton import Keypoint
from livepose.draw import Style, paint, text
from livepose.draw import labels as labels_module
from tests.support.colors import CODINGS
from tests.support.painting import (
    changed,
    grey_pixels,
    on_bgr_and_planes,
    posed,
    straight_and_mirrored,
)


def text_of(pixels: Pixels) -> npt.NDArray[np.bool_]:
    return np.asarray(pixels.bgr().min(axis=2) > 200)


@on_bgr_and_planes
@straight_and_mirrored
@pytest.mark.parametrize("size_px", [(384, 496), (1280, 720), (1920, 1080)])
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.001, 0.001), (0.999, 0.999), (0.5, 0.0)])
def test_a_label_stands_within_the_frame_beside_its_joint_and_not_on_it(
    place: tuple[float, float], size_px: tuple[int, int], mirror: bool, coding: ColorCoding | None
) -> None:
    before = grey_pixels(*size_px, coding)
    x, y = (share * side for share, side in zip(place, size_px, strict=True))
    marks = Overlays(labels=(Label("93°", Keypoint.LEFT_WRIST, x, y),))
    after = paint(posed(before, overlays=marks), Style(mirror=mirror)).pixels
    x = size_px[0] - x if mirror else x
    rows, columns = np.nonzero(changed(before, after))
    line_px = Style().thickness.line_px(size_px)
    away = np.hypot(columns + 0.5 - x, rows + 0.5 - y)
    assert 1.4 * line_px + 1 < away.min() < 0.03 * min(size_px) + 8
    letters = np.argwhere(text_of(after))
    assert 9 <= np.ptp(letters[:, 0]) + 1 <= 0.03 * min(size_px)


def test_a_label_in_a_mirror_can_be_read() -> None:
    marks = Overlays(labels=(Label("147°", Keypoint.LEFT_WRIST, 100, 100),))
    straight, turned = (
        text_of(paint(posed(grey_pixels(), overlays=marks), Style(mirror=mirror)).pixels)
        for mirror in (False, True)
    )
    rows, columns = (np.s_[int(v.min()) : int(v.max()) + 1] for v in np.nonzero(straight))
    size = straight[rows, columns]
    rows, columns = (np.s_[int(v.min()) : int(v.max()) + 1] for v in np.nonzero(turned))
    assert np.array_equal(turned[rows, columns], size)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size_px", [(320, 240), (426, 240), (640, 360)])
def test_panels_touch_no_label(size_px: tuple[int, int], mirror: bool) -> None:
    counter, curves = CounterPanel((("trunk", 8),)), CurvePanel.empty(("trunk",))
    panels = Overlays(counter=counter, curves=curves)
    shown = counter.rectangle(size_px), curves.rectangle(size_px)
    places = [
        (x, y) for left, top, right, bottom in shown for x in (left, right) for y in (top, bottom)
    ]
    labels = tuple(Label("147°", Keypoint.LEFT_WRIST, x, y, "3 to 150") for x, y in places)
    with_labels, without = (
        paint(posed(grey_pixels(*size_px), overlays=each), Style(extremes=True, mirror=mirror)).bgr
        for each in (replace(panels, labels=labels), panels)
    )
    is_label = (with_labels != without).any(axis=2)
    assert is_label.sum() > 4 * 100
    for left, top, right, bottom in shown:
        columns = slice(size_px[0] - right, size_px[0] - left) if mirror else slice(left, right)
        assert not is_label[top:bottom, columns].any()


def test_without_room_for_the_extremes_the_angle_stands_alone() -> None:
    label = Label("147°", Keypoint.LEFT_WRIST, 24, 10, "-103 to 150")
    frame = posed(grey_pixels(90, 20), overlays=Overlays(labels=(label,)))
    assert text_of(paint(frame, Style(extremes=True)).pixels).any()


def test_labels_at_one_joint_do_not_cover_each_other() -> None:
    both = tuple(Label(text, Keypoint.LEFT_WRIST, 100, 100) for text in ("147°", "33°"))
    together, one, other = (
        text_of(paint(posed(grey_pixels(), overlays=Overlays(labels=labels))).pixels).sum()
        for labels in (both, both[:1], both[1:])
    )
    assert together == pytest.approx(one + other, rel=0.1)


def test_a_note_stands_below_its_word_and_is_smaller() -> None:
    word, both = (
        text_of(
            paint(
                posed(
                    grey_pixels(),
                    overlays=Overlays(labels=(Label("147°", Keypoint.LEFT_WRIST, 100, 100, n),)),
                ),
                Style(extremes=True),
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
    tiny = grey_pixels(20, 16)
    marks = Overlays(labels=(Label("147°", Keypoint.LEFT_WRIST, 10, 8),))
    assert np.array_equal(paint(posed(tiny, overlays=marks)).bgr, tiny.bgr())


def test_a_note_is_written_on_demand_only() -> None:
    word, both = (
        posed(
            grey_pixels(),
            overlays=Overlays(labels=(Label("147°", Keypoint.LEFT_WRIST, 100, 100, note),)),
        )
        for note in ("", "3 to 150")
    )
    assert np.array_equal(paint(both).bgr, paint(word).bgr)
    assert not np.array_equal(paint(both, Style(extremes=True)).bgr, paint(word).bgr)


@pytest.mark.parametrize("size_px", [(124, 160), (160, 120), (1080, 1920), (3840, 2160)])
def test_digits_and_notes_can_be_read_when_the_frame_is_shown_on_a_screen(
    size_px: tuple[int, int],
) -> None:
    label = Label("147°", Keypoint.LEFT_WRIST, size_px[0] / 2, size_px[1] / 2, "3 to 150")
    bgr = paint(
        posed(grey_pixels(*size_px), overlays=Overlays(labels=(label,))), Style(extremes=True)
    ).pixels
    rows = np.flatnonzero(text_of(bgr).any(axis=1))
    upper_px = int(np.flatnonzero(np.diff(rows) > 1)[0]) + 1
    lower_px = len(rows) - upper_px
    screen_scale = min(1.0, 1280 / size_px[0], 860 / size_px[1])
    assert min(upper_px, lower_px) * screen_scale >= 7


def test_painting_with_kept_characters_gives_the_same_pixels_as_without() -> None:
    labels = tuple(
        Label(f"{20 * n - 70}°", Keypoint.LEFT_WRIST, 30.0 + 37 * n, 60.0 + 15 * n, f"-{n} to 9")
        for n in range(6)
    )
    style = Style(extremes=True)
    for coding in (None, CODINGS["BT.709"]):
        frame = posed(grey_pixels(coding=coding), overlays=Overlays(labels=labels))
        kept = [paint(frame, style).bgr for _ in range(2)]
        for cached in (labels_module._masks, labels_module._stamp, text._glyph, text.compose_text):
            cached.cache_clear()
        assert all(np.array_equal(bgr, paint(frame, style).bgr) for bgr in kept)
