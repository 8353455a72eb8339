"""Live: lag and memory stay where they are, and a network camera goes through the command line."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from fault_sections.stand_in_camera import Mode, StandInCamera
from livepose.core.frame import Frame, StreamInfo
from livepose.core.interfaces import Source
from livepose.draw import paint
from livepose.motion import Estimator
from livepose.pipeline import Pipeline
from livepose.session.recorder import Recorder
from livepose.sources.connection import OPEN_TIMEOUT_S
from livepose.sources.stream import StreamSource
from livepose.sources.synthetic.source import SyntheticSource
from tests.support.clips import read_frames, video_properties
from tests.support.fakes import SlowModel
from tests.support.media import make_clip, number_of, times_of
from tests.support.models import warm_cache
from tests.support.needs import needs_ffmpeg, needs_shared
from tests.support.programs import LIMIT_S, child_environment, run_livepose
from tests.support.servers import StreamServer, free_port

RATE = 30


def resident_mb() -> float:
    """Return how much memory this process uses."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_with_a_slow_network_frames_are_dropped_and_memory_stays_where_it_is() -> None:
    indices: list[int] = []
    memory_mb: list[float] = []
    source = SyntheticSource(640, 480, frame_count=RATE * 3, is_live=True)
    estimator = Estimator(SlowModel(0.1))
    start_s = time.perf_counter()
    with source, Pipeline(source, estimator) as posed_frames:
        for posed in posed_frames:
            painted = paint(posed)
            assert painted.index == posed.frame.index
            indices.append(posed.frame.index)
            if posed.frame.time_s > 0.5:
                memory_mb.append(resident_mb())
    passed_s = time.perf_counter() - start_s
    # At most ten a second of thirty: the others are dropped, and the last one never is.
    assert 3 <= len(indices) <= passed_s / 0.1
    assert indices == sorted(set(indices))
    assert indices[-1] == RATE * 3 - 1
    # Those that are dropped are 50 MB.
    assert max(memory_mb) - memory_mb[0] < 20


def test_what_a_slow_network_leaves_of_a_live_source_is_recorded_at_true_speed(
    tmp_path: Path,
) -> None:
    source = SyntheticSource(160, 120, frame_count=RATE * 2, is_live=True)
    times_s = []
    with (
        source,
        Recorder(source.info) as recorder,
        Pipeline(source, Estimator(SlowModel(0.1))) as posed_frames,
    ):
        recorder.start(tmp_path / "x.mp4", from_beginning=True)
        for posed in posed_frames:
            recorder.write(paint(posed))
            times_s.append(posed.frame.time_s)
    written = [float(stamp) for stamp in times_of(tmp_path / "x.mp4")]
    assert 2 <= len(written) == len(times_s) < RATE * 2
    # The figure counts time in frames: its stamps are rounded to them.
    assert np.allclose(written, np.array(times_s) - times_s[0], atol=1.2 / RATE)
    assert times_s[-1] > 1.9


class Interrupted(Source):
    """A live source that says nothing for a while in its middle."""

    def __init__(self, silence_s: float) -> None:
        self._silence_s = silence_s

    @property
    def info(self) -> StreamInfo:
        return StreamInfo("interrupted", 160, 120, is_live=True)

    def __iter__(self):  # type: ignore[no-untyped-def]
        start_s = time.perf_counter()
        for index in range(20):
            time.sleep(self._silence_s if index == 10 else 0.02)
            now_s = time.perf_counter()
            yield Frame.from_bgr(np.zeros((120, 160, 3), np.uint8), index, now_s - start_s, now_s)

    def close(self) -> None:
        """Nothing is held."""


def test_a_source_that_falls_silent_is_waited_for_and_its_silence_recorded(
    tmp_path: Path,
) -> None:
    source = Interrupted(1.0)
    with (
        Recorder(source.info) as recorder,
        Pipeline(source, Estimator(SlowModel())) as posed_frames,
    ):
        recorder.start(tmp_path / "x.mp4")
        waits = taken = 0
        while taken < 20:
            try:
                posed = posed_frames.get(0.1)
            except TimeoutError:
                waits += 1
                continue
            recorder.write(posed.frame)
            taken = posed.frame.index + 1
    assert waits >= 5
    gaps_s = np.diff([float(stamp) for stamp in times_of(tmp_path / "x.mp4")])
    assert gaps_s.max() == pytest.approx(1.0, abs=0.3)
    assert (gaps_s > 0.5).sum() == 1


def test_a_recording_goes_on_through_breaks_of_its_camera(tmp_path: Path) -> None:
    breaks = [(Mode.GONE, 0.5), (Mode.STALLED, 0.4), (Mode.OTHER_SIZE, 0.2), (Mode.BABBLING, 0.3)]
    with (
        StandInCamera(size_px=(160, 120)) as camera,
        StreamSource(camera.url) as source,
        Recorder(source.info) as recorder,
        Pipeline(source, Estimator(SlowModel())) as posed_frames,
    ):
        recorder.start(tmp_path / "x.mp4")
        silences_s = []
        for mode, break_s in breaks:
            record(posed_frames, recorder, 5)
            camera.mode = mode
            began_s = time.perf_counter()
            time.sleep(break_s)
            camera.mode = Mode.LIVE
            if mode is not Mode.OTHER_SIZE:
                silences_s.append((began_s, time.perf_counter()))
        last = record(posed_frames, recorder, 10)
    stamps = [float(stamp) for stamp in times_of(tmp_path / "x.mp4")]
    assert video_properties(tmp_path / "x.mp4")[2] == len(stamps)
    assert stamps == sorted(set(stamps))
    assert stamps[-1] == pytest.approx(last.time_s, abs=0.01), "in the same file, at true times"
    start_s = last.grabbed_s - last.time_s
    for began_s, ended_s in silences_s:
        inside = [stamp for stamp in stamps if began_s + 0.15 < start_s + stamp < ended_s]
        assert not inside, "no picture was there"
    assert (np.diff(stamps) > 0.25).sum() >= len(silences_s)


def record(posed_frames: Pipeline, recorder: Recorder, count: int) -> Frame:
    """Record so many frames, and return the last of them."""
    for _ in range(count):
        frame = posed_frames.get(20).frame
        recorder.write(frame)
    return frame


@needs_shared
@needs_ffmpeg
def test_a_network_camera_is_recorded_at_true_speed(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = warm_cache(tmp_path_factory.getbasetemp())
    clip = make_clip(tmp_path / "clip.mp4", pts=range(250), keyframe_every=5)
    with StreamServer(clip) as server:
        server.wait_until_it_listens()
        words = ("--camera", server.url, "--out", "x.mp4", "--max-frames", "75")
        run = run_livepose(*words, cwd=tmp_path, LIVEPOSE_CACHE=cache)
    assert run.returncode == 0, run.stderr
    assert "wrote x.mp4" in run.stderr
    assert "lag p50" in run.stderr
    match = re.search(r"^75 frames in .*, (\d+) dropped$", run.stderr, re.MULTILINE)
    assert match is not None, run.stderr
    assert video_properties(tmp_path / "x.mp4") == ("h264", "yuv420p", 75)
    stamps = [float(stamp) for stamp in times_of(tmp_path / "x.mp4")]
    numbers = [number_of(bgr) for bgr in read_frames(tmp_path / "x.mp4")]
    assert stamps == sorted(set(stamps))
    assert numbers == sorted(set(numbers))
    # What was sent while connecting comes at once; after a second it is the sender's clock.
    sent_s = (numbers[-1] - numbers[45]) / RATE
    assert stamps[-1] - stamps[45] == pytest.approx(sent_s, rel=0.1, abs=0.05)
    assert int(match[1]) <= numbers[-1] - numbers[0] - 74 + 2


@needs_shared
@needs_ffmpeg
def test_a_network_camera_that_is_given_up_leaves_what_was_recorded(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = warm_cache(tmp_path_factory.getbasetemp())
    clip = make_clip(tmp_path / "clip.mp4", pts=range(75), keyframe_every=5)
    with StreamServer(clip) as server:
        server.wait_until_it_listens()
        words = ("--camera", server.url, "--out", "x.mp4", "--give-up", "2", "--runtime", "litert")
        run = run_livepose(*words, cwd=tmp_path, LIVEPOSE_CACHE=cache)
    assert run.returncode == 1
    assert "there was no picture for 2 s" in run.stderr.splitlines()[-1]
    frames = video_properties(tmp_path / "x.mp4")[2]
    assert 0 < frames <= 75, "a busy machine skips what comes before the model is loaded"
    assert f"\n{frames} frame{'s' * (frames > 1)} in " in run.stderr
    assert not list(tmp_path.glob("*part*"))


def test_a_network_camera_that_is_not_there_is_one_line_within_seconds(tmp_path: Path) -> None:
    start_s = time.perf_counter()
    url = f"http://user:secret@127.0.0.1:{free_port()}/live"
    run = run_livepose("--camera", url, "--out", "x.mp4", cwd=tmp_path)
    assert time.perf_counter() - start_s < 30
    assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
    assert "secret" not in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_ctrl_c_ends_a_run_that_waits_for_its_camera(tmp_path: Path, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"{scheme}://127.0.0.1:{mute.getsockname()[1]}/live"
        process = subprocess.Popen(
            [sys.executable, "-m", "livepose", "--camera", url, "--out", "x.mp4", "--no-show"],
            cwd=tmp_path,
            env=child_environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        client, _ = mute.accept()
        sent_s = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=LIMIT_S)
        client.close()
    assert time.perf_counter() - sent_s < OPEN_TIMEOUT_S
    assert process.returncode == 130, errors
    assert list(tmp_path.iterdir()) == []


def test_the_figure_is_live_at_its_own_rate() -> None:
    source = SyntheticSource(64, 64, frame_rate=Fraction(20), frame_count=10, is_live=True)
    with Pipeline(source, Estimator(SlowModel())) as posed_frames:
        times_s = [posed.frame.time_s for posed in posed_frames]
    assert 9 / 20 <= times_s[-1] < 9, "twenty a second, where the machine is not busy"
