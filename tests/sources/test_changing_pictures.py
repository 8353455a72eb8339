"""A picture whose size or pixel format changes in the middle of a film or a call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from livepose.core.pixels import BgrPixels, Yuv420
from livepose.sources.stream import StreamSource
from livepose.sources.video import VideoSource
from tests.support.media import (
    CORNERS,
    Picture,
    corners_of,
    make_changing_clip,
    number_of,
    set_display_matrix,
)
from tests.support.needs import SHARED, needs_shared
from tests.support.servers import LoopbackServer, http_answer
from tests.support.video_files import copy_clip, frames_of, numbers_in

UPRIGHT, SIDEWAYS = (120, 160), (160, 120)
CHANGES = {
    "smaller": ((160, 120), (80, 60)),
    "larger": ((160, 120), (320, 240)),
    "turned": (UPRIGHT, SIDEWAYS, UPRIGHT),
    "turned the other way": (SIDEWAYS, UPRIGHT),
    "odd": ((160, 120), (161, 121)),
}
CONTAINERS = {"webm": "libvpx", "mkv": "libvpx", "ts": "libx264"}


@pytest.mark.parametrize("suffix", CONTAINERS)
@pytest.mark.parametrize("change", ["smaller", "larger", "turned", "turned the other way"])
def test_every_frame_comes_in_the_first_ones_size_and_kind(
    tmp_path: Path, change: str, suffix: str
) -> None:
    sizes_px = CHANGES[change]
    path = make_changing_clip(tmp_path / f"c.{suffix}", sizes_px, codec=CONTAINERS[suffix])
    frames = frames_of(path)
    assert len(frames) == 10 * len(sizes_px)
    assert {(frame.width_px, frame.height_px) for frame in frames} == {sizes_px[0]}
    assert all(isinstance(frame.pixels, Yuv420) for frame in frames)
    for number, frame in enumerate(frames):
        content = without_bars(frame.bgr, sizes_px[0], sizes_px[number // 10])
        assert number_of(content) == number
        assert corners_of(content) == "rgbw"


def without_bars(bgr: Picture, size_px: tuple[int, int], own_size_px: tuple[int, int]) -> Picture:
    """Cut the bars off, after a check that they are black and as wide as they must be."""
    scale = min(full / own for full, own in zip(size_px, own_size_px, strict=True))
    width_px, height_px = (round(side * scale) for side in own_size_px)
    left, top = (size_px[0] - width_px) // 2, (size_px[1] - height_px) // 2
    is_bar = np.ones(bgr.shape[:2], bool)
    is_bar[max(top - 2, 0) : top + height_px + 2, max(left - 2, 0) : left + width_px + 2] = False
    if is_bar.any():
        assert bgr[is_bar].max() <= 4
    return bgr[top : top + height_px, left : left + width_px]


def test_a_shape_is_not_squeezed(tmp_path: Path) -> None:
    path = make_changing_clip(tmp_path / "c.webm", (UPRIGHT, SIDEWAYS))
    content = without_bars(frames_of(path)[15].bgr, UPRIGHT, SIDEWAYS)
    assert content.shape == (90, 120, 3)


def test_only_a_change_of_the_shape_is_counted(tmp_path: Path) -> None:
    smaller = frames_of(make_changing_clip(tmp_path / "a.webm", CHANGES["smaller"]))
    assert {frame.shape_changes for frame in smaller} == {0}
    turned = frames_of(make_changing_clip(tmp_path / "b.webm", CHANGES["turned"]))
    assert [frame.shape_changes for frame in turned] == 10 * [0] + 10 * [1] + 10 * [2]


def test_a_change_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = make_changing_clip(tmp_path / "c.webm", CHANGES["turned"])
    with caplog.at_level("INFO", "livepose"):
        frames_of(path)
    (record,) = caplog.records
    assert record.getMessage() == (
        "the video changes from 120 x 160 to 160 x 120 px: it is fitted into the first size"
    )


@pytest.mark.parametrize("first", ["yuv420p", "yuv420p10le"])
def test_the_number_of_bits_may_change(tmp_path: Path, first: str) -> None:
    other = "yuv420p" if first == "yuv420p10le" else "yuv420p10le"
    path = make_changing_clip(
        tmp_path / "c.ts", 3 * [(160, 120)], codec="libx264", pix_fmts=(first, other)
    )
    frames = frames_of(path)
    assert [number_of(frame.bgr) for frame in frames] == list(range(30))
    kinds = {type(frame.pixels) for frame in frames}
    assert kinds == {Yuv420 if first == "yuv420p" else BgrPixels}
    colors = frames[15].bgr[5, 5].astype(int) - CORNERS["r"]
    assert np.abs(colors).max() <= 12


def test_the_written_film_has_every_frame(tmp_path: Path) -> None:
    path = make_changing_clip(tmp_path / "c.webm", ((160, 120), (80, 60), (320, 240)))
    target, written = copy_clip(path, tmp_path / "out.mp4")
    assert written == 30
    assert numbers_in(target) == list(range(30))


def test_a_turned_film_may_change_its_size_too(tmp_path: Path) -> None:
    path = make_changing_clip(
        tmp_path / "c.mp4", ((160, 120), (80, 60)), codec="mpeg4", frames_each=5
    )
    frames = frames_of(set_display_matrix(path, (0, 1, -1, 0)))
    assert {(frame.width_px, frame.height_px) for frame in frames} == {(120, 160)}
    assert {corners_of(frame.bgr) for frame in frames} == {"brwg"}


def test_a_live_picture_may_change_too(tmp_path: Path) -> None:
    path = make_changing_clip(tmp_path / "c.webm", (UPRIGHT, SIDEWAYS))
    with LoopbackServer() as server:
        server.answers["/live.webm"] = http_answer(path.read_bytes())
        with StreamSource(f"{server.url}/live.webm") as source:
            frames = list(source)
    assert {(frame.width_px, frame.height_px) for frame in frames} == {UPRIGHT}
    assert {frame.shape_changes for frame in frames} == {0, 1}
    assert corners_of(without_bars(frames[-1].bgr, UPRIGHT, SIDEWAYS)) == "rgbw"


def test_odd_sizes_are_fitted(tmp_path: Path) -> None:
    path = make_changing_clip(tmp_path / "c.webm", CHANGES["odd"])
    frames = frames_of(path)
    assert {(frame.width_px, frame.height_px) for frame in frames} == {(160, 120)}
    assert [number_of(frame.bgr) for frame in frames] == list(range(20))


@needs_shared
def test_a_call_in_which_the_picture_becomes_smaller_is_read_to_its_end() -> None:
    with VideoSource(SHARED / "cases" / "webrtc.webm") as source:
        frames = list(source)
    assert len(frames) == 60
    assert {(frame.width_px, frame.height_px) for frame in frames} == {(384, 496)}
    # The person stands at the same place in the small picture as in the large one before it.
    before, after = (frames[number].bgr.astype(int) for number in (29, 30))
    assert np.abs(before - after).mean() < 12
