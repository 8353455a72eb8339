"""stdout and stderr that are closed, full, or not read to the end: the shell's redirections."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import pytest

from tests.support.clips import read_frames
from tests.support.media import make_clip, number_of
from tests.support.models import warm_cache
from tests.support.needs import SHARED, needs_shared
from tests.support.programs import LIMIT_S, child_environment

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")

HIDDEN_STDERR = ("2>&-", ">&- 2>&-", "2>/dev/full", "<&- >&- 2>&-")


def run_in_shell(
    words: str, redirection: str, cwd: Path, **changes: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run livepose in bash, and exit with its own code, also in front of a pipe."""
    line = f"'{sys.executable}' -m livepose {words} {redirection}; exit ${{PIPESTATUS[0]}}"
    return subprocess.run(
        ["bash", "-c", line],
        cwd=cwd,
        env=child_environment(**changes),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )


@pytest.mark.parametrize(
    ("words", "redirection"),
    [
        *(("--help", each) for each in (">&-", *HIDDEN_STDERR, "| head -1", "2>&1 | true")),
        ("--version", ">&-"),
        ("--version", "2>&1 | true"),
    ],
)
def test_a_stream_that_nobody_reads_is_no_failure(
    words: str, redirection: str, tmp_path: Path
) -> None:
    done = run_in_shell(words, redirection, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", ["--version", "--help", "models list"])
def test_a_full_stdout_is_one_sentence(words: str, tmp_path: Path) -> None:
    done = run_in_shell(words, ">/dev/full", tmp_path, LIVEPOSE_CACHE=tmp_path)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last == "livepose: the standard output cannot be written: No space left on device"
    assert "Traceback" not in done.stderr and "unexpected" not in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "redirection"),
    [
        *(
            ("--video gone.mp4", 1, each)
            for each in (">&-", *HIDDEN_STDERR, ">/dev/full", "2>&1 | true")
        ),
        ("--demo --wings", 2, "2>/dev/full"),
        ("--demo --wings", 2, "<&- >&- 2>&-"),
    ],
)
def test_the_exit_code_of_an_error_stays(
    words: str, code: int, redirection: str, tmp_path: Path
) -> None:
    done = run_in_shell(words, redirection, tmp_path)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["ascii", "utf-16", "idna"])
def test_an_error_is_printed_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    done = run_in_shell("--video gone-ä.mp4", "2>said", tmp_path, PYTHONIOENCODING=encoding)
    assert done.returncode == 1
    assert "gone" in (tmp_path / "said").read_bytes().decode("ascii", "ignore").replace("\0", "")


@needs_shared
@pytest.mark.parametrize(
    "redirection", ["<&- >&- 2>&-", "2>/dev/full", ">/dev/full", "| head -1", "2>&1 | head -1"]
)
def test_the_files_are_written_as_ever(
    redirection: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = warm_cache(tmp_path_factory.getbasetemp())
    make_clip(tmp_path / "clip.mp4", pts=range(20))
    photo = next(read_frames(SHARED / "clips" / "dance.mp4"))
    cv2.imwrite(str(tmp_path / "photo.png"), photo)
    words = "--video clip.mp4 --no-show --out out.mp4 --save out.csv"
    done = run_in_shell(words, redirection, tmp_path, LIVEPOSE_CACHE=cache)
    assert done.returncode == 0, done.stderr
    assert [number_of(bgr) for bgr in read_frames(tmp_path / "out.mp4")] == list(range(20))
    assert (tmp_path / "out.csv").read_text().startswith("frame,")

    done = run_in_shell("--image photo.png --no-show", redirection, tmp_path, LIVEPOSE_CACHE=cache)
    assert done.returncode == (1 if redirection == ">/dev/full" else 0), done.stderr
    picture = cv2.imread(str(tmp_path / "photo_pose.png"))
    assert picture is not None and picture.shape == photo.shape


@needs_shared
@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_file_names_that_are_not_utf_8(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = warm_cache(tmp_path_factory.getbasetemp())
    clip = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    make_clip(tmp_path / "clip.mp4", pts=range(20)).rename(clip)
    outputs = [os.fsdecode(b"caf\xe9") + end for end in (".jsonl", ".coco.json", ".trc", ".csv")]
    words = ["--video", clip.name, "--no-show", "--angles", "knee", "--model", "lightning"]
    for name in outputs:
        words += ["--save", name]
    for report in (".html", ".png"):
        done = subprocess.run(
            [sys.executable, "-m", "livepose", *words, "--report", clip.stem + report],
            cwd=tmp_path,
            env=child_environment(LIVEPOSE_CACHE=cache),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert done.returncode == 0, done.stderr
        assert "café.mp4: 160 x 120" in done.stderr and "wrote café.jsonl" in done.stderr
        words.append("--overwrite")
    assert '"name":"café.mp4"' in (tmp_path / outputs[0]).read_text(encoding="utf-8")
    page = (tmp_path / (clip.stem + ".html")).read_text(encoding="utf-8")
    assert re.search("<title>.*café.mp4", page)
    again = [clip.name, outputs[0], "--out", os.fsdecode(b"\xe9.mp4"), "--no-show"]
    done = subprocess.run(
        [sys.executable, "-m", "livepose", "render", *again],
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert len(list(read_frames(tmp_path / os.fsdecode(b"\xe9.mp4")))) == 20
