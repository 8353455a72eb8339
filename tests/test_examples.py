"""The scripts in examples/ run as they are, and type checkers accept them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from livepose import open_source
from livepose.core.skeleton import COCO_SKELETON
from tests.support.models import warm_cache
from tests.support.needs import DANCE, SHARED, needs_pyright, needs_shared
from tests.support.paths import CHECKOUT
from tests.support.programs import run_python

EXAMPLES = CHECKOUT / "examples"
FRAMES = 60


@pytest.fixture(autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled Lightning, for the scripts."""
    if SHARED.is_dir():
        monkeypatch.setenv("LIVEPOSE_CACHE", str(warm_cache(tmp_path_factory.getbasetemp())))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first two seconds of the dance."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with open_source(DANCE) as source:
        size_px = (source.info.width_px, source.info.height_px)
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 30, size_px)
        for frame in islice(source, FRAMES):
            writer.write(frame.bgr)
        writer.release()
    return path


def output_of(name: str, *words: str | Path, cwd: Path) -> str:
    """Run an example that must succeed, and return what it prints."""
    done = run_python(EXAMPLES / name, *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_run_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    scripts = sorted(path.name for path in EXAMPLES.glob("*.py"))
    assert scripts
    assert all(f'"{name}"' in text for name in scripts)


@needs_shared
def test_a_loop_over_a_webcam(clip: Path, tmp_path: Path) -> None:
    lines = output_of("webcam_loop.py", clip, "--no-window", cwd=tmp_path).splitlines()
    assert len(lines) == FRAMES
    times_s = [float(line.split(" s: ")[0]) for line in lines]
    assert times_s == sorted(times_s) and times_s[-1] > 0


@needs_shared
def test_a_video_as_a_numpy_array(clip: Path, tmp_path: Path) -> None:
    with open_source(clip) as source:
        np.save(tmp_path / "frames.npy", np.stack([frame.bgr[..., ::-1] for frame in source]))
    printed = output_of("numpy_video.py", "frames.npy", "30", "keypoints.npy", cwd=tmp_path)
    assert printed == f"{FRAMES} of {FRAMES} frames show somebody\n"
    keypoints = np.load(tmp_path / "keypoints.npy")
    assert keypoints.shape == (FRAMES, 17, 3)
    assert np.isfinite(keypoints).all()


@needs_shared
def test_a_folder_as_a_data_frame(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for path in sorted((SHARED / "coco").glob("*.jpg"))[:2]:
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "notes.txt").write_text("not an image", encoding="utf-8")
    output_of("folder_to_dataframe.py", folder, "table.csv", cwd=tmp_path)
    table = pd.read_csv(tmp_path / "table.csv")
    assert table["image"].nunique() == 2
    assert set(table["keypoint"]) == set(COCO_SKELETON.names)


@needs_shared
def test_own_drawing_on_painted_frames(clip: Path, tmp_path: Path) -> None:
    output_of("own_drawing.py", clip, "drawn.mp4", cwd=tmp_path)
    with open_source(tmp_path / "drawn.mp4") as source:
        frames = list(source)
    assert len(frames) == FRAMES
    blue, green, red = frames[30].bgr.astype(int).transpose(2, 0, 1)
    assert ((green > 200) & (red > 200) & (blue < 80)).sum() > 100  # the circle


@needs_shared
def test_an_own_motion_step(clip: Path, tmp_path: Path) -> None:
    printed = output_of("own_motion_step.py", clip, cwd=tmp_path)
    assert re.fullmatch(r"the right hand was raised \d+ times\n", printed)


@needs_shared
def test_poses_in_asyncio(clip: Path, tmp_path: Path) -> None:
    printed = output_of("asyncio_poses.py", clip, cwd=tmp_path)
    assert printed.endswith(f"{FRAMES} poses\n")


@needs_shared
def test_two_sources_at_once(clip: Path, tmp_path: Path) -> None:
    lines = output_of("two_sources.py", clip, clip, cwd=tmp_path).splitlines()
    assert len(lines) == FRAMES
    assert all(line.count("1 in clip.mp4") == 2 for line in lines)


@needs_shared
def test_counting_and_a_report(clip: Path, tmp_path: Path) -> None:
    printed = output_of("count_and_report.py", clip, "report.html", cwd=tmp_path)
    assert printed == "0 squats\n"
    assert "right knee" in (tmp_path / "report.html").read_text(encoding="utf-8")


@needs_shared
def test_the_examples_of_the_readme(clip: Path, tmp_path: Path) -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 3
    photo = sorted((SHARED / "coco").glob("*.jpg"))[0]
    for block in blocks:
        program = (
            block.replace("clip.mp4", str(clip))
            .replace("photo.jpg", str(photo))
            .replace("VideoCapture(0)", f"VideoCapture({str(clip)!r})")
            # There is no display here.
            .replace('cv2.imshow("poses", ', "print(type(")
            .replace(".bgr)\n        cv2.waitKey(1)", ".bgr))")
        )
        done = run_python("-c", program, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout


NATURAL = """
import cv2

from livepose import Estimator, Frame, Poses, Style, load_model, paint

capture = cv2.VideoCapture(0)
with load_model() as model:
    estimator = Estimator(model)
    posed = estimator(Frame.from_bgr(capture.read()[1]))
    posed = estimator(capture.read()[1])
    image = cv2.imread("photo.jpg")
    if image is not None:
        posed = estimator(image, time_s=1.0)
    bgr = paint(posed, Style(colors="people", thickness="thick")).bgr
    cv2.putText(bgr, "hello", (10, 40), cv2.FONT_HERSHEY_SIMPLEX, 1, (255, 255, 255))
    cv2.imshow("poses", bgr)
    left: Poses = posed.poses[0]
    x, y, score = posed.poses["left_wrist"][0]
    print(f"{x:.0f} {y:.0f} {score:.2f}", left.xy.shape)
"""


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["mypy", "--strict"], id="mypy"),
        pytest.param(
            ["pyright", "--pythonpath", sys.executable], id="pyright", marks=needs_pyright
        ),
    ],
)
def test_type_checkers_accept_examples_and_the_natural_script(
    command: list[str], tmp_path: Path
) -> None:
    script = tmp_path / "natural.py"
    script.write_text(NATURAL, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", *command, str(EXAMPLES), str(script)],
        cwd=CHECKOUT,
        env=os.environ | {"MYPYPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
