"""A camera, through the same calls of cv2 that read a file: there is no camera where tests run."""

from __future__ import annotations

import itertools
import os
import threading
import time
from pathlib import Path

import pytest

from livepose.core.errors import SourceError, SourceNotFound
from livepose.sources.camera import CameraSource
from tests.support.media import make_clip, number_of
from tests.support.usb_camera import StandInUsbCamera

LAST = 19


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "cam.avi"
    return make_clip(path, codec="mjpeg", pix_fmt="yuvj420p", pts=range(LAST + 1))


def test_a_camera_is_live_and_endless_and_has_the_size_of_its_frames(clip: Path) -> None:
    with CameraSource(clip) as source:
        info = source.info
    assert (info.width_px, info.height_px, info.is_live) == (160, 120, True)
    assert info.frame_count is None and info.path is None and info.time_base is None
    assert info.name == f"camera {clip}"


def test_a_cameras_time_is_the_clocks_from_its_first_frame(clip: Path) -> None:
    with CameraSource(clip) as source:
        frames = iter(source)
        first = next(frames)
        time.sleep(0.05)
        second = next(frames)
    assert first.time_s == 0
    assert second.time_s == pytest.approx(second.grabbed_s - first.grabbed_s, abs=1e-9)
    assert second.time_s >= 0.05


def test_frames_come_in_order(clip: Path) -> None:
    with CameraSource(clip) as source:
        numbers = [number_of(frame.bgr) for frame in itertools.islice(source, 10)]
    assert numbers == list(range(numbers[0], numbers[0] + 10))
    # The camera's first picture may go to finding out its size.
    assert numbers[0] <= 1


def test_an_unplugged_camera_that_is_given_up_delivers_all_its_frames_and_then_an_error(
    clip: Path,
) -> None:
    numbers = []
    with (
        CameraSource(clip, give_up_s=0.3) as source,
        pytest.raises(SourceError, match=r"no picture for 0\.3 s .*unplugged"),
    ):
        for frame in source:
            numbers.append(number_of(frame.bgr))
            if numbers[-1] == LAST:
                clip.unlink(missing_ok=True)
    assert numbers[-1] == LAST


def test_a_camera_that_is_plugged_in_again_goes_on_in_the_size_it_had(clip: Path) -> None:
    first, other = clip.with_name("first.avi"), clip.with_name("other.avi")
    make_clip(other, codec="mjpeg", pix_fmt="yuvj420p", pts=range(5), width_px=320, height_px=180)
    frames = []
    with CameraSource(clip) as source:
        for frame in source:
            frames.append(frame)
            number = number_of(frame.bgr)
            if len(frames) < 2 * LAST and number == LAST:  # unplugged, and another one plugged in
                clip.rename(first)
                other.rename(clip)
            elif len(frames) > LAST + 3:
                break
    assert {(frame.width_px, frame.height_px) for frame in frames} == {(160, 120)}
    assert [frame.index for frame in frames] == list(range(len(frames)))
    times_s = [frame.time_s for frame in frames]
    assert times_s == sorted(times_s)
    assert (frames[-1].bgr[:14] < 20).all(), "a wide picture lies between bars"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the stand-in needs a FIFO")
def test_a_camera_that_was_unplugged_for_a_moment_goes_on_at_its_true_time(tmp_path: Path) -> None:
    with StandInUsbCamera(tmp_path) as camera, CameraSource(camera.device) as source:
        frames = iter(source)
        seen = list(itertools.islice(frames, 5))
        camera.unplug()
        timer = threading.Timer(0.5, camera.plug_in, (100,))
        timer.start()
        while number_of(seen[-1].bgr) < 100:  # what it had sent before comes first
            seen.append(next(frames))
        timer.join()
    assert [frame.index for frame in seen] == list(range(len(seen)))
    grabbed_s = [frame.grabbed_s - seen[0].grabbed_s for frame in seen]
    assert [frame.time_s for frame in seen] == pytest.approx(grabbed_s)
    assert max(later - earlier for earlier, later in itertools.pairwise(grabbed_s)) > 0.4


def test_a_camera_that_is_away_is_no_longer_waited_for_once_it_is_stopped(clip: Path) -> None:
    with CameraSource(clip) as source:
        for frame in source:
            if number_of(frame.bgr) == LAST:
                clip.unlink()
                timer = threading.Timer(0.3, source.stop)
                timer.start()
                stopped_s = time.monotonic() + 0.3
        assert time.monotonic() - stopped_s < 10
    timer.join()


def test_a_camera_that_delivers_no_frame_is_refused(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "cam.avi", codec="mjpeg", pix_fmt="yuvj420p", pts=range(3))
    content = path.read_bytes()
    head = content.index(b"movi") + 4
    path.write_bytes(content[:head] + bytes(len(content) - head))
    with pytest.raises(SourceError, match="camera"):
        CameraSource(path)


def test_a_missing_camera_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match=r"no\.avi"):
        CameraSource(tmp_path / "no.avi")


def test_settings_that_a_driver_ignores_do_no_harm(clip: Path) -> None:
    with CameraSource(clip, size_px=(1280, 720), frame_rate=60) as source:
        assert (source.info.width_px, source.info.height_px) == (160, 120)
        assert next(iter(source)).bgr.shape == (120, 160, 3)
