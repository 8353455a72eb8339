"""The phone's page in a real browser, whose camera is a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from livepose.core.frame import Frame, PosedFrame
from livepose.core.poses import Poses
from livepose.core.region import Region
from livepose.core.skeleton import COCO_SKELETON
from livepose.web.phone.endpoint import CameraWishes
from tests.support.needs import needs_chromium
from tests.support.phone import (
    LIMIT_S,
    Network,
    PhoneRun,
    at_port,
    number_in,
    open_phone_page,
    write_camera_file,
)

SHADES = 40
PORTRAIT = {"width": 360, "height": 640}
COUNT_DRAWN = """() => {
  window.drawn = [];
  document.getElementById("picture").addEventListener("drawn", ({ detail }) =>
    window.drawn.push(detail.lag));
}"""
# The picture is grey, and the skeleton is not: how much of the canvas it covers.
COLORED = """() => {
  const canvas = document.getElementById("picture");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let colored = 0;
  for (let at = 0; at < data.length; at += 4) {
    colored += Math.abs(data[at] - data[at + 2]) > 60;
  }
  return colored / (canvas.width * canvas.height);
}"""

# As a real one, it takes a while until it has the size that is asked for.
SLOW_CAMERA = """() => {
  MediaStreamTrack.prototype.applyConstraints = async () => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    window.hasChanged = true;
  };
}"""
# Pictures of so many bytes, through a network with a bandwidth (bytes/ms) and a delay (ms).
SCALES = """async ([bandwidth, delay]) => {
  const { Pace } = await import("/static/phone_pace.js");
  const pace = new Pace();
  const scales = [];
  for (let now = 0; now < 9000; now += 33) {
    const bytes = 20000 * pace.scale ** 2 * pace.quality;
    pace.noteArrival(delay + bytes / bandwidth, bytes, now);
    scales.push(pace.scale);
  }
  return [Math.min(...scales), pace.quality];
}"""


def posed(frame: Frame) -> PosedFrame:
    """Return a frame with a person whose keypoints lie on two lines through all of it."""
    along = np.linspace(0.1, 0.9, len(COCO_SKELETON))
    x_px = np.where(np.arange(len(along)) % 2, along, 1 - along) * frame.width_px
    xy = np.stack([x_px, along * frame.height_px], axis=-1)[None].astype(np.float32)
    poses = Poses.from_keypoints(xy, np.ones(xy.shape[:2], np.float32))
    return PosedFrame(frame, poses, Region.letterbox(frame.width_px, frame.height_px), 0.0)


def wait_for(is_met: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + LIMIT_S
    while not is_met():
        assert time.monotonic() < deadline_s


@needs_chromium
def test_the_page_sends_its_camera_draws_what_comes_back_and_survives_a_cut(
    tmp_path: Path,
) -> None:
    camera_file = tmp_path / "camera.y4m"
    write_camera_file(camera_file, (np.full((480, 640, 3), 100, np.uint8) for _ in range(SHADES)))
    wishes = CameraWishes(640, 480, 25.0)
    with PhoneRun(tmp_path, give_up_s=LIMIT_S, wishes=wishes) as run, Network(run.port) as network:
        url = at_port(run.url, network.port)
        with open_phone_page(url, camera_file, viewport=PORTRAIT) as page:
            faults: list[Any] = []
            page.on("pageerror", lambda error: faults.append(error))
            assert "token" not in page.url, "it does not stay in the history of the browser"
            page.evaluate(COUNT_DRAWN)
            page.evaluate(SLOW_CAMERA)
            page.click("#back")
            source = run.source()
            assert page.evaluate("window.hasChanged"), "the first picture says the size"
            assert (source.info.width_px, source.info.height_px) == (640, 480)
            frames = iter(source)
            found = []
            for frame in islice(frames, 12):
                found.append(frame)
                source.feedback.write(posed(frame))
            numbers = [number_in(frame.bgr) for frame in found]
            steps = np.diff(numbers) % SHADES
            assert steps.min() > 0 and steps.max() < SHADES / 2, numbers
            # The camera's pictures are 1/30 s apart, and so are the times of those that were sent.
            gaps_s = np.diff([frame.time_s for frame in found])
            assert gaps_s.min() > 0 and np.abs(gaps_s - steps / 30).mean() < 0.02
            wait_for(lambda: page.evaluate("window.drawn.length") > 5)
            assert page.evaluate(COLORED) > 0.002
            assert page.inner_text("#status") == "Connected"
            assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")

            network.cut()
            page.evaluate("window.drawn.length = 0")
            for frame in islice(frames, 8):
                source.feedback.write(posed(frame))
                assert frame.time_s > found[-1].time_s
            wait_for(lambda: page.evaluate("window.drawn.length") > 2)

            assert page.evaluate(SCALES, [10_000, 5]) == [1, 0.8]
            small, _ = page.evaluate(SCALES, [60, 5])
            assert small < 0.5, "a slow network gets small pictures"
            # Where only the way is long, smaller pictures would gain nothing.
            assert page.evaluate(SCALES, [10_000, 80]) == [1, 0.8]
            page.click("#stop")
            assert page.inner_text("#status") == "Stopped."
            assert not faults
