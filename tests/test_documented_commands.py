"""Every `livepose ...` command of the README and docs/ runs, in the order in which it is read."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from documented_commands import (
    Command,
    documented_commands,
    loopback_camera,
    make_files,
    run_command,
)
from tests.support.models import warm_cache
from tests.support.needs import TFHUB, needs_shared, needs_xvfb
from tests.support.programs import child_environment
from tests.support.screen import Screen

COMMANDS = documented_commands()
MEASURED = "livepose bench"
"""Takes long: `tests/bench/` runs it, and checks what it says."""
TO_RUN = [command for command in COMMANDS if command.line != MEASURED]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the commands are run."""

    folder: Path
    camera_url: str
    environment: dict[str, str]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A folder with the files that are named, a camera, a display, and `livepose` on the PATH."""
    base = tmp_path_factory.mktemp("commands")
    programs = base / "programs"
    programs.mkdir()
    for name, words in (("livepose", "-m livepose "), ("python", "")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words}"$@"\n')
        program.chmod(0o755)
    cache = warm_cache(tmp_path_factory.getbasetemp(), "lightning", "multipose")
    with ExitStack() as stack:
        environment = child_environment(
            PATH=f"{programs}{os.pathsep}{os.environ['PATH']}",
            LIVEPOSE_CACHE=cache,
            TFHUB_CACHE_DIR=TFHUB,
            DISPLAY=stack.enter_context(Screen()).name,
        )
        folder = base / "work"
        make_files(folder, environment)
        url = stack.enter_context(loopback_camera(folder / "photo.jpg"))
        yield Place(folder, url, environment)


def test_the_pages_have_commands_of_every_kind() -> None:
    lines = [command.line for command in COMMANDS]
    for words in ("--demo", "0", "clip.mp4", "rtsp://", "photo.jpg", "render", "bench", "models"):
        assert any(line.startswith(f"livepose {words}") for line in lines), words
    assert {command.page for command in COMMANDS} >= {"README.md", "docs/live-data.md"}


def test_a_camera_is_replaced_and_what_is_endless_is_ended() -> None:
    url = "http://127.0.0.1:1/camera.mjpg"
    assert Command("x", "livepose 0 -o a.mp4").to_run(url) == (
        f"livepose {url} -o a.mp4 --max-frames 8"
    )
    assert Command("x", "livepose --demo").to_run(url) == "livepose --demo --max-frames 8"
    assert Command("x", "livepose a.mp4").to_run(url) == "livepose a.mp4 --end 1 --no-keep-open"
    assert Command("x", "livepose a.mp4 -o b.mp4").to_run(url) == "livepose a.mp4 -o b.mp4"
    assert Command("x", "livepose bench").to_run(url) == "livepose bench --runs 1 --video clip.mp4"


@needs_shared
@needs_xvfb
@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
@pytest.mark.parametrize("command", TO_RUN, ids=[command.line for command in TO_RUN])
def test_a_documented_command_runs(command: Command, place: Place) -> None:
    done = run_command(command, place.folder, place.camera_url, place.environment)
    assert done.returncode == 0, done.stderr
