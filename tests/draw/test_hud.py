"""The head-up display and the help: they fit into every frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from livepose.core.arrays import UInt8Array
from livepose.core.colors import BT709, ColorCoding
from livepose.core.frame import Frame
from livepose.draw.hud import (
    HelpRow,
    paint_badges,
    paint_help,
    paint_hud,
    paint_no_signal,
    side_by_side,
)
from tests.support.painting import (
    GREY,
    grey_frame,
    posed_demo,
)

LINE = ["30.0 fps", "33 ms", "1 person"]
LONG_LINE = ["h: keys", "29.9 fps", "right_knee 12", "model 18.1 ms", "lag 120 ms", "3 dropped"]


KEYS = [
    HelpRow("q, Esc", "quit", "q", "quit"),
    HelpRow("Space", "pause / resume", "Space", "pause"),
    HelpRow("Tab, 1-9, click", "next person, n-th from the left, that person", "Tab", "follow"),
    HelpRow("s", "save a screenshot", "s", "screenshot"),
    HelpRow("h", "show / hide this help", "h", "help"),
]
SMALL_AND_LARGE = [(124, 160), (160, 120), (640, 480), (1080, 1920), (3840, 2160)]


def bright(bgr: UInt8Array) -> npt.NDArray[np.bool_]:
    """Return where text may be: where it is brighter than the dimmed background."""
    return np.asarray((bgr > GREY // 2 + 5).any(axis=2))


def bar_of(after: Frame) -> UInt8Array:
    """Cut out the bar that the head-up display lies on."""
    dimmed = (after.bgr[:, 0] != GREY).any(axis=1)
    height_px = int(np.argmin(dimmed))
    assert 0 < height_px < after.height_px / 3
    return after.bgr[:height_px]


@pytest.mark.parametrize("size_px", [(1280, 720), (640, 480), (320, 240), (240, 426), (160, 120)])
@pytest.mark.parametrize("badges", [(), ("REC",), ("PAUSED", "MIRROR")], ids=len)
def test_the_head_up_display_fits_into_the_width(
    size_px: tuple[int, int], badges: tuple[str, ...]
) -> None:
    frame = grey_frame(*size_px)
    after = paint_hud(frame, LINE if len(badges) < 2 else ["30 fps"], badges)
    bar = bright(bar_of(after))
    assert bar.any()
    assert not bar[:, :1].any() and not bar[:, -1:].any()
    assert (after.bgr[bar.shape[0] :] == GREY).all()
    assert (frame.bgr == GREY).all()
    assert (after.index, after.time_s) == (7, 1.25)


@pytest.mark.parametrize("size_px", [*SMALL_AND_LARGE, (100, 100), (240, 426)])
@pytest.mark.parametrize("seconds", [1, 59, 61, 86400])
def test_no_signal_fits_into_every_frame(size_px: tuple[int, int], seconds: int) -> None:
    frame = grey_frame(*size_px)
    after = paint_no_signal(frame, seconds).bgr
    text = after.min(axis=2) > GREY // 2
    rows, columns = np.nonzero(text)
    assert rows.size, "it is white on a darkened frame"
    assert columns.min() > 0 and columns.max() < size_px[0] - 1
    assert rows.min() > 0 and rows.max() < size_px[1] - 1
    assert np.median(after) < GREY / 3
    assert (frame.bgr == GREY).all()


def is_red(bgr: UInt8Array) -> npt.NDArray[np.bool_]:
    return np.asarray(bgr[..., 2].astype(int) - bgr[..., 0] > 60)


def is_white(bgr: UInt8Array) -> npt.NDArray[np.bool_]:
    return np.asarray(bgr.min(axis=2) > GREY + 30)


@pytest.mark.parametrize("size_px", [*SMALL_AND_LARGE, (100, 100), (100, 200), (200, 100)])
@pytest.mark.parametrize("badges", [("REC",), ("PAUSED",), ("LOST", "REC", "PAUSED")], ids="+".join)
def test_badges_and_figures_never_overlap(
    size_px: tuple[int, int], badges: tuple[str, ...]
) -> None:
    frame = grey_frame(*size_px)
    after = paint_hud(frame, LONG_LINE, badges).bgr
    alone = paint_badges(frame, badges).bgr
    assert is_red(alone).any()
    # All of the badges is to be seen, and no figure is nearer to them than 3 px.
    rows, columns = np.nonzero(is_red(after))
    assert columns.min() > 0 and columns.max() < size_px[0] - 1
    near = np.s_[
        max(0, rows.min() - 3) : rows.max() + 4, max(0, columns.min() - 3) : columns.max() + 4
    ]
    assert not is_white(after)[near].any()
    assert not is_white(after)[:, [0, -1]].any()


@pytest.mark.parametrize("size_px", SMALL_AND_LARGE)
def test_the_first_figures_are_to_be_seen_at_every_size(size_px: tuple[int, int]) -> None:
    frame = grey_frame(*size_px)
    plain, with_badge = (paint_hud(frame, LONG_LINE, badges).bgr for badges in ((), ("REC",)))
    first = paint_hud(frame, LONG_LINE[:1]).bgr
    for bgr in (plain, with_badge):
        assert is_white(bgr).sum() > is_white(first).sum()
        letters = np.flatnonzero(is_white(bgr).any(axis=1))
        assert np.ptp(letters) + 1 >= 7
        assert (bgr[size_px[1] // 4 :] == GREY).all()


def test_a_notice_is_broken_between_its_words_or_cut_off() -> None:
    notice = ["saved livepose-20261122-181500.png"]
    narrow, wide = (paint_hud(grey_frame(w, 160), notice).bgr for w in (124, 640))
    assert not is_white(narrow)[:, -1].any()
    rows = [np.flatnonzero(is_white(bgr).any(axis=1)) for bgr in (narrow, wide)]
    assert np.diff(rows[0]).max() > 1, "there are two rows"
    assert np.ptp(rows[1]) < 16


def test_badges_alone_leave_the_rest_of_the_frame_as_it_is() -> None:
    frame = grey_frame(640, 480)
    assert paint_badges(frame, ()) is frame
    after = paint_badges(frame, ("REC",)).bgr
    rows, columns = np.nonzero((after != GREY).any(axis=2))
    assert rows.max() < 40 and columns.min() > 560
    assert (frame.bgr == GREY).all()


@pytest.mark.parametrize("size_px", SMALL_AND_LARGE)
def test_every_row_of_the_help_can_be_read_at_every_size(size_px: tuple[int, int]) -> None:
    rows = [*KEYS, *KEYS, *KEYS[:2]]
    after = paint_help(grey_frame(*size_px), rows).bgr
    assert not is_white(after)[[0, -1]].any() and not is_white(after)[:, [0, -1]].any()
    letters = after.max(axis=2) > GREY + 20
    lines = np.flatnonzero(np.diff(np.concatenate(([False], letters.any(axis=1))).astype(int)) > 0)
    # In two columns it takes half as many lines.
    assert len(lines) in (len(rows), len(rows) // 2)
    assert np.diff(lines).min() >= 7


def test_badges_stand_at_the_right_and_do_not_cover_the_line() -> None:
    for size_px in ((640, 480), (320, 240), (160, 120)):
        frame = grey_frame(*size_px)
        plain = bright(bar_of(paint_hud(frame, ["30 fps"], ())))
        both = bar_of(paint_hud(frame, ["30 fps"], ("REC",)))
        red, white = is_red(both), both.min(axis=2) > 150
        assert red.any() and plain.any()
        assert np.flatnonzero(white.any(axis=0)).max() < np.flatnonzero(red.any(axis=0)).min()


@pytest.mark.parametrize("size_px", [(1280, 720), (640, 480), (320, 240), (240, 426), (160, 120)])
def test_the_help_fits_into_the_frame(size_px: tuple[int, int]) -> None:
    frame = grey_frame(*size_px)
    after = paint_help(frame, KEYS)
    text = np.asarray((after.bgr > GREY + 20).any(axis=2))
    rows, columns = np.flatnonzero(text.any(axis=1)), np.flatnonzero(text.any(axis=0))
    assert columns.min() > 0 and columns.max() < size_px[0] - 1
    assert rows.min() > 0 and rows.max() < size_px[1] - 1
    # The panel lies in the middle, and every row of text is on it.
    panel = np.argwhere((after.bgr != GREY).any(axis=2))
    (top, left), (bottom, right) = panel.min(axis=0), panel.max(axis=0)
    assert abs((left + right + 1) - size_px[0]) <= 2
    assert abs((top + bottom + 1) - size_px[1]) <= 2
    assert top <= rows.min() and rows.max() <= bottom
    assert left <= columns.min() and columns.max() <= right


def test_the_display_can_be_drawn_on_tiny_frames() -> None:
    for size_px in ((1, 1), (16, 16), (64, 8)):
        frame = grey_frame(*size_px)
        assert paint_hud(frame, LINE, ("REC",)).bgr.shape == frame.bgr.shape
        assert paint_help(frame, KEYS).bgr.shape == frame.bgr.shape


def test_the_display_on_luma_and_chroma_is_that_on_their_bgr() -> None:
    plain = posed_demo().frame
    yuv = Frame(plain.pixels.yuv420(ColorCoding(BT709)), 7, 1.25, 99.0)
    bgr = Frame.from_bgr(yuv.bgr, 7, 1.25, 99.0)
    for of_yuv, from_bgr in (
        (paint_hud(yuv, LINE, ("REC",)), paint_hud(bgr, LINE, ("REC",))),
        (paint_help(yuv, KEYS), paint_help(bgr, KEYS)),
        (side_by_side(yuv, yuv), side_by_side(bgr, bgr)),
    ):
        assert np.array_equal(of_yuv.bgr, from_bgr.bgr)
        assert (of_yuv.index, of_yuv.time_s, of_yuv.grabbed_s) == (7, 1.25, 99.0)


def test_two_frames_are_put_side_by_side_with_a_gap() -> None:
    left, right = grey_frame(), Frame.from_bgr(np.full((120, 100, 3), 200, np.uint8), 0, 0.0, 0.0)
    both = side_by_side(left, right)
    assert both.height_px == 120
    assert np.array_equal(both.bgr[:, :160], left.bgr)
    assert np.array_equal(both.bgr[:, -100:], right.bgr)
    assert both.width_px > 260
    assert (both.index, both.time_s) == (7, 1.25)
