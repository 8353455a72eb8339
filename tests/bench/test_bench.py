"""`livepose bench`: numbers that belong together, as JSON and for people; and what it refuses."""

from __future__ import annotations

import json
import platform
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from livepose import bench
from livepose.bench.results import BenchResults, LiveLatency, Stage, Throughput
from livepose.bench.stages import Clock
from livepose.cli import terminal
from livepose.cli.bench import BenchOptions
from livepose.cli.main import main
from livepose.core.errors import OptionError
from livepose.session.validation.bounds import check_bounds
from livepose.system.cpu import usable_cores
from tests.support.media import make_clip
from tests.support.models import warm_cache
from tests.support.needs import needs_shared
from tests.support.programs import CLEARED_VARIABLES, LIMIT_S, child_environment, run_python

pytestmark = pytest.mark.usefixtures("restored_log")

STEPS = ["decode", "letterbox", "motion", "draw", "encode"]
QUALITIES = ["encode, small", "encode, balanced", "encode, fast"]
FRAMES = 150
SHORT = """
import sys
from livepose.bench import throughput
from livepose.cli.main import main
throughput._LIVE_S = 2.0
sys.exit(main(sys.argv[1:]))
"""
"""The command with two seconds of a camera instead of eight."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip to measure with."""
    place = tmp_path_factory.mktemp("bench")
    make_clip(place / "clip.mp4", pts=range(FRAMES))
    return place


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return warm_cache(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def measured(folder: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    words = ("bench", "--video", "clip.mp4", "--runs", "1", "--rate", "40", "--json")
    return run_python("-c", SHORT, *words, cwd=folder, LIVEPOSE_CACHE=cache, TMPDIR=folder)


@pytest.fixture
def report(measured: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert measured.returncode == 0, measured.stderr
    # Strictly: NaN and Infinity are no JSON.
    told: dict[str, Any] = json.loads(measured.stdout, parse_constant=pytest.fail)
    return told


@needs_shared
def test_it_names_the_machine_the_versions_the_clip_and_the_model(report: dict[str, Any]) -> None:
    machine = report["machine"]
    assert machine["cores"] == str(usable_cores())
    assert machine["Python"] == platform.python_version()
    assert machine["processor"] and machine["system"]
    for package in ("av", "ai-edge-litert", "numpy"):
        assert machine[package] == metadata.version(package)
    assert report["clip"] == "clip.mp4, 160 x 120"
    assert report["model"] == "lightning"


def test_a_step_within_a_step_is_no_part_of_it() -> None:
    clock = Clock()
    with clock.step("outer"):
        time.sleep(0.02)
        with clock.step("inner"):
            time.sleep(0.2)
    assert clock.wall_s["inner"] >= 0.2
    assert 0.02 <= clock.wall_s["outer"] < clock.wall_s["inner"]
    assert set(clock.wall_s) == set(clock.cpu_s) == {"outer", "inner"}


@needs_shared
def test_every_step_in_a_row_and_every_alternative_is_measured(report: dict[str, Any]) -> None:
    stages = report["stages"]
    in_a_row = [stage["name"] for stage in stages if stage["counts"]]
    alone = [stage["name"] for stage in stages if not stage["counts"]]
    assert [name for name in in_a_row if " on " not in name] == STEPS
    (network,) = (name for name in in_a_row if " on " in name)
    assert network.startswith("lightning on ") and network in alone
    assert [name for name in alone if name.startswith("encode")] == QUALITIES
    assert "lightning on LiteRT, 1 thread" in alone
    has_openvino = any(name.startswith("lightning on OpenVINO") for name in alone)
    assert has_openvino is (report["machine"].get("openvino", "not installed") != "not installed")
    assert all(0 < stage["wall_ms"] < 1000 for stage in stages)
    assert all(0 < stage["cpu_ms"] < 1000 for stage in stages)


@needs_shared
def test_the_bound_is_that_of_the_steps_and_the_share_that_of_the_bound(
    report: dict[str, Any],
) -> None:
    whole = report["throughput"]
    in_a_row_ms = sum(stage["cpu_ms"] for stage in report["stages"] if stage["counts"])
    assert whole["bound"] == pytest.approx(usable_cores() * 1000 / in_a_row_ms)
    assert whole["share_of_bound"] == pytest.approx(whole["frames_per_second"] / whole["bound"])
    # The same network in the same runtime, beside the same steps: neither free nor many times more.
    assert 0.02 < whole["share_of_bound"] < 1.5
    assert 0.5 * in_a_row_ms < whole["cpu_ms"] < 4 * in_a_row_ms


@needs_shared
def test_the_lag_is_that_of_each_frame_of_a_camera_that_was_not_dropped(
    report: dict[str, Any],
) -> None:
    live = report["live"]
    assert live["camera_rate"] == 40
    assert 0 < live["p50_ms"] <= live["p95_ms"] <= live["p99_ms"] < 5000
    # Two seconds of it.
    assert live["frames"] + live["dropped"] == 80
    assert live["frames"] > 0 and live["dropped"] >= 0


@needs_shared
def test_nothing_but_the_clip_is_left(
    measured: subprocess.CompletedProcess[str], folder: Path
) -> None:
    assert measured.returncode == 0
    assert [path.name for path in folder.iterdir()] == ["clip.mp4"]


@needs_shared
def test_for_people_it_is_a_table_and_three_sentences(
    report: dict[str, Any],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The results that were measured for JSON: to measure takes long.
    results = BenchResults(
        machine=report["machine"],
        clip=report["clip"],
        model=report["model"],
        stages=[Stage(**stage) for stage in report["stages"]],
        throughput=Throughput(**report["throughput"]),
        live=LiveLatency(**report["live"]),
    )
    asked: list[tuple[Path, str, bool, int, float]] = []

    def measured_before(
        clip: Path, model: str, *, trust: bool, runs: int, rate: float
    ) -> BenchResults:
        asked.append((clip, model, trust, runs, rate))
        return results

    monkeypatch.setattr(bench, "bench", measured_before)
    monkeypatch.setattr(terminal.data_console(), "width", 200)
    clip = folder / "clip.mp4"
    assert main(["bench", "--video", str(clip), "--runs", "1"]) == 0
    assert asked == [(clip, "lightning", False, 1, 30.0)]
    output, errors = capsys.readouterr()
    lines = output.splitlines()
    assert f"{usable_cores()} cores" in lines[0]
    for package in ("Python", "av", "ai-edge-litert", "numpy"):
        version = platform.python_version() if package == "Python" else metadata.version(package)
        assert f"{package} {version}" in lines[0]
    assert "clip.mp4, 160 x 120" in output
    assert all(f" {name} " in output for name in (*STEPS, *QUALITIES))
    assert lines[-2].startswith("file to file: ") and "% of it reached" in lines[-2]
    assert lines[-1].startswith("live at 40 frames/s: lag p50 ")
    assert "nan" not in output
    assert "measuring" in errors and "measuring" not in output


# What it refuses.


def error_sentence(capsys: pytest.CaptureFixture[str], code: int, *words: str) -> str:
    """Run a benchmark that must fail with this exit code, and return the one sentence why."""
    assert main(["bench", *words]) == code
    output, errors = capsys.readouterr()
    assert output == ""
    (line,) = (line for line in errors.splitlines() if not line.startswith("measuring "))
    assert line.startswith("livepose: ")
    return line.removeprefix("livepose: ")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, restored_log: None) -> Path:
    """The current folder, empty, without a display."""
    monkeypatch.chdir(tmp_path)
    for name in CLEARED_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("clip", "says"),
    [
        ("gone.mp4", "there is no file gone.mp4"),
        ("text.mp4", "text.mp4 is not a video"),
        ("empty.mp4", "empty.mp4 is not a video"),
        (".", "the folder . has no images"),
    ],
)
def test_a_clip_that_cannot_be_read_is_one_sentence_and_1(
    clip: str, says: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "text.mp4").write_text("no video")
    (here / "empty.mp4").touch()
    assert says in error_sentence(capsys, 1, "--video", clip)


@pytest.mark.parametrize("frames", [1, 20, 119])
def test_a_clip_that_is_over_before_it_is_warm_is_one_sentence_and_1(
    frames: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(here / "short.mp4", pts=range(frames))
    line = error_sentence(capsys, 1, "--video", "short.mp4")
    assert line == f"short.mp4 has {frames} frames: a benchmark needs 120"


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["--runs", "0"], "--runs"),
        (["--runs", "many"], "--runs"),
        (["--rate", "0"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--loops", "3"], "--loops"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_2(
    words: list[str], option: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert option in error_sentence(capsys, 2, *words)


def test_a_model_that_is_not_there_is_one_sentence_and_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_clip(here / "clip.mp4", pts=range(FRAMES))
    sentence = error_sentence(capsys, 1, "--video", "clip.mp4", "--model", "gone.tflite")
    assert "there is no model at gone.tflite" in sentence


@needs_shared
@pytest.mark.skipif(sys.platform == "win32", reason="needs a system with signals")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_signal_ends_it_and_leaves_nothing(
    number: signal.Signals, code: int, cache: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "livepose", "bench"],
        cwd=tmp_path,
        env=child_environment(LIVEPOSE_CACHE=cache, TMPDIR=tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        deadline_s = time.monotonic() + LIMIT_S
        while not list(tmp_path.rglob("*.mp4")) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        running.send_signal(number)
        output, errors = running.communicate(timeout=LIMIT_S)
    assert running.returncode == code, errors
    assert output == ""
    assert errors.splitlines()[-1] == "livepose: interrupted"
    assert "Traceback" not in errors
    assert list(tmp_path.rglob("*.mp4")) == []


@pytest.mark.parametrize("rate", [float("inf"), float("nan"), 0.5, 1001.0])
def test_its_numbers_are_checked_as_those_of_a_run(rate: float) -> None:
    check_bounds(BenchOptions(rate=1000.0))
    with pytest.raises(OptionError, match="--rate"):
        check_bounds(BenchOptions(rate=rate))
