"""An image file is written in the format of its suffix, whole or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from livepose.core.errors import OptionError, SinkError, TargetExists
from livepose.sinks.image import SUFFIXES, annotated_path, check_image_target, write_image
from tests.support.media import corners_of, numbered
from tests.support.programs import run_python
from tests.support.video_files import names_in

needs_unix = pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".PNG", ".JPG"])
def test_every_format_is_written_under_its_own_name(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"späße 写真{suffix}"
    write_image(path, numbered(5, 160, 120))
    bgr = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    assert bgr is not None
    assert corners_of(bgr.astype(np.uint8, copy=False)) == "rgbw"
    assert names_in(tmp_path) == [path.name]


def test_a_png_keeps_every_pixel_and_replaces_an_older_one(tmp_path: Path) -> None:
    for number in (4, 5):
        write_image(tmp_path / "x.png", numbered(number, 160, 120))
    bgr = cv2.imread(str(tmp_path / "x.png"))
    assert bgr is not None
    assert np.array_equal(bgr, numbered(5, 160, 120))


@pytest.mark.skipif(sys.platform == "win32", reason="needs permission bits")
def test_a_written_image_can_be_read_by_others(tmp_path: Path) -> None:
    write_image(tmp_path / "x.png", numbered(5, 160, 120))
    assert (tmp_path / "x.png").stat().st_mode & 0o444 == 0o444


def test_an_image_that_a_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SinkError, match=r"cannot hold 16400 x 1 pixels in this format: try \.png"):
        write_image(tmp_path / "x.webp", np.zeros((1, 16_400, 3), np.uint8))
    assert names_in(tmp_path) == []


def test_a_target_is_checked_before_any_work(tmp_path: Path) -> None:
    source = tmp_path / "in.png"
    source.write_bytes(b"precious")
    check_image_target(tmp_path / "new.JPG", overwrite=False, source=source)
    with pytest.raises(OptionError, match=r"must end in one of \.png, \.jpg"):
        check_image_target(tmp_path / "new.mp4", overwrite=True)
    with pytest.raises(OptionError, match="is the input"):
        check_image_target(source, overwrite=True, source=source)
    with pytest.raises(SinkError, match="there is no folder"):
        check_image_target(tmp_path / "gone" / "new.png", overwrite=True)
    with pytest.raises(TargetExists, match="--overwrite"):
        check_image_target(source, overwrite=False)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(SinkError, match="is a folder"):
        check_image_target(tmp_path / "folder.png", overwrite=True)
    assert source.read_bytes() == b"precious"


FULL = """
import resource, sys
from pathlib import Path
import numpy as np
from livepose.core.errors import SinkError
from livepose.sinks.image import write_image
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
noise = np.random.default_rng(1).integers(0, 256, (200, 200, 3), np.uint8)
try:
    write_image(Path("x.png"), noise)
except SinkError as error:
    print(error)
"""


@needs_unix
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    run = run_python("-c", FULL, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("x.png cannot be written")
    assert names_in(tmp_path) == []


def test_the_copy_goes_beside_the_picture() -> None:
    assert annotated_path(Path("a/photo.jpg")) == Path("a/photo_pose.png")
    assert annotated_path(Path("my.holiday.webp")) == Path("my.holiday_pose.png")
    assert annotated_path(Path()) == Path("_pose.png")  # a folder is refused later
