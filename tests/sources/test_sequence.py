"""Images in sequence: which ones, in which order, at which time, in which size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import SourceCutShort, SourceError, SourceNotFound
from livepose.sources import open_source, open_video
from livepose.sources.sequence import ImageSequence, is_sequence


def write_images(folder: Path, *names: str, size_px: tuple[int, int] = (64, 48)) -> None:
    """Write grey images: the n-th is 10 n bright."""
    folder.mkdir(exist_ok=True)
    for number, name in enumerate(names):
        bgr = np.full((size_px[1], size_px[0], 3), 10 * number, np.uint8)
        assert cv2.imwrite(str(folder / name), bgr)


def shown(path: Path, start_s: float = 0.0, end_s: float | None = None) -> list[tuple[float, int]]:
    """Return when each image is shown, and its number, at ten images a second."""
    with open_video(path, start_s, end_s, frame_rate=10) as source:
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(len(frames)))
    return [(round(frame.time_s, 6), round(float(frame.bgr.mean()) / 10)) for frame in frames]


def test_a_pattern_takes_its_numbers_in_order_and_leaves_a_gap_for_a_missing_one(
    tmp_path: Path,
) -> None:
    write_images(tmp_path, "a_0008.png", "a_0009.png", "a_0011.png", "b_0010.png", "a_12.png")
    assert shown(tmp_path / "a_%04d.png") == [(0.0, 0), (0.1, 1), (0.3, 2)]


def test_a_pattern_without_a_width_takes_numbers_of_every_length(tmp_path: Path) -> None:
    write_images(tmp_path, "a9.png", "a10.png", "a011.png")
    assert shown(tmp_path / "a%d.png") == [(0.0, 0), (0.1, 1), (0.2, 2)]


@pytest.mark.parametrize("pattern", ["*.png", "a[0-9]*.png", "a?*.png", ""])
def test_wildcards_and_folders_take_images_in_the_order_of_their_names(
    pattern: str, tmp_path: Path
) -> None:
    folder = tmp_path / "seq"
    write_images(folder, "a2.png", "a9.png", "a10.png")
    (folder / "notes.txt").write_text("no image")
    assert shown(folder / pattern) == [(0.0, 0), (0.1, 1), (0.2, 2)]


def test_a_part_is_taken_by_its_times(tmp_path: Path) -> None:
    write_images(tmp_path, *(f"{number}.png" for number in range(10)))
    assert shown(tmp_path, 0.3, 0.5) == [(0.3, 3), (0.4, 4)]
    with pytest.raises(SourceError, match=r"it lasts 1\.00 s"):
        shown(tmp_path, 5.0)


def test_it_is_described_as_a_video(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png", "2.png")
    with open_source(tmp_path) as source:
        info = source.info
    assert (info.width_px, info.height_px, info.frame_count) == (64, 48, 2)
    assert info.frame_rate == 30
    assert not info.is_live


def test_images_of_another_size_are_fitted_with_bars(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png")
    tall = np.full((96, 32, 3), 200, np.uint8)
    cv2.imwrite(str(tmp_path / "2.png"), tall)
    with ImageSequence(tmp_path) as source:
        bgr = list(source)[1].bgr
    assert bgr.shape == (48, 64, 3)
    assert (bgr[:, 24:40] == 200).all()
    assert (bgr[:, :24] == 0).all() and (bgr[:, 40:] == 0).all()


def test_an_image_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    write_images(tmp_path, "1.png", "2.png", "3.png")
    (tmp_path / "2.png").write_text("no image")
    with ImageSequence(tmp_path, frame_rate=10) as source:
        frames = iter(source)
        assert [next(frames).time_s, next(frames).time_s] == [0.0, 0.2]
        with pytest.raises(SourceCutShort, match=r"1 of 3 images .*2\.png"):
            next(frames)


@pytest.mark.parametrize("name", ["a_%04d.png", "*.png", "."])
def test_no_images_are_an_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceNotFound, match=r"no file|no images"):
        open_video(Path(name))


def test_a_pattern_of_videos_is_told_from_images(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no image")
    with pytest.raises(
        SourceError, match=r"\*\.mp4 stands for images in sequence: name videos one"
    ):
        ImageSequence(tmp_path / "*.mp4")


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    write_images(tmp_path, "[1].png", "100%d.png")
    for name in ("[1].png", "100%d.png"):
        assert not is_sequence(tmp_path / name)
    assert is_sequence(tmp_path / "[2].png")
