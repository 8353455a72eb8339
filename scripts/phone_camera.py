"""Make a phone the camera, with Chromium as the phone, and measure what comes of it.

    python scripts/phone_camera.py [--seconds 60] [--clip CLIP] [--screenshots FOLDER]

Chromium's camera is a clip with a counter painted into each frame, 640 x 480. It opens the page as
a phone does, over HTTPS, and its pictures go through the network Lightning. Measured are:

- how far the poses are from those of the file's own frames, in pixels;
- the lag from the phone's camera to the phone's canvas, in the first and in the last third of the
  time: it must not grow;
- whether the phone comes back each time that its connection is cut (ten times);
- whether it comes back after a sleep: camera and network are gone for 6 s;
- the lag through slow networks.

The exit code is 1 unless poses differ by 3 px at most, the lag's 95th percentile is below 250 ms,
and the phone has come back each time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from livepose.core.arrays import FloatArray, UInt8Array
from livepose.core.frame import Frame, PosedFrame
from livepose.core.interfaces import PoseModel
from livepose.models import load_model
from livepose.motion import Estimator
from livepose.motion.estimator import default_steps
from livepose.pipeline import Pipeline
from livepose.sources import open_video
from livepose.system.web_address import WebAddress
from livepose.web.certificate import open_certificate
from livepose.web.phone.endpoint import CameraWishes
from livepose.web.phone.invitation import Invitation
from livepose.web.phone.source import PhoneSource
from tests.support.phone import (
    RATE,
    Network,
    at_port,
    number_in,
    numbered,
    open_phone_page,
    write_camera_file,
)

CLIP = Path(__file__).resolve().parents[2] / "shared" / "clips" / "dance.mp4"
MAX_DIFFERENCE_PX = 3.0
MAX_LAG_MS = 250.0
CUTS = 10
_FRAMES = 300
_VISIBLE = 0.3
_BACK_S = 10.0
_SLEEP_S = 6
_SLOW_NETWORKS, _SLOW_S = (200_000, 60_000), 8
_WATCH = """() => {
  window.lags = [];
  document.getElementById("picture").addEventListener("drawn", ({ detail }) =>
    window.lags.push([detail.number, detail.lag]));
}"""


@dataclass
class Seen:
    """What the run got from the phone."""

    numbers: list[int] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)
    differences_px: list[float] = field(default_factory=list)
    ids: set[int] = field(default_factory=set)


def main() -> int:
    """Print what was measured, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=_Formatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--clip", type=Path, default=CLIP)
    parser.add_argument("--screenshots", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        camera_file = Path(folder) / "camera.y4m"
        images = [frame.bgr for frame in _frames_of(arguments.clip)]
        write_camera_file(camera_file, iter(images))
        with load_model("lightning") as model:
            truth = _poses_of(images, _estimator(model))
            run = _Run(_estimator(model), truth, Path(folder))
            with run:
                lags, backs = _drive(run, camera_file, arguments.seconds)
    return _judge(run.seen, lags, backs)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    pass


class _Run:
    """A run of livepose whose source is the phone, in a thread."""

    def __init__(self, estimator: Estimator, truth: list[FloatArray], folder: Path) -> None:
        self.seen = Seen()
        self._estimator, self._truth, self._folder = estimator, truth, folder
        self._invited = threading.Event()
        self._source: PhoneSource | None = None
        self._thread = threading.Thread(target=self._work, name="run")
        self.url = ""

    def __enter__(self) -> _Run:
        self._thread.start()
        assert self._invited.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        if self._source is not None:
            self._source.stop()
        self._thread.join(10)

    def _invite(self, invitation: Invitation) -> None:
        self.url = invitation.url
        self._invited.set()

    def _work(self) -> None:
        source = PhoneSource(
            WebAddress("0.0.0.0", 0),  # noqa: S104 - as a phone needs it
            open_certificate(self._folder, ["127.0.0.1"]),
            self._invite,
            wishes=CameraWishes(),
        )
        self._source = source
        with source, Pipeline(source, self._estimator) as results:
            for posed in results:
                source.feedback.write(posed)
                self._note(posed)

    def _note(self, posed: PosedFrame) -> None:
        number = number_in(posed.frame.bgr)
        self.seen.numbers.append(number)
        self.seen.times_s.append(posed.frame.time_s)
        self.seen.indices.append(posed.frame.index)
        self.seen.ids |= set(posed.poses.track_id.tolist())
        if len(posed.poses) and number < len(self._truth) and len(self._truth[number]):
            known = self._truth[number]
            seen = (known[:, 2] > _VISIBLE) & (posed.poses.score[0] > _VISIBLE)
            apart = np.linalg.norm(known[seen, :2] - posed.poses.xy[0][seen], axis=-1)
            self.seen.differences_px += apart.tolist()


def _estimator(model: PoseModel) -> Estimator:
    """Return an estimator without smoothing, which would depend on the frames before."""
    return Estimator(model, steps=default_steps(model.max_people, one_euro=False))


def _frames_of(clip: Path) -> Iterator[Frame]:
    with open_video(clip) as source:
        for frame in source:
            if frame.index >= _FRAMES:
                return
            yield frame


def _poses_of(images: list[UInt8Array], estimator: Estimator) -> list[FloatArray]:
    """Return (17, 3) x, y and score of the person in each image; none where there is nobody."""
    found = []
    for number, bgr in enumerate(images):
        frame = Frame.from_bgr(numbered(bgr, number), number, number / RATE)
        poses = estimator(frame).poses
        known = [poses.xy[0], poses.score[0]] if len(poses) else [np.empty((0, 3))]
        found.append(np.column_stack(known).astype(np.float32))
    return found


def _drive(run: _Run, camera_file: Path, seconds: float) -> tuple[list[list[float]], int]:
    """Be the phone; return [seconds, lag] of each frame drawn, and how often it came back."""
    port = int(run.url.split(":")[2].split("/")[0])
    with (
        Network(port) as network,
        open_phone_page(at_port(run.url, network.port), camera_file) as page,
    ):
        page.on("console", lambda message: print("page:", message.text))
        page.on("pageerror", lambda error: print("page:", error))
        page.evaluate(_WATCH)
        page.click("#back")
        _wait_for(lambda: len(run.seen.numbers) > 5 and page.evaluate("window.lags.length") > 0)
        page.evaluate("window.lags.length = 0")
        lags = []
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            page.wait_for_timeout(1000)
            lags.append([lag for _, lag in page.evaluate("window.lags.splice(0)")])
        backs = _cut(run, network, page) + _sleep(run, network, page)
        for bytes_per_s in _SLOW_NETWORKS:
            network.bytes_per_s = bytes_per_s
            page.wait_for_timeout(1000 * _SLOW_S)
            figures = page.inner_text("footer dl").replace("\n", " ")
            print(f"  {8e-6 * bytes_per_s:.2f} Mbit/s: {figures}")
        return lags, backs


def _cut(run: _Run, network: Network, page: Any) -> int:
    backs = 0
    for _ in range(CUTS):
        before = len(run.seen.numbers)
        network.cut()
        start_s = time.monotonic()
        page.evaluate("window.lags.length = 0")
        is_back = _wait_for(partial(_is_back, run, page, before), page)
        backs += is_back
        print(
            f"  cut; {'back' if is_back else 'NOT back'} after {time.monotonic() - start_s:.1f} s"
        )
    return backs


def _sleep(run: _Run, network: Network, page: Any) -> int:
    """Take camera and network away for a while; return 1 if both are back then."""
    before = len(run.seen.numbers)
    page.evaluate("document.getElementById('camera').srcObject.getTracks()[0].stop()")
    network.is_blocked = True
    network.cut()
    page.wait_for_timeout(1000 * _SLEEP_S)
    network.is_blocked = False
    page.evaluate("window.lags.length = 0")
    is_back = _wait_for(partial(_is_back, run, page, before), page)
    gap_s = float(np.diff(run.seen.times_s[before - 1 :]).max()) if is_back else 0.0
    print(f"  asleep for {_SLEEP_S} s; {'back' if is_back else 'NOT back'}, a gap of {gap_s:.1f} s")
    return int(is_back and gap_s > _SLEEP_S / 2)


def _is_back(run: _Run, page: Any, before: int) -> bool:
    drawn: int = page.evaluate("window.lags.length")
    return len(run.seen.numbers) > before + 15 and drawn > 5


def _wait_for(is_met: Callable[[], bool], page: Any = None) -> bool:
    end_s = time.monotonic() + _BACK_S
    while time.monotonic() < end_s:
        if is_met():
            return True
        if page is None:
            time.sleep(0.05)
        else:
            page.wait_for_timeout(50)
    return False


def _judge(seen: Seen, lags: list[list[float]], backs: int) -> int:
    everything = np.concatenate(lags)
    third = max(1, len(lags) // 3)
    first, last = np.concatenate(lags[:third]), np.concatenate(lags[-third:])
    p95 = float(np.percentile(everything, 95))
    apart = float(np.mean(seen.differences_px)) if seen.differences_px else float("nan")
    rises = bool((np.diff(seen.times_s) > 0).all())
    rate = len(everything) / max(1, len(lags))
    print(f"{len(seen.numbers)} frames, {rate:.1f} a second on the phone, {len(seen.ids)} ids")
    print(f"poses: {apart:.2f} px from those of the file (mean of {len(seen.differences_px)})")
    print(
        f"lag: p50 {np.percentile(everything, 50):.0f} ms, p95 {p95:.0f} ms, "
        f"max {everything.max():.0f} ms"
    )
    print(
        f"     p95 of the first third {np.percentile(first, 95):.0f} ms, of the last third "
        f"{np.percentile(last, 95):.0f} ms"
    )
    print(f"times rise strictly: {rises}; back {backs} of {CUTS + 1} times")
    is_good = apart <= MAX_DIFFERENCE_PX and p95 < MAX_LAG_MS and backs == CUTS + 1 and rises
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
